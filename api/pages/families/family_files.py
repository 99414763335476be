"""What a family takes home: the book of lessons with its statement as PDF and CSV, a lesson for the calendar."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from api.calendar_document import calendar
from api.calendar_feeds import MEDIA_TYPE
from api.pages.families.family_child import of_the_family
from api.pages.families.family_telling import FirstDay, LastDay
from api.pages.families.speaking import speak
from api.pages.saying import go
from api.pages.visiting import Family, FamilyVisit, Me, StudentVisit
from api.statements import USUAL
from api.statements import answer as statement
from api.values import RowId
from db import calendar_feeds, statements
from db.calendar_feeds import Feed
from db.roster import unknown
from db.tables import sessions
from domain.refusals import Invalid
from domain.value import Id
from domain.working_time import local

router = APIRouter(include_in_schema=False)


@router.get("/family/{student_id}/book")
async def book(request: Request, here: Family, student_id: RowId) -> Response:
    """What was bought and used in the last 90 days, and the statement of any days as a file."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        person = await of_the_family(here, tx, student_id)
        today = local(now, here.zone).date()
        made = await statements.statement(
            tx, here.org_id, student_id, today - USUAL, today, now, zone=here.zone, language=here.spoken
        )
    return speak(request, "family/book.html", here.spoken, now=now, person=person, made=made)


@router.get("/family/{student_id}/statement.{form}")
async def download(
    here: Family, student_id: RowId, form: Literal["pdf", "csv"], first: FirstDay = None, last: LastDay = None
) -> Response:
    """The statement as a file, in the family's language."""
    async with here.transaction() as tx:
        await of_the_family(here, tx, student_id)
    try:
        return await statement(here, student_id, form, first, last, here.spoken)
    except Invalid as why:
        return go(f"/family/{student_id}/book", "span_too_long" if why.kind == "span_too_long" else "dates_wrong")


@router.get("/family/{student_id}/lessons/{session_id}.ics")
async def family_lesson(request: Request, here: Family, student_id: RowId, session_id: RowId) -> Response:
    """One lesson for the calendar program."""
    async with here.transaction() as tx:
        await of_the_family(here, tx, student_id)
    return await _lesson(request, here, student_id, session_id)


@router.get("/me/lessons/{session_id}.ics")
async def own_lesson(request: Request, here: Me, session_id: RowId) -> Response:
    """One of the student's own lessons."""
    return await _lesson(request, here, here.student_id, session_id)


async def _lesson(request: Request, here: FamilyVisit | StudentVisit, student_id: Id, session_id: Id) -> Response:
    feed = Feed(here.org_id, "student", student_id, here.name, here.organization_name)
    async with here.transaction() as tx:
        found = await calendar_feeds.entries(tx, feed, await here.now(tx))
    chosen = [entry for entry in found if entry.session_id == session_id]
    if not chosen:
        raise unknown(sessions, "id", session_id)
    host = urlsplit(request.app.state.settings.public_url or "").hostname or "bellwether"
    name = f"lesson-{chosen[0].starts_at:%Y-%m-%d}.ics"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(calendar(here.organization_name, host, chosen), headers=headers, media_type=MEDIA_TYPE)
