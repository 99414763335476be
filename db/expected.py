"""Who is expected in a session, and how a session stands, as conditions that every board is asked with.

Expected is who is enrolled in the session's schedule at its start and does not pause then; a make-up expects its
student alone. Who has an outcome is counted in, whatever his enrollment says. How a session stands is read from the
outcomes and the time, so a board is right also where the session's own clock has not run.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    FromClause,
    Interval,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)

from db.engine import Tx
from db.journal_tables import outcomes
from db.student_facts import newest_policy
from db.tables import enrollments, schedules, sessions, staff, students
from domain.outcomes import FLAGS, Code
from domain.value import Id

PRESENT = [c.value for c, f in FLAGS.items() if f.present]
_s, _c, _e, _o = sessions.c, schedules.c, enrollments.c, outcomes.c

taught_by: ColumnElement[Any] = func.coalesce(_s.instructor_id, _c.instructor_id)
"""The session's own instructor, else its schedule's."""

of_schedule = and_(_c.org_id == _s.org_id, _c.id == _s.schedule_id)
"""The schedule of a session."""

of_instructor = and_(staff.c.org_id == _s.org_id, staff.c.id == taught_by)
"""Who teaches a session."""

of_seat = and_(
    _o.org_id == _s.org_id,
    _o.session_id == _s.id,
    _o.student_id == _e.student_id,
    _o.code != Code.SCHEDULED.value,
)
"""The outcome of a session for an enrolled student. One that was taken back is none."""


def enrolled_then(session: FromClause = sessions, enrollment: FromClause = enrollments) -> ColumnElement[bool]:
    """That an enrollment has a seat in a session by its dates."""
    _s, _e = session.c, enrollment.c
    return and_(
        _e.org_id == _s.org_id,
        _e.schedule_id == _s.schedule_id,
        _e.started_at <= _s.starts_at,
        or_(_e.ended_at.is_(None), _e.ended_at > _s.starts_at),
        or_(_s.make_up_student_id.is_(None), _s.make_up_student_id == _e.student_id),
    )


def pausing(session: FromClause = sessions, enrollment: FromClause = enrollments) -> ColumnElement[bool]:
    """That the enrollment's student pauses at the session's start. An attended session ends a pause."""
    _s, _e = session.c, enrollment.c
    pauses = func.jsonb_array_elements(students.c.state["pauses"]).table_valued("value").lateral("pause")
    began = cast(pauses.c.value.op("->>")("began_at"), DateTime(timezone=True))
    until = cast(pauses.c.value.op("->>")("until"), DateTime(timezone=True))
    then, came = sessions.alias("then"), outcomes.alias("came")
    back = exists(
        select(literal(1))
        .select_from(came.join(then, and_(then.c.org_id == came.c.org_id, then.c.id == came.c.session_id)))
        .where(came.c.org_id == _e.org_id, came.c.student_id == _e.student_id, came.c.code.in_(PRESENT))
        .where(then.c.starts_at >= began, then.c.starts_at <= _s.starts_at)
        .correlate(session, enrollment, pauses)
    )
    return exists(
        select(literal(1))
        .select_from(students)
        .join(pauses, literal(True))
        .where(students.c.org_id == _e.org_id, students.c.id == _e.student_id)
        .where(began <= _s.starts_at, until > _s.starts_at, ~back)
        .correlate(session, enrollment)
    )


def has_seat() -> ColumnElement[bool]:
    """That an enrolled student belongs into a session: expected, or with an outcome (joined by `of_seat`)."""
    return or_(_o.id.is_not(None), and_(enrolled_then(), ~pausing()))


def lacks_somebody(
    org_id: Id, now: datetime, since: datetime | None = None, until: datetime | None = None
) -> ColumnElement[bool]:
    """That an expected student of a session that has ended has no outcome. With bounds: of a session that began in
    between, so that no other is looked at."""
    past, seat, told = sessions.alias("past"), enrollments.alias("seat"), outcomes.alias("told")
    found = (
        select(past.c.id)
        .select_from(past.join(seat, and_(seat.c.org_id == past.c.org_id, seat.c.schedule_id == past.c.schedule_id)))
        .outerjoin(
            told,
            and_(
                told.c.org_id == past.c.org_id,
                told.c.session_id == past.c.id,
                told.c.student_id == seat.c.student_id,
                told.c.code != Code.SCHEDULED.value,
            ),
        )
        .where(past.c.org_id == org_id, past.c.ends_at <= now, past.c.status != "called_off", told.c.id.is_(None))
        .where(enrolled_then(past, seat), ~pausing(past, seat))
    )
    if since is not None:
        found = found.where(past.c.starts_at >= since)
    if until is not None:
        found = found.where(past.c.starts_at < until)
    # gathered first: nothing tells the planner how few they are, and it would look at every session for each
    return _s.id == func.any(func.array(found.scalar_subquery()))


async def settle_window(tx: Tx, org_id: Id) -> ColumnElement[Any]:
    """How long after its end a session is settled: the schedule's own number, else the policy's."""
    usual = (await newest_policy(tx, org_id)).attendance.settle_after
    own = cast(_c.attendance["settle_after"].astext, Interval)
    return func.coalesce(own, literal(usual, Interval))


def status_of(missing: ColumnElement[bool], window: ColumnElement[Any], now: datetime) -> ColumnElement[str]:
    """How a session stands: `missing` says that somebody has no outcome, `window` is its settle window."""
    return case(
        (_s.status == "called_off", literal("called_off", Text)),
        (_s.ends_at + window > now, case((_s.status == "settled", "settled"), else_="scheduled")),
        (missing, literal("unrecorded", Text)),
        else_=literal("settled", Text),
    )


def stands(
    status: str,
    org_id: Id,
    window: ColumnElement[Any],
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
) -> ColumnElement[bool]:
    """That `status_of` a session is this, in a form that needs no look at sessions which cannot be.

    `since` and `until` are the bounds of what is asked for anyway, if there are any.
    """
    if status == "called_off":
        return _s.status == "called_off"
    held, over = _s.status != "called_off", _s.ends_at + window <= now
    match status:
        case "scheduled":
            return and_(held, ~over, _s.status != "settled")
        case "unrecorded":
            return and_(held, over, lacks_somebody(org_id, now, since, until))
        case _:
            return and_(held, case((over, ~lacks_somebody(org_id, now, since, until)), else_=_s.status == "settled"))


def code_of_seat(window: ColumnElement[Any], now: datetime) -> ColumnElement[str]:
    """What became of a session for a student: the outcome's code; without one how the session was called off, or
    `scheduled`, `unrecorded`."""
    waiting = case((_s.ends_at + window > now, literal("scheduled", Text)), else_=literal("unrecorded", Text))
    return func.coalesce(_o.code, _s.called_off, waiting)


def seats() -> FromClause:
    """Sessions with their schedules and everybody enrolled in them, and the outcome where there is one.

    To be narrowed by `has_seat`.
    """
    return (
        sessions.join(schedules, of_schedule)
        .join(enrollments, and_(_e.org_id == _s.org_id, _e.schedule_id == _s.schedule_id))
        .outerjoin(outcomes, of_seat)
    )


def is_taught_by(org_id: Id, instructor_id: Id) -> ColumnElement[bool]:
    """That a session is this instructor's, without looking at every schedule."""
    own = select(_c.id).where(_c.org_id == org_id, _c.instructor_id == instructor_id)
    return or_(_s.instructor_id == instructor_id, and_(_s.instructor_id.is_(None), _s.schedule_id.in_(own)))
