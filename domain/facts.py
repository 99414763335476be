"""What a decision may know: one frozen value, loaded in the transaction that will write the decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from domain.balance import Entry, EntryKind
from domain.effects import (
    ApproveMessage,
    CancelMessage,
    Effect,
    MessageChange,
    PostEntry,
    QueueMessage,
    RecallMessage,
)
from domain.grace import Term
from domain.outcomes import Outcome, Schedule
from domain.policy import Policy
from domain.sending import REVIEW, Message, MessageState
from domain.tasks import Colleague
from domain.value import Id, Value
from domain.working_time import Calendar


class Guardian(Value):
    """A contact of the student, in the order in which they are asked."""

    id: Id
    zone: str = "UTC"
    has_phone: bool = True
    has_email: bool = True


class Enrollment(Value):
    """A student in a schedule: the unit that owns the balance. `earlier_places` counts sessions not loaded."""

    id: Id
    schedule: Schedule
    coordinator_id: Id
    started_at: datetime
    imported: bool = False
    earlier_places: int = 0
    balance: int = 0
    last_top_up: int | None = None
    upcoming: int | None = None


class MakeUp(Value):
    """A booked make-up for a missed session."""

    session_id: Id
    booked_at: datetime


class Facts(Value):
    """Everything about one student that a rule may use, as it stands at this moment."""

    student_id: Id
    calendar: Calendar = Calendar()
    policies: dict[int, Policy] = {1: Policy()}
    guardians: tuple[Guardian, ...] = ()
    enrollments: tuple[Enrollment, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    entries: tuple[Entry, ...] = ()
    messages: tuple[Message, ...] = ()
    team: tuple[Colleague, ...] = ()
    make_ups: tuple[MakeUp, ...] = ()
    first_session_id: Id | None = None
    terms: tuple[Term, ...] = ()

    @property
    def policy(self) -> Policy:
        """The newest version: what a case opened now would keep."""
        return self.policies[max(self.policies)]

    def policy_of(self, version: int) -> Policy:
        """The pinned version, or the newest if it is not to be had."""
        return self.policies.get(version, self.policy)

    def enrollment(self, enrollment_id: Id) -> Enrollment | None:
        """One of the student's enrollments."""
        return next((e for e in self.enrollments if e.id == enrollment_id), None)

    def outcome(self, outcome_id: Id) -> Outcome | None:
        """One of the loaded outcomes."""
        return next((o for o in self.outcomes if o.id == outcome_id), None)

    def after(self, effects: Iterable[Effect]) -> Facts:
        """The facts once these effects stand in the books: what the next decision of the same transaction sees."""
        entries, messages = list(self.entries), {m.id: m for m in self.messages}
        units: dict[Id, int] = {}
        topped: dict[Id, int] = {}
        for effect in effects:
            match effect:
                case PostEntry(entry=line):
                    entries.append(line)
                    units[line.enrollment_id] = units.get(line.enrollment_id, 0) + line.units
                    if line.kind is EntryKind.TOP_UP:
                        topped[line.enrollment_id] = line.units
                case QueueMessage(message=message):
                    messages.setdefault(message.id, message)
                case CancelMessage() | ApproveMessage() | RecallMessage():
                    messages[effect.message_id] = messages[effect.message_id].model_copy(update=changes_of(effect))
                case _:
                    pass
        return self.model_copy(
            update={
                "entries": tuple(entries),
                "messages": tuple(messages.values()),
                "enrollments": tuple(_with_units(e, units, topped) for e in self.enrollments),
            }
        )


def changes_of(effect: MessageChange) -> dict[str, Any]:
    """What a change does to a message: its fields by name."""
    match effect:
        case CancelMessage():
            return {"state": MessageState.CANCELLED, "reason": effect.reason}
        case ApproveMessage():
            approved = {"approved_by": effect.by, "approved_at": effect.at, "due_at": effect.due_at}
            return {"state": MessageState.QUEUED, "reason": None, "handed_out_at": None} | approved
        case RecallMessage():
            recalled = {"approved_by": None, "approved_at": None, "handed_out_at": None}
            return {"state": MessageState.HELD, "reason": REVIEW} | recalled


def _with_units(enrollment: Enrollment, units: Mapping[Id, int], topped: Mapping[Id, int]) -> Enrollment:
    if enrollment.id not in units:
        return enrollment
    return enrollment.model_copy(
        update={
            "balance": enrollment.balance + units[enrollment.id],
            "last_top_up": topped.get(enrollment.id, enrollment.last_top_up),
        }
    )
