"""Students, and the guardians beside each."""

from __future__ import annotations

from datetime import datetime

from fastapi import Response
from pydantic import ConfigDict, Field, model_validator

from api.access import Caller, Here
from api.batches import Batch, Batched, each
from api.guardians import Contact
from api.once import router as doors
from api.values import Asked, Email, Listed, Lister, Name, Reference, RowId, Told
from db import enrolling, roster
from db.roster import Directory
from db.tables import guardians, students

router = doors("people")


class StudentIn(Asked):
    """A student to create. By the address the student is known in a classroom."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ref": "S-1", "name": "Sam Reed", "email": "sam.reed@example.org"}]}
    )
    ref: Reference | None = None
    name: Name
    email: Email | None = None


class Student(Told):
    """A student. `next_due` is when the student's process does something by itself."""

    id: str
    ref: str | None
    name: str
    email: str | None
    next_due: datetime | None
    created_at: datetime


class LinkIn(Asked):
    """A guardian to put beside a student; without a position, last."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"guardian_ref": "G-1", "position": 1}]})
    guardian_id: RowId | None = None
    guardian_ref: Reference | None = None
    position: int | None = Field(None, ge=1, le=20)

    @model_validator(mode="after")
    def _names_one(self) -> LinkIn:
        if (self.guardian_id is None) == (self.guardian_ref is None):
            raise ValueError("name the guardian by guardian_id or by guardian_ref")
        return self


async def _add(here: Caller, names: Directory, asked: StudentIn, now: datetime) -> Student:
    values = asked.model_dump() | {"created_at": now}
    return Student.of(await roster.add(names.tx, students, here.org_id, here.new_id(), values))


@router.post("/students", status_code=201)
async def create_student(here: Here, asked: StudentIn, response: Response) -> Student:
    """Create a student. An enrollment starts following the student's attendance."""
    async with here.transaction() as tx:
        made = await _add(here, Directory(tx, here.org_id), asked, await here.now(tx))
    response.headers["Location"] = f"/v1/students/{made.id}"
    return made


@router.post("/students/batch")
async def create_students(here: Here, batch: Batch) -> Batched[Student]:
    """Create up to 1,000 students, each alone."""
    return await each(here, batch.items, StudentIn, _add, 201)


@router.get("/students")
async def list_students(
    here: Here, listing: Lister, ref: Reference | None = None, guardian_id: RowId | None = None
) -> Listed[Student]:
    """List students by name."""
    where = [] if guardian_id is None else [enrolling.is_child_of(here.org_id, guardian_id)]
    async with here.transaction() as tx:
        part = await roster.listed(tx, students, here.org_id, listing.cut, where, ref=ref)
    return listing.answer(part, Student.of)


@router.get("/students/{student_id}")
async def get_student(here: Here, student_id: RowId) -> Student:
    """One student."""
    async with here.transaction() as tx:
        return Student.of(await roster.one(tx, students, here.org_id, student_id))


@router.post("/students/{student_id}/guardians", status_code=201)
async def link_guardian(here: Here, student_id: RowId, asked: LinkIn, response: Response) -> Contact:
    """Put a guardian beside a student, in the order in which they are asked."""
    async with here.transaction() as tx:
        student = await roster.one(tx, students, here.org_id, student_id)
        guardian = await Directory(tx, here.org_id).find(guardians, asked.guardian_id, asked.guardian_ref)
        position = await enrolling.link(tx, here.org_id, student.id, guardian.id, asked.position)
    response.headers["Location"] = f"/v1/students/{student.id}/guardians"
    return Contact.of(guardian, position=position)


@router.get("/students/{student_id}/guardians")
async def list_guardians_of_student(here: Here, student_id: RowId) -> Listed[Contact]:
    """The student's guardians, in the order in which they are asked."""
    async with here.transaction() as tx:
        student = await roster.one(tx, students, here.org_id, student_id)
        rows = await enrolling.guardians_of(tx, here.org_id, student.id)
    return Listed(items=[Contact.of(row) for row in rows])
