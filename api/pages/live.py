"""Open pages hear that something changed: one look at the books each second per process, told to whoever listens.

An event names a kind and an id, never what changed: the page asks again by itself and sees what its visitor may see.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, FastAPI, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy.exc import SQLAlchemyError

from api.pages.visiting import Staff
from db.engine import Books
from db.pages_live import Change, Looked, look
from domain.value import Id

log = logging.getLogger("bellwether.pages")
EVERY = 1.0
"""Seconds between two looks."""
LONGEST = 600.0
"""Seconds a stream lasts; the page then comes again, and is let in again only if its login still stands."""
KINDS = ("task-changed", "draft-changed", "reply-changed", "lesson-changed", "student-changed")
READY = "live-ready"
"""Told once to each listener: from now on he hears of everything, so what he shows is worth one look more."""
MOST_WAITING = 100
"""Events kept for a listener who does not read; of more he misses some, and hears of the next."""
Listener = asyncio.Queue[tuple[str, str]]

router = APIRouter(include_in_schema=False)


class Hub:
    """Who listens, by organization. The books are looked at only while somebody does."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._listeners: dict[Id, set[Listener]] = defaultdict(set)
        self._new: set[Listener] = set()
        self._looking: asyncio.Task[None] | None = None

    @property
    def is_ready(self) -> bool:
        """Whether somebody listens, and everybody who does will hear of whatever happens from now on."""
        return bool(self._listeners) and not self._new

    @contextmanager
    def listening(self, org_id: Id) -> Iterator[Listener]:
        """What happens in this organization from now on."""
        mine = Listener(MOST_WAITING + 1)
        self._listeners[org_id].add(mine)
        self._new.add(mine)
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look())
        try:
            yield mine
        finally:
            self._listeners[org_id].discard(mine)
            self._new.discard(mine)
            if not self._listeners[org_id]:
                del self._listeners[org_id]
            if not self._listeners and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def _look(self) -> None:
        seen = Looked()
        while self._listeners:
            books: Books = self._app.state.books
            new = set(self._new)
            try:
                async with books.transaction() as tx:
                    changes = await look(tx, sorted(self._listeners), seen)
            except SQLAlchemyError as problem:
                log.warning("live updates wait for the books: %s", type(problem).__name__)
            except Exception:
                log.exception("live updates could not be looked for; the next look comes in %s s", EVERY)
            else:
                for change in changes:
                    self._tell(change)
                for listener in new & self._new:
                    listener.put_nowait((READY, ""))
                self._new -= new
            await asyncio.sleep(EVERY)

    def _tell(self, change: Change) -> None:
        for listener in self._listeners.get(change.org_id, ()):
            if listener.qsize() < MOST_WAITING:
                listener.put_nowait((change.kind, change.about))


@router.get("/events", response_class=EventSourceResponse)
async def events(
    request: Request, here: Staff, last_event_id: Annotated[str | None, Header()] = None
) -> AsyncIterator[ServerSentEvent]:
    """Kinds of changes as they happen. Who comes back is told of every kind once: he may have missed it."""
    hub: Hub = request.app.state.live
    number = int(last_event_id) if last_event_id and last_event_id.isdigit() else 0
    with hub.listening(here.org_id) as heard:
        ends = asyncio.get_running_loop().time() + LONGEST
        yield ServerSentEvent(comment="listening")
        for kind in KINDS if number else ():
            number += 1
            yield ServerSentEvent(event=kind, raw_data="", id=str(number))
        while (left := ends - asyncio.get_running_loop().time()) > 0:
            try:
                kind, about = await asyncio.wait_for(heard.get(), left)
            except TimeoutError:
                return
            number += 1
            yield ServerSentEvent(event=kind, raw_data=about, id=str(number))


def install(app: FastAPI) -> None:
    """One hub per process."""
    app.state.live = Hub(app)
    app.include_router(router)
