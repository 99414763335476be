"""Boards of attendance: every student in every session, and how completely each instructor's sessions are recorded."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Row

from api.access import Here
from api.once import router as doors
from api.session_boards import Since, Until, in_local_time
from api.values import Listed, Lister, RowId, Told
from db import attendance_board, completeness
from db.attendance_board import Span
from domain.refusals import Invalid

router = doors("boards")
LONGEST_SPAN = timedelta(days=366)
LONGEST_REPORT = timedelta(days=124)
"""A term. The report reads every seat of its span at once: about a second for 70,000 sessions."""
USUAL_SPAN = timedelta(days=28)


class Attendance(Told):
    """A student in a session. Without an outcome the code is `scheduled`, `unrecorded`, or how it was called off.

    Minutes, ratio (of the scheduled time) and engagement are what was measured; None where nobody measured.
    """

    session_id: str
    session_ref: str | None
    schedule_id: str
    subject: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    local_date: date
    local_start: str
    local_end: str
    instructor_id: str | None
    instructor_name: str | None
    student_id: str
    student_ref: str | None
    student_name: str
    enrollment_id: str
    outcome_id: str | None
    code: str
    minutes: float | None
    ratio: float | None
    joined_at: datetime | None
    left_at: datetime | None
    late_minutes: float | None
    early_minutes: float | None
    engagement: float | None
    comprehension: float | None


class Completeness(Told):
    """An instructor's sessions of the span that ended with somebody expected: recorded whole, and not.

    `share` is recorded / ended. `median_minutes` lies between a session's end and its last student's first outcome.
    """

    instructor_id: str | None
    instructor_name: str | None
    ended: int
    recorded: int
    unrecorded: int
    share: float
    median_minutes: float | None


class CompletenessReport(BaseModel):
    """The report on sessions that began in the span; who has most unrecorded comes first."""

    since: datetime
    until: datetime
    items: list[Completeness]


def check_span(since: datetime, until: datetime, longest: timedelta = LONGEST_SPAN) -> None:
    """Raises Invalid for a span that is empty or too long: by default longer than a year."""
    if until <= since:
        raise Invalid("span_empty", "`to` must come after `from`")
    if until - since > longest:
        raise Invalid("span_too_long", f"`from` and `to` may lie {longest.days} days apart at most; ask in parts")


@router.get("/attendance")
async def list_attendance(
    here: Here,
    listing: Lister,
    since: Since = None,
    until: Until = None,
    instructor_id: RowId | None = None,
    schedule_id: RowId | None = None,
    student_id: RowId | None = None,
    session_id: RowId | None = None,
) -> Listed[Attendance]:
    """Who was where for how long, by the sessions' start. Filters add up."""
    span = Span(since, until, instructor_id, schedule_id, student_id, session_id)
    async with here.transaction() as tx:
        part = await attendance_board.attendance(tx, here.org_id, span, listing.cut, await here.now(tx))
    return listing.answer(part, _attendance)


@router.get("/completeness")
async def get_completeness(here: Here, since: Since = None, until: Until = None) -> CompletenessReport:
    """How completely and how soon sessions are recorded, per instructor: by default in 28 days, in 124 at most."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        ends = until or now
        begins = since or ends - USUAL_SPAN
        check_span(begins, ends, LONGEST_REPORT)
        rows = await completeness.per_instructor(tx, here.org_id, begins, ends, now)
    return CompletenessReport(since=begins, until=ends, items=[_complete(r) for r in rows])


def _attendance(row: Row[Any]) -> Attendance:
    return Attendance.of(row, **in_local_time(row))


def _complete(row: Row[Any]) -> Completeness:
    return Completeness.of(row, share=round(row.recorded / row.ended, 4))
