"""Ways in: an invitation for staff, a link to the family's page for a guardian or a student."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import Request, Response
from pydantic import BaseModel, Field

from api.access import Caller, Here
from api.once import router as doors
from api.values import RowId
from db import clock, logins, roster, sign_in_links
from db.engine import Tx
from db.logins import Whose
from db.tables import guardians, staff, students
from domain.refusals import Conflict
from domain.signing_in import LASTS
from domain.tasks import Role
from domain.value import Id

router = doors("people")
Family = Literal["guardians", "students"]
WHOSE: dict[Family, Whose] = {"guardians": "guardian", "students": "student"}
TABLES = {"guardians": guardians, "students": students}


class SignInLink(BaseModel):
    """A link that signs in once. It is shown this once: pass it on to its person and nobody else."""

    id: str
    url: str = Field(examples=["https://academy.example.org/l/dGhpcyBpcyBub3QgYSB0b2tlbg"])
    expires_at: datetime


class AccessRevoked(BaseModel):
    """How many links that still opened, and how many browsers that were signed in, do so no longer."""

    links: int
    logins: int


@router.post("/staff/{staff_id}/invite", status_code=201)
async def invite_staff(here: Here, staff_id: RowId, request: Request, response: Response) -> SignInLink:
    """Make the link by which a staff member sets a password. It opens once within 7 days; links before it end."""
    by = here.person(Role.ADMIN)
    async with here.transaction() as tx:
        person = await roster.one(tx, staff, here.org_id, staff_id)
        if not person.active:
            raise Conflict("staff_inactive", f"{person.name} is not active, so there is nothing to sign in to")
        await sign_in_links.revoke(tx, here.org_id, "staff", staff_id, here.clock())
        made = await sign_in_links.make(tx, here.org_id, "welcome", "staff", staff_id, here.clock(), by.id)
        return await _told(here, tx, request, response, made, "welcome")


@router.post("/{people}/{person_id}/link", status_code=201)
async def make_family_link(
    here: Here, people: Family, person_id: RowId, request: Request, response: Response
) -> SignInLink:
    """Make a link to the family's page, for a guardian, or to his own, for a student. It opens once within 7 days."""
    by = here.person(Role.COORDINATOR)
    async with here.transaction() as tx:
        await roster.one(tx, TABLES[people], here.org_id, person_id)
        whose, now = WHOSE[people], here.clock()
        made = await sign_in_links.make(tx, here.org_id, "family", whose, person_id, now, by.id)
        return await _told(here, tx, request, response, made, "l")


@router.post("/{people}/{person_id}/link/revoke")
async def revoke_family_links(here: Here, people: Family, person_id: RowId) -> AccessRevoked:
    """End every link of this person, and every browser that is signed in by one."""
    here.person(Role.COORDINATOR)
    async with here.transaction() as tx:
        await roster.one(tx, TABLES[people], here.org_id, person_id)
        return await _revoke(here, tx, WHOSE[people], person_id)


@router.post("/staff/{staff_id}/sign-out")
async def sign_out_staff(here: Here, staff_id: RowId) -> AccessRevoked:
    """Sign a staff member out of every browser and end his invitations. The password stays."""
    here.person(Role.ADMIN)
    async with here.transaction() as tx:
        await roster.one(tx, staff, here.org_id, staff_id)
        return await _revoke(here, tx, "staff", staff_id)


async def _revoke(here: Caller, tx: Tx, whose: Whose, person_id: Id) -> AccessRevoked:
    now = here.clock()
    return AccessRevoked(
        links=await sign_in_links.revoke(tx, here.org_id, whose, person_id, now),
        logins=await logins.end(tx, here.org_id, whose, person_id, now),
    )


async def _told(
    here: Caller,
    tx: Tx,
    request: Request,
    response: Response,
    made: tuple[Id, str],
    way: Literal["welcome", "l"],
) -> SignInLink:
    link_id, token = made
    base = str(request.app.state.settings.public_url or request.base_url).rstrip("/")
    lasts = LASTS["welcome" if way == "welcome" else "family"]
    response.headers["Cache-Control"] = "no-store"
    until = here.clock() + await clock.ahead(tx) + lasts
    return SignInLink(id=link_id, url=f"{base}/{way}/{token}", expires_at=until)
