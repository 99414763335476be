"""RFC 9457 problems: whatever goes wrong is answered with a kind, a status and a sentence that says what to do."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import exc as sql
from starlette.exceptions import HTTPException

from api.problem_kinds import KINDS, title
from domain.refusals import Conflict, Forbidden, Invalid, NotFound, Refusal

log = logging.getLogger("bellwether.api")
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = "5"
BUSY = frozenset({"55P03", "57014", "40P01", "40001", "25P03"})
"""lock time-out, statement time-out, deadlock, serialization, idle in transaction: the next try may do."""


class Unauthorized(Refusal):
    """Nobody we know asks."""


STATUS: Mapping[type[Refusal], int] = {Unauthorized: 401, Forbidden: 403, NotFound: 404, Conflict: 409, Invalid: 422}


class FieldError(BaseModel):
    """One value that cannot be accepted: a JSON pointer into the body, or a parameter's name, and why."""

    pointer: str | None = Field(None, examples=["#/units"])
    parameter: str | None = None
    detail: str = Field(examples=["Input should be greater than 0"])


class Problem(BaseModel):
    """A problem by RFC 9457. `type` leads to a page that explains the kind."""

    type: str = Field(examples=["/problems/session_unknown"])
    title: str = Field(examples=["Session unknown"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["there is no session with the ref MATH-7; create it or check the ref"])
    instance: str | None = None
    errors: list[FieldError] | None = None


def problem(status: int, kind: str, detail: str | None = None, errors: list[FieldError] | None = None) -> Problem:
    """A problem of this kind; its explanation stands in for a detail."""
    told = detail or KINDS.get(kind, title(kind))
    return Problem(type=f"/problems/{kind}", title=title(kind), status=status, detail=told, errors=errors)


def problem_of(error: Exception) -> Problem:
    """What to answer to an error, whatever it is. Internals are never told."""
    match error:
        case Refusal():
            status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
            return problem(status, error.kind, error.detail)
        case RequestValidationError():
            return _invalid(error.errors())
        case ValidationError():
            return _invalid([{**e, "loc": ("body", *e["loc"])} for e in error.errors(include_input=False)])
        case HTTPException():
            return _http(error)
        case sql.SQLAlchemyError():
            return _books(error)
        case _:
            return problem(500, "unexpected")


def _invalid(errors: Sequence[Any]) -> Problem:
    found = [_field(e["loc"], e["msg"].removeprefix("Value error, ")) for e in errors]
    kind = "malformed_json" if any(e["type"] == "json_invalid" for e in errors) else "invalid_request"
    first = found[0]
    where = first.pointer or first.parameter
    return problem(422, kind, f"{where}: {first.detail}" if where else first.detail, found)


def _field(loc: Sequence[str | int], detail: str) -> FieldError:
    kind, *path = loc
    if kind != "body":
        return FieldError(parameter=str(path[0]) if path else str(kind), detail=detail)
    parts = (str(p).replace("~", "~0").replace("/", "~1") for p in path)
    return FieldError(pointer="#" + "".join(f"/{p}" for p in parts), detail=detail)


def _http(error: HTTPException) -> Problem:
    kind = {404: "route_unknown", 405: "method_not_allowed", 413: "body_too_large"}.get(error.status_code)
    return problem(error.status_code, kind or "bad_request", None if kind else str(error.detail))


def _books(error: Exception) -> Problem:
    state = str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
    match error:
        case sql.IntegrityError():
            refused = {"23505": (409, "already_there"), "23503": (422, "unknown_reference")}
            return problem(*refused.get(state, (422, "against_the_rules")))
        case sql.DataError():
            return problem(422, "not_storable")
        case sql.DBAPIError() if state in BUSY:
            return problem(503, "books_busy")
        case sql.OperationalError() | sql.InterfaceError() | sql.TimeoutError():
            return problem(503, "books_unavailable")
        case sql.DBAPIError(connection_invalidated=True):
            return problem(503, "books_unavailable")
    return problem(500, "unexpected")


def answer(found: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A problem as a response."""
    extra = dict(headers or {})
    if found.status == 503:
        extra["Retry-After"] = RETRY_AFTER
    elif found.status == 401:
        extra["WWW-Authenticate"] = "Bearer"
    return JSONResponse(found.model_dump(exclude_none=True), found.status, extra, MEDIA_TYPE)


async def handle(request: Request, error: Exception) -> Response:
    """The problem document for an error; what is our own fault is logged."""
    found = problem_of(error).model_copy(update={"instance": request.url.path})
    if found.status >= 500:
        log.error("%s %s: %s", request.method, request.url.path, found.title, exc_info=error)
    return answer(found, getattr(error, "headers", None))


def explain(kind: str) -> HTMLResponse:
    """What a kind of problem means and what to do. Raises HTTPException 404 for an unknown kind."""
    if kind not in KINDS:
        raise HTTPException(404)
    said = f"<h1>{title(kind)}</h1><p>{KINDS[kind].replace('<', '&lt;')}</p>"
    page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title(kind)}</title>{said}</html>'
    return HTMLResponse(page)


def install(app: FastAPI) -> None:
    """Answer every error of this app with a problem."""
    for kind in (Refusal, RequestValidationError, HTTPException, sql.SQLAlchemyError, Exception):
        app.add_exception_handler(kind, handle)
    app.get("/problems/{kind}", response_class=HTMLResponse, tags=["system"], name="explain_problem")(explain)
