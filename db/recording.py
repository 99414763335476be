"""Accepting outcomes and corrections: the fact, its version and the inbox row, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, select, update
from sqlalchemy.dialects.postgresql import insert

from db import inbox, session_clock
from db.engine import Tx
from db.journal_tables import outcome_versions, outcomes
from db.tables import enrollments, schedules, sessions, students
from domain.events import OutcomeRecorded
from domain.outcomes import BEFORE_START, DISPUTE_WINDOW, TOLD_AHEAD, Code, Schedule, code_when_told
from domain.refusals import Conflict, Forbidden, Invalid, NotFound
from domain.tasks import Role
from domain.value import Id


@dataclass(frozen=True)
class Report:
    """What somebody says happened. `source` is api, import, replay ... ; `by` the staff member, if one acts."""

    session_id: Id
    student_id: Id
    code: Code
    announced_at: datetime | None = None
    imported: bool = False
    source: str = "api"
    by: Id | None = None


@dataclass(frozen=True)
class Accepted:
    """The outcome as it stands. `repeated` when it was known; then nothing was written.

    `wakes_session`: the session was being chased for it, so its process is to be woken.
    """

    outcome_id: Id
    student_id: Id
    session_id: Id
    code: Code
    version: int
    received_at: datetime
    inbox_id: Id | None = None
    repeated: bool = False
    wakes_session: bool = False


async def record(tx: Tx, org_id: Id, report: Report, now: datetime) -> Accepted:
    """Accept a first outcome. The same code again gets the first answer.

    Where one was taken back (`scheduled`), the next counts as the first. Raises NotFound, Invalid (ahead of its start
    a session takes only what is told ahead; `scheduled` is no outcome) or Conflict.
    """
    if report.code is Code.SCHEDULED:
        raise Invalid("no_outcome", "scheduled is no outcome; to take back what was told ahead, correct that outcome")
    place = await _place(tx, org_id, report.session_id, report.student_id)
    known = await _known(tx, org_id, report)
    if known is not None and known.code is not Code.SCHEDULED:
        return known
    told = report.announced_at or now
    code = code_when_told(report.code, _schedule(place), place.starts_at, told)
    if now < place.starts_at and code not in BEFORE_START:
        raise Invalid(
            "session_ahead",
            f"the session starts at {place.starts_at:%Y-%m-%dT%H:%M:%SZ}; until then it can be cancelled or excused",
        )
    if known is not None:
        announced = told if code in TOLD_AHEAD else None
        stands = replace(known, code=code, version=known.version + 1, received_at=now)
        return await _renew(tx, org_id, stands, announced, report, anew=True)
    row = {
        "org_id": org_id,
        "session_id": report.session_id,
        "student_id": report.student_id,
        "enrollment_id": place.enrollment_id,
        "code": code.value,
        "announced_at": told if code in TOLD_AHEAD else None,
        "received_at": now,
        "imported": report.imported,
    }
    made = await tx.execute(insert(outcomes).values(row).on_conflict_do_nothing().returning(outcomes.c.id))
    outcome_id = made.scalar_one_or_none()
    if outcome_id is None:  # somebody else told it in this moment
        known = await _known(tx, org_id, report)
        if known is None:
            raise Conflict("outcome_changing", "the outcome is being recorded by somebody else; ask again")
        return known
    await _version(tx, org_id, outcome_id, 1, code, row["announced_at"], report, now)
    event = OutcomeRecorded(outcome_id=outcome_id, version=1, by=report.by)
    inbox_id = await inbox.put(tx, org_id, report.student_id, event, now)
    wakes = now >= place.ends_at and await session_clock.told(tx, org_id, report.session_id, now)
    about = (outcome_id, report.student_id, report.session_id)
    return Accepted(*about, code, 1, now, inbox_id, wakes_session=wakes)


async def correct(
    tx: Tx, org_id: Id, outcome_id: Id, report: Report, role: Role | None, now: datetime, *, reason_id: Id | None
) -> Accepted:
    """A new version of an outcome. Within 72 h of the session's end by staff; later by an admin with a reason.

    Raises NotFound, Forbidden, Invalid. The same code as it stands changes nothing.
    """
    found = await tx.execute(
        select(outcomes).where(outcomes.c.org_id == org_id, outcomes.c.id == outcome_id).with_for_update()
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("outcome_unknown", "there is no such outcome; list the session's outcomes to find it")
    place = await _place(tx, org_id, row.session_id, row.student_id)
    if now < place.starts_at and report.code not in BEFORE_START | {Code.SCHEDULED}:
        raise Invalid("session_ahead", "the session lies ahead; until its start it can only be cancelled or excused")
    if now >= place.starts_at and report.code is Code.SCHEDULED:
        raise Invalid("taken_back_late", "the session has begun; say what became of it instead, such as attended")
    if report.code.value == row.code:
        return Accepted(
            outcome_id, row.student_id, row.session_id, report.code, row.version, row.received_at, repeated=True
        )
    late = now - place.ends_at > DISPUTE_WINDOW
    if late and (role is not Role.ADMIN or reason_id is None):
        raise Forbidden(
            "dispute_window_over",
            "the session ended more than 72 hours ago: only an admin can correct it, with a reason",
        )
    stands = Accepted(outcome_id, row.student_id, row.session_id, report.code, row.version + 1, now)
    anew = Code(row.code) is Code.SCHEDULED
    return await _renew(tx, org_id, stands, report.announced_at, report, anew=anew, reason_id=reason_id)


async def _renew(
    tx: Tx,
    org_id: Id,
    stands: Accepted,
    announced_at: datetime | None,
    report: Report,
    *,
    anew: bool,
    reason_id: Id | None = None,
) -> Accepted:
    """Write the next version of an outcome as it shall stand; `anew` when nothing stood before it."""
    version, now = stands.version, stands.received_at
    await tx.execute(
        update(outcomes)
        .where(outcomes.c.org_id == org_id, outcomes.c.id == stands.outcome_id)
        .values(code=stands.code.value, version=version, announced_at=announced_at, received_at=now)
    )
    await _version(tx, org_id, stands.outcome_id, version, stands.code, announced_at, report, now, reason_id=reason_id)
    event = OutcomeRecorded(outcome_id=stands.outcome_id, version=version, anew=anew, by=report.by)
    inbox_id = await inbox.put(tx, org_id, stands.student_id, event, now)
    return replace(stands, inbox_id=inbox_id, repeated=False)


async def _version(
    tx: Tx,
    org_id: Id,
    outcome_id: Id,
    version: int,
    code: Code,
    announced_at: datetime | None,
    report: Report,
    now: datetime,
    *,
    reason_id: Id | None = None,
) -> None:
    await tx.execute(
        insert(outcome_versions).values(
            org_id=org_id,
            outcome_id=outcome_id,
            version=version,
            code=code.value,
            announced_at=announced_at,
            recorded_at=now,
            source=report.source,
            recorded_by=report.by,
            reason_id=reason_id,
        )
    )


async def _known(tx: Tx, org_id: Id, report: Report) -> Accepted | None:
    """The first answer, if this was told before; what stands, if that was taken back (then the row is locked).

    Raises Conflict when another code stands.
    """
    o, v = outcomes.c, outcome_versions.c
    found = await tx.execute(
        select(o.id, o.code, v.code.label("first_code"), v.recorded_at)
        .join(outcome_versions, and_(v.org_id == o.org_id, v.outcome_id == o.id, v.version == 1))
        .where(o.org_id == org_id, o.session_id == report.session_id, o.student_id == report.student_id)
    )
    row = found.one_or_none()
    if row is None:
        return None
    if row.code == Code.SCHEDULED.value:
        return await _taken_back(tx, org_id, report, row.id)
    first = Code(row.first_code)
    same = report.code.value in (row.first_code, row.code) or (report.code in TOLD_AHEAD and first in TOLD_AHEAD)
    if not same:
        raise Conflict(
            "outcome_stands",
            f"this session already has the outcome {row.code}; to change it, POST to /v1/outcomes/{row.id}/corrections",
        )
    return Accepted(row.id, report.student_id, report.session_id, first, 1, row.recorded_at, repeated=True)


async def _taken_back(tx: Tx, org_id: Id, report: Report, outcome_id: Id) -> Accepted | None:
    o = outcomes.c
    locked = await tx.execute(
        select(o.code, o.version, o.received_at).where(o.org_id == org_id, o.id == outcome_id).with_for_update()
    )
    row = locked.one()
    if row.code != Code.SCHEDULED.value:  # somebody else told it in this moment
        return await _known(tx, org_id, report)
    return Accepted(outcome_id, report.student_id, report.session_id, Code.SCHEDULED, row.version, row.received_at)


async def _place(tx: Tx, org_id: Id, session_id: Id, student_id: Id) -> Row[Any]:
    """The session, its schedule and the student's enrollment in it."""
    s, e = sessions.c, enrollments.c
    found = await tx.execute(
        select(s.starts_at, s.ends_at, schedules, e.id.label("enrollment_id"), students.c.id.label("student_id"))
        .select_from(sessions)
        .join(schedules, and_(schedules.c.org_id == s.org_id, schedules.c.id == s.schedule_id))
        .outerjoin(students, and_(students.c.org_id == s.org_id, students.c.id == student_id))
        .outerjoin(enrollments, and_(e.org_id == s.org_id, e.schedule_id == s.schedule_id, e.student_id == student_id))
        .where(s.org_id == org_id, s.id == session_id)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("session_unknown", f"there is no session {session_id}; create it first or check the id")
    if row.student_id is None:
        raise NotFound("student_unknown", f"there is no student {student_id}; create the student first or check the id")
    if row.enrollment_id is None:
        raise Invalid("not_enrolled", "the student is not enrolled in this session's schedule; enroll the student")
    return row


def _schedule(row: Row[Any]) -> Schedule:
    return Schedule(id=row.id, kind=row.kind, zone=row.zone, cancel_notice=row.cancel_notice)
