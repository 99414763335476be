"""Single changes of the calendar: a session moved, given to a substitute, or called off for everybody.

Each bumps the session's `sequence`, which calendar programs go by, and may be repeated without effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, exists, insert, select, update

from db import absences, calendar, notes, operations, recording, roster, session_facts
from db.engine import Tx
from db.journal_tables import outcome_versions, outcomes
from db.recording import Report
from db.session_tables import session_decisions
from db.tables import schedules, sessions
from domain.outcomes import TOLD_AHEAD, Code
from domain.refusals import Conflict, Forbidden, Invalid
from domain.session_facts import Expected
from domain.tasks import Role
from domain.value import Because, Id

CALLED_OFF_BY = (Code.CANCELLED_BY_INSTRUCTOR, Code.CANCELLED_BY_OPERATOR)
SOURCE = "calendar"
_GIVES_WAY = TOLD_AHEAD | {Code.SCHEDULED}
"""What a family told ahead gives way: nobody pays for a session that we call off."""
_s = sessions.c


@dataclass(frozen=True)
class Actor:
    """Who changes the calendar. Without a role it is an integration."""

    id: Id | None = None
    role: Role | None = None


@dataclass(frozen=True)
class Changed:
    """The session as it stands, and who is to be woken: (student, inbox row). `repeated`: nothing was written."""

    session: Row[Any]
    students: tuple[tuple[Id, Id], ...] = ()
    repeated: bool = False


async def move(
    tx: Tx, org_id: Id, session_id: Id, starts_at: datetime, ends_at: datetime, by: Actor, now: datetime
) -> Changed:
    """Give a session other times, its clock wound anew.

    Raises NotFound, Invalid (a time that has passed), Conflict (called off, begun, or holding outcomes).
    """
    row = await _locked(tx, org_id, session_id, by)
    if row.status == "called_off":
        raise Conflict("session_called_off", "the session was called off; create a new one instead")
    if (row.starts_at, row.ends_at) == (starts_at, ends_at):
        return Changed(await roster.one(tx, sessions, org_id, session_id), repeated=True)
    if now >= row.starts_at:
        raise Conflict("session_begun", "the session has begun; create another one instead, as a make-up if need be")
    if starts_at <= now:
        raise Invalid("time_passed", "a session moves to a time that lies ahead; choose a later start")
    if await tx.scalar(select(exists(_holding(org_id, session_id)))):
        raise Conflict(
            "session_has_outcomes",
            "a student of this session has an outcome already; call it off and create another one instead",
        )
    numbers = {"from": row.starts_at.isoformat(), "to": starts_at.isoformat()}
    moved = await _change(tx, org_id, row, {"starts_at": starts_at, "ends_at": ends_at}, now)
    await _note(tx, org_id, row.id, Because(rule="session_moved", numbers=numbers | {"by": by.id}), now)
    woken = await calendar.enter(tx, org_id, [row.id], now)
    return Changed(moved, tuple((s, row.id) for s in woken))


async def substitute(tx: Tx, org_id: Id, session_id: Id, instructor: Row[Any], by: Actor, now: datetime) -> Changed:
    """Another instructor for this session alone. Naming the schedule's own instructor undoes it.

    Raises NotFound, Invalid (no active staff member), Conflict (called off, or settled).
    """
    row = await _locked(tx, org_id, session_id, by)
    if not instructor.active:
        raise Invalid("staff_inactive", f"{instructor.name} is not active; name an active staff member")
    if row.teacher_id == instructor.id:
        return Changed(await roster.one(tx, sessions, org_id, session_id), repeated=True)
    if row.status in ("called_off", "settled"):
        raise Conflict(f"session_{row.status}", f"the session is {_SAID[row.status]}; its instructor stays as it is")
    own = (await roster.one(tx, schedules, org_id, row.schedule_id)).instructor_id == instructor.id
    changed = await _change(tx, org_id, row, {"instructor_id": None if own else instructor.id}, now)
    if row.status == "unrecorded":
        await operations.close_recorded(tx, org_id, row.teacher_id, row.id, now)
    numbers = {"from": row.teacher_id, "to": instructor.id, "by": by.id}
    await _note(tx, org_id, row.id, Because(rule="session_substituted", numbers=numbers), now)
    return Changed(changed)


async def call_off(
    tx: Tx, org_id: Id, session_id: Id, code: Code, by: Actor, now: datetime, *, note: tuple[Id, str] | None = None
) -> Changed:
    """Call a session off for every expected student: families hear it, nobody is charged. `note` is the reason, if any.

    Who was excused ahead gets a correction, by the rules for corrections. Raises NotFound, Forbidden, and Conflict when
    it was called off under another code or an outcome says otherwise, such as that somebody attended.
    """
    row = await _locked(tx, org_id, session_id, by)
    if row.status == "called_off":
        if row.called_off != code.value:
            raise Conflict("session_called_off", f"the session was called off already, as {row.called_off}")
        return Changed(await roster.one(tx, sessions, org_id, session_id), repeated=True)
    facts = await session_facts.load(tx, org_id, row)
    if any(_says_otherwise(e) for e in facts.expected):
        raise Conflict("session_has_outcomes", "outcomes of this session say otherwise; correct them one by one")
    woken, reason_id = list[tuple[Id, Id]](), None
    if note is not None:
        reason_id = await notes.write(tx, org_id, *note, by.id, now)
    for expected in facts.expected:
        inbox_id = await _cancel(tx, org_id, session_id, expected, code, by, now, reason_id)
        if inbox_id is not None:
            woken.append((expected.student_id, inbox_id))
    values = {"status": "called_off", "called_off": code.value, "next_due": None}
    changed = await _change(tx, org_id, row, values, now)
    if row.status == "unrecorded":
        await operations.close_recorded(tx, org_id, row.teacher_id, row.id, now)
    numbers = {"code": code.value, "students": len(woken), "by": by.id, "reason_id": reason_id}
    await _note(tx, org_id, row.id, Because(rule="session_called_off", numbers=numbers), now)
    return Changed(changed, tuple(woken))


def _holding(org_id: Id, session_id: Id) -> Select[Any]:
    """Outcomes that keep a session where it is. What a planned absence told moves along, or is taken back."""
    o, v = outcomes.c, outcome_versions.c
    by_absence = and_(v.source == absences.SOURCE, o.code.in_([c.value for c in TOLD_AHEAD]))
    return (
        select(o.id)
        .join(outcome_versions, and_(v.org_id == o.org_id, v.outcome_id == o.id, v.version == o.version))
        .where(o.org_id == org_id, o.session_id == session_id, o.code != Code.SCHEDULED.value, ~by_absence)
    )


_SAID = {"called_off": "called off", "settled": "settled"}


def _says_otherwise(expected: Expected) -> bool:
    standing = expected.standing
    return standing is not None and standing.code not in _GIVES_WAY and standing.code not in CALLED_OFF_BY


async def _cancel(
    tx: Tx, org_id: Id, session_id: Id, expected: Expected, code: Code, by: Actor, now: datetime, reason_id: Id | None
) -> Id | None:
    report = Report(session_id=session_id, student_id=expected.student_id, code=code, source=SOURCE, by=by.id)
    if expected.standing is None:
        return (await recording.record(tx, org_id, report, now)).inbox_id
    if expected.standing.code in CALLED_OFF_BY:
        return None
    outcome_id = expected.standing.outcome_id
    return (await recording.correct(tx, org_id, outcome_id, report, by.role, now, reason_id=reason_id)).inbox_id


async def _locked(tx: Tx, org_id: Id, session_id: Id, by: Actor) -> Row[Any]:
    """The session with what its schedule says of it, locked. Raises NotFound; Forbidden for another's session."""
    row = await session_facts.lock_session(tx, org_id, session_id)
    if row is None:
        raise roster.unknown(sessions, "id", session_id)
    if by.role is Role.INSTRUCTOR and by.id != row.teacher_id:
        raise Forbidden("not_your_session", "an instructor changes his own sessions; ask a coordinator")
    return row


async def _change(tx: Tx, org_id: Id, row: Row[Any], values: Mapping[str, Any], now: datetime) -> Row[Any]:
    counted = {**values, "sequence": row.sequence + 1, "changed_at": now}
    changed = update(sessions).where(_s.org_id == org_id, _s.id == row.id).values(counted).returning(sessions)
    standing: Row[Any] = (await tx.execute(changed)).one()
    return standing


async def _note(tx: Tx, org_id: Id, session_id: Id, because: Because, now: datetime) -> None:
    """A line in the session's journal."""
    line = {"at": now, "step": SOURCE, "because": [because.model_dump(mode="json")], "effects": []}
    await tx.execute(insert(session_decisions).values(org_id=org_id, session_id=session_id, **line))
