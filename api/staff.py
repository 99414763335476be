"""Staff: who owns follow-ups, teaches, leads and administers."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import ConfigDict

from api.access import Here
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import Asked, Email, Listed, Lister, Name, Reference, RowId, Told
from db import roster
from db.listing import Cut
from db.tables import staff
from domain.refusals import Forbidden
from domain.tasks import Role

router = doors("people")


class StaffIn(Asked):
    """A staff member to create."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ref": "C-1", "name": "Alice Moreno", "email": "alice@example.com", "role": "coordinator"}]
        }
    )
    ref: Reference | None = None
    name: Name
    email: Email
    role: Role


class StaffMember(Told):
    """A staff member."""

    id: str
    ref: str | None
    name: str
    email: str
    role: Role
    active: bool


@router.post("/staff", status_code=201)
async def create_staff(here: Here, asked: StaffIn, response: Response) -> StaffMember:
    """Create a staff member. The first admin may be made by any key; later ones by an admin."""
    async with here.transaction() as tx:
        if asked.role is Role.ADMIN and (here.actor is None or here.actor.role is not Role.ADMIN):
            admins = await roster.listed(tx, staff, here.org_id, Cut(1), role=Role.ADMIN.value, active=True)
            if admins.rows:
                raise Forbidden("first_admin_only", OWN["first_admin_only"])
        row = await roster.add(tx, staff, here.org_id, here.new_id(), asked.model_dump(mode="json"))
    response.headers["Location"] = f"/v1/staff/{row.id}"
    return StaffMember.of(row)


@router.get("/staff")
async def list_staff(
    here: Here,
    listing: Lister,
    ref: Reference | None = None,
    role: Role | None = None,
    email: Annotated[str | None, Query(max_length=254)] = None,
) -> Listed[StaffMember]:
    """List staff by name."""
    async with here.transaction() as tx:
        part = await roster.listed(tx, staff, here.org_id, listing.cut, ref=ref, role=role, email=email)
    return listing.answer(part, StaffMember.of)


@router.get("/staff/{staff_id}")
async def get_staff(here: Here, staff_id: RowId) -> StaffMember:
    """One staff member."""
    async with here.transaction() as tx:
        return StaffMember.of(await roster.one(tx, staff, here.org_id, staff_id))
