"""Attendance as boards and exports show it: one row for each student in each session."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select

from db import listing
from db.engine import Tx
from db.expected import code_of_seat, has_seat, is_taught_by, of_instructor, seats, settle_window, taught_by
from db.journal_tables import outcome_versions, outcomes
from db.listing import Cut, Part
from db.session_tables import attendances
from db.tables import enrollments, schedules, sessions, staff, students
from domain.value import Id

_s, _c, _e, _o, _a, _v = sessions.c, schedules.c, enrollments.c, outcomes.c, attendances.c, outcome_versions.c
_KEYS = (_s.starts_at, _s.id.label("session_id"), _e.student_id)


@dataclass(frozen=True)
class Span:
    """Whose attendance is asked for, and from when until when; None asks for nothing. `codes` are outcomes'."""

    since: datetime | None = None
    until: datetime | None = None
    instructor_id: Id | None = None
    schedule_id: Id | None = None
    student_id: Id | None = None
    session_id: Id | None = None
    codes: Collection[str] | None = None


async def attendance(tx: Tx, org_id: Id, span: Span, cut: Cut, now: datetime) -> Part:
    """A part of the rows asked for, by the sessions' start."""
    window = await settle_window(tx, org_id)
    query = (
        select(
            *_KEYS,
            _s.ref.label("session_ref"),
            _s.ends_at,
            _c.id.label("schedule_id"),
            _c.ref.label("schedule_ref"),
            _c.subject,
            _c.zone,
            taught_by.label("instructor_id"),
            staff.c.name.label("instructor_name"),
            students.c.ref.label("student_ref"),
            students.c.name.label("student_name"),
            _e.id.label("enrollment_id"),
            _o.id.label("outcome_id"),
            code_of_seat(window, now).label("code"),
            _o.version,
            _v.recorded_at,
            _v.source,
            *(_a[name] for name in ("minutes", "ratio", "joined_at", "left_at", "late_minutes", "early_minutes")),
            *(_a[name] for name in ("engagement", "comprehension")),
        )
        .select_from(
            seats()
            .join(students, and_(students.c.org_id == _e.org_id, students.c.id == _e.student_id))
            .outerjoin(staff, of_instructor)
            .outerjoin(outcome_versions, and_(_v.org_id == _o.org_id, _v.outcome_id == _o.id, _v.version == _o.version))
            .outerjoin(
                attendances, and_(_a.org_id == _s.org_id, _a.session_id == _s.id, _a.student_id == _e.student_id)
            )
        )
        .where(_s.org_id == org_id, has_seat())
    )
    if span.since is not None:
        query = query.where(_s.starts_at >= span.since)
    if span.until is not None:
        query = query.where(_s.starts_at < span.until)
    if span.schedule_id is not None:
        query = query.where(_s.schedule_id == span.schedule_id)
    if span.session_id is not None:
        query = query.where(_s.id == span.session_id)
    if span.student_id is not None:
        query = query.where(_e.student_id == span.student_id)
    if span.instructor_id is not None:
        query = query.where(is_taught_by(org_id, span.instructor_id))
    if span.codes is not None:
        query = query.where(_o.code.in_(sorted(span.codes)))
    return await listing.part(tx, query, _KEYS, cut)
