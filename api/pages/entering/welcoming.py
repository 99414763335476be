"""Setting a password: by the link of an invitation, or by one that was asked for because the old one is forgotten."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Form, Request
from fastapi.responses import Response

from api.pages import visiting
from api.pages.entering import passwords
from api.pages.entering.given import EmailGiven, PasswordGiven, base_of, network_of, sign_in, too_often
from api.pages.rendering import render
from api.students_gateway import StudentsGateway
from db import clock, knocks, link_mail, logins, sign_in_links
from db import passwords as kept
from db.engine import Books
from domain.signing_in import weakness

router = APIRouter(include_in_schema=False)
FORGOT = "door/forgot.html"
WELCOME = "door/welcome.html"


@router.get("/login/forgot")
async def forgot_password_page(request: Request) -> Response:
    """Ask for a link to set a new password."""
    return render(request, FORGOT, problem=None, email="", asked=False)


@router.post("/login/forgot")
async def forgot_password(request: Request, later: BackgroundTasks, email: EmailGiven = "") -> Response:
    """Send the link. The answer is the same for an address that nobody has, and as quick: sending comes after it."""
    async with request.app.state.books.transaction() as tx:
        knock = await knocks.knock(tx, "link", email, network_of(request), visiting.engine_now(request))
    if knock.wait_until is not None:
        return too_often(request, FORGOT, knock.wait_until, email=email, asked=False)
    answer = render(request, FORGOT, problem=None, email="", asked=True)
    if base := base_of(request):
        later.add_task(_send, request, email, base)
        answer.background = later
    return answer


async def _send(request: Request, email: str, base: str) -> None:
    books: Books = request.app.state.books
    gateway: StudentsGateway = request.app.state.gateway
    engine_now = visiting.engine_now(request)
    async with books.transaction() as tx:
        now = engine_now + await clock.ahead(tx)
        made = [
            (a.org_id, await link_mail.forgotten_password(tx, a.org_id, a.staff_id, base, engine_now, now))
            for a in await kept.accounts(tx, email)
        ]
    for org_id, message_id in made:
        gateway.send_letter(org_id, message_id)


@router.get("/welcome/{token}")
async def welcome_page(request: Request, token: str) -> Response:
    """The form. Looking at it uses nothing up: mail programs open links too."""
    return await _welcome(request, token)


async def _welcome(request: Request, token: str, *, status: int = 200, problem: str | None = None) -> Response:
    async with request.app.state.books.transaction() as tx:
        link = await sign_in_links.look(tx, "welcome", token, visiting.engine_now(request))
    opens = link is not None and link.state == "open"
    answer = render(
        request, WELCOME, status=status if opens else 410, link=link if opens else None, token=token, problem=problem
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@router.post("/welcome/{token}")
async def set_password(
    request: Request, token: str, password: PasswordGiven = "", again: Annotated[str, Form(max_length=1000)] = ""
) -> Response:
    """Set the password and sign in. The link is used up, and every login there was ends."""
    now = visiting.engine_now(request)
    async with request.app.state.books.transaction() as tx:
        link = await sign_in_links.look(tx, "welcome", token, now)
    if link is None or link.state != "open":
        return await _welcome(request, token)
    problem = weakness(password, (link.name, link.email or "", link.organization_name))
    if problem or password != again:
        return await _welcome(request, token, status=422, problem=problem or "The two passwords differ.")
    hashed = await passwords.hashed(request, password)
    async with request.app.state.books.transaction() as tx:
        if await sign_in_links.use(tx, link, now):
            await sign_in_links.revoke(tx, link.org_id, "staff", link.person_id, now)
            await kept.keep(tx, link.org_id, link.person_id, hashed, now)
            await logins.end(tx, link.org_id, "staff", link.person_id, now)
            return await sign_in(request, tx, link.org_id, "staff", link.person_id, "/")
    return await _welcome(request, token)
