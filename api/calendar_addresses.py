"""Private calendar addresses: made for a student, a guardian or a staff member, and revoked."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import Request, Response
from pydantic import BaseModel
from sqlalchemy import Table

from api.access import Caller, Here
from api.once import router as doors
from api.values import RowId
from db import calendar_feeds, roster
from db.calendar_feeds import Whose
from db.engine import Tx
from db.tables import guardians, staff, students

router = doors("calendars")
Name = Literal["students", "guardians", "staff"]
OF: dict[Name, tuple[Whose, Table]] = {
    "students": ("student", students),
    "guardians": ("guardian", guardians),
    "staff": ("staff", staff),
}


class CalendarAddress(BaseModel):
    """A private address. Whoever has it sees the sessions, so it is shown once; a new one ends the one before."""

    id: str
    url: str
    created_at: datetime


class CalendarRevoked(BaseModel):
    """Whether there was an address to revoke."""

    revoked: bool


@router.post("/{people}/{person_id}/calendar", status_code=201)
async def make_calendar_address(
    here: Here, people: Name, person_id: RowId, request: Request, response: Response
) -> CalendarAddress:
    """Make a private address of this person's calendar; the one before stops working. Each request makes a new one."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        whose = await _whose(here, tx, people, person_id)
        row_id, token = await calendar_feeds.make(tx, here.org_id, whose, person_id, now)
    base = request.app.state.settings.public_url or str(request.base_url)
    response.headers["Cache-Control"] = "no-store"
    return CalendarAddress(id=row_id, url=f"{base.rstrip('/')}/v1/calendars/{token}.ics", created_at=now)


@router.post("/{people}/{person_id}/calendar/revoke")
async def revoke_calendar_address(here: Here, people: Name, person_id: RowId) -> CalendarRevoked:
    """Revoke this person's address: it opens nothing from now on."""
    async with here.transaction() as tx:
        whose = await _whose(here, tx, people, person_id)
        done = await calendar_feeds.revoke(tx, here.org_id, whose, person_id, await here.now(tx))
    return CalendarRevoked(revoked=done)


async def _whose(here: Caller, tx: Tx, people: Name, person_id: str) -> Whose:
    whose, table = OF[people]
    await roster.one(tx, table, here.org_id, person_id)
    return whose
