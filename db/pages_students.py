"""The list of students as a coordinator searches it: who fits the filters, and what a row says about each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, or_, select, true, union_all

from db import listing
from db.engine import Tx
from db.expected import enrolled_then
from db.journal_tables import cases, entries, outreach, tasks
from db.listing import Cut, Part
from db.reply_tables import replies
from db.student_facts import newest_policy
from db.tables import enrollments, guardians, schedules, sessions, staff, student_guardians, students
from domain.balance import EntryKind
from domain.tasks import Role
from domain.value import Id

QUIET = timedelta(days=14)
"""Without a call, a written word or an answer for so long, a family has not been in contact."""
FEWEST_DIGITS = 4
"""Of a phone number, so that a search by it means something."""
_ORG: Any = bindparam("org")
_s, _e, _c, _k, _g, _link = students.c, enrollments.c, schedules.c, cases.c, guardians.c, student_guardians.c
_n, _o, _r, _t = entries.c, outreach.c, replies.c, tasks.c


@dataclass(frozen=True)
class Wanted:
    """Who is asked for; None and False ask for nothing. `left` takes in those who are not enrolled any more."""

    q: str | None = None
    coordinator_id: Id | None = None
    instructor_id: Id | None = None
    low: bool = False
    case: bool = False
    quiet: bool = False
    left: bool = False

    @property
    def filters(self) -> int:
        """How many filters narrow the list."""
        return sum(map(bool, (self.q, self.coordinator_id, self.instructor_id, self.low, self.case, self.quiet)))


async def fewest_left(tx: Tx, org_id: Id) -> int:
    """With so many lessons left or fewer the balance is called low: the policy's number."""
    return (await newest_policy(tx, org_id)).low_balance_units


def _on(now: datetime) -> ColumnElement[bool]:
    """That an enrollment goes on."""
    return or_(_e.ended_at.is_(None), _e.ended_at > now)


def _named(q: str) -> ColumnElement[bool]:
    """By the student's name, ref or e-mail address, or by a contact's name, number or e-mail address."""
    hers = or_(_g.name.icontains(q, autoescape=True), func.lower(_g.email) == q.lower())
    digits = "".join(c for c in q if c.isdigit())
    if len(digits) >= FEWEST_DIGITS:
        hers = or_(hers, _g.phone.contains(digits, autoescape=True))
    of_contact = (
        select(_link.student_id)
        .join(guardians, and_(_g.org_id == _link.org_id, _g.id == _link.guardian_id))
        .where(_link.org_id == _s.org_id, hers)
    )
    own = or_(_s.name.icontains(q, autoescape=True), _s.ref.istartswith(q, autoescape=True))
    return or_(own, func.lower(_s.email) == q.lower(), _s.id.in_(of_contact))


def _where(org_id: Id, wanted: Wanted, fewest: int, now: datetime) -> list[ColumnElement[bool]]:
    mine = select(_e.student_id).where(_e.org_id == org_id)
    if not wanted.left:
        mine = mine.where(_on(now))
    found: list[ColumnElement[bool]] = [_s.org_id == org_id]
    if not (wanted.left or wanted.coordinator_id or wanted.instructor_id or wanted.low):
        ever = select(_e.student_id).where(_e.org_id == org_id)
        found.append(or_(_s.id.in_(mine), _s.id.not_in(ever)))
    if wanted.q:
        found.append(_named(wanted.q))
    if wanted.coordinator_id:
        found.append(_s.id.in_(mine.where(_e.coordinator_id == wanted.coordinator_id)))
    if wanted.instructor_id:
        taught = and_(_c.org_id == _e.org_id, _c.id == _e.schedule_id, _c.instructor_id == wanted.instructor_id)
        found.append(_s.id.in_(mine.join(schedules, taught)))
    if wanted.low:
        found.append(_s.id.in_(_low(org_id, fewest, now)))
    if wanted.case:
        found.append(_s.id.in_(select(_k.student_id).where(_k.org_id == org_id, _k.closed_at.is_(None))))
    if wanted.quiet:
        since = now - QUIET
        tried = select(_o.student_id).where(_o.org_id == org_id, _o.at >= since)
        wrote = select(_r.student_id).where(_r.org_id == org_id, _r.received_at >= since, _r.student_id.is_not(None))
        found += [_s.id.not_in(tried), _s.id.not_in(wrote)]
    return found


def _low(org_id: Id, fewest: int, now: datetime) -> Select[Any]:
    """Students with an enrollment for which lessons were bought, of which so few are left."""
    return (
        select(_e.student_id)
        .join(entries, and_(_n.org_id == _e.org_id, _n.enrollment_id == _e.id))
        .where(_e.org_id == org_id, _on(now))
        .group_by(_e.org_id, _e.id)
        .having(func.sum(_n.units) <= fewest, func.bool_or(_n.kind == EntryKind.TOP_UP.value))
    )


