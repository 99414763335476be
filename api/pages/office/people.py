"""People of the staff: taken in, invited, changed, signed out, and seen off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from api.pages.forms import Filled, read, sent
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Admin, StaffVisit, engine_now
from api.problem_kinds import KINDS
from api.sign_in_links import invite_staff, sign_out_staff
from api.staff import StaffChange, StaffIn, change_staff, create_staff, get_staff, list_staff
from api.values import Listing, RowId
from db import clock, pages_people
from domain.refusals import Conflict, Refusal
from domain.tasks import Role

router = staff_pages()
HOME = "/admin/people"
AT_ONCE = 50
ROLES: Mapping[Role, tuple[str, str]] = {
    Role.INSTRUCTOR: ("Instructor", "Sees own lessons and own students, and records attendance"),
    Role.COORDINATOR: ("Coordinator", "Follows up families, and does the daily work with students and lessons"),
    Role.LEAD: ("Lead", "The same, steps into the automation, and gets what nobody else does"),
    Role.ADMIN: ("Admin", "Everything: also rules, words, imports, keys and people"),
}
"""What a role is called and what it is for, from least to most."""
FIELDS = {"email_taken": "email", "ref_taken": "ref", "nobody_to_take_over": "hand_over_to"}
"""Beside which field a refusal is said."""


@router.get(HOME)
async def people(
    request: Request, here: Admin, show: Literal["active", "left"] = "active", cursor: str | None = None
) -> Response:
    """Everybody who works here, or those who did."""
    return await _page(request, here, show=show, cursor=cursor)


async def _page(
    request: Request,
    here: StaffVisit,
    *,
    show: str = "active",
    cursor: str | None = None,
    filled: Filled | None = None,
    status: int = 200,
) -> Response:
    found = await list_staff(here, Listing(request, Response(), AT_ONCE, cursor), active=show == "active")
    async with here.transaction() as tx:
        ahead = await clock.ahead(tx)
        ways = await pages_people.ways_in(tx, here.org_id, [p.id for p in found.items], engine_now(request))
    return render(
        request,
        "people/page.html",
        status=status,
        people=found.items,
        next_cursor=found.next_cursor,
        cursor=cursor,
        show=show,
        ways=ways,
        ahead=ahead,
        roles=ROLES,
        filled=filled or Filled.with_values({"role": Role.COORDINATOR.value}),
    )


@router.post(HOME)
async def add(request: Request, here: Admin) -> Response:
    """Take somebody in."""
    filled = await sent(request)
    asked = read(StaffIn, filled)
    if asked is None:
        return await _page(request, here, filled=filled, status=422)
    try:
        made = await create_staff(here, asked, Response())
    except Conflict as why:
        return await _page(request, here, filled=_beside(filled, why), status=409)
    return go(f"{HOME}/{made.id}", "colleague_added")


def _beside(filled: Filled, why: Refusal) -> Filled:
    """The refusal beside its field, in words for people instead of those for programs."""
    filled.errors[FIELDS.get(why.kind, "")] = KINDS.get(why.kind, why.detail)
    return filled


@router.get(f"{HOME}/{{staff_id}}")
async def person(request: Request, here: Admin, staff_id: RowId) -> Response:
    """One colleague: what is owned, the way in, and what can be changed."""
    return await _person(request, here, staff_id)


async def _person(
    request: Request,
    here: StaffVisit,
    staff_id: RowId,
    *,
    filled: Filled | None = None,
    leaving: Filled | None = None,
    status: int = 200,
) -> Response:
    found = await get_staff(here, staff_id)
    async with here.transaction() as tx:
        ahead = await clock.ahead(tx)
        ways = await pages_people.ways_in(tx, here.org_id, [staff_id], engine_now(request))
        colleagues = await pages_people.who_own_tasks(tx, here.org_id, staff_id)
    return render(
        request,
        "people/person.html",
        status=status,
        person=found,
        way=ways[staff_id],
        ahead=ahead,
        roles=ROLES,
        is_me=staff_id == here.me.id,
        takers=[("", "whoever has the fewest follow-ups"), *((c.id, c.name) for c in colleagues)],
        filled=filled or Filled.with_values(found.model_dump(mode="json")),
        leaving=leaving or Filled(),
    )


@router.post(f"{HOME}/{{staff_id}}")
async def change(request: Request, here: Admin, staff_id: RowId) -> Response:
    """Another name, address, number or role."""
    filled = await sent(request)
    asked = read(StaffChange, filled)
    for needed in ("name", "email"):
        if not filled.values[needed]:
            filled.errors[needed] = "This is needed."
    if asked is None or filled.errors:
        return await _person(request, here, staff_id, filled=filled, status=422)
    try:
        await change_staff(here, staff_id, asked.model_copy(update={"ref": asked.ref}))
    except Refusal as why:
        return await _person(request, here, staff_id, filled=_beside(filled, why), status=409)
    return go(f"{HOME}/{staff_id}", "colleague_changed")


@router.post(f"{HOME}/{{staff_id}}/leave")
async def leave(request: Request, here: Admin, staff_id: RowId) -> Response:
    """No longer works here: what is open goes to colleagues."""
    filled = await sent(request)
    asked = read(StaffChange, filled)
    if asked is None:
        return await _person(request, here, staff_id, leaving=filled, status=422)
    change = StaffChange(active=False, reason=asked.reason, hand_over_to=asked.hand_over_to)
    try:
        await change_staff(here, staff_id, change)
    except Refusal as why:
        return await _person(request, here, staff_id, leaving=_beside(filled, why), status=409)
    await sign_out_staff(here, staff_id)
    return go(f"{HOME}/{staff_id}", "colleague_left")


@router.post(f"{HOME}/{{staff_id}}/back")
async def back(here: Admin, staff_id: RowId) -> Response:
    """Works here again."""
    await change_staff(here, staff_id, StaffChange(active=True))
    return go(f"{HOME}/{staff_id}", "colleague_back")


@router.post(f"{HOME}/{{staff_id}}/sign-out")
async def sign_out(here: Admin, staff_id: RowId) -> Response:
    """Out of every browser, and no invitation opens any more."""
    await sign_out_staff(here, staff_id)
    return go(f"{HOME}/{staff_id}", "colleague_signed_out")


@router.get(f"{HOME}/{{staff_id}}/invite")
async def to_the_person(here: Admin, staff_id: RowId) -> RedirectResponse:
    """A link is shown where it was made, once; who comes back finds the person."""
    return RedirectResponse(f"{HOME}/{staff_id}", 303)


@router.post(f"{HOME}/{{staff_id}}/invite")
async def invite(request: Request, here: Admin, staff_id: RowId) -> Response:
    """Make the link by which a password is set, and show it, this once."""
    found = await get_staff(here, staff_id)
    try:
        made = await invite_staff(here, staff_id, request, Response())
    except Conflict as why:
        return go(f"{HOME}/{staff_id}", why.kind)
    return render(request, "people/link.html", status=201, person=found, link=made)
