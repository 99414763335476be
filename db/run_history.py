"""Runs of students and sessions as an admin looks for them: how each stands, what was decided, read from the journal.

The journal outlives what the workflow engine keeps, so a run is found here years later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Integer, Row, Select, Text, and_, case, cast, func, or_, select, text, true

from db import listing
from db.engine import Tx
from db.expected import of_instructor, of_schedule
from db.journal_tables import decisions, inbox, messages, outcomes
from db.listing import Cut, Part
from db.session_tables import session_decisions
from db.tables import schedules, sessions, staff, students
from domain.value import Id

STUCK_AFTER = timedelta(minutes=15)
"""After so long something unfinished is called stuck (promise P4)."""
Show = Literal["messages", "failures", "people"]
"""What one may want to see of a run alone."""
FAILED = ("failed", "undelivered", "unknown")
"""Messages of which nobody knows that they arrived, or it is known that they did not."""
_s, _t, _d, _sd, _m, _i = students.c, sessions.c, decisions.c, session_decisions.c, messages.c, inbox.c


@dataclass(frozen=True)
class Wanted:
    """Which runs are asked for; None asks for nothing. `since` is included, `until` is not."""

    q: str | None = None
    stands: str | None = None
    policy_version: int | None = None
    step: str | None = None
    rule: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def of_decisions(self) -> bool:
        """True when a run is asked for by what was decided in it."""
        return any(v is not None for v in (self.rule, self.since, self.until))


def is_stuck(org_id: Id, now: datetime) -> ColumnElement[bool]:
    """That something of a student has waited for more than 15 minutes and nobody has taken it."""
    late = now - STUCK_AFTER
    undecided = select(_i.student_id).where(_i.org_id == org_id, _i.decided_at.is_(None), _i.received_at < late)
    unsent = select(_m.student_id).where(
        _m.org_id == org_id,
        _m.student_id.is_not(None),
        _m.state.in_(("queued", "sending")),
        _m.due_at < late,
        func.coalesce(_m.handed_out_at, _m.due_at) < late,
    )
    return or_(func.coalesce(_s.next_due < late, False), _s.id.in_(undecided), _s.id.in_(unsent))


def _of_students(org_id: Id, now: datetime) -> Select[Any]:
    case_of = _s.state["case"]
    has_case = func.coalesce(func.jsonb_typeof(case_of) == "object", False)
    left = and_(_s.state["withdrawn"].as_boolean(), func.jsonb_array_length(_s.state["tasks"]) == 0)
    last = (
        select(_d.at)
        .where(_d.org_id == _s.org_id, _d.student_id == _s.id)
        .order_by(_d.seq.desc())
        .limit(1)
        .correlate(students)
        .scalar_subquery()
    )
    stands = case(
        (is_stuck(org_id, now), "stuck"),
        (has_case, "open_case"),
        (and_(func.coalesce(left, False), _s.next_due.is_(None)), "finished"),
        else_="waiting",
    )
    return select(
        _s.id,
        _s.name,
        _s.ref,
        stands.label("stands"),
        case((has_case, case_of["id"].astext)).label("case_id"),
        case((has_case, cast(case_of["tier"].astext, Integer))).label("tier"),
        case((has_case, cast(case_of["policy_version"].astext, Integer))).label("policy_version"),
        _s.state["next_act"].astext.label("next_act"),
        _s.next_due,
        func.coalesce(last, _s.created_at).label("last_at"),
    ).where(_s.org_id == org_id)


async def of_students(tx: Tx, org_id: Id, wanted: Wanted, cut: Cut, now: datetime) -> Part:
    """Students' runs, the one with the newest decision first."""
    query = _of_students(org_id, now)
    if wanted.q is not None:
        query = query.where(or_(_s.name.icontains(wanted.q, autoescape=True), _s.ref.istartswith(wanted.q)))
    if wanted.of_decisions:
        in_it = _within(_d.at, _d.because, wanted)
        query = query.where(_s.id.in_(select(_d.student_id).where(_d.org_id == org_id, *in_it)))
    return await _part(tx, query, wanted, cut)


async def of_student(tx: Tx, org_id: Id, student_id: Id, now: datetime) -> Row[Any]:
    """The run of a student who is known."""
    found: Row[Any] = (await tx.execute(_of_students(org_id, now).where(_s.id == student_id))).one()
    return found


def _of_sessions(org_id: Id, now: datetime) -> Select[Any]:
    last = (
        select(_sd.at)
        .where(_sd.org_id == _t.org_id, _sd.session_id == _t.id)
        .order_by(_sd.seq.desc())
        .limit(1)
        .correlate(sessions)
        .scalar_subquery()
    )
    stands = case(
        (_t.next_due < now - STUCK_AFTER, "stuck"),
        (_t.status == "unrecorded", "unrecorded"),
        (_t.next_due.is_(None), "finished"),
        else_="waiting",
    )
    return (
        select(
            _t.id,
            _t.ref,
            schedules.c.subject.label("name"),
            _t.starts_at,
            _t.status,
            staff.c.name.label("instructor_name"),
            stands.label("stands"),
            _t.state["next_act"].astext.label("next_act"),
            _t.next_due,
            last.label("last_at"),
        )
        .join(schedules, of_schedule)
        .outerjoin(staff, of_instructor)
        .where(_t.org_id == org_id)
    )


