"""What a session's decision does, as data. Students are told by a fact in their inbox; their own process decides."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from domain.events import NotSeenYet, ReminderDue
from domain.outcomes import Code
from domain.sending import Message
from domain.session_facts import SessionState, Status
from domain.settling import Verdict
from domain.value import Because, Id, Value


class RecordOutcome(Value):
    """Write a first outcome, or correct the one that stands."""

    kind: Literal["record_outcome"] = "record_outcome"
    student_id: Id
    code: Code
    source: Literal["evidence", "mark"]
    by: Id | None = None
    corrects: Id | None = None


class TellStudent(Value):
    """Put a fact into a student's inbox; his own process decides what follows."""

    kind: Literal["tell_student"] = "tell_student"
    student_id: Id
    event: Annotated[ReminderDue | NotSeenYet, Field(discriminator="kind")]


class QueueStaffMessage(Value):
    """Make a message to the instructor."""

    kind: Literal["queue_staff_message"] = "queue_staff_message"
    message: Message


class OpenUnrecordedTask(Value):
    """One open task per instructor, listing his unrecorded sessions."""

    kind: Literal["open_unrecorded_task"] = "open_unrecorded_task"
    owner_id: Id | None
    instructor_id: Id | None


SessionEffect = Annotated[
    RecordOutcome | TellStudent | QueueStaffMessage | OpenUnrecordedTask, Field(discriminator="kind")
]


class SessionDecision(Value):
    """What was decided: new state and status, the effects in order, why, and what was measured of each student."""

    state: SessionState
    status: Status
    effects: tuple[SessionEffect, ...] = ()
    because: tuple[Because, ...] = ()
    measured: tuple[Verdict, ...] = ()
