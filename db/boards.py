"""Sessions as boards show them: when, what, who teaches, how it stands and how many of whom were there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, literal, select, true

from db import listing
from db.engine import Tx
from db.expected import (
    PRESENT,
    has_seat,
    is_taught_by,
    of_instructor,
    of_schedule,
    of_seat,
    settle_window,
    stands,
    status_of,
    taught_by,
)
from db.journal_tables import outcomes
from db.listing import Cut, Part
from db.roster import unknown
from db.tables import enrollments, schedules, sessions, staff, students
from domain.outcomes import FLAGS, TOLD_AHEAD
from domain.value import Id

_MISSED = [c.value for c, f in FLAGS.items() if f.miss]
_TOLD = sorted(TOLD_AHEAD)
_s, _c, _e, _o = sessions.c, schedules.c, enrollments.c, outcomes.c
_KEYS = (_s.starts_at, _s.id)


@dataclass(frozen=True)
class Wanted:
    """Which sessions are asked for; None asks for nothing. `since` is included, `until` is not."""

    since: datetime | None = None
    until: datetime | None = None
    instructor_id: Id | None = None
    schedule_id: Id | None = None
    student_id: Id | None = None
    status: str | None = None
    ref: str | None = None


async def board(tx: Tx, org_id: Id, wanted: Wanted, cut: Cut, now: datetime) -> Part:
    """A part of the sessions asked for, by their start."""
    window = await settle_window(tx, org_id)
    query = _sessions(window, now).where(*_where(org_id, wanted))
    if wanted.status is not None:
        query = query.where(stands(wanted.status, org_id, window, now, wanted.since, wanted.until))
    return await listing.part(tx, query, _KEYS, cut)


async def one(tx: Tx, org_id: Id, session_id: Id, now: datetime) -> Row[Any]:
    """One session. Raises NotFound."""
    query = _sessions(await settle_window(tx, org_id), now).where(_s.org_id == org_id, _s.id == session_id)
    row: Row[Any] | None = (await tx.execute(query)).one_or_none()
    if row is None:
        raise unknown(sessions, "id", session_id)
    return row


async def unrecorded(tx: Tx, org_id: Id, cut: Cut, now: datetime, instructor_id: Id | None = None) -> Part:
    """The sessions that lack an outcome at this moment, oldest first, with who is missing and since when."""
    window = await settle_window(tx, org_id)
    missing = (
        select(
            func.jsonb_agg(func.jsonb_build_object("student_id", _e.student_id, "name", students.c.name)).label(
                "missing"
            )
        )
        .select_from(enrollments)
        .join(students, and_(students.c.org_id == _e.org_id, students.c.id == _e.student_id))
        .outerjoin(outcomes, of_seat)
        .where(_e.org_id == _s.org_id, _e.schedule_id == _s.schedule_id, has_seat(), _o.id.is_(None))
        .correlate(sessions)
        .lateral("missing")
    )
    query = (
        _sessions(window, now)
        .add_columns(missing.c.missing, (_s.ends_at + window).label("unrecorded_since"))
        .join(missing, true())
        .where(*_where(org_id, Wanted(instructor_id=instructor_id)), stands("unrecorded", org_id, window, now))
    )
    return await listing.part(tx, query, _KEYS, cut)


def _sessions(window: ColumnElement[Any], now: datetime) -> Select[Any]:
    def number(*what: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(*what) if what else func.count()

    counts = (
        select(
            number().label("expected"),
            number(_o.id.is_not(None)).label("recorded"),
            number(_o.code.in_(PRESENT)).label("present"),
            number(_o.code.in_(_MISSED)).label("missed"),
            number(_o.code.in_(_TOLD)).label("told_ahead"),
        )
        .select_from(enrollments.outerjoin(outcomes, of_seat))
        .where(_e.org_id == _s.org_id, _e.schedule_id == _s.schedule_id, has_seat())
        .correlate(sessions)
        .lateral("counts")
    )
    n = counts.c
    shown = [c for c in sessions.c if c.name not in ("instructor_id", "status", "join_url", "meeting_ref", "state")]
    return (
        select(
            *shown,
            _c.subject,
            _c.kind,
            _c.zone,
            taught_by.label("instructor_id"),
            staff.c.name.label("instructor_name"),
            func.coalesce(_s.join_url, _c.join_url).label("join_url"),
            func.coalesce(_s.meeting_ref, _c.meeting_ref).label("meeting_ref"),
            status_of(n.expected > n.recorded, window, now).label("status"),
            *n,
        )
        .select_from(sessions.join(schedules, of_schedule).outerjoin(staff, of_instructor))
        .join(counts, true())
    )


def _where(org_id: Id, wanted: Wanted) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [_s.org_id == org_id]
    if wanted.since is not None:
        where.append(_s.starts_at >= wanted.since)
    if wanted.until is not None:
        where.append(_s.starts_at < wanted.until)
    if wanted.schedule_id is not None:
        where.append(_s.schedule_id == wanted.schedule_id)
    if wanted.ref is not None:
        where.append(_s.ref == wanted.ref)
    if wanted.instructor_id is not None:
        where.append(is_taught_by(org_id, wanted.instructor_id))
    if wanted.student_id is not None:
        mine = select(_e.schedule_id).where(_e.org_id == org_id, _e.student_id == wanted.student_id)
        where.append(_s.schedule_id.in_(mine))
        where.append(
            exists(
                select(literal(1))
                .select_from(enrollments.outerjoin(outcomes, of_seat))
                .where(_e.org_id == _s.org_id, _e.schedule_id == _s.schedule_id)
                .where(_e.student_id == wanted.student_id, has_seat())
                .correlate(sessions)
            )
        )
    return where
