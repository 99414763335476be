"""Recurrences: the rule by which a schedule's sessions come about, at a wall clock of its own zone."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated

from fastapi import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import Row

from api.access import Here
from api.calendar_rights import may_plan
from api.once import router as doors
from api.values import Asked, Day, Name, Reference, RowId, Told
from db import audit_log, recurrences, roster
from db.tables import schedules
from domain import recurrence as rules

router = doors("calendar")


def _wall_clock(clock: time) -> time:
    if clock.tzinfo is not None or clock.microsecond:
        raise ValueError("a wall clock such as 17:00 has no offset; the schedule's zone says where it hangs")
    return clock


class RecurrenceIn(Asked):
    """A series of sessions. `rule` is the part of RFC 5545 that `docs/calendar.md` names; `starts_at` is wall clock."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rule": "FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20260630",
                    "starts_on": "2026-03-03",
                    "starts_at": "17:00",
                    "minutes": 60,
                }
            ]
        }
    )
    ref: Reference | None = None
    rule: Annotated[Name, Field(description="FREQ=DAILY|WEEKLY|MONTHLY, INTERVAL, BYDAY, and COUNT or UNTIL")]
    starts_on: Annotated[Day, Field(description="the first day on which the rule may fall")]
    starts_at: Annotated[time, AfterValidator(_wall_clock)]
    minutes: Annotated[int, Field(ge=1, le=1440)]


class Recurrence(Told):
    """A series. `last_on` is its last day by the rule or its end; `made_until` how far its sessions stand."""

    id: str
    ref: str | None
    schedule_id: str
    rule: str
    starts_on: date
    starts_at: time
    minutes: int
    zone: str
    last_on: date
    ended_on: date | None = Field(description="from this day on it has no sessions")
    made_until: datetime | None


class RecurrenceAdded(Recurrence):
    """A new series, with how many sessions it has put into the calendar; the others follow as their time comes."""

    sessions: int


class Recurrences(BaseModel):
    """The series of a schedule."""

    items: list[Recurrence]


class EndIn(Asked):
    """The first day without a session; by default today."""

    model_config = ConfigDict(populate_by_name=True, json_schema_extra={"examples": [{"from": "2026-04-01"}]})
    first_day: Annotated[Day | None, Field(alias="from")] = None


class RecurrenceEnded(Recurrence):
    """A series that has ended: how many sessions left the calendar, and those ahead that stay.

    A session stays that holds an outcome or evidence, that a family was reminded of, or that was changed by hand: call
    it off if it is not to take place.
    """

    removed: int
    kept: list[str]


def _told(row: Row[tuple[object, ...]]) -> dict[str, object]:
    return {**row._mapping, "last_on": recurrences.last(row)}


@router.post("/schedules/{schedule_id}/recurrences", status_code=201)
async def add_recurrence(here: Here, schedule_id: RowId, asked: RecurrenceIn, response: Response) -> RecurrenceAdded:
    """Add a series to a schedule. The sessions of the next four weeks stand at once."""
    may_plan(here)
    values = asked.model_dump(include={"ref", "starts_on", "starts_at", "minutes"})
    values["rule"] = str(rules.parse(asked.rule))
    async with here.transaction() as tx:
        schedule = await roster.one(tx, schedules, here.org_id, schedule_id)
        now = await here.now(tx)
        row, made = await recurrences.add(tx, here.org_id, here.new_id(), schedule, values, now)
        await audit_log.write(tx, here.org_id, here.by, "calendar", "series_added", now, about=schedule.id)
        for student_id in made.students:
            here.wake(student_id, row.id)
    response.headers["Location"] = f"/v1/recurrences/{row.id}"
    return RecurrenceAdded.model_validate(_told(row) | {"sessions": len(made.sessions)})


@router.get("/schedules/{schedule_id}/recurrences")
async def list_recurrences(here: Here, schedule_id: RowId) -> Recurrences:
    """List the series of a schedule by their first day, ended ones too."""
    async with here.transaction() as tx:
        await roster.one(tx, schedules, here.org_id, schedule_id)
        rows = await recurrences.of_schedule(tx, here.org_id, schedule_id)
    return Recurrences(items=[Recurrence.model_validate(_told(row)) for row in rows])


@router.get("/recurrences/{recurrence_id}")
async def get_recurrence(here: Here, recurrence_id: RowId) -> Recurrence:
    """One series."""
    async with here.transaction() as tx:
        return Recurrence.model_validate(_told(await recurrences.one(tx, here.org_id, recurrence_id)))


@router.post("/recurrences/{recurrence_id}/end")
async def end_recurrence(here: Here, recurrence_id: RowId, asked: EndIn | None = None) -> RecurrenceEnded:
    """End a series from a day on. Sessions ahead that nobody has heard of leave the calendar; the others stay."""
    may_plan(here)
    first_day = asked.first_day if asked else None
    async with here.transaction() as tx:
        now = await here.now(tx)
        ended = await recurrences.end(tx, here.org_id, recurrence_id, first_day, now)
        about = ended.recurrence.schedule_id
        await audit_log.write(tx, here.org_id, here.by, "calendar", "series_ended", now, about=about)
    counts = {"removed": ended.removed, "kept": list(ended.kept)}
    return RecurrenceEnded.model_validate(_told(ended.recurrence) | counts)
