"""What families and students see of a student: lessons ahead and past, accounts, absences told, messages to oneself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, exists, func, or_, select

from db import listing
from db.engine import Tx
from db.expected import code_of_seat, has_seat, of_instructor, seats, settle_window
from db.journal_tables import entries, messages, outcomes
from db.listing import Cut, Part
from db.login_tables import preferences
from db.session_tables import attendances, calendar_feeds, planned_absences
from db.tables import enrollments, schedules, sessions, staff, students
from domain.balance import EntryKind
from domain.sending import HANDED_OVER, NO_CONTACT, MessageState, Purpose
from domain.value import Id

AHEAD = timedelta(days=60)
"""So far lessons ahead are looked at; a series makes them four weeks ahead."""
AHEAD_MOST = 60
_s, _c, _e, _o, _a, _p, _m = (
    sessions.c,
    schedules.c,
    enrollments.c,
    outcomes.c,
    attendances.c,
    preferences.c,
    messages.c,
)
_KEYS = (_s.starts_at, _s.id.label("session_id"))
_NO_NEWS = ("no_phone", "no_email", NO_CONTACT)
"""Why a message did not leave that its reader knows anyway."""
_TELLING = (MessageState.SUPPRESSED.value, MessageState.MERGED.value, MessageState.FAILED.value)


async def children(tx: Tx, org_id: Id, student_ids: Collection[Id]) -> list[Row[Any]]:
    """These students: id, name and pauses."""
    c = students.c
    columns = (c.id, c.name, c.state["pauses"].label("pauses"))
    query: Select[Any] = select(*columns).where(c.org_id == org_id, c.id.in_(list(student_ids)))
    rows: dict[Id, Row[Any]] = {r.id: r for r in await tx.execute(query)}
    return [rows[i] for i in student_ids if i in rows]


async def _lessons(tx: Tx, org_id: Id, student_ids: Collection[Id], now: datetime) -> Select[Any]:
    """The students' lessons with what became of each. `units` is what it has taken from the balance."""
    window = await settle_window(tx, org_id)
    used = (
        select(func.coalesce(func.sum(-entries.c.units), 0))
        .where(entries.c.org_id == _o.org_id, entries.c.outcome_id == _o.id)
        .correlate(outcomes)
        .scalar_subquery()
    )
    return (
        select(
            *_KEYS,
            _s.ends_at,
            _s.topic,
            func.coalesce(_s.join_url, _c.join_url).label("join_url"),
            _c.subject,
            _c.units_per_session,
            _e.id.label("enrollment_id"),
            _e.student_id,
            staff.c.name.label("teacher"),
            func.coalesce(_p.zone, _c.zone).label("teacher_zone"),
            code_of_seat(window, now).label("code"),
            _o.id.label("outcome_id"),
            used.label("units"),
            *(_a[name] for name in ("minutes", "joined_at", "left_at", "late_minutes")),
        )
        .select_from(
            seats()
            .join(students, and_(students.c.org_id == _e.org_id, students.c.id == _e.student_id))
            .outerjoin(staff, of_instructor)
            .outerjoin(preferences, and_(_p.org_id == staff.c.org_id, _p.staff_id == staff.c.id))
            .outerjoin(
                attendances, and_(_a.org_id == _s.org_id, _a.session_id == _s.id, _a.student_id == _e.student_id)
            )
        )
        .where(_s.org_id == org_id, _e.student_id.in_(list(student_ids)), has_seat())
    )


async def ahead(
    tx: Tx, org_id: Id, student_ids: Collection[Id], now: datetime, until: datetime | None = None
) -> Sequence[Row[Any]]:
    """Lessons that are not over, by start, also those that were called off or told ahead."""
    query = (await _lessons(tx, org_id, student_ids, now)).where(
        _s.ends_at > now, _s.starts_at < (until or now + AHEAD)
    )
    rows: Sequence[Row[Any]] = (await tx.execute(query.order_by(_s.starts_at, _s.id).limit(AHEAD_MOST))).all()
    return rows


