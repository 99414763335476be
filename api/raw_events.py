"""What classrooms and providers have sent: how much, what was refused, and what a person has to give to a session."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict

from api.access import Here
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import Asked, Listed, Lister, RowId, Told
from api.webhooks import inbound
from api.webhooks.reading import SOURCES, read_into
from api.webhooks.reports import REPORTERS
from db import raw_events, roster
from db.tables import sessions
from domain.refusals import Conflict
from domain.stopping import without_secret
from domain.tasks import Role

router = doors("evidence")
Problem = Literal["unreadable", "no_session", "unknown_name", "no_message", "automatic", "own_number"]


class AssignIn(Asked):
    """The session an event belongs to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"session_id": "0b5cf4c1-52a0-4f63-9a3c-7b0f6a1f2d11"}]})
    session_id: RowId


class RawEvent(Told):
    """A signed event, word for word but for the secret of a stop link. `problem` says why it could not be used."""

    id: str
    source: str
    key: str
    body: Annotated[str, AfterValidator(without_secret)]
    received_at: datetime
    session_id: str | None
    problem: Problem | None


class Refused(Told):
    """How often webhooks were refused on a day, and why."""

    source: str
    reason: str
    day: date
    times: int


class Received(BaseModel):
    """What came from a classroom's webhook."""

    source: str
    set_up: bool
    events: int = 0
    problems: int = 0
    last_received_at: datetime | None = None


class Webhooks(BaseModel):
    """The state of the webhooks. Refused ones belong to no organization: nobody knows who sent them."""

    received: list[Received]
    refused: list[Refused]


@router.get("/raw-events")
async def list_raw_events(
    here: Here, listing: Lister, source: str | None = None, problem: Problem | Literal["any"] | None = None
) -> Listed[RawEvent]:
    """List events of classrooms and providers, newest first; `problem=any` those that could not be used."""
    here.person(Role.COORDINATOR)
    async with here.transaction() as tx:
        part = await raw_events.listed(tx, here.org_id, listing.cut, source, problem)
    return listing.answer(part, RawEvent.of)


@router.post("/raw-events/{event_id}/assign")
async def assign_raw_event(here: Here, event_id: RowId, asked: AssignIn) -> RawEvent:
    """Say which session an event belongs to; it is read anew into that one."""
    here.person(Role.COORDINATOR)
    async with here.transaction() as tx:
        now = await here.now(tx)
        event = await raw_events.one(tx, here.org_id, event_id)
        if event.source not in SOURCES:
            raise Conflict("not_of_a_session", "the event is about a message, not about a session")
        session = await roster.one(tx, sessions, here.org_id, asked.session_id)
        if event.problem is None and event.session_id != session.id:
            raise Conflict("event_used", "the event is evidence of a session already; it stays there")
        if event.problem is not None and not event.body:
            raise Conflict("event_forgotten", OWN["event_forgotten"])
        if event.problem is not None:
            await read_into(here, tx, [event], session.id, now)
        return RawEvent.of(await raw_events.one(tx, here.org_id, event_id))


@router.get("/webhooks")
async def show_webhooks(here: Here, request: Request) -> Webhooks:
    """What came in and what was refused, by source: for an admin's eyes."""
    here.person(Role.ADMIN)
    settings = request.app.state.settings
    async with here.transaction() as tx:
        came = {r.source: r for r in await raw_events.received(tx, here.org_id)}
        refused = [Refused.of(r) for r in await raw_events.refused(tx)]
    received = []
    set_up = {name: source.is_set_up(settings) for name, source in SOURCES.items()}
    set_up |= {name: door(settings) for name, door in inbound.DOORS.items()}
    set_up |= {name: reporter.is_set_up(settings) for name, reporter in REPORTERS.items()}
    for name, is_set_up in set_up.items():
        counts = dict(came[name]._mapping) if name in came else {"source": name}
        received.append(Received(set_up=is_set_up, **counts))
    return Webhooks(received=received, refused=refused)
