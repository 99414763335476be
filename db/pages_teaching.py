"""What an instructor's pages are drawn from: his lessons and his students."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, distinct, func, literal, or_, select, true

from db import listing
from db.engine import Tx
from db.expected import (
    code_of_seat,
    enrolled_then,
    has_seat,
    is_taught_by,
    of_seat,
    pausing,
    seats,
    settle_window,
    taught_by,
)
from db.journal_tables import cases, entries, outcomes
from db.listing import Cut, Part
from db.session_tables import attendances, evidence
from db.tables import enrollments, schedules, sessions, students
from domain.evidence import EvidenceKind
from domain.outcomes import DISPUTE_WINDOW
from domain.value import Id

SUBSTITUTED = timedelta(days=14)
"""So long before and after a lesson he gave for a colleague its students are his as well."""
LOOKED_BACK = timedelta(days=30)
"""So far back lessons that were never recorded are still counted."""
_s, _c, _e, _k = sessions.c, schedules.c, enrollments.c, cases.c
_x, _a, _o = evidence.c, attendances.c, outcomes.c


async def marked(tx: Tx, org_id: Id, session_ids: Sequence[Id]) -> dict[Id, int]:
    """How many students of each of these sessions somebody has marked."""
    rows = await tx.execute(
        select(_x.session_id, func.count(distinct(_x.student_id)))
        .where(_x.org_id == org_id, _x.session_id.in_(session_ids), _x.kind == EvidenceKind.MARK.value)
        .group_by(_x.session_id)
    )
    return {r[0]: r[1] for r in rows}


def own_enrollments(org_id: Id, me: Id, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """That an enrollment's student is taught by this instructor: regularly, or in a lesson given for a colleague."""
    given = select(_s.schedule_id).where(
        *(_s.org_id == org_id, _s.instructor_id == me),
        _s.starts_at.between(now - SUBSTITUTED, now + SUBSTITUTED),
    )
    regularly = select(_c.id).where(_c.org_id == org_id, _c.instructor_id == me)
    return (
        _e.org_id == org_id,
        or_(_e.schedule_id.in_(regularly), _e.schedule_id.in_(given)),
        or_(_e.ended_at.is_(None), _e.ended_at > now),
    )


def _students(org_id: Id, me: Id, now: datetime) -> Select[Any]:
    ahead = (
        select(func.min(_s.starts_at).label("at"))
        .where(_s.org_id == _e.org_id, _s.schedule_id == _e.schedule_id, _s.starts_at > now, _s.status != "called_off")
        .where(or_(_s.make_up_student_id.is_(None), _s.make_up_student_id == _e.student_id))
        .lateral("ahead")
    )
    balance = (
        select(func.coalesce(func.sum(entries.c.units), 0))
        .where(entries.c.org_id == _e.org_id, entries.c.enrollment_id == _e.id)
        .scalar_subquery()
    )
    return (
        select(
            students.c.id,
            students.c.name,
            func.string_agg(distinct(_c.subject), literal(", ")).label("subject"),
            func.min(ahead.c.at).label("next_at"),
            func.sum(balance).label("balance"),
            func.max(_k.tier).label("tier"),
        )
        .select_from(enrollments)
        .join(students, and_(students.c.org_id == _e.org_id, students.c.id == _e.student_id))
        .join(schedules, and_(_c.org_id == _e.org_id, _c.id == _e.schedule_id))
        .outerjoin(cases, and_(_k.org_id == _e.org_id, _k.student_id == _e.student_id, _k.closed_at.is_(None)))
        .outerjoin(ahead, true())
        .where(*own_enrollments(org_id, me, now))
        .group_by(students.c.id, students.c.name)
    )


async def students_of(tx: Tx, org_id: Id, me: Id, now: datetime, cut: Cut) -> Part:
    """His students by name: subjects with him, lessons left in them, when the next one is, the tier of an open case."""
    return await listing.part(tx, _students(org_id, me, now), (students.c.name, students.c.id), cut)


async def student_of(tx: Tx, org_id: Id, me: Id, student_id: Id, now: datetime) -> Row[Any] | None:
    """One of his students; None for anybody else."""
    query = _students(org_id, me, now).where(students.c.id == student_id)
    found: Row[Any] | None = (await tx.execute(query)).one_or_none()
    return found


async def history(tx: Tx, org_id: Id, me: Id, student_id: Id, now: datetime, cut: Cut) -> Part:
    """The student's lessons with this instructor so far, the newest first."""
    window = await settle_window(tx, org_id)
    keys = (_s.starts_at, _s.id.label("session_id"))
    query = (
        select(
            *keys,
            *(_s.ends_at, _s.topic, _s.catch_up, _c.subject),
            code_of_seat(window, now).label("code"),
            *(_a.minutes, _a.late_minutes),
        )
        .select_from(
            seats()
            .join(students, and_(students.c.org_id == _e.org_id, students.c.id == _e.student_id))
            .outerjoin(
                attendances, and_(_a.org_id == _s.org_id, _a.session_id == _s.id, _a.student_id == _e.student_id)
            )
        )
        .where(_s.org_id == org_id, _e.student_id == student_id, taught_by == me, _s.starts_at <= now, has_seat())
    )
    return await listing.part(tx, query, keys, cut, newest_first=True)


async def counts(tx: Tx, org_id: Id, me: Id, now: datetime) -> dict[str, int]:
    """`unrecorded`: his lessons that are over, that nobody has marked and he still can; `too_late`: those he cannot
    any more; `alerts`: open cases of his students."""
    by_hand = (
        select(literal(1))
        .where(_x.org_id == _s.org_id, _x.session_id == _s.id, _x.kind == EvidenceKind.MARK.value)
        .exists()
    )
    lacks = (
        select(literal(1))
        .select_from(enrollments.outerjoin(outcomes, of_seat))
        .where(enrolled_then(), ~pausing(), _o.id.is_(None))
        .correlate(sessions)
        .exists()
    )
    can = _s.ends_at >= now - DISPUTE_WINDOW
    missing = (
        select(func.count().filter(can).label("unrecorded"), func.count().filter(~can).label("too_late"))
        .select_from(sessions.join(schedules, and_(_c.org_id == _s.org_id, _c.id == _s.schedule_id)))
        .where(_s.org_id == org_id, is_taught_by(org_id, me), _s.starts_at >= now - LOOKED_BACK, _s.ends_at <= now)
        .where(_s.status != "called_off", lacks, ~by_hand)
        .subquery("missing")
    )
    mine = select(_e.student_id).where(*own_enrollments(org_id, me, now))
    open_cases = (
        select(func.count())
        .where(_k.org_id == org_id, _k.closed_at.is_(None), _k.student_id.in_(mine))
        .scalar_subquery()
    )
    row = (await tx.execute(select(missing, open_cases.label("alerts")))).one()
    return dict(row._mapping)
