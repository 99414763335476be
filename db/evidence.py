"""What was seen of a session: written once however often it is told, and read with everybody's match filled in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from db import listing, session_clock, student_facts
from db.engine import Tx
from db.expected import enrolled_then, of_seat, pausing
from db.journal_tables import outcomes
from db.listing import Cut, Part
from db.session_tables import attendances, evidence, participants
from db.tables import enrollments, schedules, sessions, staff, students
from domain.evidence import Evidence, EvidenceKind
from domain.outcomes import BEFORE_START, Code
from domain.value import Id

_e, _p, _s, _c = evidence.c, participants.c, sessions.c, schedules.c
_n, _o = enrollments.c, outcomes.c
_STAYS = (EvidenceKind.JOINED, EvidenceKind.LEFT, EvidenceKind.ROOM_OPENED, EvidenceKind.ROOM_CLOSED)
BACK_TO_BACK = timedelta(minutes=30)
"""Sessions in one room with no longer break between them are one stretch: who stays on joins only once."""
ONE_STRETCH = timedelta(hours=12)
IN_THIS_MOMENT = timedelta(seconds=10)
"""So long before a session settles its workflow is woken too: evidence may be committed just after it was read."""


@dataclass(frozen=True)
class Seen:
    """One thing seen, to be written. The key makes it the same thing when it is told again."""

    key: str
    kind: EvidenceKind
    at: datetime
    student_id: Id | None = None
    staff_id: Id | None = None
    participant_id: Id | None = None
    connection: str | None = None
    code: Code | None = None
    late_minutes: int | None = None
    value: float | None = None
    by: Id | None = None


async def write(tx: Tx, org_id: Id, session_id: Id, source: str, seen: Iterable[Seen], now: datetime) -> dict[str, Id]:
    """Write what is not known yet; returns the ids of the new rows by key. A key is the session's and source's own."""
    prefix = f"{session_id}:"
    rows = {
        s.key: {
            "org_id": org_id,
            "session_id": session_id,
            "source": source,
            "key": prefix + s.key,
            "kind": s.kind.value,
            "at": s.at,
            "student_id": s.student_id,
            "staff_id": s.staff_id,
            "participant_id": s.participant_id,
            "connection": s.connection,
            "code": s.code.value if s.code else None,
            "late_minutes": s.late_minutes,
            "value": s.value,
            "by": s.by,
            "received_at": now,
        }
        for s in seen
    }
    if not rows:
        return {}
    in_order = [rows[key] for key in sorted(rows)]  # two writers of the same rows then never wait for each other
    made = await tx.execute(insert(evidence).on_conflict_do_nothing().returning(_e.id, _e.key), in_order)
    return {r.key.removeprefix(prefix): r.id for r in made}


async def summarize(tx: Tx, org_id: Id, session_id: Id, topic: str | None, catch_up: str | None) -> None:
    """Note what the session was about and what to catch up on; None leaves what stands."""
    said = {name: text for name, text in (("topic", topic), ("catch_up", catch_up)) if text is not None}
    if said:
        await tx.execute(update(sessions).where(_s.org_id == org_id, _s.id == session_id).values(said))


async def load(tx: Tx, org_id: Id, session_id: Id) -> tuple[Evidence, ...]:
    """All evidence of a session in the order in which it came, with each participant's match; ignored ones left out.

    Who stays in the room for several sessions in a row joins and leaves once: stays seen in the sessions just before
    and after in the same room belong to it as well, once something was seen in this session itself.
    """
    stretch = await _stretch(tx, org_id, session_id)
    found = await tx.execute(
        _matched(org_id)
        .add_columns(_e.session_id)
        .where(or_(_e.session_id == session_id, and_(_e.session_id.in_(stretch), _e.kind.in_(_STAYS))))
        .where(or_(_p.ignored.is_(None), ~_p.ignored))
        .order_by(_e.seq)
    )
    rows = found.all()
    if not any(r.session_id == session_id and r.kind in _STAYS for r in rows):
        rows = [r for r in rows if r.session_id == session_id]
    return tuple(Evidence.model_validate(dict(r._mapping)) for r in rows)


async def of_sessions(tx: Tx, org_id: Id, session_ids: Sequence[Id]) -> dict[Id, tuple[Evidence, ...]]:
    """Who was seen in each of these sessions so far, for a glance at many: without stays that began in another."""
    found: dict[Id, list[Evidence]] = {s: [] for s in session_ids}
    rows = await tx.execute(
        _matched(org_id)
        .add_columns(_e.session_id)
        .where(_e.session_id.in_(found), _e.kind.in_(_STAYS), or_(_p.ignored.is_(None), ~_p.ignored))
        .order_by(_e.seq)
    )
    for row in rows:
        found[row.session_id].append(Evidence.model_validate(dict(row._mapping)))
    return {s: tuple(seen) for s, seen in found.items()}


async def listed(tx: Tx, org_id: Id, session_id: Id, cut: Cut) -> Part:
    """A part of a session's evidence as it came, with the names of those it is about."""
    query = (
        _matched(org_id)
        .add_columns(
            _e.seq,
            _e.source,
            students.c.name.label("student_name"),
            staff.c.name.label("staff_name"),
            _p.name.label("participant_name"),
            _p.ignored,
        )
        .outerjoin(students, and_(students.c.org_id == _e.org_id, students.c.id == _student))
        .outerjoin(staff, and_(staff.c.org_id == _e.org_id, staff.c.id == _staff))
        .where(_e.session_id == session_id)
    )
    return await listing.part(tx, query, (_e.seq,), cut)


