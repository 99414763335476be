"""What a decision asks of the books about one student. Built once: making a statement costs as much as running it.

Parameters: `org`, `student`, and those that a statement says.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Date, DateTime, Select, and_, bindparam, case, cast, func, not_, or_, select

from db.journal_tables import entries, messages, outcomes, tasks
from db.tables import (
    closures,
    enrollments,
    guardians,
    organizations,
    policies,
    recurrences,
    schedules,
    sessions,
    staff,
    student_guardians,
    students,
    terms,
)
from domain.balance import Entry, EntryKind
from domain.grace import Term
from domain.outcomes import FLAGS, Code
from domain.sending import Message, MessageState
from domain.tasks import Role

LOADED_PER_ENROLLMENT = 40
"""Newest outcomes loaded per enrollment, and as many told ahead: four times the default policy's longest window."""
_ORG: BindParameter[Any] = bindparam("org")
_STUDENT: BindParameter[Any] = bindparam("student")
_NAMED: BindParameter[Any] = bindparam("named", expanding=True)
_NOW: BindParameter[Any] = bindparam("now", type_=DateTime(timezone=True))
_NO_PLACE = [c.value for c, f in FLAGS.items() if not f.takes_place]
_NOT_HELD = [c for c in _NO_PLACE if c != Code.SCHEDULED]
_ON_THEIR_WAY = [s.value for s in (MessageState.QUEUED, MessageState.HELD, MessageState.SENDING)]
_o, _s, _e, _c, _m, _g, _link = (
    outcomes.c,
    sessions.c,
    enrollments.c,
    schedules.c,
    messages.c,
    guardians.c,
    student_guardians.c,
)

LOCKED_STATE = (
    select(students.c.state).where(students.c.org_id == _ORG, students.c.id == _STUDENT).with_for_update(key_share=True)
)

POLICIES = select(policies.c.version, policies.c.document).where(policies.c.org_id == _ORG)

ORGANIZATION = select(
    organizations.c.zone,
    organizations.c.country,
    func.array(select(closures.c.day).where(closures.c.org_id == _ORG).scalar_subquery()).label("closed"),
    select(func.jsonb_agg(func.jsonb_build_object(*(x for f in Term.model_fields for x in (f, terms.c[f])))))
    .where(terms.c.org_id == _ORG)
    .scalar_subquery()
    .label("terms"),
).where(organizations.c.id == _ORG)
"""Its zone, its country, the days on which it is closed, and its terms (None without one)."""

GUARDIANS = (
    select(_g.id, _g.zone, _g.phone, _g.email)
    .join(student_guardians, and_(_link.org_id == _g.org_id, _link.guardian_id == _g.id))
    .where(_link.org_id == _ORG, _link.student_id == _STUDENT)
    .order_by(_link.position)
)
"""In the order in which they are asked."""

MAKE_UPS = (
    select(_s.make_up_for, _s.created_at, _o.code)
    .outerjoin(outcomes, and_(_o.org_id == _s.org_id, _o.session_id == _s.id, _o.student_id == _s.make_up_student_id))
    .where(_s.org_id == _ORG, _s.make_up_student_id == _STUDENT, _s.status != "called_off")
)
"""Booked make-ups, each with its own outcome, if it has one."""

_every = (
    select(
        _o.id,
        _o.session_id,
        _o.enrollment_id,
        _o.code,
        _o.version,
        _o.received_at,
        _o.imported,
        _s.starts_at,
        _s.ends_at,
        func.row_number()
        .over(
            partition_by=(_o.enrollment_id, _s.starts_at > _NOW),
            order_by=(func.abs(func.extract("epoch", _s.starts_at - _NOW)), _s.id),
        )
        .label("rank"),
    )
    .join(sessions, and_(_s.org_id == _o.org_id, _s.id == _o.session_id))
    .where(_o.org_id == _ORG, _o.student_id == _STUDENT)
    .subquery()
)
_day = cast(func.timezone("UTC", _every.c.starts_at), Date)
_may_be_graced = and_(
    _every.c.code == Code.LATE_CANCELLED.value,
    select(terms.c.id).where(terms.c.org_id == _ORG, _day.between(terms.c.starts_on - 1, terms.c.ends_on + 1)).exists(),
)
_loaded = or_(_every.c.rank <= LOADED_PER_ENROLLMENT, _every.c.id.in_(_NAMED), _may_be_graced)
OUTCOMES = select(_every).where(_loaded)
"""Of each enrollment those nearest to `now` on either side (what is told ahead crowds nothing out), those in `named`,
and every late cancellation of a term, whose local dates are near those of UTC."""

