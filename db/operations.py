"""Tasks of no student: something about the whole operation that a person must look at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, insert, select, update

from db.engine import Tx
from db.journal_tables import messages, tasks
from db.student_facts import calendar, newest_policy, team
from db.tables import schedules, sessions
from domain.sending import MessageState
from domain.tasks import UNFINISHED, Escalation, Task, TaskKind, TaskStatus, climb, deadlines, lead_of
from domain.value import Id


async def open_once(tx: Tx, org_id: Id, kind: TaskKind, now: datetime) -> None:
    """Open one operations task of this kind, for the lead (then an admin), unless one is open."""
    people = await team(tx, org_id)
    owner = lead_of(people, besides="") or next(iter(people), None)
    due_at = (await calendar(tx, org_id, now)).same_day(now)
    if owner:
        own = {"owner_id": owner.id, "escalation": Escalation.LEAD.value, "due_at": due_at}
        await _open(tx, org_id, kind, None, own, now)


async def open_unrecorded(tx: Tx, org_id: Id, instructor_id: Id | None, owner_id: Id | None, now: datetime) -> None:
    """Open the one task about an instructor's unrecorded sessions, unless it is open. Without an owner, the lead's."""
    people = await team(tx, org_id)
    owner = owner_id or next((p.id for p in (lead_of(people, besides=""), *people) if p), None)
    due_at = (await calendar(tx, org_id, now)).one_business_day(now)
    if owner:
        own = {"owner_id": owner, "escalation": Escalation.NONE.value, "due_at": due_at}
        await _open(tx, org_id, TaskKind.UNRECORDED, instructor_id, own, now)


async def open_webhook_failing(tx: Tx, org_id: Id, endpoint_id: Id, now: datetime) -> None:
    """Open the lead's one task about an endpoint that could not be reached, unless it is open."""
    people = await team(tx, org_id)
    owner = lead_of(people, besides="") or next(iter(people), None)
    due_at = (await calendar(tx, org_id, now)).one_business_day(now)
    if owner:
        own = {"owner_id": owner.id, "escalation": Escalation.LEAD.value, "due_at": due_at}
        await _open(tx, org_id, TaskKind.WEBHOOK_FAILING, None, own, now, endpoint_id=endpoint_id)


async def close_webhook_failing(tx: Tx, org_id: Id, endpoint_id: Id, reason: str, now: datetime) -> None:
    """The task about an endpoint closes by itself once it delivers again, or is there no more."""
    t = tasks.c
    await tx.execute(
        update(tasks)
        .where(t.org_id == org_id, t.kind == TaskKind.WEBHOOK_FAILING.value, t.finished_at.is_(None))
        .where(t.endpoint_id == endpoint_id)
        .values(status=TaskStatus.CLOSED.value, reason=reason, finished_at=now)
    )


async def close_recorded(tx: Tx, org_id: Id, instructor_id: Id | None, session_id: Id, now: datetime) -> None:
    """The task closes by itself once the last of the instructor's sessions is recorded; `session_id` just was."""
    s, c, t = sessions.c, schedules.c, tasks.c
    left = (
        select(s.id)
        .join(schedules, and_(c.org_id == s.org_id, c.id == s.schedule_id))
        .where(s.org_id == org_id, s.status == "unrecorded", s.id != session_id)
        .where(func.coalesce(s.instructor_id, c.instructor_id).is_not_distinct_from(instructor_id))
        .limit(1)
    )
    if (await tx.execute(left)).first() is None:
        await tx.execute(
            update(tasks)
            .where(t.org_id == org_id, t.kind == TaskKind.UNRECORDED.value, t.finished_at.is_(None))
            .where(t.instructor_id.is_not_distinct_from(instructor_id))
            .values(status=TaskStatus.CLOSED.value, reason="recorded", finished_at=now)
        )


async def _open(
    tx: Tx,
    org_id: Id,
    kind: TaskKind,
    instructor_id: Id | None,
    own: dict[str, Any],
    now: datetime,
    *,
    endpoint_id: Id | None = None,
) -> None:
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"operations:{org_id}", 0))))
    t = tasks.c
    already = (
        select(t.id)
        .where(t.org_id == org_id, t.kind == kind.value, t.finished_at.is_(None))
        .where(t.instructor_id.is_not_distinct_from(instructor_id))
        .where(t.endpoint_id.is_not_distinct_from(endpoint_id))
    )
    if (await tx.execute(already)).first() is None:
        about: dict[str, Any] = {"org_id": org_id, "kind": kind.value, "opened_at": now}
        about |= {"instructor_id": instructor_id, "endpoint_id": endpoint_id}
        about |= {"status": TaskStatus.OPEN.value, "attempt": 1, "channels": []}
        await tx.execute(insert(tasks).values(about | own))


async def tend(tx: Tx, now: datetime) -> dict[str, int]:
    """What belongs to no student and has fallen due: held messages that are useless by now, tasks nobody touched.

    Returns how many of each. Rows another audit has in hand are left to it.
    """
    m = messages.c
    step = [{"state": MessageState.EXPIRED.value, "at": now.isoformat()}]
    expired = await tx.execute(
        update(messages)
        .where(m.state == MessageState.HELD.value, m.expires_at <= now)
        .values(state=MessageState.EXPIRED.value, reason="useless_by_now", history=m.history.concat(step))
        .returning(m.id)
    )
    t = tasks.c
    waiting = await tx.execute(
        select(tasks)
        .where(t.student_id.is_(None), t.status.in_([s.value for s in UNFINISHED]))
        .order_by(t.org_id, t.id)
        .with_for_update(skip_locked=True)
    )
    moved = 0
    for row in waiting.all():
        moved += await _tend_task(tx, row, now)
    return {"expired": len(expired.all()), "tasks_moved": moved}


async def _tend_task(tx: Tx, row: Row[Any], now: datetime) -> bool:
    """One task by the rules of every task: the same deadlines, the same colleagues."""
    task = Task.model_validate(dict(row._mapping))
    policy = await newest_policy(tx, row.org_id)
    due = [d for d in deadlines(task, policy, await calendar(tx, row.org_id, now)) if d.due_at <= now]
    if not due:
        return False
    moved = climb(task, due[-1].act, await team(tx, row.org_id, lock=True), now)
    changes = {
        "status": moved.status.value,
        "owner_id": moved.owner_id,
        "escalation": moved.escalation.value,
        "claimed_by": moved.claimed_by,
        "claimed_until": moved.claimed_until,
        "snoozed_until": moved.snoozed_until,
    }
    await tx.execute(update(tasks).where(tasks.c.org_id == row.org_id, tasks.c.id == row.id).values(changes))
    return True
