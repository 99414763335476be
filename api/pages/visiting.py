"""Who looks at a page: a login opens it, an API key never does; and `/v1` never takes a login.

`Staff`, `Coordinator`, `Lead` and `Admin` are callers like those of the HTTP API, so a page calls the same functions;
`Family` is a guardian and `Me` a student. Each kind has a cookie of its own: a coordinator may open a family's page
beside her own without being signed out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from api.access import Caller
from api.problems import Unauthorized
from db import logins
from db.engine import Books
from db.keys import Actor
from db.logins import LONGEST, Login, Whose
from domain.phrases import spoken
from domain.tasks import Role
from domain.value import Id

COOKIE = "bellwether"
SIGN_IN = "/login"
ASK_FOR_LINK = "/family/request-link"
HOME: dict[Role, str] = {
    Role.INSTRUCTOR: "/teach",
    Role.COORDINATOR: "/inbox",
    Role.LEAD: "/inbox",
    Role.ADMIN: "/admin",
}
"""Where a role starts its day."""


class SignInNeededError(Unauthorized):
    """Nobody is signed in, or not any more. `way` is the page that lets one in."""

    def __init__(self, whose: Whose) -> None:
        self.way = SIGN_IN if whose == "staff" else ASK_FOR_LINK
        super().__init__(
            "sign_in_needed",
            "You are not signed in, or were signed out after a while. Sign in and try again."
            if whose == "staff"
            else "Your link has run out. Ask for a new one to go on.",
        )


@dataclass(kw_only=True)
class Visit(Caller):
    """A caller who came by a login: what every page knows of him."""

    login_id: Id
    name: str
    organization_name: str
    zone: str
    """His times are told in it."""
    language: str = "en"

    @property
    def spoken(self) -> str:
        """The language we speak with him: his own without its region, else English."""
        return spoken(self.language)


@dataclass(kw_only=True)
class StaffVisit(Visit):
    """A staff member. `me` is the actor, never missing."""

    me: Actor
    shortcuts: bool = True

    @property
    def home(self) -> str:
        """The page his role starts on."""
        return HOME[self.me.role]


@dataclass(kw_only=True)
class FamilyVisit(Visit):
    """A guardian, and the ids of the children he is a contact of, the nearest first."""

    guardian_id: Id
    children: tuple[Id, ...]


@dataclass(kw_only=True)
class StudentVisit(Visit):
    """A student. He looks and changes nothing."""

    student_id: Id


def cookie_name(request: Request, whose: Whose) -> str:
    """The cookie of this kind of login. Over https no other host and no script can set it."""
    name = COOKIE if whose == "staff" else f"{COOKIE}-{whose}"
    return f"__Host-{name}" if _is_safe(request) else name


def _is_safe(request: Request) -> bool:
    public: str | None = request.app.state.settings.public_url
    return request.url.scheme == "https" or (public or "").startswith("https:")


def let_in(request: Request, response: Response, whose: Whose, token: str) -> None:
    """Give the browser this login, in place of one it had."""
    response.set_cookie(
        cookie_name(request, whose),
        token,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=_is_safe(request),
        httponly=True,
        samesite="lax",
    )


def let_out(request: Request, response: Response, whose: Whose) -> None:
    """Take the login from the browser."""
    response.delete_cookie(
        cookie_name(request, whose), path="/", secure=_is_safe(request), httponly=True, samesite="lax"
    )


def engine_now(request: Request) -> datetime:
    """The time logins and links go by: the engine's, which no jump of the business clock moves."""
    now: datetime = request.app.state.clock()
    return now


async def login_of(request: Request, whose: Whose) -> Login | None:
    """The open login of this kind that the request comes with."""
    token = request.cookies.get(cookie_name(request, whose))
    if not token:
        return None
    books: Books = request.app.state.books
    async with books.transaction() as tx:
        return await logins.opened_by(tx, whose, token, engine_now(request))


def _told(request: Request, login: Login) -> dict[str, Any]:
    return {
        "org_id": login.org_id,
        "books": request.app.state.books,
        "gateway": request.app.state.gateway,
        "clock": request.app.state.clock,
        "login_id": login.id,
        "name": login.name,
        "organization_name": login.organization_name,
        "zone": login.zone,
        "language": login.language,
    }


async def staff_of(request: Request) -> StaffVisit | None:
    """The staff member who is signed in, if any; asked for once in a request."""
    if isinstance(known := getattr(request.state, "visit", None), StaffVisit):
        return known
    login = await login_of(request, "staff")
    if login is None or login.role is None:
        return None
    me = Actor(id=login.person_id, name=login.name, role=login.role)
    visit = StaffVisit(actor=me, me=me, shortcuts=login.shortcuts, **_told(request, login))
    request.state.visit = visit
    return visit


def at_least(role: Role) -> Callable[[Request], Awaitable[StaffVisit]]:
    """A dependency: a signed-in staff member of this role or a higher one.

    Raises SignInNeededError, or Forbidden for a lower role.
    """

    async def admitted(request: Request) -> StaffVisit:
        visit = await staff_of(request)
        if visit is None:
            raise SignInNeededError("staff")
        visit.person(role)
        return visit

    return admitted


async def family(request: Request) -> FamilyVisit:
    """A dependency: the guardian who is signed in. Raises SignInNeededError."""
    login = await login_of(request, "guardian")
    if login is None:
        raise SignInNeededError("guardian")
    books: Books = request.app.state.books
    async with books.transaction() as tx:
        children = await logins.children(tx, login.org_id, login.person_id)
    visit = FamilyVisit(actor=None, guardian_id=login.person_id, children=children, **_told(request, login))
    request.state.visit = visit
    return visit


async def student(request: Request) -> StudentVisit:
    """A dependency: the student who is signed in. Raises SignInNeededError."""
    login = await login_of(request, "student")
    if login is None:
        raise SignInNeededError("student")
    visit = StudentVisit(actor=None, student_id=login.person_id, **_told(request, login))
    request.state.visit = visit
    return visit


Staff = Annotated[StaffVisit, Depends(at_least(Role.INSTRUCTOR))]
"""Anybody who works here."""
Coordinator = Annotated[StaffVisit, Depends(at_least(Role.COORDINATOR))]
Lead = Annotated[StaffVisit, Depends(at_least(Role.LEAD))]
Admin = Annotated[StaffVisit, Depends(at_least(Role.ADMIN))]
Family = Annotated[FamilyVisit, Depends(family)]
Me = Annotated[StudentVisit, Depends(student)]


def to_the_door(request: Request, error: SignInNeededError) -> RedirectResponse | None:
    """Where to send somebody who is not signed in: to the page that lets one in, and back. None: tell him (401).

    A form that was sent is not sent again by a redirect, and a fragment would show the sign-in page inside a page.
    """
    if request.method not in ("GET", "HEAD") or request.headers.get("HX-Request"):
        return None
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    after = urlencode({"next": here})
    return RedirectResponse(f"{error.way}?{after}" if here != "/" else error.way, 303)
