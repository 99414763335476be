"""The addresses that classrooms call. They need no key: the signature over the raw body is checked before all else."""

from __future__ import annotations

from asyncio import Semaphore

from fastapi import APIRouter, HTTPException, Request
from fastapi.exceptions import RequestValidationError

from api.access import Caller
from api.problem_kinds import OWN
from api.webhooks.admitting import called, verified
from api.webhooks.reading import SOURCES, UNREADABLE, read_into
from api.webhooks.source import Event, Unreadable, digest
from db import raw_events
from db.engine import Tx
from domain.refusals import NotFound

router = APIRouter(prefix="/v1", include_in_schema=False)
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
    came = await called(request)
    await verified(
        request, source.name, lambda: source.verify(settings, came.headers, came.body, request.app.state.clock())
    )
    body = came.text
    answer = source.answer(settings, body)
    if answer is not None:
        return answer
    try:
        events, problem = source.events(came.headers, body), None
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


async def _organization(tx: Tx, organization: str | None) -> str:
    """The organization the event is for: the only one, or the one that the address names."""
    found = await raw_events.organizations_named(tx, organization)
    if len(found) != 1:
        told = "name the organization by its id or its name: ?organization=..."
        raise RequestValidationError([{"type": "missing", "loc": ("query", "organization"), "msg": told}])
    return found[0]
