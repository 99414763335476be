"""What goes wrong, as a page in plain words with what to do next. `/v1` keeps its problem documents."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy import exc as sql
from starlette.exceptions import HTTPException

from api import problems
from api.pages.families.speaking import Say, asked_language, speak
from api.pages.rendering import render
from api.pages.visiting import SignInNeededError, StaffVisit, staff_of, to_the_door
from api.problems import Problem
from domain.refusals import Refusal

TITLES = {
    401: "Sign in to go on",
    403: "This is not open to you",
    404: "There is nothing here",
    409: "This was changed in the meantime",
    413: "This is too large",
    422: "This could not be accepted",
    429: "Too many tries",
    503: "The books cannot be reached",
}
_UNEXPECTED = "Something went wrong on our side"
_IN_PLAIN_WORDS = {
    "route_unknown": "The address may be mistyped, or what was here is gone.",
    "method_not_allowed": "This address cannot be used this way. Go back and use the page's own buttons.",
    "unexpected": "It was logged, and nothing was half done. Go back and try again; if it stays, tell your admin.",
    "role_needed": "Your role does not allow this. Ask a colleague whose role does.",
}
"""Where the API's explanation speaks to programmers."""


def wants_a_page(request: Request) -> bool:
    """Whether a person's browser asks, and not a program of the HTTP API."""
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("Accept", "")


async def draw(request: Request, found: Problem) -> Response:
    """The page of a problem; for htmx a line that fits into a page."""
    if not hasattr(request.state, "visit") and found.status != 503:
        await _look_who_it_is(request)
    kind = found.type.rpartition("/")[2]
    words = _IN_PLAIN_WORDS.get(kind, found.detail)
    heading = TITLES.get(found.status, _UNEXPECTED)
    fragment = "HX-Request" in request.headers
    staff = isinstance(getattr(request.state, "visit", None), StaffVisit)
    if not staff and not fragment and is_of_families(request):
        return _in_their_language(request, found)
    page = "system/_problem.html" if fragment else "system/problem.html" if staff else "system/problem_plain.html"
    return render(request, page, status=found.status, heading=heading, words=words, errors=found.errors or ())


def is_of_families(request: Request) -> bool:
    """Whether the address is one that families and students use."""
    return request.url.path.startswith(("/family", "/me", "/l/", "/stop/"))


def _in_their_language(request: Request, found: Problem) -> Response:
    visit = getattr(request.state, "visit", None)
    language = asked_language(request, visit.language if visit else None)
    say = Say(language)
    key = f"problem:{found.status}" if say.has(f"problem:{found.status}") else "problem"
    home = "/me" if request.url.path.startswith("/me") else "/family"
    return speak(request, "family/problem.html", language, status=found.status, key=key, home=home)


async def _look_who_it_is(request: Request) -> None:
    try:
        await staff_of(request)
    except (sql.SQLAlchemyError, AttributeError):  # the books are away, or the app has not opened them
        return


async def _handle(request: Request, error: Exception) -> Response:
    if isinstance(error, SignInNeededError) and (door := to_the_door(request, error)) is not None:
        return door
    answer = await problems.handle(request, error)
    if not wants_a_page(request):
        return answer
    page = await draw(request, problems.problem_of(error))
    for name in ("Retry-After", "Allow"):
        if name in answer.headers:
            page.headers[name] = answer.headers[name]
    return page


def install(app: FastAPI) -> None:
    """Answer people with pages, and programs as before."""
    for kind in (Refusal, RequestValidationError, HTTPException, sql.SQLAlchemyError, Exception):
        app.add_exception_handler(kind, _handle)
