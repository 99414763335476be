"""What the page of drafts shows beside a draft: who else waits, whom it goes to, and what has left today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, case, func, select, true

from db import drafts, names
from db.engine import Tx
from db.journal_tables import messages, tasks
from db.listing import Cut
from db.reply_tables import replies
from db.tables import guardians, student_guardians
from domain.sending import HANDED_OVER, MessageState
from domain.value import Id

MOST = 20
"""Drafts that are named beside the one that is read."""
_FAILED = (MessageState.FAILED.value, MessageState.UNDELIVERED.value)
_MADE_BEFORE = timedelta(days=4)
"""Longer ago no message was made that leaves today: the longest-lived one is of use for three days."""
_g, _m, _r, _t, _c = guardians.c, messages.c, replies.c, tasks.c, student_guardians.c


@dataclass(frozen=True)
class Queued:
    """A draft that waits, with its people's names."""

    row: Row[Any]
    student_name: str | None
    guardian_name: str | None


async def names_of(tx: Tx, org_id: Id, guardian_ids: Iterable[Id]) -> dict[Id, str]:
    """What these guardians are called."""
    query = select(_g.id, _g.name).where(_g.org_id == org_id, _g.id.in_(sorted(set(guardian_ids))))
    return {r.id: r.name for r in await tx.execute(query)}


async def queue(tx: Tx, org_id: Id) -> Sequence[Queued]:
    """The first drafts that wait for a person's word, the first due first."""
    rows = (await drafts.list_waiting(tx, org_id, Cut(MOST))).rows
    if not rows:
        return ()
    students = await names.of_students(tx, org_id, [r.student_id for r in rows])
    people = await names_of(tx, org_id, [r.guardian_id for r in rows])
    return [Queued(r, students.get(r.student_id), people.get(r.guardian_id)) for r in rows]


async def contact(tx: Tx, org_id: Id, guardian_id: Id, student_id: Id) -> Row[Any]:
    """Whom a draft is for: addresses, position among the contacts, the last reply, and an open follow-up about it."""
    reply = (
        select(_r.text.label("reply"), _r.received_at.label("replied_at"))
        .where(_r.org_id == org_id, _r.guardian_id == guardian_id)
        .order_by(_r.received_at.desc())
        .limit(1)
        .lateral("reply")
    )
    follow_up = (
        select(_t.id.label("task_id"))
        .where(_t.org_id == org_id, _t.student_id == student_id, _t.finished_at.is_(None))
        .order_by(_t.case_id.is_(None), _t.due_at)
        .limit(1)
        .lateral("follow_up")
    )
    linked = and_(_c.org_id == _g.org_id, _c.guardian_id == _g.id, _c.student_id == student_id)
    query = (
        select(guardians, _c.position, reply.c.reply, reply.c.replied_at, follow_up.c.task_id)
        .select_from(
            guardians.outerjoin(student_guardians, linked).outerjoin(reply, true()).outerjoin(follow_up, true())
        )
        .where(_g.org_id == org_id, _g.id == guardian_id)
    )
    return (await tx.execute(query)).one()


async def today(tx: Tx, org_id: Id, since: datetime) -> tuple[int, int]:
    """How many messages have left since then, and how many of them have failed."""
    left, failed = _m.state.in_([s.value for s in sorted(HANDED_OVER)]), _m.state.in_(_FAILED)
    query = select(func.count(case((and_(left, _m.handed_over_at >= since), 1))), func.count(case((failed, 1)))).where(
        _m.org_id == org_id, _m.created_at >= since - _MADE_BEFORE, _m.due_at >= since
    )
    found = (await tx.execute(query)).one()
    return found[0], found[1]
