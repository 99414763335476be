"""Tasks: whose they are, what they ask for, and until when."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import Row

from api.access import Caller, Here
from api.once import router as doors
from api.values import Listed, Lister, RowId, Told
from db import follow_ups, notes
from db.engine import Tx
from domain.tasks import UNFINISHED, TaskKind, TaskOutcome, TaskStatus
from domain.value import Id
from domain.wording import task_in_words

router = doors("tasks")


class Task(Told):
    """A task. `overdue`: unfinished, and its time has passed. Tasks of the operation have no student."""

    id: str
    kind: TaskKind
    words: str
    status: TaskStatus
    overdue: bool
    student_id: str | None
    student_name: str | None
    owner_id: str
    owner_name: str
    opened_at: datetime
    due_at: datetime
    tier: int | None
    case_id: str | None
    session_id: str | None
    enrollment_id: str | None
    guardian_id: str | None
    endpoint_id: str | None
    claimed_by: str | None
    claimed_until: datetime | None
    snoozed_until: datetime | None
    escalation: str
    attempt: int
    channels: list[str]
    outcome: TaskOutcome | None
    reason: str | None
    note: str | None
    finished_at: datetime | None
    finished_by: str | None


class Outreach(Told):
    """Somebody tried to reach the family."""

    id: str
    task_id: str
    by: str
    channel: str
    outcome: str | None
    at: datetime
    note: str | None


class TaskDetail(BaseModel):
    """A task with everything that was tried."""

    task: Task
    outreach: list[Outreach]


def task(row: Row[Any], now: datetime, texts: dict[Id, str]) -> Task:
    """The answer for a task's row."""
    late = row.status in UNFINISHED and row.due_at < now
    return Task.of(row, overdue=late, words=task_in_words(row.kind), note=texts.get(row.note_id))


def outreach(row: Row[Any], texts: dict[Id, str]) -> Outreach:
    """The answer for a row of the outreach log."""
    return Outreach.of(row, note=texts.get(row.note_id))


async def detail(here: Caller, tx: Tx, task_id: Id) -> TaskDetail:
    """A task as it stands. Raises NotFound."""
    row = await follow_ups.one_task(tx, here.org_id, task_id)
    tried = await follow_ups.outreach_of(tx, here.org_id, task_id=task_id)
    texts = await notes.texts(tx, here.org_id, (r.note_id for r in (row, *tried)))
    return TaskDetail(task=task(row, await here.now(tx), texts), outreach=[outreach(r, texts) for r in tried])


@router.get("/tasks")
async def list_tasks(
    here: Here,
    listing: Lister,
    owner_id: RowId | None = None,
    student_id: RowId | None = None,
    status: Literal["unfinished", "open", "snoozed", "done", "not_needed", "corrected", "closed"] | None = None,
    kind: TaskKind | None = None,
    overdue: bool | None = None,
) -> Listed[Task]:
    """List tasks, the first due first."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        part = await follow_ups.list_tasks(
            tx,
            here.org_id,
            listing.cut,
            now=now,
            owner_id=owner_id,
            student_id=student_id,
            status=status,
            kind=kind,
            overdue=overdue,
        )
        texts = await notes.texts(tx, here.org_id, (r.note_id for r in part.rows))
    return listing.answer(part, lambda row: task(row, now, texts))


@router.get("/tasks/{task_id}")
async def get_task(here: Here, task_id: RowId) -> TaskDetail:
    """One task with its outreach log."""
    async with here.transaction() as tx:
        return await detail(here, tx, task_id)
