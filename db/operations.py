"""Tasks of no student: something about the whole operation that a person must look at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from db.engine import Tx
from db.journal_tables import messages, tasks
from db.student_facts import calendar, load_policies, team
from domain.sending import MessageState
from domain.tasks import UNFINISHED, Escalation, Task, TaskKind, TaskStatus, climb, deadlines, lead_of
from domain.value import Id


async def open_once(tx: Tx, org_id: Id, kind: TaskKind, now: datetime) -> None:
    """Open one operations task of this kind, for the lead (then an admin), unless one is open."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"operations:{org_id}", 0))))
    already = select(tasks.c.id).where(
        tasks.c.org_id == org_id, tasks.c.kind == kind.value, tasks.c.finished_at.is_(None)
    )
    if (await tx.execute(already)).first() is not None:
        return
    people = await team(tx, org_id)
    owner = lead_of(people, besides="") or next(iter(people), None)
    if owner is None:
        return
    await tx.execute(
        insert(tasks).values(
            org_id=org_id,
            kind=kind.value,
            owner_id=owner.id,
            opened_at=now,
            due_at=(await calendar(tx, org_id, now)).same_day(now),
            status=TaskStatus.OPEN.value,
            escalation=Escalation.LEAD.value,
            attempt=1,
            channels=[],
        )
    )


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
    policy = max((await load_policies(tx, row.org_id)).items())[1]
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
