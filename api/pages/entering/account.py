"""A staff member's own page: password, time zone, keys, and the browsers he is signed in on."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import available_timezones

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from api.pages import visiting
from api.pages.browsers import browser_in_words
from api.pages.entering import passwords
from api.pages.entering.given import PasswordGiven
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Staff
from api.values import RowId
from db import clock, logins, preferences
from db import passwords as kept
from domain.signing_in import weakness

router = staff_pages()
PAGE = "door/account.html"


@router.get("/account")
async def account_page(request: Request, here: Staff) -> Response:
    """What one can set for oneself."""
    return await _page(request, here)


async def _page(request: Request, here: Staff, *, status: int = 200, **problems: str) -> Response:
    async with here.transaction() as tx:
        ahead = await clock.ahead(tx)
        found = await logins.of_person(tx, here.org_id, "staff", here.me.id, visiting.engine_now(request))
        chosen = await preferences.of(tx, here.org_id, here.me.id)
        account = await kept.account(tx, here.org_id, here.me.id)
    browsers = [
        {
            "id": row.id,
            "words": browser_in_words(row.browser),
            "began": row.created_at + ahead,
            "seen": row.seen_at + ahead,
            "is_this": row.id == here.login_id,
        }
        for row in found
    ]
    return render(
        request,
        PAGE,
        status=status,
        browsers=browsers,
        chosen=chosen,
        zones=sorted(z for z in available_timezones() if "/" in z and not z.startswith(("Etc/", "SystemV/"))),
        has_password=account is not None and account.hash is not None,
        zone_problem=problems.get("zone_problem"),
        password_problem=problems.get("password_problem"),
    )


@router.post("/account/zone")
async def choose_zone(request: Request, here: Staff, zone: Annotated[str, Form(max_length=64)] = "") -> Response:
    """See times in this zone; empty: in the organization's."""
    if zone and zone not in available_timezones():
        told = "There is no such zone. Choose one from the list, such as Europe/Madrid."
        return await _page(request, here, status=422, zone_problem=told)
    async with here.transaction() as tx:
        await preferences.choose_zone(tx, here.org_id, here.me.id, zone or None)
    return go("/account#zone", "saved")


@router.post("/account/keys")
async def choose_keys(here: Staff, shortcuts: Annotated[bool, Form()] = False) -> Response:
    """Single keys on or off: some people's speech programs or hands press them by accident."""
    async with here.transaction() as tx:
        await preferences.choose_shortcuts(tx, here.org_id, here.me.id, shortcuts)
    return go("/account#keys-heading", "saved")


@router.post("/account/password")
async def change_password(
    request: Request,
    here: Staff,
    current: PasswordGiven = "",
    password: PasswordGiven = "",
    again: PasswordGiven = "",
) -> Response:
    """Change the password. The present one is asked for first, and every other browser is signed out."""
    now = visiting.engine_now(request)
    async with here.transaction() as tx:
        account = await kept.account(tx, here.org_id, here.me.id)
    problem = weakness(password, (here.name, here.organization_name))
    if password != again:
        problem = "The two new passwords differ."
    if not await passwords.fits(request, current, account.hash if account else None):
        problem = "The present password is another one. If you have none yet, ask for a link on the sign-in page."
    if problem:
        return await _page(request, here, status=422, password_problem=problem)
    hashed = await passwords.hashed(request, password)
    async with here.transaction() as tx:
        await kept.keep(tx, here.org_id, here.me.id, hashed, now)
        await logins.end(tx, here.org_id, "staff", here.me.id, now, but=here.login_id)
    return go("/account", "password_changed")


@router.post("/account/logins/{login_id}/end")
async def end_login(request: Request, here: Staff, login_id: RowId) -> Response:
    """Sign out one of one's own browsers."""
    async with here.transaction() as tx:
        await logins.end(tx, here.org_id, "staff", here.me.id, visiting.engine_now(request), only=login_id)
    return go("/account#browsers", "signed_out")


@router.post("/account/sign-out-everywhere")
async def sign_out_everywhere(request: Request, here: Staff) -> Response:
    """Sign out of every browser, this one among them."""
    async with here.transaction() as tx:
        await logins.end(tx, here.org_id, "staff", here.me.id, visiting.engine_now(request))
    answer = RedirectResponse(visiting.SIGN_IN, 303)
    visiting.let_out(request, answer, "staff")
    return answer
