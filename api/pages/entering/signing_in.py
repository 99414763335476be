"""The door of staff: sign in with a password, choose among organizations, sign out. In the demo, one click."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from api.pages import visiting
from api.pages.entering import passwords
from api.pages.entering.given import (
    START,
    EmailGiven,
    NextAsked,
    NextGiven,
    PasswordGiven,
    inside,
    network_of,
    sign_in,
    too_often,
)
from api.pages.rendering import render
from db import demo_people, knocks, logins, sign_in_links
from db import passwords as kept
from db.engine import Books
from db.logins import Whose
from db.passwords import Account

router = APIRouter(include_in_schema=False)
PAGE = "door/sign_in.html"
WRONG = "This address and password do not belong together. Check both, or ask for a new password."
Token = Annotated[str, Form(max_length=100)]


@router.get("/login")
async def sign_in_page(request: Request, after: NextAsked = "/") -> Response:
    """The form; somebody who is signed in goes straight on."""
    after = inside(after, "/")
    if await visiting.login_of(request, "staff"):
        return RedirectResponse(after, 303)
    return await _page(request, after=after)


async def _page(request: Request, *, status: int = 200, **values: Any) -> Response:
    people = []
    if request.app.state.one_click:
        async with _books(request).transaction() as tx:
            people = await demo_people.everybody(tx)
    return render(request, PAGE, status=status, **{"problem": None, "email": "", "people": people, **values})


@router.post("/login")
async def sign_in_with_password(
    request: Request, email: EmailGiven = "", password: PasswordGiven = "", after: NextGiven = "/"
) -> Response:
    """Let in whoever has the password. An unknown address is refused in the same words and as slowly."""
    after, now = inside(after, "/"), visiting.engine_now(request)
    async with _books(request).transaction() as tx:
        knock = await knocks.knock(tx, "password", email, network_of(request), now)
        known = await kept.accounts(tx, email) if knock.wait_until is None else []
    if knock.wait_until is not None:
        return too_often(request, PAGE, knock.wait_until, email=email, after=after, people=[])
    fitting = await _fitting(request, known, password)
    if not fitting:
        return await _page(request, status=401, problem=WRONG, email=email, after=after)
    async with _books(request).transaction() as tx:
        await knocks.forgive(tx, knock.ids, email)
        if len(fitting) == 1:
            (only,) = fitting
            return await sign_in(request, tx, only.org_id, "staff", only.staff_id, after)
        choices = [
            (account, (await sign_in_links.make(tx, account.org_id, "choice", "staff", account.staff_id, now))[1])
            for account in fitting
        ]
    return render(request, "door/choose.html", choices=choices, after=after)


async def _fitting(request: Request, known: list[Account], password: str) -> list[Account]:
    """Those whose password it is; one comparison at least, so that no answer is quicker for being about nobody."""
    with_password = [a for a in known if a.hash is not None]
    if not with_password:
        await passwords.fits(request, password, None)
    return [a for a in with_password if await passwords.fits(request, password, a.hash)]


@router.post("/login/choose")
async def choose_organization(request: Request, token: Token, after: NextGiven = "/") -> Response:
    """Sign in to one of several organizations: the password was given a moment ago."""
    now = visiting.engine_now(request)
    async with _books(request).transaction() as tx:
        link = await sign_in_links.look(tx, "choice", token, now)
        if link is not None and await sign_in_links.use(tx, link, now):
            await sign_in_links.revoke(tx, link.org_id, "staff", link.person_id, now, purpose="choice")
            return await sign_in(request, tx, link.org_id, "staff", link.person_id, inside(after, "/"))
    return await _page(request, status=401, problem="That took too long. Sign in again.", after=inside(after, "/"))


@router.post("/login/as")
async def sign_in_at_one_click(request: Request, person: Token) -> Response:
    """In the demo: be this person, written `staff:ID`. Anywhere else this address does not exist."""
    if not request.app.state.one_click:
        raise HTTPException(404)
    async with _books(request).transaction() as tx:
        chosen = await demo_people.find(tx, person)
        if chosen is None:
            raise HTTPException(404)
        org_id, whose, person_id = chosen
        return await sign_in(request, tx, org_id, whose, person_id, START[whose])


@router.post("/logout")
async def sign_out(request: Request) -> Response:
    """Sign out of this browser."""
    return await leave(request, "staff", visiting.SIGN_IN)


async def leave(request: Request, whose: Whose, then: str) -> Response:
    """End the login this browser has, if any."""
    if login := await visiting.login_of(request, whose):
        async with _books(request).transaction() as tx:
            now = visiting.engine_now(request)
            await logins.end(tx, login.org_id, whose, login.person_id, now, only=login.id)
    answer = RedirectResponse(then, 303)
    visiting.let_out(request, answer, whose)
    return answer


def _books(request: Request) -> Books:
    books: Books = request.app.state.books
    return books
