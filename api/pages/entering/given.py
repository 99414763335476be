"""What all doors have in common: where to go next, who knocks, what is said to somebody who knocked too often."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.pages import visiting
from api.pages.rendering import render
from db import logins
from db.engine import Tx
from db.logins import Whose
from domain.value import Id

EMAIL_CHARS = 254
EmailGiven = Annotated[str, Form(max_length=EMAIL_CHARS)]
PasswordGiven = Annotated[str, Form(max_length=1000)]
NextGiven = Annotated[str, Form(alias="next", max_length=2000)]
NextAsked = Annotated[str, Query(alias="next", max_length=2000)]
START: dict[Whose, str] = {"staff": "/", "guardian": "/family", "student": "/me"}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


def inside(after: str, otherwise: str) -> str:
    """The address to go to after signing in, if it is one of ours: a path, never another host."""
    parts = urlsplit(after)
    fine = after.startswith("/") and not after.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc)
    return after if fine and after.isprintable() and "\\" not in after else otherwise


def network_of(request: Request) -> str:
    """The network address that knocks."""
    return request.client.host if request.client else "unknown"


def base_of(request: Request) -> str | None:
    """Our own address in front of links: the public one; on this machine the one asked for.

    None elsewhere: what a stranger writes into the header Host must not end up in a message.
    """
    public: str | None = request.app.state.settings.public_url
    if public:
        return public.rstrip("/")
    return str(request.base_url).rstrip("/") if request.url.hostname in LOOPBACK else None


async def sign_in(request: Request, tx: Tx, org_id: Id, whose: Whose, person_id: Id, after: str) -> RedirectResponse:
    """A new login of this person, for the answer that goes on to `after`. One the browser had before ends.

    Its token is new whatever the browser brought, so nobody can have chosen it beforehand.
    """
    now = visiting.engine_now(request)
    before = request.cookies.get(visiting.cookie_name(request, whose))
    if before and (login := await logins.opened_by(tx, whose, before, now)):
        await logins.end(tx, login.org_id, whose, login.person_id, now, only=login.id)
    token = await logins.begin(tx, org_id, whose, person_id, request.headers.get("User-Agent"), now)
    answer = RedirectResponse(after, 303)
    visiting.let_in(request, answer, whose, token)
    return answer


def minutes_until(request: Request, until: datetime) -> int:
    """Whole minutes until the door opens again, one at least."""
    return max(1, math.ceil((until - visiting.engine_now(request)).total_seconds() / 60))


def too_often(request: Request, template: str, until: datetime, **values: Any) -> Response:
    """429: the same form again, and when it may be tried."""
    minutes = minutes_until(request, until)
    wait = "1 minute" if minutes == 1 else f"{minutes} minutes"
    answer = render(request, template, status=429, problem=f"Too many tries. Try again in {wait}.", **values)
    answer.headers["Retry-After"] = str(minutes * 60)
    return answer
