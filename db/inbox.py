"""A student's inbox: facts that wait to be decided. Unprocessed is a flag, not a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, or_, select, union, update

from db.engine import Tx
from db.journal_tables import decisions, inbox, messages
from db.tables import students
from domain.events import EVENT, Event
from domain.value import Id

BATCH = 50
WITH_A_DELIVERY = timedelta(minutes=2)
"""How long a message handed out is left to its delivery."""
_WAITING = (
    select(inbox.c.id, inbox.c.event)
    .where(inbox.c.org_id == bindparam("org"), inbox.c.student_id == bindparam("student"))
    .where(inbox.c.decided_at.is_(None))
    .order_by(inbox.c.seq)
    .limit(BATCH)
)


@dataclass(frozen=True)
class Waiting:
    """One row that waits to be decided."""

    id: Id
    event: Event


@dataclass(frozen=True)
class Answer:
    """What was decided about one row: accepted, or refused with the rule that says why."""

    decision_id: Id
    refused: str | None


async def put(tx: Tx, org_id: Id, student_id: Id, event: Event, now: datetime, *, row_id: Id | None = None) -> Id:
    """Add a fact; returns the row's id. `row_id` is given when the event itself must carry it."""
    row = {"org_id": org_id, "student_id": student_id, "event": event.model_dump(mode="json"), "received_at": now}
    if row_id:
        row["id"] = row_id
    made: Id = (await tx.execute(insert(inbox).values(row).returning(inbox.c.id))).scalar_one()
    return made


async def put_all(tx: Tx, org_id: Id, events: Sequence[tuple[Id, Event]], now: datetime) -> None:
    """Add many facts, each about a student, in this order."""
    rows = [
        {"org_id": org_id, "student_id": student_id, "event": event.model_dump(mode="json"), "received_at": now}
        for student_id, event in events
    ]
    if rows:
        await tx.execute(insert(inbox), rows)


async def waiting(tx: Tx, org_id: Id, student_id: Id) -> list[Waiting]:
    """At most 50 undecided rows in the order in which they came."""
    rows = await tx.execute(_WAITING, {"org": org_id, "student": student_id})
    return [Waiting(id=r.id, event=EVENT.validate_python(r.event)) for r in rows]


async def mark_decided(tx: Tx, org_id: Id, ids: Sequence[Id], now: datetime) -> None:
    """The rows are decided; they stay as they are."""
    if ids:
        await tx.execute(update(inbox).where(inbox.c.org_id == org_id, inbox.c.id.in_(ids)).values(decided_at=now))


async def answer(tx: Tx, org_id: Id, row_id: Id) -> Answer | None:
    """The decision about a row; None while it waits."""
    found = await tx.execute(
        select(decisions.c.id, decisions.c.refused).where(decisions.c.org_id == org_id, decisions.c.inbox_id == row_id)
    )
    row = found.one_or_none()
    return Answer(decision_id=row.id, refused=row.refused) if row else None


async def forgotten(tx: Tx, before: datetime, limit: int = 1000) -> list[tuple[Id, Id]]:
    """Students (organization, id) with a row that has waited since before then."""
    rows = await tx.execute(
        select(inbox.c.org_id, inbox.c.student_id)
        .where(inbox.c.decided_at.is_(None), inbox.c.received_at < before)
        .distinct()
        .limit(limit)
    )
    return [(r.org_id, r.student_id) for r in rows]


async def overdue(tx: Tx, before: datetime, limit: int = 1000) -> list[tuple[Id, Id]]:
    """Students (organization, id) with a deadline, or a message to hand out or look up, that passed before then."""
    m, s = messages.c, students.c
    late = select(s.org_id, s.id).where(s.next_due < before)
    unsent = (
        select(m.org_id, m.student_id)
        .where(m.state.in_(("queued", "sending")), m.due_at < before, m.student_id.is_not(None))
        .where(or_(m.handed_out_at.is_(None), m.handed_out_at < before - WITH_A_DELIVERY))
    )
    unasked = (
        select(m.org_id, m.student_id)
        .where(m.look_up_at < before, m.student_id.is_not(None))
        .where(or_(m.handed_out_at.is_(None), m.handed_out_at < before - WITH_A_DELIVERY))
    )
    rows = await tx.execute(union(late, unsent, unasked).limit(limit))
    return [(r[0], r[1]) for r in rows]