async def stays(tx: Tx, org_id: Id, session_id: Id) -> dict[Id, Any]:
    """The measured stays of each student in a session."""
    a = attendances.c
    query = select(a.student_id, a.segments).where(a.org_id == org_id, a.session_id == session_id)
    return {r.student_id: r.segments for r in await tx.execute(query)}


async def sheet(tx: Tx, org_id: Id, session_id: Id) -> list[Row[Any]]:
    """The students of a session by name: id, name, and whether he is thought to come (no pause, nothing told ahead)."""
    away = or_(pausing(), _o.code.in_([c.value for c in BEFORE_START]))
    rows = await tx.execute(
        select(students.c.id, students.c.name, func.coalesce(~away, ~pausing()).label("is_awaited"))
        .select_from(sessions)
        .join(enrollments, and_(_n.org_id == _s.org_id, _n.schedule_id == _s.schedule_id))
        .join(students, and_(students.c.org_id == _n.org_id, students.c.id == _n.student_id))
        .outerjoin(outcomes, of_seat)
        .where(_s.org_id == org_id, _s.id == session_id, or_(enrolled_then(), _o.id.is_not(None)))
        .order_by(students.c.name, students.c.id)
    )
    return list(rows.all())


async def due_now(tx: Tx, org_id: Id, session_ids: Sequence[Id], now: datetime) -> list[Id]:
    """Make those of these sessions due now whose decision new evidence may change; returns them, to be woken.

    It stands in the books, so that the auditor finds what nobody could be woken for. While a session runs, its
    workflow reads the books at its own steps: a burst costs it nothing.
    """
    if not session_ids:
        return []
    rows = await tx.execute(
        select(sessions, _c.attendance)
        .join(schedules, and_(_c.org_id == _s.org_id, _c.id == _s.schedule_id))
        .where(_s.org_id == org_id, _s.id.in_(session_ids), _s.status != "called_off")
    )
    over = [row for row in rows if row.status != "scheduled" or now >= row.ends_at - IN_THIS_MOMENT]
    if not over:
        return []
    policy = await student_facts.newest_policy(tx, org_id)
    due = [
        row.id
        for row in over
        if row.status != "scheduled"
        or now >= row.ends_at + session_clock.thresholds(policy, row).settle_after - IN_THIS_MOMENT
    ]
    await session_clock.set_due(tx, org_id, due, now)
    return due


_student = func.coalesce(_e.student_id, _p.student_id)
_staff = func.coalesce(_e.staff_id, _p.staff_id)


def _matched(org_id: Id) -> Select[Any]:
    own = (_e.id, _e.kind, _e.at, _e.received_at, _e.participant_id, _e.connection, _e.code, _e.late_minutes)
    return (
        select(*own, _e.value, _e.by, _student.label("student_id"), _staff.label("staff_id"))
        .select_from(evidence)
        .outerjoin(participants, and_(_p.org_id == _e.org_id, _p.id == _e.participant_id))
        .where(_e.org_id == org_id)
    )


async def _stretch(tx: Tx, org_id: Id, session_id: Id) -> list[Id]:
    """The other sessions of the unbroken stretch in the same room that this session is part of."""
    room = func.coalesce(_s.meeting_ref, _c.meeting_ref)
    joined = sessions.join(schedules, and_(_c.org_id == _s.org_id, _c.id == _s.schedule_id))
    own = (
        await tx.execute(
            select(_s.id, _s.starts_at, _s.ends_at, room.label("room"))
            .select_from(joined)
            .where(_s.org_id == org_id, _s.id == session_id)
        )
    ).one_or_none()
    if own is None or own.room is None:
        return []
    near = await tx.execute(
        select(_s.id, _s.starts_at, _s.ends_at)
        .select_from(joined)
        .where(_s.org_id == org_id, room == own.room, _s.status != "called_off", _s.id != session_id)
        .where(_s.starts_at.between(own.starts_at - ONE_STRETCH, own.starts_at + ONE_STRETCH))
        .order_by(_s.starts_at, _s.id)
    )
    found, begins, ends = [], own.starts_at, own.ends_at
    rows = near.all()
    for row in reversed([r for r in rows if r.starts_at < own.starts_at]):
        if begins - row.ends_at <= BACK_TO_BACK:
            found.append(row.id)
            begins = row.starts_at
    for row in (r for r in rows if r.starts_at >= own.starts_at):
        if row.starts_at - ends <= BACK_TO_BACK:
            found.append(row.id)
            ends = max(ends, row.ends_at)
    return found
