"""The addresses that classrooms call. They need no key: the signature over the raw body is checked before all else."""

from __future__ import annotations

from asyncio import Semaphore

from fastapi import APIRouter, HTTPException, Request
from fastapi.exceptions import RequestValidationError

from api.access import Caller
from api.problem_kinds import OWN
from api.problems import Unauthorized
from api.webhooks.reading import SOURCES, UNREADABLE, read_into
from api.webhooks.source import Event, Source, Unreadable, digest
from db import clock, raw_events
from db.engine import Books, Tx
from domain.refusals import NotFound
from settings import Settings

router = APIRouter(prefix="/v1", include_in_schema=False)
LARGEST_BODY = 5 * 1024 * 1024
AT_ONCE = 6
"""So many webhooks are written at a time: in a burst the others wait their turn, and leave connections to everybody
else. Refused for want of one they would come again after minutes only."""


@router.post("/webhooks/{name}")
async def receive_webhook(request: Request, name: str, organization: str | None = None) -> dict[str, str]:
    """Take an event of a classroom: verify, keep, read. Whatever is signed is answered 200."""
    source, settings = SOURCES.get(name), request.app.state.settings
    if source is None:
        raise HTTPException(404)
    if not source.is_set_up(settings):
        raise NotFound("webhook_not_set_up", OWN["webhook_not_set_up"])
    raw = await _body(request)
    await _verify(request, source, settings, raw)
    body = raw.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    answer = source.answer(settings, body)
    if answer is not None:
        return answer
    try:
        events, problem = source.events(request.headers, body), None
    except Unreadable:
        events, problem = [Event(digest(body), body)], UNREADABLE
    state = request.app.state
    here = Caller("", None, state.books, state.gateway, state.clock)
    slots: Semaphore = state.webhook_slots
    async with slots, here.transaction() as tx:
        here.org_id = await _organization(tx, organization)
        now = await here.now(tx)
        kept = await raw_events.keep(tx, here.org_id, source.name, [(e.key, e.body) for e in events], now, problem)
        if kept and problem is None:
            await read_into(here, tx, kept, None, now)
    return {"status": "kept" if problem else "taken" if events else "ignored"}


async def _body(request: Request) -> bytes:
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > LARGEST_BODY:
            raise HTTPException(413)
    return bytes(read)


async def _verify(request: Request, source: Source, settings: Settings, body: bytes) -> None:
    """Raises Unauthorized; then a count is all that stays."""
    try:
        source.verify(settings, request.headers, body, request.app.state.clock())
    except Unauthorized as refused:
        books: Books = request.app.state.books
        slots: Semaphore = request.app.state.webhook_slots
        async with slots, books.transaction() as tx:
            now = request.app.state.clock() + await clock.ahead(tx)
            await raw_events.count_refused(tx, source.name, refused.kind.removeprefix("signature_"), now)
        raise


async def _organization(tx: Tx, organization: str | None) -> str:
    """The organization the event is for: the only one, or the one that the address names."""
    found = await raw_events.organizations_named(tx, organization)
    if len(found) != 1:
        told = "name the organization by its id or its name: ?organization=..."
        raise RequestValidationError([{"type": "missing", "loc": ("query", "organization"), "msg": told}])
    return found[0]