async def of_sessions(tx: Tx, org_id: Id, wanted: Wanted, cut: Cut, now: datetime) -> Part:
    """Sessions' runs, the latest session first; those whose clock has begun or will."""
    begun = select(_sd.id).where(_sd.org_id == _t.org_id, _sd.session_id == _t.id).correlate(sessions).exists()
    query = _of_sessions(org_id, now).where(or_(_t.next_due.is_not(None), begun))
    if wanted.q is not None:
        named = (schedules.c.subject, staff.c.name)
        query = query.where(or_(*(c.icontains(wanted.q, autoescape=True) for c in named), _t.ref.istartswith(wanted.q)))
    if wanted.of_decisions:
        in_it = _within(_sd.at, _sd.because, wanted)
        query = query.where(_t.id.in_(select(_sd.session_id).where(_sd.org_id == org_id, *in_it)))
    return await _part(tx, query, wanted, cut, by="starts_at")


async def of_session(tx: Tx, org_id: Id, session_id: Id, now: datetime) -> Row[Any]:
    """The run of a session that is known."""
    found: Row[Any] = (await tx.execute(_of_sessions(org_id, now).where(_t.id == session_id))).one()
    return found


def _within(at: ColumnElement[Any], because: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    """The conditions on a decision that a run is asked for by."""
    where: list[ColumnElement[bool]] = []
    if wanted.rule is not None:
        where.append(because.contains([{"rule": wanted.rule}]))
    if wanted.since is not None:
        where.append(at >= wanted.since)
    if wanted.until is not None:
        where.append(at < wanted.until)
    return where


async def _part(tx: Tx, query: Select[Any], wanted: Wanted, cut: Cut, by: str = "last_at") -> Part:
    runs = query.subquery("runs")
    found = select(runs).where(true())
    if wanted.stands is not None:
        found = found.where(runs.c.stands == wanted.stands)
    if wanted.step is not None:
        found = found.where(runs.c.next_act == wanted.step)
    if wanted.policy_version is not None:
        found = found.where(runs.c.policy_version == wanted.policy_version)
    return await listing.part(tx, found, [runs.c[by], runs.c.id], cut, newest_first=True)


def _shown(show: Show) -> ColumnElement[bool]:
    """Whether a decision concerns messages, failed or was refused, or is what a person did."""
    if show == "people":
        return cast(_d.event["by"].astext, Text).is_not(None)
    writes = _d.effects.contains([{"kind": "queue_message"}])
    told = _d.event["message_id"].astext.is_not(None)
    if show == "messages":
        return or_(writes, told, _d.event["kind"].astext == "reply_received")
    made = func.jsonb_build_array(
        func.jsonb_build_object(text("'message'"), func.jsonb_build_object(text("'id'"), cast(_m.id, Text)))
    )
    failed = select(_m.id).where(
        _m.org_id == _d.org_id, _m.student_id == _d.student_id, _m.state.in_(FAILED), _d.effects.contains(made)
    )
    return or_(
        _d.refused.is_not(None),
        _d.event["kind"].astext == "message_reported",
        and_(writes, failed.correlate(decisions).exists()),
    )


async def decided(tx: Tx, org_id: Id, student_id: Id, cut: Cut, show: Show | None = None) -> Part:
    """A student's decisions, newest first, each with when its fact came in; `show` leaves the others out."""
    query = (
        select(decisions, _i.received_at)
        .outerjoin(inbox, and_(_i.org_id == _d.org_id, _i.id == _d.inbox_id))
        .where(_d.org_id == org_id, _d.student_id == student_id)
    )
    if show is not None:
        query = query.where(_shown(show))
    return await listing.part(tx, query, [_d.seq], cut, newest_first=True)


async def how_many(tx: Tx, org_id: Id, student_id: Id) -> dict[str, int]:
    """How many decisions there are: all of them, and those that each value of Show leaves."""
    kinds: tuple[Show, ...] = get_args(Show)
    counted = [func.count().filter(_shown(kind)).label(kind) for kind in kinds]
    query = select(func.count().label("all"), *counted).where(_d.org_id == org_id, _d.student_id == student_id)
    return dict((await tx.execute(query)).one()._mapping)


async def decided_of_session(tx: Tx, org_id: Id, session_id: Id, cut: Cut) -> Part:
    """A session's decisions, newest first."""
    query = select(session_decisions).where(_sd.org_id == org_id, _sd.session_id == session_id)
    return await listing.part(tx, query, [_sd.seq], cut, newest_first=True)


async def letters(tx: Tx, org_id: Id, ids: Iterable[Id]) -> dict[Id, Row[Any]]:
    """These messages by id."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = await tx.execute(select(messages).where(_m.org_id == org_id, _m.id.in_(wanted)))
    return {r.id: r for r in rows}


async def replied_at(tx: Tx, org_id: Id, student_id: Id) -> list[datetime]:
    """When contacts of the student have answered, as it was decided."""
    rows = await tx.execute(
        select(_d.at)
        .where(_d.org_id == org_id, _d.student_id == student_id, _d.event["kind"].astext == "reply_received")
        .order_by(_d.seq)
    )
    return list(rows.scalars())


async def begins(tx: Tx, org_id: Id, ids: Iterable[Id]) -> dict[Id, datetime]:
    """When these sessions begin."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = await tx.execute(select(_t.id, _t.starts_at).where(_t.org_id == org_id, _t.id.in_(wanted)))
    return {r.id: r.starts_at for r in rows}


async def student_of_outcome(tx: Tx, org_id: Id, outcome_id: Id) -> Id | None:
    """Whose outcome this is; None when there is none."""
    found = await tx.execute(
        select(outcomes.c.student_id).where(outcomes.c.org_id == org_id, outcomes.c.id == outcome_id)
    )
    return found.scalar_one_or_none()
