"""What a family chooses: language, texts, e-mails, a calendar address. Each is one button and can be taken back."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response

from api.calendar_addresses import make_calendar_address, revoke_calendar_address
from api.pages.entering.given import inside
from api.pages.families.speaking import speak
from api.pages.saying import go
from api.pages.visiting import Family, FamilyVisit
from db import family_choices, pages_family
from domain.working_time import QUIET_HOURS

router = APIRouter(include_in_schema=False)
PAGE = "/family/preferences"
Wanted = Annotated[Literal["yes", "no"], Form()]


async def _page(request: Request, here: FamilyVisit, made: str | None = None) -> Response:
    async with here.transaction() as tx:
        now = await here.now(tx)
        chosen = await family_choices.of(tx, here.org_id, here.guardian_id)
        has_calendar = await pages_family.has_calendar(tx, here.org_id, "guardian", here.guardian_id)
    return speak(
        request,
        "family/preferences.html",
        here.spoken,
        at=PAGE,
        now=now,
        chosen=chosen,
        quiet=QUIET_HOURS,
        has_calendar=has_calendar,
        made=made,
    )


@router.get(PAGE)
async def preferences(request: Request, here: Family) -> Response:
    """Language, texts, e-mails, calendar."""
    return await _page(request, here)


@router.post("/family/language")
async def choose_language(
    here: Family,
    language: Annotated[Literal["en", "es"], Form()],
    back: Annotated[str, Form(max_length=2000)] = "/family",
) -> Response:
    """These pages and our messages are in this language from now on."""
    async with here.transaction() as tx:
        await family_choices.speak(tx, here.org_id, here.guardian_id, language)
    return go(inside(back, "/family"), "language")


@router.post("/family/texts")
async def choose_texts(here: Family, wanted: Wanted) -> Response:
    """Stop texts, or get them again."""
    async with here.transaction() as tx:
        await family_choices.texts(tx, here.org_id, here.guardian_id, await here.now(tx), wanted=wanted == "yes")
    return go(PAGE, "texts_again" if wanted == "yes" else "texts_stopped")


@router.post("/family/emails")
async def choose_emails(here: Family, wanted: Wanted) -> Response:
    """Stop e-mails, or get them again."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        await family_choices.emails(
            tx, here.org_id, here.guardian_id, here.organization_name, now, wanted=wanted == "yes"
        )
    return go(PAGE, "emails_again" if wanted == "yes" else "emails_stopped")


@router.post("/family/calendar")
async def make_calendar(request: Request, here: Family) -> Response:
    """A new private address of the family's calendar, shown in this answer alone."""
    made = await make_calendar_address(here, "guardians", here.guardian_id, request, Response())
    return await _page(request, here, made.url)


@router.post("/family/calendar/end")
async def end_calendar(here: Family) -> Response:
    """The family's calendar address opens nothing from now on."""
    await revoke_calendar_address(here, "guardians", here.guardian_id)
    return go(PAGE, "calendar_ended")
