"""Guardians: who hears about a student, and on which number, address and clock."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Response
from pydantic import ConfigDict, Field

from api.access import Caller, Here
from api.batches import Batch, Batched, each
from api.once import router as doors
from api.values import Asked, Email, Listed, Lister, Name, Phone, Reference, RowId, Told, Zone
from db import enrolling, roster
from db.roster import Directory
from db.tables import guardians, students

router = doors("people")
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]


class Child(Asked):
    """A student this guardian is a contact of; without a position, the last one."""

    student_id: RowId | None = None
    student_ref: Reference | None = None
    position: int | None = Field(None, ge=1, le=20)


class GuardianIn(Asked):
    """A guardian to create, and the students to put him beside. `zone` is the organization's by default."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ref": "G-1",
                    "name": "Maria Reed",
                    "phone": "+14155550101",
                    "email": "maria@example.com",
                    "zone": "America/Los_Angeles",
                    "students": [{"student_ref": "S-1", "position": 1}],
                }
            ]
        }
    )
    ref: Reference | None = None
    name: Name
    phone: Phone | None = None
    email: Email | None = None
    zone: Zone | None = None
    language: Language = "en"
    students: list[Child] = Field([], max_length=20)


class Guardian(Told):
    """A guardian. `sms_opted_out_at` says since when he wants no texts."""

    id: str
    ref: str | None
    name: str
    phone: str | None
    email: str | None
    zone: str
    language: str
    sms_opted_out_at: datetime | None


class Contact(Guardian):
    """A guardian beside a student; position 1 is asked first."""

    position: int


async def _add(here: Caller, names: Directory, asked: GuardianIn, now: datetime) -> Guardian:
    row_id = here.new_id()
    children = [(await names.find(students, c.student_id, c.student_ref), c.position) for c in asked.students]
    values = asked.model_dump(exclude={"students"}) | {"zone": asked.zone or await names.zone()}
    row = await roster.add(names.tx, guardians, here.org_id, row_id, values)
    for child, position in children:
        await enrolling.link(names.tx, here.org_id, child.id, row.id, position)
    return Guardian.of(row)


@router.post("/guardians", status_code=201)
async def create_guardian(here: Here, asked: GuardianIn, response: Response) -> Guardian:
    """Create a guardian."""
    async with here.transaction() as tx:
        made = await _add(here, Directory(tx, here.org_id), asked, await here.now(tx))
    response.headers["Location"] = f"/v1/guardians/{made.id}"
    return made


@router.post("/guardians/batch")
async def create_guardians(here: Here, batch: Batch) -> Batched[Guardian]:
    """Create up to 1,000 guardians, each alone."""
    return await each(here, batch.items, GuardianIn, _add, 201)


@router.get("/guardians")
async def list_guardians(
    here: Here, listing: Lister, ref: Reference | None = None, phone: Phone | None = None
) -> Listed[Guardian]:
    """List guardians by name."""
    async with here.transaction() as tx:
        part = await roster.listed(tx, guardians, here.org_id, listing.cut, ref=ref, phone=phone)
    return listing.answer(part, Guardian.of)
