"""Boards of sessions: a day, an instructor, a group or a student at a glance, and what is unrecorded right now."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Row

from api.access import Here
from api.once import router as doors
from api.values import Day, Instant, Listed, Lister, Reference, RowId, Told
from db import boards, roster
from db.boards import Wanted
from domain.outcomes import SessionKind

router = doors("boards")
Status = Literal["scheduled", "unrecorded", "settled", "called_off"]
Since = Annotated[Instant | None, Query(alias="from", description="starts at or after")]
Until = Annotated[Instant | None, Query(alias="to", description="starts before")]


class Counts(BaseModel):
    """Students of a session: expected in it, with an outcome, and of these present, missed, told ahead."""

    expected: int
    recorded: int
    present: int
    missed: int
    told_ahead: int


class SessionShown(Told):
    """A session on a board. Instructor and links are its own, else its schedule's; local times are in `zone`."""

    id: str
    ref: str | None
    schedule_id: str
    subject: str
    kind: SessionKind
    starts_at: datetime
    ends_at: datetime
    zone: str
    local_date: date
    local_start: str
    local_end: str
    instructor_id: str | None
    instructor_name: str | None
    status: Status
    called_off: str | None
    counts: Counts
    topic: str | None
    catch_up: str | None
    make_up_for: str | None
    make_up_student_id: str | None
    meeting_ref: str | None
    join_url: str | None
    sequence: int


class Missing(BaseModel):
    """A student without an outcome."""

    student_id: str
    name: str


class Unrecorded(SessionShown):
    """A session that lacks outcomes, of whom, and since when."""

    missing: list[Missing]
    unrecorded_since: datetime


def local(at: datetime, zone: str) -> datetime:
    """The instant as the clocks of the zone show it."""
    return at.astimezone(ZoneInfo(zone))


def in_local_time(row: Row[Any]) -> dict[str, Any]:
    """A session's date and times of day in its schedule's zone."""
    starts, ends = local(row.starts_at, row.zone), local(row.ends_at, row.zone)
    return {"local_date": starts.date(), "local_start": f"{starts:%H:%M}", "local_end": f"{ends:%H:%M}"}


def _shown(row: Row[Any]) -> SessionShown:
    return SessionShown.of(row, counts=row._mapping, **in_local_time(row))


def _unrecorded(row: Row[Any]) -> Unrecorded:
    return Unrecorded.of(row, counts=row._mapping, **in_local_time(row))


@router.get("/sessions")
async def list_sessions(
    here: Here,
    listing: Lister,
    day: Annotated[Day | None, Query(description="starts on this day, in the organization's zone")] = None,
    since: Since = None,
    until: Until = None,
    instructor_id: RowId | None = None,
    schedule_id: Annotated[RowId | None, Query(description="the group")] = None,
    student_id: Annotated[RowId | None, Query(description="expected in it, or with an outcome")] = None,
    status: Status | None = None,
    ref: Reference | None = None,
) -> Listed[SessionShown]:
    """List sessions by their start. Filters add up."""
    async with here.transaction() as tx:
        if day is not None:
            begins, ends = _bounds(day, await roster.zone_of(tx, here.org_id))
            since, until = max(begins, since or begins), min(ends, until or ends)
        wanted = Wanted(since, until, instructor_id, schedule_id, student_id, status, ref)
        part = await boards.board(tx, here.org_id, wanted, listing.cut, await here.now(tx))
    return listing.answer(part, _shown)


@router.get("/sessions/unrecorded")
async def list_unrecorded(here: Here, listing: Lister, instructor_id: RowId | None = None) -> Listed[Unrecorded]:
    """What is unrecorded right now, oldest first: past its settle window, and somebody has no outcome."""
    async with here.transaction() as tx:
        part = await boards.unrecorded(tx, here.org_id, listing.cut, await here.now(tx), instructor_id)
    return listing.answer(part, _unrecorded)


@router.get("/sessions/{session_id}")
async def get_session(here: Here, session_id: RowId) -> SessionShown:
    """One session."""
    async with here.transaction() as tx:
        return _shown(await boards.one(tx, here.org_id, session_id, await here.now(tx)))


def _bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """A day's first instant and the next day's, also where a clock change makes it 23 or 25 hours long."""

    def first(of: date) -> datetime:
        return datetime(of.year, of.month, of.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)

    return first(day), first(day + timedelta(days=1))