async def past(tx: Tx, org_id: Id, student_id: Id, now: datetime, cut: Cut) -> Part:
    """A part of the lessons that are over, the newest first."""
    query = (await _lessons(tx, org_id, [student_id], now)).where(_s.ends_at <= now)
    return await listing.part(tx, query, _KEYS, cut, newest_first=True)


async def accounts(tx: Tx, org_id: Id, student_ids: Collection[Id]) -> Sequence[Row[Any]]:
    """Enrollments that go on or hold a balance, with it and the units of the last top-up, if there was one."""
    mine = and_(entries.c.org_id == _e.org_id, entries.c.enrollment_id == _e.id)
    balance = select(func.coalesce(func.sum(entries.c.units), 0)).where(mine).correlate(enrollments).scalar_subquery()
    bought = (
        select(entries.c.units)
        .where(mine, entries.c.kind == EntryKind.TOP_UP.value)
        .order_by(entries.c.seq.desc())
        .limit(1)
        .correlate(enrollments)
        .scalar_subquery()
    )
    query: Select[Any] = (
        select(
            _e.id,
            _e.student_id,
            _c.subject,
            _c.units_per_session,
            balance.label("balance"),
            bought.label("last_top_up"),
        )
        .join(schedules, and_(_c.org_id == _e.org_id, _c.id == _e.schedule_id))
        .where(_e.org_id == org_id, _e.student_id.in_(list(student_ids)), or_(_e.ended_at.is_(None), balance != 0))
        .order_by(_e.started_at, _e.id)
    )
    rows: Sequence[Row[Any]] = (await tx.execute(query)).all()
    return rows


async def absences(tx: Tx, org_id: Id, student_id: Id, now: datetime) -> Sequence[Row[Any]]:
    """Absences told for days that are not over, by their begin."""
    a = planned_absences.c
    query: Select[Any] = (
        select(a.id, a.starts_at, a.ends_at)
        .where(a.org_id == org_id, a.student_id == student_id, a.withdrawn_at.is_(None), a.ends_at > now)
        .order_by(a.starts_at, a.id)
        .limit(20)
    )
    rows: Sequence[Row[Any]] = (await tx.execute(query)).all()
    return rows


async def absence_of(tx: Tx, org_id: Id, student_id: Id, absence_id: Id) -> bool:
    """Whether this absence is the student's."""
    a = planned_absences.c
    found = await tx.execute(select(a.id).where(a.org_id == org_id, a.student_id == student_id, a.id == absence_id))
    return found.one_or_none() is not None


async def sent(tx: Tx, org_id: Id, guardian_id: Id, student_id: Id, cut: Cut) -> Part:
    """Messages about the student to this guardian, the newest first: what left, waits, or says why it did not.

    What a person is still reading, and what was taken back before it left, is no news to a family.
    """
    at = func.coalesce(_m.handed_over_at, _m.due_at).label("at")
    names = ("id", "purpose", "channel", "state", "reason", "subject", "body", "due_at")
    left = [s.value for s in sorted(HANDED_OVER)]
    query = (
        select(*(_m[n] for n in names), at, _s.starts_at.label("lesson_at"))
        .outerjoin(sessions, and_(_s.org_id == _m.org_id, _s.id == _m.session_id))
        .where(_m.org_id == org_id, _m.guardian_id == guardian_id, _m.student_id == student_id)
        .where(_m.state.in_([*left, *_TELLING, MessageState.QUEUED.value]))
        .where(or_(_m.reason.is_(None), _m.reason.not_in(_NO_NEWS)), _m.purpose != Purpose.SIGN_IN_LINK.value)
    )
    return await listing.part(tx, query, [at, _m.id], cut, newest_first=True)


async def has_calendar(tx: Tx, org_id: Id, person: str, person_id: Id) -> bool:
    """Whether a calendar address of this person ("guardian", "student") opens something."""
    f = calendar_feeds.c
    mine = exists().where(f.org_id == org_id, f[f"{person}_id"] == person_id, f.revoked_at.is_(None))
    return bool((await tx.execute(select(mine))).scalar_one())
