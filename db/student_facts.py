"""Loading what a decision may know of one student, inside the transaction that will write it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select

from db import student_queries as ask
from db.engine import Tx
from db.holidays import public_holidays
from domain.balance import Entry
from domain.facts import Enrollment, Facts, Guardian, MakeUp
from domain.grace import Term
from domain.outcomes import FLAGS, Code, Outcome, Schedule
from domain.policy import Policy
from domain.sending import Message
from domain.state import State, upgrade
from domain.tasks import Colleague, Role
from domain.value import Id
from domain.working_time import Calendar, local

_MESSAGES_FOR = timedelta(days=35)
_MISSED = [c for c, f in FLAGS.items() if not f.present and c is not Code.SCHEDULED]


async def lock_student(tx: Tx, org_id: Id, student_id: Id) -> State | None:
    """Lock the student for a decision (the API's inbox rows are not blocked by it); None if there is none."""
    found = (await tx.execute(ask.LOCKED_STATE, {"org": org_id, "student": student_id})).one_or_none()
    return upgrade(found.state) if found else None


async def load(tx: Tx, org_id: Id, student_id: Id, named: Sequence[Id], now: datetime, *, lock: bool = True) -> Facts:
    """The facts of one student. `named` are outcomes that waiting events speak of, however old.

    `lock` keeps the messages from leaving meanwhile; who only looks goes without.
    """
    make_ups = (await tx.execute(ask.MAKE_UPS, {"org": org_id, "student": student_id})).all()
    booked = {r.make_up_for for r in make_ups if r.code is None or Code(r.code) not in _MISSED}
    places, counts = await _outcomes(tx, org_id, student_id, named, booked, now)
    policies = await load_policies(tx, org_id)
    soon = now + timedelta(weeks=policies[max(policies)].low_balance_weeks)
    mine = await _enrollments(tx, org_id, student_id, counts, now, soon)
    organization = (await tx.execute(ask.ORGANIZATION, {"org": org_id})).one()
    return Facts(
        student_id=student_id,
        calendar=_calendar(organization, now),
        policies=policies,
        guardians=await _guardians(tx, org_id, student_id),
        enrollments=mine,
        outcomes=places,
        entries=await _entries(tx, org_id, student_id, named),
        messages=await _messages(tx, org_id, student_id, now, lock=lock),
        team=await team(tx, org_id),
        make_ups=tuple(MakeUp(session_id=r.make_up_for, booked_at=r.created_at) for r in make_ups),
        first_session_id=await _first_session(tx, org_id, student_id, mine),
        terms=tuple(Term.model_validate(t) for t in organization.terms or ()),
    )


async def load_policies(tx: Tx, org_id: Id) -> dict[int, Policy]:
    """Every policy version of the organization; the shipped defaults are version 1 until one is published."""
    rows = await tx.execute(ask.POLICIES, {"org": org_id})
    published = {r.version: Policy.model_validate(r.document | {"version": r.version}) for r in rows}
    return {1: Policy()} | published


async def newest_policy(tx: Tx, org_id: Id) -> Policy:
    """The policy that sessions, messages and new cases go by."""
    return max((await load_policies(tx, org_id)).items())[1]


async def calendar(tx: Tx, org_id: Id, now: datetime) -> Calendar:
    """When the organization works, with its holidays of this year and the next."""
    return _calendar((await tx.execute(ask.ORGANIZATION, {"org": org_id})).one(), now)


def _calendar(row: Any, now: datetime) -> Calendar:
    year = local(now, row.zone).year
    days = {*row.closed, *public_holidays(row.country, year), *public_holidays(row.country, year + 1)}
    return Calendar(zone=row.zone, closed_on=tuple(sorted(days)))


async def _guardians(tx: Tx, org_id: Id, student_id: Id) -> tuple[Guardian, ...]:
    rows = await tx.execute(ask.GUARDIANS, {"org": org_id, "student": student_id})
    return tuple(
        Guardian(id=r.id, zone=r.zone, has_phone=r.phone is not None, has_email=r.email is not None) for r in rows
    )


async def _outcomes(
    tx: Tx, org_id: Id, student_id: Id, named: Sequence[Id], booked: set[Id], now: datetime
) -> tuple[tuple[Outcome, ...], dict[Id, int]]:
    """The newest outcomes of each enrollment and those named; and how many older ones took a place.

    `booked` are missed sessions whose make-up is booked, or was attended: one that was missed again mends nothing.
    """
    given = {"org": org_id, "student": student_id, "named": list(named), "now": now}
    rows = (await tx.execute(ask.OUTCOMES, given)).all()
    places = tuple(_outcome(r, booked) for r in rows)
    if all(r.rank < ask.LOADED_PER_ENROLLMENT for r in rows):
        return places, {}
    return places, {r[0]: r[1] for r in await tx.execute(ask.OLDER_PLACES, given)}


def _outcome(r: Row[Any], booked: set[Id]) -> Outcome:
    fields = {k: v for k, v in r._mapping.items() if k != "rank"}
    return Outcome(**fields, made_up=r.session_id in booked)


async def _enrollments(
    tx: Tx, org_id: Id, student_id: Id, counts: dict[Id, int], now: datetime, soon: datetime
) -> tuple[Enrollment, ...]:
    """The student's enrollments; sessions from `now` until `soon` count as coming up."""
    given = {"org": org_id, "student": student_id, "now": now, "soon": soon}
    rows = await tx.execute(ask.ENROLLMENTS, given)
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
            upcoming=r.upcoming,
        )
        for r in rows
    )


_SCHEDULE = ("kind", "zone", "units_per_session", "sessions_per_week", "cancel_notice", "charges", "instructor_id")


async def _entries(tx: Tx, org_id: Id, student_id: Id, named: Sequence[Id]) -> tuple[Entry, ...]:
    if not named:
        return ()
    rows = await tx.execute(ask.ENTRIES, {"org": org_id, "student": student_id, "named": list(named)})
    return tuple(Entry.model_validate(dict(r._mapping)) for r in rows)


async def _messages(tx: Tx, org_id: Id, student_id: Id, now: datetime, *, lock: bool) -> tuple[Message, ...]:
    """The student's newest messages and all that wait. These are locked: none leaves while it is being cancelled."""
    given = {"org": org_id, "student": student_id, "since": now - _MESSAGES_FOR}
    waiting = (await tx.execute(ask.WAITING_LOCKED if lock else ask.WAITING, given)).all()
    rest = (await tx.execute(ask.RECENT, given)).all()
    return tuple(to_message(r) for r in sorted([*waiting, *rest], key=lambda r: str(r.id)))


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
    rows = await tx.execute(ask.TEAM, {"org": org_id})
    return tuple(Colleague(id=r.id, role=Role(r.role), open_tasks=r.open_tasks) for r in rows)


async def _first_session(tx: Tx, org_id: Id, student_id: Id, mine: Sequence[Enrollment]) -> Id | None:
    """The first session of the first enrollment that was not called off, read from the calendar."""
    if not mine:
        return None
    given = {"org": org_id, "student": student_id, "schedule": mine[0].schedule.id, "since": mine[0].started_at}
    return (await tx.execute(ask.FIRST_SESSION, given)).scalar_one_or_none()
