"""Planned absences: told ahead for a span of time, recorded for each session in it, taken back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select, update

from db import listing, recording, roster
from db.engine import Tx
from db.expected import enrolled_then
from db.journal_tables import outcome_versions, outcomes
from db.listing import Cut, Part
from db.recording import Accepted, Report
from db.session_tables import planned_absences
from db.tables import enrollments, sessions
from domain.outcomes import FLAGS, TOLD_AHEAD, Code
from domain.refusals import Conflict
from domain.value import Id

SOURCE = "absence"
"""How a version of an outcome says that a planned absence made it, or took it back."""
_a, _s, _e, _o, _v = planned_absences.c, sessions.c, enrollments.c, outcomes.c, outcome_versions.c
_PRESENT = [c.value for c, f in FLAGS.items() if f.present]
_AHEAD = [c.value for c in TOLD_AHEAD]


def _expected(student_id: ColumnElement[Any] | Id) -> tuple[ColumnElement[bool], ...]:
    """That the enrollment makes this student one of those expected in the session, unless it was called off."""
    return _e.student_id == student_id, enrolled_then(), _s.status != "called_off"


def _lessons(org_id: Id) -> Select[Any]:
    """Sessions with the enrollments in their schedules and the outcomes that stand, if any."""
    return (
        select(_s.id, _s.starts_at)
        .join(enrollments, and_(_e.org_id == _s.org_id, _e.schedule_id == _s.schedule_id))
        .outerjoin(outcomes, and_(_o.org_id == _s.org_id, _o.session_id == _s.id, _o.student_id == _e.student_id))
        .where(_s.org_id == org_id)
        .order_by(_s.starts_at, _s.id)
    )


async def declare(
    tx: Tx, org_id: Id, row_id: Id, values: Mapping[str, Any], now: datetime
) -> tuple[Row[Any], list[Accepted]]:
    """Note an absence, and record it for each session in its span that began after it was declared and is still open.

    Returns the absence and what was recorded. The same absence again changes nothing.
    """
    await _lock(tx, org_id, func.pg_advisory_xact_lock)
    row = await roster.add(tx, planned_absences, org_id, row_id, values)
    if row.withdrawn_at is not None:
        return row, []
    found = await tx.execute(
        _lessons(org_id)
        .where(*_expected(row.student_id), or_(_o.id.is_(None), _o.code == Code.SCHEDULED.value))
        .where(_s.starts_at >= row.starts_at, _s.starts_at < row.ends_at, _s.starts_at > row.declared_at)
    )
    return row, [a for r in found.all() if (a := await _record(tx, org_id, r.id, row, now))]


async def apply_to(tx: Tx, org_id: Id, session_ids: Collection[Id], now: datetime) -> list[Id]:
    """Bring sessions that were made or moved in line with the absences that stand; returns the students to wake.

    Who is absent then has the outcome told ahead; what an absence told of a session that was moved out of it is taken
    back. A session that somebody took out of an absence by hand stays out.
    """
    if not session_ids:
        return []
    wanted = _s.id.in_(list(session_ids))
    changed = await _cover(tx, org_id, now, wanted)
    uncovered = ~exists(
        select(_a.id).where(_a.org_id == org_id, _a.student_id == _o.student_id, _stands_over_the_session())
    )
    for row in await _told_by_absence(tx, org_id, now, wanted, uncovered):
        changed.append(await _take_back(tx, org_id, row, None, now))
    return list(dict.fromkeys(a.student_id for a in changed if a is not None and not a.repeated))


async def apply_to_enrollments(tx: Tx, org_id: Id, enrollment_ids: Collection[Id], now: datetime) -> None:
    """Record the students' standing absences for the sessions ahead that new enrollments bring with them."""
    await _cover(tx, org_id, now, _e.id.in_(list(enrollment_ids)), _s.starts_at > now)


async def withdraw(tx: Tx, org_id: Id, absence_id: Id, by: Id | None, now: datetime) -> tuple[Row[Any], list[Accepted]]:
    """The student comes after all: sessions ahead stand as if nothing had been told, unless another absence has them.

    Returns the absence and what was taken back; withdrawn before, it changes nothing. Raises NotFound, or Conflict
    when the absence is over.
    """
    row = await roster.one(tx, planned_absences, org_id, absence_id)
    if row.withdrawn_at is not None:
        return row, []
    if row.ends_at <= now:
        raise Conflict("absence_over", "the absence is over; correct the outcomes of its sessions instead")
    mine = and_(_a.org_id == org_id, _a.id == absence_id)
    row = (await tx.execute(update(planned_absences).where(mine).values(withdrawn_at=now).returning(*_a))).one()
    span = and_(_o.student_id == row.student_id, _s.starts_at >= row.starts_at, _s.starts_at < row.ends_at)
    others = ~exists(
        select(_a.id).where(_a.org_id == org_id, _a.student_id == _o.student_id, _stands_over_the_session())
    )
    told = await _told_by_absence(tx, org_id, now, span, others)
    return row, [a for r in told if (a := await _take_back(tx, org_id, r, by, now))]


