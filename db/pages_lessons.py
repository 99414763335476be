"""Lessons as the office looks at them: a day's or a week's numbers, who comes to each, and what is said of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, Select, and_, case, cast, func, literal, select

from db.engine import Tx
from db.expected import (
    enrolled_then,
    has_seat,
    of_instructor,
    of_schedule,
    of_seat,
    pausing,
    seats,
    settle_window,
    taught_by,
)
from db.journal_tables import messages, notes, outcome_versions, outcomes
from db.tables import enrollments, schedules, sessions, staff, students
from domain.outcomes import Code
from domain.sending import Purpose
from domain.value import Id

_s, _e, _o, _v, _m = sessions.c, enrollments.c, outcomes.c, outcome_versions.c, messages.c
AHEAD, GOING_ON, SETTLING, UNRECORDED, SETTLED, CALLED_OFF = (
    "ahead",
    "going_on",
    "settling",
    "unrecorded",
    "settled",
    "called_off",
)
"""How a lesson stands on a page: as on the boards, what they call scheduled told apart by the clock."""


async def tally(
    tx: Tx, org_id: Id, since: datetime, until: datetime, zone: str, now: datetime, instructor_id: Id | None = None
) -> Sequence[Row[Any]]:
    """How many lessons begin in each hour of the span and how they stand: local day, hour, `stands`, `n`."""
    window = await settle_window(tx, org_id)
    within = and_(_s.org_id == org_id, _s.starts_at >= since, _s.starts_at < until)
    lacking = (
        select(_s.id)
        .join(enrollments, enrolled_then())
        .outerjoin(outcomes, of_seat)
        .where(within, _s.ends_at <= now, _s.status != CALLED_OFF, _o.id.is_(None), ~pausing())
        .distinct()
        .subquery("lacking")
    )
    stands = case(
        (_s.status == CALLED_OFF, CALLED_OFF),
        (and_(_s.ends_at + window > now, _s.status == SETTLED), SETTLED),
        (_s.starts_at > now, AHEAD),
        (_s.ends_at > now, GOING_ON),
        (_s.ends_at + window > now, SETTLING),
        (lacking.c.id.is_not(None), UNRECORDED),
        else_=SETTLED,
    )
    local = func.timezone(zone, _s.starts_at)
    lessons = (
        select(
            func.date(local).label("day"),
            cast(func.extract("hour", local), Integer).label("hour"),
            stands.label("stands"),
        )
        .select_from(sessions.join(schedules, of_schedule).outerjoin(lacking, lacking.c.id == _s.id))
        .where(within)
    )
    if instructor_id is not None:
        lessons = lessons.where(taught_by == instructor_id)
    each = lessons.subquery("lessons").c
    query = select(each.day, each.hour, each.stands, func.count().label("n")).group_by(each.day, each.hour, each.stands)
    return (await tx.execute(query.order_by(each.day, each.hour))).all()


async def teachers(
    tx: Tx,
    org_id: Id,
    since: datetime,
    until: datetime,
    schedule_id: Id | None = None,
    student_id: Id | None = None,
) -> Sequence[Row[Any]]:
    """Who teaches a lesson of the span: id and name."""
    query: Select[Any] = (
        select(staff.c.id, staff.c.name)
        .select_from(sessions.join(schedules, of_schedule).join(staff, of_instructor))
        .where(*_of(org_id, since, until, schedule_id, student_id))
        .distinct()
        .order_by(staff.c.name, staff.c.id)
    )
    return list((await tx.execute(query)).all())


async def any_between(
    tx: Tx, org_id: Id, since: datetime, until: datetime, *, schedule_id: Id | None, student_id: Id | None
) -> bool:
    """Whether there is any lesson of the group or the student in the span."""
    query = select(literal(1)).where(*_of(org_id, since, until, schedule_id, student_id)).limit(1)
    return (await tx.execute(query)).first() is not None


def _of(
    org_id: Id, since: datetime, until: datetime, schedule_id: Id | None, student_id: Id | None
) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [_s.org_id == org_id, _s.starts_at >= since, _s.starts_at < until]
    if schedule_id is not None:
        where.append(_s.schedule_id == schedule_id)
    if student_id is not None:
        mine = select(_e.schedule_id).where(_e.org_id == org_id, _e.student_id == student_id)
        where.append(_s.schedule_id.in_(mine))
    return where


async def pupils(tx: Tx, org_id: Id, session_ids: Sequence[Id], now: datetime) -> dict[Id, list[Row[Any]]]:
    """Everybody with a seat in each of these lessons by name: id, name, code (None without an outcome)."""
    found: dict[Id, list[Row[Any]]] = {s: [] for s in session_ids}
    query: Select[Any] = (
        select(_s.id.label("session_id"), students.c.id, students.c.name, _o.code)
        .select_from(seats().join(students, and_(students.c.org_id == _e.org_id, students.c.id == _e.student_id)))
        .where(_s.org_id == org_id, _s.id.in_(found), has_seat())
        .order_by(students.c.name, students.c.id)
    )
    for row in await tx.execute(query):
        found[row.session_id].append(row)
    return found


async def asked(tx: Tx, org_id: Id, session_ids: Sequence[Id]) -> dict[Id, datetime]:
    """When the instructor of each was last asked for attendance, by the clock or by a colleague."""
    query = (
        select(_m.session_id, func.max(_m.created_at).label("at"))
        .where(_m.org_id == org_id, _m.session_id.in_(session_ids), _m.purpose == Purpose.UNRECORDED.value)
        .group_by(_m.session_id)
    )
    return {r.session_id: r.at for r in await tx.execute(query)} if session_ids else {}


async def said(tx: Tx, org_id: Id, session_id: Id) -> dict[Id, Row[Any]]:
    """What stands of each student in a lesson: code, version, source, when, by whom, and why it was changed."""
    query: Select[Any] = (
        select(
            _o.student_id,
            _o.id,
            _o.code,
            _v.version,
            _v.source,
            _v.recorded_at,
            staff.c.name.label("by_name"),
            notes.c.text.label("reason"),
        )
        .join(outcome_versions, and_(_v.org_id == _o.org_id, _v.outcome_id == _o.id, _v.version == _o.version))
        .outerjoin(staff, and_(staff.c.org_id == _v.org_id, staff.c.id == _v.recorded_by))
        .outerjoin(notes, and_(notes.c.org_id == _v.org_id, notes.c.id == _v.reason_id))
        .where(_o.org_id == org_id, _o.session_id == session_id, _o.code != Code.SCHEDULED.value)
    )
    return {r.student_id: r for r in await tx.execute(query)}


async def could_teach(tx: Tx, org_id: Id) -> Sequence[Row[Any]]:
    """Active staff, those who teach first: id, name, role."""
    teaches = case((staff.c.role == "instructor", 0), else_=1)
    query: Select[Any] = select(staff.c.id, staff.c.name, staff.c.role).where(staff.c.org_id == org_id, staff.c.active)
    return list((await tx.execute(query.order_by(teaches, staff.c.name, staff.c.id))).all())
