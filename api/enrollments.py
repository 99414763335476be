"""Enrollments: a student in a schedule, the coordinator who owns what follows, and whether the bill is paid."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import Response
from pydantic import ConfigDict

from api.access import Caller, Here
from api.batches import Batch, Batched, each
from api.once import router as doors
from api.values import Asked, Instant, Listed, Lister, Reference, RowId, Told
from db import enrolling, ledger, roster
from db.roster import Directory
from db.tables import enrollments, schedules, staff, students

router = doors("plans")
Billing = Literal["current", "overdue"]


class EnrollmentIn(Asked):
    """A student to enroll. Without a coordinator, the one with the fewest enrollments owns it.

    `imported` says that the student had begun before; then the first session here is not the very first.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ref": "E-1", "student_ref": "S-1", "schedule_ref": "MATH-7"}]}
    )
    ref: Reference | None = None
    student_id: RowId | None = None
    student_ref: Reference | None = None
    schedule_id: RowId | None = None
    schedule_ref: Reference | None = None
    coordinator_id: RowId | None = None
    coordinator_ref: Reference | None = None
    started_at: Instant | None = None
    imported: bool = False
    billing_status: Billing = "current"


class Enrollment(Told):
    """An enrollment. `ended_at` is set when the student has left."""

    id: str
    ref: str | None
    student_id: str
    schedule_id: str
    coordinator_id: str
    started_at: datetime
    ended_at: datetime | None
    imported: bool
    billing_status: Billing


class EnrollmentBalance(Enrollment):
    """An enrollment with its balance: the sum of its entries."""

    balance: int


class EnrollmentChange(Asked):
    """What may be changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"billing_status": "overdue"}]})
    billing_status: Billing


async def _add(here: Caller, names: Directory, asked: EnrollmentIn, now: datetime) -> Enrollment:
    row_id = here.new_id()
    student = await names.find(students, asked.student_id, asked.student_ref)
    schedule = await names.find(schedules, asked.schedule_id, asked.schedule_ref)
    coordinator = await names.maybe(staff, asked.coordinator_id, asked.coordinator_ref, called="coordinator")
    values = {
        "ref": asked.ref,
        "student_id": student.id,
        "schedule_id": schedule.id,
        "coordinator_id": enrolling.check_coordinator(coordinator) if coordinator else None,
        "started_at": asked.started_at or now,
        "imported": asked.imported,
        "billing_status": asked.billing_status,
    }
    row, inbox_id = await enrolling.enroll(names.tx, here.org_id, row_id, values, now)
    here.wake(student.id, inbox_id)
    return Enrollment.of(row)


@router.post("/enrollments", status_code=201)
async def create_enrollment(here: Here, asked: EnrollmentIn, response: Response) -> Enrollment:
    """Enroll a student in a schedule: from now on one workflow follows the student."""
    async with here.transaction() as tx:
        made = await _add(here, Directory(tx, here.org_id), asked, await here.now(tx))
    response.headers["Location"] = f"/v1/enrollments/{made.id}"
    return made


@router.post("/enrollments/batch")
async def create_enrollments(here: Here, batch: Batch) -> Batched[Enrollment]:
    """Create up to 1,000 enrollments, each alone."""
    return await each(here, batch.items, EnrollmentIn, _add, 201)


@router.get("/enrollments")
async def list_enrollments(
    here: Here,
    listing: Lister,
    ref: Reference | None = None,
    student_id: RowId | None = None,
    schedule_id: RowId | None = None,
    coordinator_id: RowId | None = None,
    billing_status: Billing | None = None,
) -> Listed[Enrollment]:
    """List enrollments, the oldest first."""
    wanted = {
        "ref": ref,
        "student_id": student_id,
        "schedule_id": schedule_id,
        "coordinator_id": coordinator_id,
        "billing_status": billing_status,
    }
    async with here.transaction() as tx:
        part = await roster.listed(tx, enrollments, here.org_id, listing.cut, (), **wanted)
    return listing.answer(part, Enrollment.of)


@router.get("/enrollments/{enrollment_id}")
async def get_enrollment(here: Here, enrollment_id: RowId) -> EnrollmentBalance:
    """One enrollment with its balance."""
    async with here.transaction() as tx:
        row = await roster.one(tx, enrollments, here.org_id, enrollment_id)
        return EnrollmentBalance.of(row, balance=await ledger.balance(tx, here.org_id, row.id))


@router.patch("/enrollments/{enrollment_id}")
async def change_enrollment(here: Here, enrollment_id: RowId, asked: EnrollmentChange) -> Enrollment:
    """Set the billing status. It is shown beside the balance and decides nothing."""
    async with here.transaction() as tx:
        row = await enrolling.set_billing(tx, here.org_id, enrollment_id, asked.billing_status)
        return Enrollment.of(row)