async def listed(tx: Tx, org_id: Id, wanted: Wanted, cut: Cut, now: datetime) -> Part:
    """A part of those who fit, by name: id and name."""
    fewest = await fewest_left(tx, org_id) if wanted.low else 0
    query = select(_s.id, _s.name).where(*_where(org_id, wanted, fewest, now))
    return await listing.part(tx, query, [_s.name, _s.id], cut)


async def how_many(tx: Tx, org_id: Id, wanted: Wanted, now: datetime) -> int:
    """How many fit."""
    fewest = await fewest_left(tx, org_id) if wanted.low else 0
    query = select(func.count()).select_from(students).where(*_where(org_id, wanted, fewest, now))
    return int((await tx.execute(query)).scalar_one())


def _seats() -> Select[Any]:
    teacher, owner = staff.alias("teacher"), staff.alias("owner")
    ahead = (
        select(func.min(sessions.c.starts_at).label("at"))
        .where(enrolled_then(), sessions.c.starts_at > bindparam("now"), sessions.c.status != "called_off")
        .lateral("ahead")
    )
    book = (
        select(func.coalesce(func.sum(_n.units), 0).label("balance"), func.count().label("lines"))
        .where(_n.org_id == _e.org_id, _n.enrollment_id == _e.id)
        .lateral("book")
    )
    return (
        select(
            *(_e.id, _e.student_id, _e.schedule_id, _e.coordinator_id, _e.started_at, _e.ended_at, _e.billing_status),
            *(_c.subject, _c.kind, _c.zone, _c.units_per_session),
            teacher.c.name.label("instructor_name"),
            owner.c.name.label("coordinator_name"),
            *(book.c.balance, book.c.lines, ahead.c.at.label("next_at")),
        )
        .select_from(
            enrollments.join(schedules, and_(_c.org_id == _e.org_id, _c.id == _e.schedule_id))
            .join(owner, and_(owner.c.org_id == _e.org_id, owner.c.id == _e.coordinator_id))
            .outerjoin(teacher, and_(teacher.c.org_id == _c.org_id, teacher.c.id == _c.instructor_id))
            .join(book, true())
            .join(ahead, true())
        )
        .where(_e.org_id == _ORG, _e.student_id.in_(bindparam("wanted", expanding=True)))
        .order_by(_e.ended_at.is_not(None), _e.started_at, _e.id)
    )


_SEATS = _seats()


async def seats_of(tx: Tx, org_id: Id, student_ids: Sequence[Id], now: datetime) -> dict[Id, list[Row[Any]]]:
    """The enrollments of each, those that go on first: subject, people, balance (`lines` in its book), next lesson."""
    found: dict[Id, list[Row[Any]]] = defaultdict(list)
    if student_ids:
        for row in await tx.execute(_SEATS, {"org": org_id, "wanted": list(student_ids), "now": now}):
            found[row.student_id].append(row)
    return found


def _stories() -> Select[Any]:
    touched = union_all(
        select(_o.student_id, _o.at).where(_o.org_id == _ORG, _o.student_id.in_(bindparam("wanted", expanding=True))),
        select(_r.student_id, _r.received_at).where(
            _r.org_id == _ORG, _r.student_id.in_(bindparam("wanted", expanding=True))
        ),
    ).subquery("touched")
    last = select(func.max(touched.c.at)).where(touched.c.student_id == _s.id).scalar_subquery()
    open_case = and_(_k.org_id == _s.org_id, _k.student_id == _s.id, _k.closed_at.is_(None))
    busy = (
        select(func.count())
        .where(_t.org_id == _s.org_id, _t.student_id == _s.id, _t.finished_at.is_(None))
        .scalar_subquery()
    )
    return (
        select(_s.id, _k.tier, _k.watch_since, last.label("contact_at"), busy.label("open_tasks"))
        .select_from(students.outerjoin(cases, open_case))
        .where(_s.org_id == _ORG, _s.id.in_(bindparam("wanted", expanding=True)))
    )


_STORIES = _stories()


async def stories_of(tx: Tx, org_id: Id, student_ids: Sequence[Id]) -> dict[Id, Row[Any]]:
    """Of each: the tier of the open case, since when it is watched, the last contact, how many tasks are open."""
    if not student_ids:
        return {}
    return {r.id: r for r in await tx.execute(_STORIES, {"org": org_id, "wanted": list(student_ids)})}


_TEAM = (
    select(staff.c.id, staff.c.name, staff.c.role)
    .where(staff.c.org_id == _ORG)
    .where(
        or_(
            staff.c.id.in_(select(_e.coordinator_id).where(_e.org_id == _ORG)),
            staff.c.id.in_(select(_c.instructor_id).where(_c.org_id == _ORG)),
        )
    )
    .order_by(staff.c.name, staff.c.id)
)


async def team(tx: Tx, org_id: Id) -> tuple[list[Row[Any]], list[Row[Any]]]:
    """Whom the list can be narrowed to: who coordinates, and who teaches."""
    rows: list[Row[Any]] = list(await tx.execute(_TEAM, {"org": org_id}))
    return [r for r in rows if r.role != Role.INSTRUCTOR], [r for r in rows if r.role == Role.INSTRUCTOR]