async def of_student(tx: Tx, org_id: Id, student_id: Id, cut: Cut) -> Part:
    """A part of the student's absences, by their begin."""
    query = select(planned_absences).where(_a.org_id == org_id, _a.student_id == student_id)
    return await listing.part(tx, query, [_a.starts_at, _a.id], cut)


async def outcomes_in(tx: Tx, org_id: Id, absence: Row[Any]) -> Sequence[Row[Any]]:
    """The student's outcomes of the sessions in the absence's span that began after it was declared."""
    query: Select[Any] = (
        select(_o.session_id, _s.starts_at, _o.id.label("outcome_id"), _o.code)
        .join(sessions, and_(_s.org_id == _o.org_id, _s.id == _o.session_id))
        .where(_o.org_id == org_id, _o.student_id == absence.student_id, _s.starts_at > absence.declared_at)
        .where(_s.starts_at >= absence.starts_at, _s.starts_at < absence.ends_at)
        .order_by(_s.starts_at, _s.id)
    )
    rows: Sequence[Row[Any]] = (await tx.execute(query)).all()
    return rows


async def _lock(tx: Tx, org_id: Id, lock: Callable[[Any], ColumnElement[Any]]) -> None:
    """So that an absence and a session, both new at this moment, cannot miss each other."""
    await tx.execute(select(lock(func.hashtextextended(f"absences:{org_id}", 0))))


async def _cover(tx: Tx, org_id: Id, now: datetime, *where: ColumnElement[bool]) -> list[Accepted | None]:
    """Record the absences that stand for the sessions without an outcome that they cover."""
    await _lock(tx, org_id, func.pg_advisory_xact_lock_shared)
    covers = and_(_a.org_id == org_id, _a.student_id == _e.student_id, _stands_over_the_session())
    found = _lessons(org_id).add_columns(planned_absences).join(planned_absences, covers)
    rows = await tx.execute(found.where(*_expected(_a.student_id), _o.id.is_(None), *where))
    return [await _record(tx, org_id, row[0], row, now) for row in rows.all()]


def _stands_over_the_session() -> ColumnElement[bool]:
    """That an absence was not withdrawn, and that the session begins in it, after it was declared."""
    return and_(
        _a.withdrawn_at.is_(None),
        _a.starts_at <= _s.starts_at,
        _s.starts_at < _a.ends_at,
        _a.declared_at < _s.starts_at,
    )


async def _record(tx: Tx, org_id: Id, session_id: Id, absence: Row[Any], now: datetime) -> Accepted | None:
    """Record the absence for one session; None when somebody told something else of it in this moment."""
    report = Report(
        session_id, absence.student_id, Code.CANCELLED_BY_STUDENT, absence.declared_at, source=SOURCE, by=absence.by
    )
    with suppress(Conflict):
        return await recording.record(tx, org_id, report, now)
    return None


async def _told_by_absence(tx: Tx, org_id: Id, now: datetime, *where: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Outcomes of sessions ahead that a planned absence told."""
    query: Select[Any] = (
        select(_o.id, _o.session_id, _o.student_id)
        .join(sessions, and_(_s.org_id == _o.org_id, _s.id == _o.session_id))
        .join(outcome_versions, and_(_v.org_id == _o.org_id, _v.outcome_id == _o.id, _v.version == _o.version))
        .where(_o.org_id == org_id, _s.starts_at > now, _o.code.in_(_AHEAD), _v.source == SOURCE, *where)
        .order_by(_s.starts_at, _s.id)
    )
    rows: Sequence[Row[Any]] = (await tx.execute(query)).all()
    return rows


async def _take_back(tx: Tx, org_id: Id, told: Row[Any], by: Id | None, now: datetime) -> Accepted:
    report = Report(told.session_id, told.student_id, Code.SCHEDULED, source=SOURCE, by=by)
    return await recording.correct(tx, org_id, told.id, report, None, now, reason_id=None)
