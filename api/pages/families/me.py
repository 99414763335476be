"""A student's own page: what comes next, what is left, how it went. He looks and changes nothing but his calendar."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.calendar_addresses import make_calendar_address, revoke_calendar_address
from api.pages.families.family_lines import accounts_of, first_name, is_coming, tally
from api.pages.families.speaking import asked_language, speak
from api.pages.saying import go
from api.pages.visiting import Me, StudentVisit
from db import pages_family
from db.listing import Cut
from domain.outcomes import Code
from domain.telling_ahead import in_a_row

router = APIRouter(include_in_schema=False)
NEXT, LAST, KIND_FROM = 3, 8, 2
"""`KIND_FROM`: so many lessons in a row are worth a good word."""
AT_ONCE = 30


@router.get("/me")
async def me(request: Request, here: Me) -> Response:
    """The page."""
    return await _page(request, here)


async def _page(request: Request, here: StudentVisit, made: str | None = None) -> Response:
    mine = [here.student_id]
    async with here.transaction() as tx:
        now = await here.now(tx)
        ahead = await pages_family.ahead(tx, here.org_id, mine, now)
        rows = await pages_family.accounts(tx, here.org_id, mine)
        last = await pages_family.past(tx, here.org_id, here.student_id, now, Cut(LAST))
        has_calendar = await pages_family.has_calendar(tx, here.org_id, "student", here.student_id)
    codes = [r.code for r in last.rows]
    row = in_a_row(Code(c) for c in codes if c in set(Code))
    return speak(
        request,
        "me/page.html",
        asked_language(request, here.language),
        at="/me",
        now=now,
        first=first_name(here.name),
        coming_up=[x for x in ahead if is_coming(x)][:NEXT],
        accounts=accounts_of(rows, ahead),
        last=last.rows,
        more=last.next_cursor is not None,
        counted=tally(codes),
        row=row if row >= KIND_FROM else 0,
        has_calendar=has_calendar,
        made=made,
    )


@router.get("/me/lessons")
async def lessons(request: Request, here: Me, cursor: str | None = None) -> Response:
    """All own lessons so far."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        part = await pages_family.past(tx, here.org_id, here.student_id, now, Cut(AT_ONCE, cursor))
    return speak(request, "me/lessons.html", asked_language(request, here.language), now=now, part=part)


@router.post("/me/calendar")
async def make_calendar(request: Request, here: Me) -> Response:
    """A new private address of the own calendar, shown in this answer alone."""
    made = await make_calendar_address(here, "students", here.student_id, request, Response())
    return await _page(request, here, made.url)


@router.post("/me/calendar/end")
async def end_calendar(request: Request, here: Me) -> Response:
    """The own calendar address opens nothing from now on."""
    await revoke_calendar_address(here, "students", here.student_id)
    return go(f"/me?lang={asked_language(request, here.language)}", "calendar_ended")
