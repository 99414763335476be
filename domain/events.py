"""What can happen to a student, as facts in the past tense. They carry ids, codes, numbers and times only."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, TypeAdapter

from domain.cases import CaseOutcome
from domain.desk_events import FollowUpStarted, NoteWritten
from domain.review_events import DraftApproved, DraftRecalled, DraftRejected, MessageWritten
from domain.tasks import TaskOutcome
from domain.value import Id, Value


class Enrolled(Value):
    """The student got an enrollment (or came back)."""

    kind: Literal["enrolled"] = "enrolled"
    enrollment_id: Id


class OutcomeRecorded(Value):
    """An outcome, or a corrected version of one, stands in the books.

    `anew`: the version before it was `scheduled`, so it corrects nothing.
    """

    kind: Literal["outcome_recorded"] = "outcome_recorded"
    outcome_id: Id
    version: int = 1
    anew: bool = False
    by: Id | None = None


class MessageReported(Value):
    """A delivery ended in a way that needs a decision; how, stands in the message's row."""

    kind: Literal["message_reported"] = "message_reported"
    message_id: Id


class ReplyReceived(Value):
    """A guardian answered. `meaning` is what was understood; `by` is who read it, where rules could not.

    `answer`: this one of a reply's rows is answered by SMS; `children` is how many the reply counts for; `at` is when
    it came, which may be long before it is decided.
    """

    kind: Literal["reply_received"] = "reply_received"
    reply_id: Id
    guardian_id: Id
    meaning: Literal["ill", "clash", "call_me", "stop", "start", "help", "nothing", "unclear"]
    answer: bool = False
    children: int = 1
    at: AwareDatetime | None = None
    by: Id | None = None


class ToppedUp(Value):
    """Units were bought."""

    kind: Literal["topped_up"] = "topped_up"
    act_id: Id
    enrollment_id: Id
    units: int = Field(gt=0)
    reason_id: Id | None = None
    by: Id | None = None


class Adjusted(Value):
    """Units were corrected by hand; signed."""

    kind: Literal["adjusted"] = "adjusted"
    act_id: Id
    enrollment_id: Id
    units: int
    reason_id: Id | None = None
    by: Id | None = None


class TaskClaimed(Value):
    """Somebody is on it."""

    kind: Literal["task_claimed"] = "task_claimed"
    task_id: Id
    by: Id


class TaskCompleted(Value):
    """A task was done, with what it led to and the channel a contact was tried on."""

    kind: Literal["task_completed"] = "task_completed"
    act_id: Id
    task_id: Id
    by: Id
    outcome: TaskOutcome
    channel: Literal["phone", "sms", "email", "in_person", "chat"] | None = None
    note_id: Id | None = None
    return_at: AwareDatetime | None = None


class TaskSnoozed(Value):
    """A task was put off."""

    kind: Literal["task_snoozed"] = "task_snoozed"
    task_id: Id
    by: Id
    until: AwareDatetime


class TaskReassigned(Value):
    """A task was given to a colleague."""

    kind: Literal["task_reassigned"] = "task_reassigned"
    task_id: Id
    by: Id
    to: Id


class TaskDismissed(Value):
    """A task is not needed."""

    kind: Literal["task_dismissed"] = "task_dismissed"
    task_id: Id
    by: Id
    reason: Literal["duplicate", "false_alarm", "other"]
    note_id: Id | None = None


class OutreachLogged(Value):
    """A person tried to reach the family."""

    kind: Literal["outreach_logged"] = "outreach_logged"
    act_id: Id
    task_id: Id
    by: Id
    channel: Literal["phone", "sms", "email", "in_person", "chat"]
    note_id: Id | None = None


class Paused(Value):
    """The student pauses until the return date."""

    kind: Literal["paused"] = "paused"
    until: AwareDatetime
    by: Id | None = None


class Withdrawn(Value):
    """The student leaves."""

    kind: Literal["withdrawn"] = "withdrawn"
    by: Id | None = None


class ReminderDue(Value):
    """A session begins soon; the family is to be reminded on this channel."""

    kind: Literal["reminder_due"] = "reminder_due"
    session_id: Id
    starts_at: AwareDatetime
    channel: Literal["sms", "email"]


class NotSeenYet(Value):
    """The session has begun, the room is open, and nobody from this student's side is there."""

    kind: Literal["not_seen_yet"] = "not_seen_yet"
    session_id: Id
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class StepSkipped(Value):
    """A person takes an armed step out of the plan. Why, stands in the note."""

    kind: Literal["step_skipped"] = "step_skipped"
    act_id: Id
    step: str
    by: Id
    reason_id: Id | None = None


class StepForced(Value):
    """A person has an armed step taken now instead of when it falls due. Why, stands in the note."""

    kind: Literal["step_forced"] = "step_forced"
    act_id: Id
    step: str
    by: Id
    reason_id: Id | None = None


class ChargeWaived(Value):
    """A person takes back what one outcome was charged. Why, stands in the note."""

    kind: Literal["charge_waived"] = "charge_waived"
    act_id: Id
    outcome_id: Id
    by: Id
    reason_id: Id | None = None


class MessageRetried(Value):
    """A person let a message go again: sent once more as `message_id`, or released from being held."""

    kind: Literal["message_retried"] = "message_retried"
    message_id: Id
    how: Literal["resent", "released"]
    by: Id
    reason_id: Id | None = None


class StepDue(Value):
    """An armed step of the plan has fallen due."""

    kind: Literal["step_due"] = "step_due"
    step: str
    due_at: AwareDatetime | None = None


Event = Annotated[
    Enrolled
    | OutcomeRecorded
    | MessageReported
    | ReplyReceived
    | ToppedUp
    | Adjusted
    | TaskClaimed
    | TaskCompleted
    | TaskSnoozed
    | TaskReassigned
    | TaskDismissed
    | OutreachLogged
    | DraftApproved
    | DraftRecalled
    | DraftRejected
    | MessageWritten
    | NoteWritten
    | FollowUpStarted
    | Paused
    | Withdrawn
    | ReminderDue
    | NotSeenYet
    | StepSkipped
    | StepForced
    | ChargeWaived
    | MessageRetried
    | StepDue,
    Field(discriminator="kind"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads an event from JSON. Raises pydantic.ValidationError for anything else."""

DISMISSED_AS: dict[str, CaseOutcome] = {
    "duplicate": CaseOutcome.DUPLICATE,
    "false_alarm": CaseOutcome.FALSE_ALARM,
    "other": CaseOutcome.OTHER,
}
