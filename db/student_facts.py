"""Loading what a decision may know of one student, inside the transaction that will write it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, func, or_, select

from db.engine import Tx
from db.holidays import public_holidays
from db.journal_tables import entries, messages, outcomes, tasks
from db.tables import (
    closures,
    enrollments,
    guardians,
    organizations,
    policies,
    schedules,
    sessions,
    staff,
    student_guardians,
    students,
)
from domain.balance import Entry, EntryKind
from domain.facts import Enrollment, Facts, Guardian, MakeUp
from domain.outcomes import FLAGS, Outcome, Schedule
from domain.policy import Policy
from domain.sending import Message, MessageState
from domain.state import State, upgrade
from domain.tasks import Colleague, Role
from domain.value import Id
from domain.working_time import Calendar, local

LOADED_PER_ENROLLMENT = 40
"""Newest outcomes loaded per enrollment: four times the longest window of the default policy."""
_MESSAGES_FOR = timedelta(days=35)
_NO_PLACE = [c.value for c, f in FLAGS.items() if not f.takes_place]


async def lock_student(tx: Tx, org_id: Id, student_id: Id) -> State | None:
    """Lock the student for a decision (the API's inbox rows are not blocked by it); None if there is none."""
    row = await tx.execute(
        select(students.c.state)
        .where(students.c.org_id == org_id, students.c.id == student_id)
        .with_for_update(key_share=True)
    )
    found = row.one_or_none()
    return upgrade(found.state) if found else None


async def load(
    tx: Tx, org_id: Id, student_id: Id, named: Sequence[Id], now: datetime, *, lock: bool = True
) -> Facts:
    """The facts of one student. `named` are outcomes that waiting events speak of, however old.

    `lock` keeps the messages from leaving meanwhile; who only looks goes without.
    """
    places, counts = await _outcomes(tx, org_id, student_id, named)
    mine = await _enrollments(tx, org_id, student_id, counts)
    return Facts(
        student_id=student_id,
        calendar=await calendar(tx, org_id, now),
        policies=await load_policies(tx, org_id),
        guardians=await _guardians(tx, org_id, student_id),
        enrollments=mine,
        outcomes=places,
        entries=await _entries(tx, org_id, named),
        messages=await _messages(tx, org_id, student_id, now, lock=lock),
        team=await team(tx, org_id),
        make_ups=await _make_ups(tx, org_id, student_id),
        first_session_id=await _first_session(tx, org_id, student_id, mine),
    )


async def load_policies(tx: Tx, org_id: Id) -> dict[int, Policy]:
    """Every policy version of the organization; the shipped defaults are version 1 until one is published."""
    rows = await tx.execute(select(policies.c.version, policies.c.document).where(policies.c.org_id == org_id))
    published = {r.version: Policy.model_validate(r.document | {"version": r.version}) for r in rows}
    return {1: Policy()} | published


async def calendar(tx: Tx, org_id: Id, now: datetime) -> Calendar:
    """When the organization works, with its holidays of this year and the next."""
    row = (
        await tx.execute(select(organizations.c.zone, organizations.c.country).where(organizations.c.id == org_id))
    ).one()
    closed = (await tx.execute(select(closures.c.day).where(closures.c.org_id == org_id))).scalars()
    year = local(now, row.zone).year
    days = {*closed, *public_holidays(row.country, year), *public_holidays(row.country, year + 1)}
    return Calendar(zone=row.zone, closed_on=tuple(sorted(days)))


async def _guardians(tx: Tx, org_id: Id, student_id: Id) -> tuple[Guardian, ...]:
    g, link = guardians.c, student_guardians.c
    rows = await tx.execute(
        select(g.id, g.zone, g.phone, g.email)
        .join(student_guardians, and_(link.org_id == g.org_id, link.guardian_id == g.id))
        .where(link.org_id == org_id, link.student_id == student_id)
        .order_by(link.position)
    )
    return tuple(
        Guardian(id=r.id, zone=r.zone, has_phone=r.phone is not None, has_email=r.email is not None) for r in rows
    )


async def _outcomes(
    tx: Tx, org_id: Id, student_id: Id, named: Sequence[Id]
) -> tuple[tuple[Outcome, ...], dict[Id, int]]:
    """The newest outcomes of each enrollment and those named; and how many older ones took a place."""
    o, s = outcomes.c, sessions.c
    rank = func.row_number().over(partition_by=o.enrollment_id, order_by=(s.starts_at.desc(), s.id))
    every = (
        select(
            o.id,
            o.session_id,
            o.enrollment_id,
            o.code,
            o.version,
            o.received_at,
            o.imported,
            s.starts_at,
            s.ends_at,
            rank.label("rank"),
        )
        .join(sessions, and_(s.org_id == o.org_id, s.id == o.session_id))
        .where(o.org_id == org_id, o.student_id == student_id)
        .subquery()
    )
    wanted = or_(every.c.rank <= LOADED_PER_ENROLLMENT, every.c.id.in_(named))
    rows = (await tx.execute(select(every).where(wanted))).all()
    booked = set(await _made_up(tx, org_id, student_id))
    older = await tx.execute(
        select(every.c.enrollment_id, func.count())
        .where(every.c.rank > LOADED_PER_ENROLLMENT, every.c.code.not_in(_NO_PLACE), every.c.id.not_in(named))
        .group_by(every.c.enrollment_id)
    )
    return tuple(_outcome(r, booked) for r in rows), {r[0]: r[1] for r in older}


def _outcome(r: Row[Any], booked: set[Id]) -> Outcome:
    fields = {k: v for k, v in r._mapping.items() if k != "rank"}
    return Outcome(**fields, made_up=r.session_id in booked)


async def _made_up(tx: Tx, org_id: Id, student_id: Id) -> list[Id]:
    """Missed sessions whose make-up is booked, or was attended: one that was missed again mends nothing."""
    s, o = sessions.c, outcomes.c
    missed = [c.value for c, f in FLAGS.items() if not f.present]
    rows = await tx.execute(
        select(s.make_up_for)
        .outerjoin(outcomes, and_(o.org_id == s.org_id, o.session_id == s.id, o.student_id == s.make_up_student_id))
        .where(s.org_id == org_id, s.make_up_student_id == student_id)
        .where(or_(o.code.is_(None), o.code.not_in(missed)))
    )
    return [r.make_up_for for r in rows]


async def _enrollments(tx: Tx, org_id: Id, student_id: Id, counts: dict[Id, int]) -> tuple[Enrollment, ...]:
    e, s = enrollments.c, schedules.c
    mine = and_(entries.c.org_id == e.org_id, entries.c.enrollment_id == e.id)
    total = select(func.coalesce(func.sum(entries.c.units), 0)).where(mine).scalar_subquery()
    bought = (
        select(entries.c.units)
        .where(mine, entries.c.kind == EntryKind.TOP_UP.value)
        .order_by(entries.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = await tx.execute(
        select(
            e.id,
            e.coordinator_id,
            e.started_at,
            e.imported,
            total.label("balance"),
            bought.label("last_top_up"),
            s.id.label("schedule_id"),
            s.kind,
            s.zone,
            s.units_per_session,
            s.sessions_per_week,
            s.cancel_notice,
            s.charges,
            s.instructor_id,
        )
        .join(schedules, and_(s.org_id == e.org_id, s.id == e.schedule_id))
        .where(e.org_id == org_id, e.student_id == student_id)
        .order_by(e.started_at, e.id)
    )
    return tuple(
        Enrollment(
            id=r.id,
            schedule=Schedule(id=r.schedule_id, **{k: getattr(r, k) for k in _SCHEDULE}),
            coordinator_id=r.coordinator_id,
            started_at=r.started_at,
            imported=r.imported,
            earlier_places=counts.get(r.id, 0),
            balance=r.balance,
            last_top_up=r.last_top_up,
        )
        for r in rows
    )


_SCHEDULE = ("kind", "zone", "units_per_session", "sessions_per_week", "cancel_notice", "charges", "instructor_id")


async def _entries(tx: Tx, org_id: Id, named: Sequence[Id]) -> tuple[Entry, ...]:
    if not named:
        return ()
    wanted = [entries.c[f] for f in Entry.model_fields]
    rows = await tx.execute(
        select(*wanted).where(entries.c.org_id == org_id, entries.c.outcome_id.in_(named)).order_by(entries.c.seq)
    )
    return tuple(Entry.model_validate(dict(r._mapping)) for r in rows)


async def _messages(tx: Tx, org_id: Id, student_id: Id, now: datetime, *, lock: bool) -> tuple[Message, ...]:
    """The student's newest messages and all that wait. Locked, so that none leaves while it is being cancelled."""
    m = messages.c
    waiting = m.state.in_((MessageState.QUEUED, MessageState.HELD, MessageState.SENDING))
    query = (
        select(messages)
        .where(m.org_id == org_id, m.student_id == student_id, or_(waiting, m.created_at > now - _MESSAGES_FOR))
        .order_by(m.id)
    )
    rows = await tx.execute(query.with_for_update(key_share=True) if lock else query)
    return tuple(to_message(r) for r in rows)


def to_message(r: Row[Any]) -> Message:
    """A row of the messages table as the rules know it."""
    fields = dict(r._mapping)
    return Message.model_validate(fields | {"recipient_id": fields["guardian_id"] or fields["staff_id"]})


async def team(tx: Tx, org_id: Id, *, lock: bool = False) -> tuple[Colleague, ...]:
    """Everybody who can own tasks, with how many open ones each has.

    `lock` keeps others from handing out tasks by load until the end of the transaction. It is always taken last.
    """
    if lock:
        await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"team:{org_id}", 0))))
    open_tasks = (
        select(func.count())
        .where(tasks.c.org_id == staff.c.org_id, tasks.c.owner_id == staff.c.id, tasks.c.finished_at.is_(None))
        .scalar_subquery()
    )
    rows = await tx.execute(
        select(staff.c.id, staff.c.role, open_tasks.label("open_tasks"))
        .where(staff.c.org_id == org_id, staff.c.active, staff.c.role != Role.INSTRUCTOR.value)
        .order_by(staff.c.id)
    )
    return tuple(Colleague(id=r.id, role=Role(r.role), open_tasks=r.open_tasks) for r in rows)


async def _make_ups(tx: Tx, org_id: Id, student_id: Id) -> tuple[MakeUp, ...]:
    s = sessions.c
    rows = await tx.execute(
        select(s.make_up_for, s.created_at).where(s.org_id == org_id, s.make_up_student_id == student_id)
    )
    return tuple(MakeUp(session_id=r.make_up_for, booked_at=r.created_at) for r in rows)


async def _first_session(tx: Tx, org_id: Id, student_id: Id, mine: Sequence[Enrollment]) -> Id | None:
    """The first session of the first enrollment that was not called off, read from the calendar."""
    if not mine:
        return None
    first, s, o = mine[0], sessions.c, outcomes.c
    row = await tx.execute(
        select(s.id)
        .outerjoin(outcomes, and_(o.org_id == s.org_id, o.session_id == s.id, o.student_id == student_id))
        .where(s.org_id == org_id, s.schedule_id == first.schedule.id, s.starts_at >= first.started_at)
        .where(or_(o.code.is_(None), o.code.not_in(_NO_PLACE)))
        .order_by(s.starts_at, s.id)
        .limit(1)
    )
    return row.scalar_one_or_none()
