"""What a decision does, as data. Each effect names business ids, so doing it twice equals doing it once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from domain.balance import Entry
from domain.cases import Case
from domain.sending import Message
from domain.tasks import Task
from domain.value import Id, Value


class PostEntry(Value):
    """Add a line to the book of an enrollment."""

    kind: Literal["post_entry"] = "post_entry"
    entry: Entry


class QueueMessage(Value):
    """Make a message that may leave from its due time on."""

    kind: Literal["queue_message"] = "queue_message"
    message: Message


class CancelMessage(Value):
    """Cancel a message that still waits, with the reason."""

    kind: Literal["cancel_message"] = "cancel_message"
    message_id: Id
    reason: str


class ApproveMessage(Value):
    """Let a message go that waited for a person's word; it leaves from its new due time on."""

    kind: Literal["approve_message"] = "approve_message"
    message_id: Id
    by: Id
    at: datetime
    due_at: datetime


class RecallMessage(Value):
    """Take a message back that a person had let go: it waits for a person's word again."""

    kind: Literal["recall_message"] = "recall_message"
    message_id: Id


class PutTask(Value):
    """Write a task as it now is; `change` says what happened to it."""

    kind: Literal["put_task"] = "put_task"
    task: Task
    change: str


class PutCase(Value):
    """Write a case as it now is; `change` says what happened to it."""

    kind: Literal["put_case"] = "put_case"
    case: Case
    change: str


class LogOutreach(Value):
    """Record that a person tried to reach the family."""

    kind: Literal["log_outreach"] = "log_outreach"
    id: Id
    task_id: Id
    case_id: Id | None
    by: Id
    channel: str
    outcome: str | None
    at: datetime
    note_id: Id | None = None


class TakeBackOutreach(Value):
    """Strike an outreach whose message was taken back before it left. The journal keeps both."""

    kind: Literal["take_back_outreach"] = "take_back_outreach"
    id: Id


MessageChange = CancelMessage | ApproveMessage | RecallMessage
Effect = Annotated[
    PostEntry | QueueMessage | MessageChange | PutTask | PutCase | LogOutreach | TakeBackOutreach,
    Field(discriminator="kind"),
]
