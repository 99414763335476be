"""Messages that left, the providers that report of them, and the API they report to: how such stories begin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import update

from api.app import create_app
from db import keys
from db.engine import Books
from db.journal_tables import messages
from db.tables import enrollments
from domain.outcomes import Code
from messaging.choose import senders
from settings import Settings
from tests.academy import Academy, open_academy
from tests.api.conftest import InProcess, no_temporal
from tests.stand_in import Received, StandIn
from tests.stand_in.callbacks import Callback, Callbacks, event

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOTHER, FATHER = "+14155550101", "+14155550102"
PUBLIC_URL = "https://academy.example/bellwether"
"""Behind a proxy: the outside's host, scheme and path are none of ours."""


@dataclass
class Scene:
    """An academy with real senders, the providers, and the API they report to."""

    academy: Academy
    providers: StandIn
    callbacks: Callbacks
    http: httpx.AsyncClient
    api: Any

    async def reports(self, *callbacks: Callback) -> None:
        """The providers call, and everything that follows at once is done."""
        for answer in await self.callbacks.send(self.http, callbacks):
            assert answer.status_code == 200, answer.text
        await self.academy.settle()

    def taken(self, to: str) -> Received:
        """What a provider last took for this number or address."""
        return [r for r in self.providers.taken if r.to == to][-1]

    async def states(self, guardian: str | None = None) -> dict[str, str]:
        """Where the notices to a guardian stand, by channel."""
        found = await self.academy.rows(messages, guardian_id=guardian or self.academy.mother, purpose="absence_notice")
        return {m["channel"]: m["state"] for m in found}

    async def message(self, to: str) -> dict[str, Any]:
        """The page of the message a provider last took for this number or address."""
        rows = await self.academy.rows(messages, address=to)
        newest = max(rows, key=lambda m: m["created_at"])
        found: dict[str, Any] = (await self.http.get(f"/v1/messages/{newest['id']}")).json()
        return found

    async def both_unreachable(self, to: str, address: str) -> None:
        """The text is undelivered and the e-mail bounces."""
        bounce = event(self.taken(address), "bounce", type="bounce", status="5.1.1", reason="no such user")
        await self.reports(self.callbacks.sms(self.taken(to), "undelivered", 30003), self.callbacks.email(bounce))


@asynccontextmanager
async def open_scene(database_url: str, books: Books) -> AsyncIterator[Scene]:
    """Sam, long enrolled; texts and e-mails leave by the real clients, and the providers know where to report."""
    academy = await open_academy(books, MONDAY)
    with StandIn(lambda: academy.now) as providers:
        callbacks = Callbacks(providers, PUBLIC_URL)
        settings = Settings.model_validate(providers.settings() | callbacks.settings())
        academy.deliveries.senders = senders(settings)
        async with books.transaction() as tx:
            await tx.execute(update(enrollments).values(imported=True))
            _, key = await keys.create(tx, academy.org, "story")
        app = create_app(settings, database_url, no_temporal, lambda: academy.now)
        async with app.router.lifespan_context(app):
            gateway = app.state.gateway = InProcess(app.state.books, academy)
            gateway.asleep = True  # the story decides by itself, in the order it tells
            headers = {"Authorization": f"Bearer {key}", "Bellwether-Actor": academy.alice}
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://10.0.0.7:8000", headers=headers
            ) as http:
                yield Scene(academy, providers, callbacks, http, app)
        for sender in set(academy.deliveries.senders.values()):
            await sender.close()


async def miss(academy: Academy) -> None:
    """One more missed session; the notices leave."""
    await academy.outcome(await academy.session(academy.now - timedelta(minutes=70)), Code.NO_SHOW)
    await academy.until(academy.now + timedelta(minutes=4))
