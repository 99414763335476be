"""Is it alive, is it ready, and if not, which part is down."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.students_gateway import StudentsGateway
from db.engine import Books
from db.migrate import newest
from db.standing import revision

router = APIRouter(tags=["system"])
PATIENCE = 2.0
"""Seconds a part has to answer."""


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Part(BaseModel):
    """One part of the system; `detail` says what is wrong and what to do."""

    ready: bool
    detail: str | None = None


class Readiness(BaseModel):
    """Ready when every part is."""

    ready: bool
    books: Part
    migrations: Part
    temporal: Part


@router.get("/livez")
async def livez() -> Alive:
    """The process answers. It says nothing about the parts it needs."""
    return Alive()


@router.get("/readyz", responses={503: {"model": Readiness, "description": "A part is down"}}, response_model=Readiness)
async def readyz(request: Request) -> JSONResponse:
    """Whether every part is up. With Temporal down outcomes are still accepted, and decided when it is back."""
    found = await readiness(request.app.state.books, request.app.state.gateway)
    return JSONResponse(found.model_dump(exclude_none=True), 200 if found.ready else 503)


async def readiness(books: Books, gateway: StudentsGateway) -> Readiness:
    """Ask every part; one that does not answer within PATIENCE is down."""
    (kept, migrations), temporal = await asyncio.gather(_books(books), _temporal(gateway))
    ready = kept.ready and migrations.ready and temporal.ready
    return Readiness(ready=ready, books=kept, migrations=migrations, temporal=temporal)


async def _books(books: Books) -> tuple[Part, Part]:
    try:
        async with asyncio.timeout(PATIENCE), books.transaction() as tx:
            found, expected = await revision(tx), newest()
    except Exception:
        return (
            Part(ready=False, detail="PostgreSQL cannot be reached; look at BELLWETHER_DATABASE_URL and the server"),
            Part(ready=False, detail="unknown while PostgreSQL cannot be reached"),
        )
    if found == expected:
        return Part(ready=True), Part(ready=True)
    stands = (
        f"the books are at revision {found or 'none'}, this program expects {expected}; run `bellwether db upgrade`"
    )
    return Part(ready=True), Part(ready=False, detail=stands)


async def _temporal(gateway: StudentsGateway) -> Part:
    try:
        async with asyncio.timeout(PATIENCE):
            client = await gateway.client()
            await client.service_client.check_health()
    except Exception:
        return Part(
            ready=False,
            detail="Temporal cannot be reached; what is sent is stored and decided when it is back",
        )
    return Part(ready=True)
