"""Groups and one-to-one series as a list: who teaches, who is in it, what comes next."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, exists, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by

from db import listing
from db.engine import Tx
from db.listing import Cut, Part
from db.tables import enrollments, schedules, sessions, staff, students
from domain.value import Id

_c, _e, _s = schedules.c, enrollments.c, sessions.c


async def groups(tx: Tx, org_id: Id, cut: Cut, now: datetime, *, kind: str | None, q: str | None) -> Part:
    """Schedules by subject. `pupils` counts who is enrolled now, `names` are theirs; `next_at` is the next
    lesson that takes place. `q` is looked for in subject, ref, instructor and the names of those enrolled."""
    mine = and_(_e.org_id == _c.org_id, _e.schedule_id == _c.id)
    goes_on = and_(_e.started_at <= now, or_(_e.ended_at.is_(None), _e.ended_at > now))
    of_student = and_(students.c.org_id == _e.org_id, students.c.id == _e.student_id)
    enrolled = (
        select(
            func.count().label("pupils"),
            func.array_agg(aggregate_order_by(students.c.name, students.c.name)).label("names"),
        )
        .select_from(enrollments.join(students, of_student))
        .where(mine, goes_on)
        .correlate(schedules)
        .lateral("enrolled")
    )
    upcoming = (
        select(func.min(_s.starts_at).label("next_at"))
        .where(_s.org_id == _c.org_id, _s.schedule_id == _c.id, _s.starts_at >= now, _s.status != "called_off")
        .correlate(schedules)
        .lateral("upcoming")
    )
    query = (
        select(
            _c.id,
            _c.subject,
            _c.kind,
            _c.zone,
            _c.ref,
            staff.c.name.label("instructor_name"),
            enrolled.c.pupils,
            enrolled.c.names,
            upcoming.c.next_at,
        )
        .select_from(schedules)
        .outerjoin(staff, and_(staff.c.org_id == _c.org_id, staff.c.id == _c.instructor_id))
        .join(enrolled, true())
        .join(upcoming, true())
        .where(_c.org_id == org_id)
    )
    if kind is not None:
        query = query.where(_c.kind == kind)
    if q is not None:
        named = select(literal(1)).select_from(enrollments.join(students, of_student)).where(mine)
        query = query.where(
            or_(
                *(c.icontains(q, autoescape=True) for c in (_c.subject, staff.c.name, _c.ref)),
                exists(named.where(students.c.name.icontains(q, autoescape=True)).correlate(schedules)),
            )
        )
    return await listing.part(tx, query, (_c.subject, _c.id), cut)
