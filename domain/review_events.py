"""What people say of drafts, and what they write themselves, as facts: ids and codes only."""

from __future__ import annotations

from typing import Literal

from domain.tasks import Task
from domain.value import Id, Value

RejectedFor = Literal["wrong_facts", "wrong_words", "told_otherwise", "not_needed", "other"]
"""Why a person does not want a draft sent."""


class Reviewed(Value):
    """What a person decided about words to a family."""


class DraftApproved(Reviewed):
    """A person has read a draft and lets its messages go."""

    kind: Literal["draft_approved"] = "draft_approved"
    draft_id: Id
    message_ids: tuple[Id, ...]
    by: Id


class DraftRecalled(Reviewed):
    """A person takes messages back that he or a colleague had let go.

    `reopens` is the task that was finished by sending them, as it stands; `unlogs` the outreach that finished it.
    """

    kind: Literal["draft_recalled"] = "draft_recalled"
    draft_id: Id
    message_ids: tuple[Id, ...]
    by: Id
    reopens: Task | None = None
    unlogs: Id | None = None


class DraftRejected(Reviewed):
    """A person has read a draft and does not want it sent."""

    kind: Literal["draft_rejected"] = "draft_rejected"
    draft_id: Id
    message_ids: tuple[Id, ...]
    by: Id
    reason: RejectedFor
    note_id: Id | None = None


class MessageWritten(Reviewed):
    """A person has written to a contact of the student, for a task or not."""

    kind: Literal["message_written"] = "message_written"
    act_id: Id
    draft_id: Id
    guardian_id: Id
    channels: tuple[Literal["sms", "email"], ...]
    by: Id
    task_id: Id | None = None
