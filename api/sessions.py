"""Sessions: one lesson at one time, also as the make-up of a missed one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import Response
from pydantic import ConfigDict, model_validator

from api.access import Caller, Here
from api.batches import Batch, Batched, each
from api.once import router as doors
from api.values import Asked, Instant, Link, Name, Reference, RowId, Told
from db import calendar, make_ups, roster
from db.roster import Directory
from db.tables import schedules, sessions, staff, students

router = doors("plans")


class SessionIn(Asked):
    """A session to create; its times carry their offset. A make-up names the missed session and the student."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ref": "MATH-7-0302",
                    "schedule_ref": "MATH-7",
                    "starts_at": "2026-03-02T15:00:00+00:00",
                    "ends_at": "2026-03-02T16:00:00+00:00",
                    "topic": "Fractions",
                }
            ]
        }
    )
    ref: Reference | None = None
    schedule_id: RowId | None = None
    schedule_ref: Reference | None = None
    instructor_id: RowId | None = None
    instructor_ref: Reference | None = None
    starts_at: Instant
    ends_at: Instant
    topic: Name | None = None
    meeting_ref: Reference | None = None
    join_url: Link | None = None
    make_up_for: RowId | None = None
    make_up_student_id: RowId | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> SessionIn:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must come after starts_at")
        if (self.make_up_for is None) != (self.make_up_student_id is None):
            raise ValueError("a make-up names both the missed session and the student")
        return self


class Session(Told):
    """A session. Without an instructor, meeting or link of its own it has its schedule's.

    `sequence` counts what a calendar shows of its changes. `recurs_at` is where the series had put it.
    """

    id: str
    ref: str | None
    schedule_id: str
    instructor_id: str | None
    starts_at: datetime
    ends_at: datetime
    topic: str | None
    catch_up: str | None
    meeting_ref: str | None
    join_url: str | None
    status: Literal["scheduled", "unrecorded", "settled", "called_off"]
    called_off: str | None
    sequence: int
    recurrence_id: str | None
    recurs_at: datetime | None
    make_up_for: str | None
    make_up_student_id: str | None


async def _add(here: Caller, names: Directory, asked: SessionIn, now: datetime) -> Session:
    row_id = here.new_id()
    schedule = await names.find(schedules, asked.schedule_id, asked.schedule_ref)
    instructor = await names.maybe(staff, asked.instructor_id, asked.instructor_ref, called="instructor")
    missed = await names.maybe(sessions, asked.make_up_for, None)
    student = await names.maybe(students, asked.make_up_student_id, None)
    values = {
        **asked.model_dump(include={"ref", "starts_at", "ends_at", "topic", "meeting_ref", "join_url"}),
        "schedule_id": schedule.id,
        "instructor_id": instructor.id if instructor else None,
        "make_up_for": missed.id if missed else None,
        "make_up_student_id": student.id if student else None,
        "created_at": now,
    }
    if missed and student:
        await make_ups.check(names.tx, here.org_id, student.id, missed, row_id, asked.starts_at, now)
    row = await roster.add(names.tx, sessions, here.org_id, row_id, values)
    if student:  # a booked make-up changes what lies ahead: the armed step is worked out anew
        here.wake(student.id, row.id)
    return Session.of(row)


async def _enter(here: Caller, names: Directory, made: list[Session], now: datetime) -> None:
    """Their clocks are wound, planned absences applied. The auditor starts a session's process when its time comes."""
    for student_id in await calendar.enter(names.tx, here.org_id, [session.id for session in made], now):
        here.wake(student_id, student_id)


@router.post("/sessions", status_code=201)
async def create_session(here: Here, asked: SessionIn, response: Response) -> Session:
    """Create a session."""
    async with here.transaction() as tx:
        names, now = Directory(tx, here.org_id), await here.now(tx)
        made = await _add(here, names, asked, now)
        await _enter(here, names, [made], now)
    response.headers["Location"] = f"/v1/sessions/{made.id}"
    return made


@router.post("/sessions/batch")
async def create_sessions(here: Here, batch: Batch) -> Batched[Session]:
    """Create up to 1,000 sessions, each alone."""
    return await each(here, batch.items, SessionIn, _add, 201, after=_enter)
