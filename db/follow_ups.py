"""Cases and tasks as people look at them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, select

from db import listing
from db.engine import Tx
from db.journal_tables import cases, messages, outreach, tasks
from db.listing import Cut, Part
from db.tables import staff, students
from domain.refusals import NotFound
from domain.reviewing import outreach_id
from domain.sending import Message
from domain.tasks import UNFINISHED, Task, TaskOutcome, TaskStatus
from domain.value import Id

AT_ONCE = timedelta(minutes=1)
"""A message and the end of its task that lie no further apart are one act."""
_UNFINISHED = sorted(s.value for s in UNFINISHED)


def _cases(org_id: Id) -> Select[Any]:
    return (
        select(cases, students.c.name.label("student_name"))
        .join(students, and_(students.c.org_id == cases.c.org_id, students.c.id == cases.c.student_id))
        .where(cases.c.org_id == org_id)
    )


def _tasks(org_id: Id) -> Select[Any]:
    t, s = tasks.c, students.c
    return (
        select(tasks, s.name.label("student_name"), staff.c.name.label("owner_name"))
        .join(staff, and_(staff.c.org_id == t.org_id, staff.c.id == t.owner_id))
        .outerjoin(students, and_(s.org_id == t.org_id, s.id == t.student_id))
        .where(t.org_id == org_id)
    )


async def list_cases(
    tx: Tx, org_id: Id, cut: Cut, *, is_open: bool | None = None, student_id: Id | None = None, tier: int | None = None
) -> Part:
    """Cases, newest first."""
    query = _cases(org_id)
    if is_open is not None:
        query = query.where(cases.c.closed_at.is_(None) if is_open else cases.c.closed_at.is_not(None))
    if student_id is not None:
        query = query.where(cases.c.student_id == student_id)
    if tier is not None:
        query = query.where(cases.c.tier == tier)
    return await listing.part(tx, query, [cases.c.opened_at, cases.c.id], cut, newest_first=True)


async def one_case(tx: Tx, org_id: Id, case_id: Id) -> Row[Any]:
    """A case. Raises NotFound."""
    found: Row[Any] | None = (await tx.execute(_cases(org_id).where(cases.c.id == case_id))).one_or_none()
    if found is None:
        raise NotFound("case_unknown", f"there is no case with the id {case_id}; list the cases to find it")
    return found


async def tasks_of_case(tx: Tx, org_id: Id, case_id: Id) -> Sequence[Row[Any]]:
    """The case's tasks, oldest first."""
    t = tasks.c
    rows = await tx.execute(_tasks(org_id).where(t.case_id == case_id).order_by(t.opened_at, t.id))
    return list(rows.all())


async def outreach_of(
    tx: Tx, org_id: Id, *, case_id: Id | None = None, task_id: Id | None = None
) -> Sequence[Row[Any]]:
    """Who tried to reach the family, and how, for a case or a task, oldest first."""
    query = select(outreach).where(outreach.c.org_id == org_id).order_by(outreach.c.at, outreach.c.id)
    if case_id is not None:
        query = query.where(outreach.c.case_id == case_id)
    if task_id is not None:
        query = query.where(outreach.c.task_id == task_id)
    return (await tx.execute(query)).all()


async def messages_of_case(tx: Tx, org_id: Id, case_id: Id) -> Sequence[Row[Any]]:
    """The case's messages, oldest first."""
    m = messages.c
    query = select(messages).where(m.org_id == org_id, m.case_id == case_id).order_by(m.created_at, m.id)
    return (await tx.execute(query)).all()


async def list_tasks(
    tx: Tx,
    org_id: Id,
    cut: Cut,
    *,
    now: datetime,
    owner_id: Id | None = None,
    student_id: Id | None = None,
    status: str | None = None,
    kind: str | None = None,
    overdue: bool | None = None,
) -> Part:
    """Tasks, the first due first. `status` unfinished means open or snoozed."""
    t = tasks.c
    query = _tasks(org_id)
    if owner_id is not None:
        query = query.where(t.owner_id == owner_id)
    if student_id is not None:
        query = query.where(t.student_id == student_id)
    if status is not None:
        query = query.where(t.status.in_(_UNFINISHED) if status == "unfinished" else t.status == status)
    if kind is not None:
        query = query.where(t.kind == kind)
    if overdue is not None:
        late = and_(t.status.in_(_UNFINISHED), t.due_at < now)
        query = query.where(late if overdue else ~late)
    return await listing.part(tx, query, [t.due_at, t.id], cut)


async def one_task(tx: Tx, org_id: Id, task_id: Id) -> Row[Any]:
    """A task. Raises NotFound."""
    found: Row[Any] | None = (await tx.execute(_tasks(org_id).where(tasks.c.id == task_id))).one_or_none()
    if found is None:
        raise NotFound("task_unknown", f"there is no task with the id {task_id}; list the tasks to find it")
    return found


async def finished_by_sending(tx: Tx, org_id: Id, message: Message) -> tuple[Task, Id | None] | None:
    """The task that its writer finished by sending this message, as it stands without it, and the outreach for that."""
    if message.task_id is None or message.approved_at is None:
        return None
    t = tasks.c
    mine = (t.org_id == org_id, t.id == message.task_id, t.status == TaskStatus.DONE.value)
    soon = t.finished_at.between(message.approved_at, message.approved_at + AT_ONCE)
    by_sending = (soon, t.finished_by == message.approved_by, t.outcome == TaskOutcome.MESSAGE_LEFT.value)
    row = (await tx.execute(select(tasks).where(*mine, *by_sending))).one_or_none()
    if row is None:
        return None
    tried = await outreach_of(tx, org_id, task_id=row.id)
    logged = next((r.id for r in tried if r.at == row.finished_at and r.outcome == row.outcome), None)
    rest = [r.channel for r in tried if r.id not in (logged, outreach_id(message))]
    columns = {f: row._mapping[f] for f in Task.model_fields}
    return Task.model_validate(columns | {"channels": tuple(dict.fromkeys(rest))}), logged
