"""`deliver_webhooks`: for a while, look each second for what is due and try it. The books say what; this is the hand.

A delivery is claimed in the books before it is posted and its answer is written after. What a lost worker had in hand
becomes due again by itself: the receiver may then see it twice, with the same webhook-id.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime

from temporalio import activity

from activities.inputs import DELIVER_WEBHOOKS, WebhooksOut
from db import announcing, clock, webhook_deliveries
from db.engine import Books
from db.webhook_deliveries import Due
from domain.deliveries import Answered
from domain.value import Id
from messaging.sealing import Seal, UnreadableSecretError
from messaging.webhook_post import LARGEST_BODY, WebhookPost, headers_of

log = logging.getLogger("bellwether.webhooks")
LOOK_EVERY, LOOK_FOR = 1.0, 60.0
"""Seconds between two looks, and of looking in one call."""
LAST_WORDS = 2.0
"""Seconds that attempts under way get when the worker ends; what is cut off is tried again."""
PER_ENDPOINT = 8
"""Attempts that one endpoint may keep waiting at once; a slow one waits for itself alone."""
AT_ONCE = 200
"""Attempts in all: two dozen endpoints that never answer leave room for the others."""
WRITING_AT_ONCE = 2
"""Connections to the books that recording may hold; the others are for decisions."""


class WebhookActivities:
    """Holds the books, the way out, the seal of the secrets, and the attempts that are under way."""

    def __init__(self, books: Books, post: WebhookPost, seal: Seal) -> None:
        self.books, self.post, self.seal = books, post, seal
        self._running: dict[asyncio.Task[None], Id] = {}
        self._writing = asyncio.Semaphore(WRITING_AT_ONCE)

    @activity.defn(name=DELIVER_WEBHOOKS)
    async def deliver_webhooks(self) -> WebhooksOut:
        """Look for a minute, or until the worker is to end. Attempts run beside the looking and outlast it."""
        ends, tried = time.monotonic() + LOOK_FOR, 0
        begun: list[asyncio.Task[None]] = []
        while time.monotonic() < ends and not activity.is_worker_shutdown():
            activity.heartbeat()
            begun = await self.look(datetime.now(UTC), only_more=bool(begun))
            tried += len(begun)
            await _until_there_may_be_more(begun)
        if activity.is_worker_shutdown() and self._running:
            _, cut_off = await asyncio.wait(self._running, timeout=LAST_WORDS)
            for task in cut_off:
                task.cancel()
        return WebhooksOut(tried=tried)

    async def look(self, engine_now: datetime, *, only_more: bool = False) -> list[asyncio.Task[None]]:
        """Announce tasks that became overdue, claim what is due at this engine time, and begin an attempt of each.

        `only_more`: there was much to do a moment ago; claim the next.
        """
        busy = Counter(self._running.values())
        async with self.books.transaction() as tx:
            now = engine_now + await clock.ahead(tx)
            if not only_more:
                await announcing.announce_overdue(tx, now)
                await webhook_deliveries.cancel_undeliverable(tx, now)
            left = AT_ONCE - busy.total()
            found = await webhook_deliveries.claim(tx, now, busy, per_endpoint=PER_ENDPOINT, at_most=left)
        return [self._begin(due) for due in found]

    def _begin(self, due: Due) -> asyncio.Task[None]:
        task = asyncio.create_task(self._attempt(due))
        self._running[task] = due.endpoint_id
        task.add_done_callback(self._running.pop)
        return task

    async def _attempt(self, due: Due) -> None:
        """One attempt, and its record. What cannot be recorded is tried again once the claim has ended."""
        try:
            answer = await self._answer(due)
            async with self._writing, self.books.transaction() as tx:
                await webhook_deliveries.record(tx, due, answer)
        except Exception:
            log.exception("the attempt of webhook delivery %s could not be recorded", due.delivery_id)

    async def _answer(self, due: Due) -> Answered:
        body = json.dumps(due.payload, ensure_ascii=False, separators=(",", ":"))
        if len(body.encode()) > LARGEST_BODY:
            return Answered(problem="too_large")
        try:
            secrets = [self.seal.open(kept) for kept in due.secrets]
        except UnreadableSecretError:
            return Answered(problem="secret_unreadable")
        return await self.post.post(due.url, headers_of(due.event_id, body, secrets, datetime.now(UTC)), body)


async def _until_there_may_be_more(begun: list[asyncio.Task[None]]) -> None:
    """With much to do, until an endpoint has a hand free; else for a second, or until the worker is to end."""
    if begun:
        await asyncio.wait(begun, timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(LOOK_EVERY):
            await activity.wait_for_worker_shutdown()
