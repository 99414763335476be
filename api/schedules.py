"""Schedules: what a series of sessions costs, who teaches it, and how early it can be cancelled."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Self

from fastapi import Response
from pydantic import ConfigDict, Field, model_validator
from sqlalchemy import Row

from api.access import Caller, Here
from api.batches import Batch, Batched, each
from api.calendar_rights import may_plan
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import Asked, Link, Listed, Lister, Name, Reference, RowId, Told, Zone
from db import roster, schedule_changes, student_facts
from db.roster import Directory
from db.tables import schedules, staff
from domain.attendance import Thresholds
from domain.outcomes import Charge, Code, SessionKind
from domain.refusals import Invalid

router = doors("plans")


LONGEST = timedelta(hours=24)


class AttendanceIn(Thresholds):
    """Numbers of attendance that differ for this schedule; the others are the policy's, now and later."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_extra={"examples": [{"late_after": "PT3M", "attended_ratio": 0.75}]}
    )

    @model_validator(mode="after")
    def _can_be_lived_by(self) -> Self:
        for name, value in self:
            if isinstance(value, timedelta) and not timedelta(0) <= value <= LONGEST:
                raise ValueError(f"{name} must lie between 0 and 24 hours")
        return self


class ScheduleIn(Asked):
    """A schedule to create. Codes that `charges` does not name keep their default; `zone` is the organization's.

    `on_holidays`: its series take place on public holidays too. `meeting_ref` is the classroom's own id (of a Zoom
    meeting, a LiveKit room), `join_url` the link families get; a session may have its own.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ref": "MATH-7",
                    "subject": "Maths",
                    "kind": "one_to_one",
                    "zone": "Europe/Lisbon",
                    "instructor_ref": "I-1",
                    "sessions_per_week": 2,
                    "cancel_notice_hours": 24,
                    "charges": {"late_cancelled": "hold"},
                    "attendance": {"late_after": "PT3M"},
                    "meeting_ref": "94851234567",
                    "join_url": "https://zoom.us/j/94851234567",
                }
            ]
        }
    )
    ref: Reference | None = None
    subject: Name
    kind: SessionKind = SessionKind.ONE_TO_ONE
    zone: Zone | None = None
    instructor_id: RowId | None = None
    instructor_ref: Reference | None = None
    sessions_per_week: int = Field(1, ge=1, le=50)
    units_per_session: int = Field(1, ge=1, le=100)
    cancel_notice_hours: float = Field(24, ge=0, le=24 * 30)
    charges: dict[Code, Charge] = {}
    attendance: AttendanceIn | None = None
    on_holidays: bool = False
    meeting_ref: Reference | None = None
    join_url: Link | None = None


class Schedule(Told):
    """A schedule."""

    id: str
    ref: str | None
    subject: str
    kind: SessionKind
    zone: str
    instructor_id: str | None
    sessions_per_week: int
    units_per_session: int
    cancel_notice_hours: float
    charges: dict[Code, Charge]
    attendance: dict[str, Any] = Field(description="only the numbers that differ from the policy's")
    on_holidays: bool
    meeting_ref: str | None
    join_url: str | None


def _told(row: Row[Any]) -> Schedule:
    return Schedule.of(row, cancel_notice_hours=row.cancel_notice / timedelta(hours=1))


async def _checked(names: Directory, here: Caller, asked: AttendanceIn | None) -> dict[str, Any]:
    """The numbers given, once they make sense together with the policy's. Raises Invalid."""
    if asked is None:
        return {}
    given = asked.model_dump(mode="json", exclude_unset=True)
    policy = await student_facts.newest_policy(names.tx, here.org_id)
    whole = Thresholds.model_validate(policy.attendance.model_dump() | given)
    if whole.partial_ratio > whole.attended_ratio or whole.rescue_from > whole.rescue_until:
        raise Invalid("thresholds_crossed", OWN["thresholds_crossed"])
    return given


async def _add(here: Caller, names: Directory, asked: ScheduleIn, now: datetime) -> Schedule:
    instructor = await names.maybe(staff, asked.instructor_id, asked.instructor_ref, called="instructor")
    values = asked.model_dump(mode="json", exclude={"instructor_id", "instructor_ref", "cancel_notice_hours"}) | {
        "zone": asked.zone or await names.zone(),
        "instructor_id": instructor.id if instructor else None,
        "cancel_notice": timedelta(hours=asked.cancel_notice_hours),
        "attendance": await _checked(names, here, asked.attendance),
    }
    return _told(await roster.add(names.tx, schedules, here.org_id, here.new_id(), values))


@router.post("/schedules", status_code=201)
async def create_schedule(here: Here, asked: ScheduleIn, response: Response) -> Schedule:
    """Create a schedule."""
    async with here.transaction() as tx:
        made = await _add(here, Directory(tx, here.org_id), asked, await here.now(tx))
    response.headers["Location"] = f"/v1/schedules/{made.id}"
    return made


@router.post("/schedules/batch")
async def create_schedules(here: Here, batch: Batch) -> Batched[Schedule]:
    """Create up to 1,000 schedules, each alone."""
    return await each(here, batch.items, ScheduleIn, _add, 201)


@router.get("/schedules")
async def list_schedules(
    here: Here, listing: Lister, ref: Reference | None = None, instructor_id: RowId | None = None
) -> Listed[Schedule]:
    """List schedules by subject."""
    wanted = {"ref": ref, "instructor_id": instructor_id}
    async with here.transaction() as tx:
        part = await roster.listed(tx, schedules, here.org_id, listing.cut, (), **wanted)
    return listing.answer(part, _told)


@router.get("/schedules/{schedule_id}")
async def get_schedule(here: Here, schedule_id: RowId) -> Schedule:
    """One schedule."""
    async with here.transaction() as tx:
        return _told(await roster.one(tx, schedules, here.org_id, schedule_id))


class ScheduleChange(Asked):
    """What changes for the sessions ahead; what is left out stays. `attendance` replaces the numbers given before."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"join_url": "https://zoom.us/j/94851234567"}]})
    instructor_id: RowId | None = None
    instructor_ref: Reference | None = None
    attendance: AttendanceIn | None = None
    on_holidays: bool = False
    meeting_ref: Reference | None = None
    join_url: Link | None = None


@router.patch("/schedules/{schedule_id}")
async def change_schedule(here: Here, schedule_id: RowId, asked: ScheduleChange) -> Schedule:
    """Change who teaches, where, how attendance is read, or whether series leave public holidays out."""
    may_plan(here)
    values = asked.model_dump(include={"on_holidays", "meeting_ref", "join_url"}, exclude_unset=True)
    async with here.transaction() as tx:
        names = Directory(tx, here.org_id)
        if asked.model_fields_set & {"instructor_id", "instructor_ref"}:
            who = await names.maybe(staff, asked.instructor_id, asked.instructor_ref, called="instructor")
            values["instructor_id"] = who.id if who else None
        if "attendance" in asked.model_fields_set:
            values["attendance"] = await _checked(names, here, asked.attendance)
        return _told(await schedule_changes.change(tx, here.org_id, schedule_id, values, await here.now(tx)))