OLDER_PLACES = (
    select(_every.c.enrollment_id, func.count())
    .where(not_(_loaded), _every.c.starts_at <= _NOW, _every.c.code.not_in(_NO_PLACE))
    .group_by(_every.c.enrollment_id)
)
"""How many took a place and are not among `OUTCOMES`."""

_mine = and_(entries.c.org_id == _e.org_id, entries.c.enrollment_id == _e.id)
_upcoming = (
    select(func.count())
    .select_from(sessions)
    .outerjoin(outcomes, and_(_o.org_id == _s.org_id, _o.session_id == _s.id, _o.student_id == _e.student_id))
    .where(_s.org_id == _e.org_id, _s.schedule_id == _e.schedule_id, _s.status != "called_off")
    .where(_s.starts_at >= _NOW, _s.starts_at < bindparam("soon"))
    .where(or_(_e.ended_at.is_(None), _s.starts_at < _e.ended_at))
    .where(or_(_s.make_up_student_id.is_(None), _s.make_up_student_id == _e.student_id))
    .where(or_(_o.id.is_(None), _o.code == Code.SCHEDULED.value))
    .correlate(enrollments)
    .scalar_subquery()
)
_recurs = (
    select(recurrences.c.id)
    .where(recurrences.c.org_id == _e.org_id, recurrences.c.schedule_id == _e.schedule_id)
    .correlate(enrollments)
    .exists()
)
ENROLLMENTS = (
    select(
        _e.id,
        _e.coordinator_id,
        _e.started_at,
        _e.imported,
        select(func.coalesce(func.sum(entries.c.units), 0)).where(_mine).scalar_subquery().label("balance"),
        select(entries.c.units)
        .where(_mine, entries.c.kind == EntryKind.TOP_UP.value)
        .order_by(entries.c.seq.desc())
        .limit(1)
        .scalar_subquery()
        .label("last_top_up"),
        case((_recurs, _upcoming)).label("upcoming"),
        _c.id.label("schedule_id"),
        _c.kind,
        _c.zone,
        _c.units_per_session,
        _c.sessions_per_week,
        _c.cancel_notice,
        _c.charges,
        _c.instructor_id,
    )
    .join(schedules, and_(_c.org_id == _e.org_id, _c.id == _e.schedule_id))
    .where(_e.org_id == _ORG, _e.student_id == _STUDENT)
    .order_by(_e.started_at, _e.id)
)
"""With balance, the units of the last top-up, and the sessions from `now` until `soon` where the schedule recurs."""

ENTRIES = (
    select(*(entries.c[f] for f in Entry.model_fields))
    .where(
        entries.c.org_id == _ORG,
        entries.c.outcome_id.in_(
            select(_o.id).where(
                _o.org_id == _ORG,
                _o.student_id == _STUDENT,
                or_(_o.id.in_(_NAMED), _o.code == Code.LATE_CANCELLED.value),
            )
        ),
    )
    .order_by(entries.c.seq)
)
"""What the outcomes in `named` have booked, and every late cancellation: grace may move between them."""


def _told(*where: object) -> Select[tuple[object, ...]]:
    columns = [_m[f] for f in Message.model_fields if f != "recipient_id"]
    mine = select(*columns, _m.guardian_id, _m.staff_id).where(_m.org_id == _ORG, _m.student_id == _STUDENT)
    return mine.where(*where).order_by(_m.id)  # type: ignore[arg-type]


WAITING = _told(_m.state.in_(_ON_THEIR_WAY))
"""Messages that wait or are being sent."""
WAITING_LOCKED = WAITING.with_for_update(key_share=True)
RECENT = _told(_m.state.not_in(_ON_THEIR_WAY), _m.created_at > bindparam("since"))
"""The others, as far back as `since`."""

TEAM = (
    select(
        staff.c.id,
        staff.c.role,
        select(func.count())
        .where(tasks.c.org_id == staff.c.org_id, tasks.c.owner_id == staff.c.id, tasks.c.finished_at.is_(None))
        .scalar_subquery()
        .label("open_tasks"),
    )
    .where(staff.c.org_id == _ORG, staff.c.active, staff.c.role != Role.INSTRUCTOR.value)
    .order_by(staff.c.id)
)
"""Everybody who can own tasks."""

FIRST_SESSION = (
    select(_s.id)
    .outerjoin(outcomes, and_(_o.org_id == _s.org_id, _o.session_id == _s.id, _o.student_id == _STUDENT))
    .where(_s.org_id == _ORG, _s.schedule_id == bindparam("schedule"), _s.starts_at >= bindparam("since"))
    .where(_s.status != "called_off", or_(_o.code.is_(None), _o.code.not_in(_NOT_HELD)))
    .order_by(_s.starts_at, _s.id)
    .limit(1)
)
"""The first session in `schedule` since `since` that was not called off."""
