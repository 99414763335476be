"""A contact of a student: how he is reached, his language and clock, and the way to his own page."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy import Row

from api.guardian_addresses import AddressChange, LiftIn, change_guardian, lift_suppression
from api.guardians import Language
from api.pages.desk import follow_up_words
from api.pages.forms import Filled, read, sent
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator, StaffVisit, engine_now
from api.sign_in_links import Family, SignInLink, make_family_link, revoke_family_links
from api.values import Email, Phone, RowId, Zone
from db import logins, pages_follow_up, roster
from db.logins import Whose
from db.tables import guardians, students
from domain.phrases import LANGUAGES
from domain.refusals import Refusal
from domain.value import Id

router = staff_pages()


class ContactIn(BaseModel):
    """How a contact is reached. A field left empty takes the number or the address away."""

    phone: Phone | None = None
    email: Email | None = None
    language: Language = "en"
    zone: Zone


async def _contact(here: StaffVisit, student_id: Id, guardian_id: Id) -> dict[str, Any]:
    """The contact beside the student. Raises NotFound, also for a contact of somebody else."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        student = await roster.one(tx, students, here.org_id, student_id)
        found = await pages_follow_up.contacts(tx, here.org_id, student.id, now)
    row = next((c for c in found if c.id == guardian_id), None)
    if row is None:
        raise roster.unknown(guardians, "id", guardian_id)
    return {"now": now, "student": student, "contact": row, "contact_words": follow_up_words}


async def _page(
    request: Request,
    here: StaffVisit,
    student_id: Id,
    guardian_id: Id,
    *,
    filled: Filled | None = None,
    link: SignInLink | None = None,
    status: int = 200,
) -> Response:
    shown = await _contact(here, student_id, guardian_id)
    row = shown["contact"]
    return render(
        request,
        "students/contact.html",
        status=status,
        **shown,
        filled=filled or Filled.with_values({k: getattr(row, k) for k in ContactIn.model_fields}),
        languages=_languages(row),
        zones=sorted(z for z in available_timezones() if "/" in z and not z.startswith(("Etc/", "SystemV/"))),
        link=link,
        browsers=await _signed_in(request, here, "guardian", guardian_id),
    )


def _languages(row: Row[Any]) -> list[tuple[str, str]]:
    """Those we write in, and the contact's own."""
    return [(code, follow_up_words.language(code)) for code in dict.fromkeys((*LANGUAGES, row.language))]


async def _signed_in(request: Request, here: StaffVisit, whose: Whose, person_id: Id) -> int:
    async with here.transaction() as tx:
        return len(await logins.of_person(tx, here.org_id, whose, person_id, engine_now(request)))


@router.get("/students/{student_id}/contacts/{guardian_id}")
async def contact(request: Request, here: Coordinator, student_id: RowId, guardian_id: RowId) -> Response:
    """A contact of the student."""
    return await _page(request, here, student_id, guardian_id)


@router.post("/students/{student_id}/contacts/{guardian_id}")
async def change(request: Request, here: Coordinator, student_id: RowId, guardian_id: RowId) -> Response:
    """Change how the contact is reached, for all his children."""
    filled = await sent(request)
    asked = read(ContactIn, filled)
    if asked is None:
        return await _page(request, here, student_id, guardian_id, filled=filled, status=422)
    await _contact(here, student_id, guardian_id)
    await change_guardian(here, guardian_id, AddressChange.model_validate(asked.model_dump()))
    return go(f"/students/{student_id}#contacts", "saved")


@router.post("/students/{student_id}/contacts/{guardian_id}/open")
async def open_again(request: Request, here: Coordinator, student_id: RowId, guardian_id: RowId) -> Response:
    """Let messages go to an address again that was closed."""
    filled = await sent(request)
    asked = read(LiftIn, filled)
    back = f"/students/{student_id}/contacts/{guardian_id}"
    if asked is None:
        return go(back)
    await _contact(here, student_id, guardian_id)
    try:
        await lift_suppression(here, guardian_id, asked)
    except Refusal as refused:
        return go(back, refused.kind)
    return go(back, "address_opened")


@router.post("/students/{student_id}/contacts/{guardian_id}/link")
async def link(request: Request, here: Coordinator, student_id: RowId, guardian_id: RowId) -> Response:
    """Make a link to the family's page and show it, this once."""
    await _contact(here, student_id, guardian_id)
    made = await make_family_link(here, "guardians", guardian_id, request, Response())
    return await _page(request, here, student_id, guardian_id, link=made)


@router.post("/students/{student_id}/contacts/{guardian_id}/link/end")
async def end_links(here: Coordinator, student_id: RowId, guardian_id: RowId) -> Response:
    """End his links, and sign him out everywhere."""
    await _contact(here, student_id, guardian_id)
    await revoke_family_links(here, "guardians", guardian_id)
    return go(f"/students/{student_id}/contacts/{guardian_id}", "links_ended")


async def _own_page(request: Request, here: StaffVisit, student_id: Id, link: SignInLink | None = None) -> Response:
    async with here.transaction() as tx:
        now = await here.now(tx)
        student = await roster.one(tx, students, here.org_id, student_id)
    browsers = await _signed_in(request, here, "student", student_id)
    return render(request, "students/own_link.html", now=now, student=student, link=link, browsers=browsers)


@router.get("/students/{student_id}/link")
async def own_link(request: Request, here: Coordinator, student_id: RowId) -> Response:
    """The way to the student's own page."""
    return await _own_page(request, here, student_id)


@router.post("/students/{student_id}/link")
async def make_own_link(request: Request, here: Coordinator, student_id: RowId) -> Response:
    """Make a link to the student's own page and show it, this once."""
    whose: Family = "students"
    made = await make_family_link(here, whose, student_id, request, Response())
    return await _own_page(request, here, student_id, made)


@router.post("/students/{student_id}/link/end")
async def end_own_links(here: Coordinator, student_id: RowId) -> Response:
    """End the student's links, and sign him out everywhere."""
    await revoke_family_links(here, "students", student_id)
    return go(f"/students/{student_id}/link", "links_ended")
