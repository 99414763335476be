"""Signed events of classrooms, kept word for word; and the count of those that were refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Text, and_, bindparam, case, cast, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from db import listing
from db.engine import Tx
from db.listing import Cut, Part
from db.session_tables import raw_events, refused_webhooks
from db.tables import organizations, schedules, sessions
from domain.refusals import NotFound
from domain.value import Id

BEFORE_START = timedelta(hours=2)
AFTER_END = timedelta(hours=6)
"""How far from a session an event of its room still belongs to it."""
_r, _s, _c, _f = raw_events.c, sessions.c, schedules.c, refused_webhooks.c
_MARK = (
    update(raw_events)
    .where(_r.org_id == bindparam("org"), _r.id == bindparam("this"))
    .values(session_id=bindparam("into"), problem=bindparam("why"))
)


async def keep(
    tx: Tx, org_id: Id, source: str, events: Sequence[tuple[str, str]], now: datetime, problem: str | None = None
) -> list[Row[Any]]:
    """Keep events, each by its key and with its words; returns those that were not known already."""
    about = {"org_id": org_id, "source": source, "received_at": now, "problem": problem}
    rows = [{"key": key, "body": body, **about} for key, body in events]
    if not rows:
        return []
    return list((await tx.execute(insert(raw_events).on_conflict_do_nothing().returning(raw_events), rows)).all())


@dataclass(frozen=True)
class Read:
    """What became of an event: the session it was read into, or why it could not be."""

    event_id: Id
    session_id: Id | None
    problem: str | None


async def mark(tx: Tx, org_id: Id, read: Sequence[Read]) -> None:
    """Note what became of events."""
    if read:
        await tx.execute(
            _MARK, [{"org": org_id, "this": r.event_id, "into": r.session_id, "why": r.problem} for r in read]
        )


async def one(tx: Tx, org_id: Id, event_id: Id) -> Row[Any]:
    """One event, locked. Raises NotFound."""
    query = select(raw_events).where(_r.org_id == org_id, _r.id == event_id).with_for_update()
    found = (await tx.execute(query)).one_or_none()
    if found is None:
        raise NotFound("raw_event_unknown", f"there is no event {event_id}; list /v1/raw-events to find it")
    return found


async def listed(tx: Tx, org_id: Id, cut: Cut, source: str | None, problem: str | None) -> Part:
    """A part of the events, newest first; `problem` names one, or is "any"."""
    query = select(raw_events).where(_r.org_id == org_id)
    if source is not None:
        query = query.where(_r.source == source)
    if problem is not None:
        query = query.where(_r.problem.is_not(None) if problem == "any" else _r.problem == problem)
    return await listing.part(tx, query, (_r.received_at, _r.id), cut, newest_first=True)


async def session_of_room(tx: Tx, org_id: Id, room: str, at: datetime) -> Id | None:
    """The session that this room held at this time: the nearest, one that takes place before one called off.

    The room is the session's own, else its schedule's; a room that bears the session's id or ref is it too.
    """
    gap = case((at < _s.starts_at, _s.starts_at - at), (at > _s.ends_at, literal(at) - _s.ends_at), else_=timedelta(0))
    written = func.replace(func.coalesce(_s.meeting_ref, _c.meeting_ref), " ", "")  # Zoom shows its numbers in groups
    held = written == room.replace(" ", "")
    found = await tx.execute(
        select(_s.id)
        .join(schedules, and_(_c.org_id == _s.org_id, _c.id == _s.schedule_id))
        .where(_s.org_id == org_id, _s.starts_at <= at + BEFORE_START, _s.ends_at >= at - AFTER_END)
        .where(or_(held, _s.ref == room, cast(_s.id, Text) == room.lower()))
        .order_by(_s.status == "called_off", gap, _s.starts_at.desc(), _s.id)
        .limit(1)
    )
    session_id: Id | None = found.scalar_one_or_none()
    return session_id


async def organizations_named(tx: Tx, named: str | None) -> list[Id]:
    """At most two organizations: those of this id or name, or any."""
    query = select(organizations.c.id).order_by(organizations.c.id).limit(2)
    if named is not None:
        query = query.where(or_(cast(organizations.c.id, Text) == named.lower(), organizations.c.name == named))
    return [str(i) for i in (await tx.execute(query)).scalars()]


async def count_refused(tx: Tx, source: str, reason: str, now: datetime) -> None:
    """Count a webhook that was refused; nothing else of it is kept."""
    row = {"source": source, "reason": reason, "day": now.date(), "times": 1}
    more = insert(refused_webhooks).values(row)
    keys = ["source", "reason", "day"]
    await tx.execute(more.on_conflict_do_update(index_elements=keys, set_={"times": _f.times + 1}))


async def refused(tx: Tx) -> list[Row[Any]]:
    """How often webhooks were refused: source, reason, day, times; the newest day first."""
    query = select(refused_webhooks).order_by(_f.day.desc(), _f.source, _f.reason).limit(1000)
    return list((await tx.execute(query)).all())


async def received(tx: Tx, org_id: Id) -> list[Row[Any]]:
    """What came in by source: how many, how many with a problem, and the last time."""
    query = (
        select(
            _r.source,
            func.count().label("events"),
            func.count(_r.problem).label("problems"),
            func.max(_r.received_at).label("last_received_at"),
        )
        .where(_r.org_id == org_id)
        .group_by(_r.source)
        .order_by(_r.source)
    )
    return list((await tx.execute(query)).all())
