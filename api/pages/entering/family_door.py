"""The door of families and students: a link by message. Looking at it changes nothing; its button signs in."""

from __future__ import annotations

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import RedirectResponse, Response

from api.pages import visiting
from api.pages.entering.given import (
    START,
    EmailGiven,
    NextAsked,
    NextGiven,
    base_of,
    inside,
    minutes_until,
    network_of,
    sign_in,
)
from api.pages.entering.signing_in import leave
from api.pages.families.speaking import Say, asked_language, speak
from api.students_gateway import StudentsGateway
from db import clock, knocks, link_mail, sign_in_links
from db.engine import Books

router = APIRouter(include_in_schema=False)
PAGE = "door/link.html"
ASK = "door/request_link.html"


@router.get("/l/{token}")
async def look_at_link(request: Request, token: str, after: NextAsked = "") -> Response:
    """What the link opens, and the button that opens it: programs that read mail press no buttons."""
    async with request.app.state.books.transaction() as tx:
        link = await sign_in_links.look(tx, "family", token, visiting.engine_now(request))
    opens = link is not None and link.state == "open"
    answer = speak(
        request,
        PAGE,
        asked_language(request, link.language if link else None),
        status=200 if opens else 410,
        link=link,
        opens=opens,
        token=token,
        after=inside(after, ""),
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@router.post("/l/{token}")
async def open_link(request: Request, token: str, after: NextGiven = "") -> Response:
    """Use the link up and sign in."""
    now = visiting.engine_now(request)
    async with request.app.state.books.transaction() as tx:
        link = await sign_in_links.look(tx, "family", token, now)
        if link is not None and await sign_in_links.use(tx, link, now):
            start = START[link.whose]
            answer = await sign_in(request, tx, link.org_id, link.whose, link.person_id, inside(after, start))
            answer.headers["Referrer-Policy"] = "no-referrer"
            return answer
    return await look_at_link(request, token)


@router.get("/family/request-link")
async def request_link_page(request: Request, after: NextAsked = "") -> Response:
    """Ask for a link; somebody who is signed in as who he has to be goes straight on."""
    asked = inside(after, START["guardian"])
    if await visiting.login_of(request, "student" if asked.startswith(START["student"]) else "guardian"):
        return RedirectResponse(asked, 303)
    return _ask(request)


@router.post("/family/request-link")
async def request_link(request: Request, later: BackgroundTasks, email: EmailGiven = "") -> Response:
    """Send a link to the address on file. The answer is the same, and as quick, for one nobody has."""
    async with request.app.state.books.transaction() as tx:
        knock = await knocks.knock(tx, "link", email, network_of(request), visiting.engine_now(request))
    if knock.wait_until is not None:
        return _too_often(request, email, minutes_until(request, knock.wait_until))
    answer = _ask(request, asked=True)
    if base := base_of(request):
        later.add_task(_send, request, email, base)
        answer.background = later
    return answer


def _ask(request: Request, status: int = 200, **values: object) -> Response:
    """The form, in the language of the browser: whose it is, nobody knows yet."""
    shown = {"problem": None, "email": "", "asked": False} | values
    return speak(request, ASK, asked_language(request), status=status, **shown)


def _too_often(request: Request, email: str, minutes: int) -> Response:
    answer = _ask(request, 429, problem=Say(asked_language(request))("too_often", minutes), email=email)
    answer.headers["Retry-After"] = str(minutes * 60)
    return answer


async def _send(request: Request, email: str, base: str) -> None:
    books: Books = request.app.state.books
    gateway: StudentsGateway = request.app.state.gateway
    engine_now = visiting.engine_now(request)
    async with books.transaction() as tx:
        now = engine_now + await clock.ahead(tx)
        made = [
            (org_id, await link_mail.family(tx, org_id, guardian_id, base, engine_now, now))
            for org_id, guardian_id in await link_mail.guardians_at(tx, email)
        ]
    for org_id, message_id in made:
        gateway.send_letter(org_id, message_id)


@router.post("/family/sign-out")
async def sign_out_family(request: Request) -> Response:
    """Sign out of this browser."""
    return await leave(request, "guardian", visiting.ASK_FOR_LINK)


@router.post("/me/sign-out")
async def sign_out_student(request: Request) -> Response:
    """Sign out of this browser."""
    return await leave(request, "student", visiting.ASK_FOR_LINK)
