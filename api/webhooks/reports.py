"""The addresses at which providers report what became of messages: verify, keep, work out the state, wake students."""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from fastapi import APIRouter, Request

from api.access import Caller
from api.problem_kinds import OWN
from api.webhooks.admitting import Called, called, verified
from api.webhooks.reading import UNREADABLE
from api.webhooks.sendgrid import SendGrid
from api.webhooks.source import Event, Unreadable, digest
from api.webhooks.twilio import Twilio
from db import raw_events, reports
from db.engine import Tx
from db.raw_events import Read
from domain.delivery import Report
from domain.refusals import NotFound
from settings import Settings

router = APIRouter(prefix="/v1", include_in_schema=False)
NO_MESSAGE, NO_ORGANIZATION = "no_message", "no_organization"


class Reporter(Protocol):
    """A provider that reports."""

    name: str

    def is_set_up(self, settings: Settings) -> bool:
        """True once all is set that its signature needs."""

    def verify(self, settings: Settings, called: Called, now: datetime) -> None:
        """Raises Unauthorized unless the provider signed this, lately."""

    def events(self, called: Called) -> Sequence[tuple[str, Event]]:
        """The events in a request, each with the id of the message it names. Raises Unreadable."""

    def read(self, body: str, now: datetime) -> tuple[Report, str | None]:
        """What an event says, and the provider's own id of the message. Raises Unreadable."""


TWILIO, SENDGRID = Twilio(), SendGrid()
REPORTERS: Mapping[str, Reporter] = {r.name: r for r in (TWILIO, SENDGRID)}


@router.post("/webhooks/twilio/status")
async def receive_twilio_status(request: Request, organization: str | None = None) -> dict[str, str]:
    """A text's status. Whatever is signed is answered 200."""
    return await _receive(request, TWILIO, organization)


@router.post("/webhooks/sendgrid/events")
async def receive_sendgrid_events(request: Request, organization: str | None = None) -> dict[str, str]:
    """Events of e-mails. Whatever is signed is answered 200."""
    return await _receive(request, SENDGRID, organization)


async def _receive(request: Request, reporter: Reporter, organization: str | None) -> dict[str, str]:
    state = request.app.state
    if not reporter.is_set_up(state.settings):
        raise NotFound("webhook_not_set_up", OWN["webhook_not_set_up"])
    came = await called(request)
    await verified(request, reporter.name, lambda: reporter.verify(state.settings, came, state.clock()))
    try:
        events, problem = reporter.events(came), None
    except Unreadable:
        events, problem = [("", Event(digest(came.text), came.text))], UNREADABLE
    by_message: dict[str, list[Event]] = {}
    for named, event in events:
        by_message.setdefault(named, []).append(event)
    slots: Semaphore = state.webhook_slots
    for named in sorted(by_message):  # one transaction each: a message's rows are locked, and no two at once
        here = Caller("", None, state.books, state.gateway, state.clock)
        async with slots, here.transaction() as tx:
            await _take(here, tx, reporter, named, by_message[named], organization, problem)
    return {"status": "kept" if problem else "taken" if events else "ignored"}


async def _take(
    here: Caller,
    tx: Tx,
    reporter: Reporter,
    named: str,
    events: Sequence[Event],
    organization: str | None,
    problem: str | None,
) -> None:
    """Events that name one message, in the organization it belongs to."""
    now, message_id = await here.now(tx), _row_id(named)
    owner = await reports.organization_of(tx, message_id) if message_id else None
    if owner is None:
        found = await raw_events.organizations_named(tx, organization)
        if len(found) != 1:  # nobody's books to keep it in; asked for again it would be no clearer
            await raw_events.count_refused(tx, reporter.name, NO_ORGANIZATION, now)
            return
        here.org_id, problem = found[0], problem or NO_MESSAGE
    else:
        here.org_id = owner
    pairs = [(e.key, e.body) for e in {e.key: e for e in events}.values()]
    kept = await raw_events.keep(tx, here.org_id, reporter.name, pairs, now, problem)
    if problem is not None or message_id is None or not kept:
        return
    told, read, provider_id = list[Report](), list[Read](), None
    for event in sorted(kept, key=lambda e: str(e.key)):
        try:
            report, provider_id = reporter.read(event.body, now)
            told.append(report)
        except Unreadable:
            read.append(Read(event.id, None, UNREADABLE))
    woken = await reports.receive(tx, here.org_id, message_id, told, now, provider_id)
    if woken is None:
        read = [Read(event.id, None, NO_MESSAGE) for event in kept]
    await raw_events.mark(tx, here.org_id, read)
    for student_id, row_id in woken or ():
        here.wake(student_id, row_id)


def _row_id(named: str) -> str | None:
    try:
        return str(UUID(named))
    except ValueError:
        return None
