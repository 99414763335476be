"""Schedules: what a series of sessions costs, who teaches it, and how early it can be cancelled."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import Response
from pydantic import ConfigDict, Field
from sqlalchemy import Row

from api.access import Caller, Here
from api.batches import Batch, Batched, each
from api.once import router as doors
from api.values import Asked, Listed, Lister, Name, Reference, RowId, Told, Zone
from db import roster
from db.roster import Directory
from db.tables import schedules, staff
from domain.outcomes import Charge, Code, SessionKind

router = doors("plans")


class ScheduleIn(Asked):
    """A schedule to create. Codes that `charges` does not name keep their default; `zone` is the organization's."""

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


def _told(row: Row[Any]) -> Schedule:
    return Schedule.of(row, cancel_notice_hours=row.cancel_notice / timedelta(hours=1))


async def _add(here: Caller, names: Directory, asked: ScheduleIn, now: datetime) -> Schedule:
    instructor = await names.maybe(staff, asked.instructor_id, asked.instructor_ref, called="instructor")
    values = asked.model_dump(mode="json", exclude={"instructor_id", "instructor_ref", "cancel_notice_hours"}) | {
        "zone": asked.zone or await names.zone(),
        "instructor_id": instructor.id if instructor else None,
        "cancel_notice": timedelta(hours=asked.cancel_notice_hours),
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
