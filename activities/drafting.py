"""`make_drafts`: for a while, look each second for what waits for a person's word without a draft, and word it.

A drafter is asked outside of any transaction, by two hands at most. Whether the notice still waits is asked again
before its draft is written.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

from temporalio import activity

from activities.inputs import MAKE_DRAFTS, DraftsOut
from db import clock, drafts, names
from db.drafts import Made, Notice
from db.engine import Books, Tx
from domain.draft_facts import changed, facts_of, filled_in, sheet
from domain.said import Names
from domain.sending import Message
from domain.value import Id
from messaging.drafting import Drafter, TemplateDrafter, worded

log = logging.getLogger("bellwether.drafts")
LOOK_EVERY, LOOK_FOR = 1.0, 60.0
"""Seconds between two looks, and of looking in one call."""
CHECK_EVERY = 30.0
"""Seconds between two looks at whether the facts behind drafts still hold; who opens or approves one sees at once."""
AT_ONCE = 2
"""Drafters asked at the same time: a model that hangs takes two hands, not all."""
IN_ONE_LOOK = 20
AGAIN_AFTER = 60.0
"""Seconds until a draft that could not be made is tried again."""
LAST_WORDS = 2.0
"""Seconds that drafts under way get when the worker ends; what is cut off is drafted again."""


class DraftActivities:
    """Holds the books, the drafter, and the drafts that are under way."""

    def __init__(self, books: Books, drafter: Drafter | None = None) -> None:
        self.books, self.drafter = books, drafter or TemplateDrafter()
        self._running: dict[asyncio.Task[bool], tuple[Id, str]] = {}
        self._hands = asyncio.Semaphore(AT_ONCE)
        self._rests: dict[tuple[Id, str], float] = {}

    @activity.defn(name=MAKE_DRAFTS)
    async def make_drafts(self) -> DraftsOut:
        """Look for a minute, or until the worker is to end. What is under way goes on beside the looking."""
        ends, checked, made, expired = time.monotonic() + LOOK_FOR, -CHECK_EVERY, 0, 0
        while time.monotonic() < ends and not activity.is_worker_shutdown():
            activity.heartbeat()
            if time.monotonic() - checked >= CHECK_EVERY:
                expired += await self.check(datetime.now(UTC))
                checked = time.monotonic()
            made += len(await self.begin(datetime.now(UTC)))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await activity.wait_for_worker_shutdown()
        if activity.is_worker_shutdown() and self._running:
            _, cut_off = await asyncio.wait(self._running, timeout=LAST_WORDS)
            for task in cut_off:
                task.cancel()
        return DraftsOut(made=made, expired=expired)

    async def look(self, engine_now: datetime) -> DraftsOut:
        """One look at this engine time: put aside what no longer holds, and draft all that waits."""
        expired = await self.check(engine_now)
        made = await asyncio.gather(*await self.begin(engine_now))
        return DraftsOut(made=sum(made), expired=expired)

    async def check(self, engine_now: datetime) -> int:
        """Put aside the drafts whose facts have changed; how many."""
        found = 0
        async with self.books.transaction() as tx:
            now = engine_now + await clock.ahead(tx)
            for row, message in await drafts.current(tx):
                facts = facts_of(message, await names.of(tx, row.org_id, message, now))
                if because := changed(row.facts, facts):
                    await drafts.expire(tx, row.org_id, row.draft_id, because, now)
                    found += 1
        return found

    async def begin(self, engine_now: datetime) -> list[asyncio.Task[bool]]:
        """Begin a draft of each notice that waits without one."""
        async with self.books.transaction() as tx:
            now = engine_now + await clock.ahead(tx)
            waiting = await drafts.without_draft(tx, now, IN_ONE_LOOK)
        return list(self._begin(waiting, engine_now))

    def _begin(self, waiting: list[Notice], engine_now: datetime) -> Iterator[asyncio.Task[bool]]:
        for notice in waiting:
            key = (notice.org_id, notice.group)
            if key not in self._running.values() and self._rests.get(key, 0.0) <= time.monotonic():
                task = asyncio.create_task(self._draft(notice, engine_now))
                self._running[task] = key
                task.add_done_callback(self._running.pop)
                yield task

    async def _draft(self, notice: Notice, engine_now: datetime) -> bool:
        """One draft, true when it was made. What cannot be made now is tried again later."""
        try:
            async with self._hands:
                async with self.books.transaction() as tx:
                    now = engine_now + await clock.ahead(tx)
                    told = await _told(tx, notice.org_id, notice.messages, now)
                drafted = await worded(self.drafter, sheet(told))
            async with self.books.transaction() as tx:
                waiting = await drafts.still_in_review(tx, notice)
                told = await _told(tx, notice.org_id, tuple(waiting), now)
                if not told:
                    return False
                said = {**sheet(told).like, **drafted.words}  # a channel may have joined since the drafter was asked
                words = {m.id: (m.channel, filled_in(m, n, said[m.channel])) for m, n in told}
                made = Made(drafted.drafter, facts_of(*told[0]), words, drafted.fell_back, drafted.tokens)
                await drafts.make(tx, notice.org_id, told[0][0], made, now)
        except Exception:
            log.exception("the draft of notice %s could not be made", notice.group)
            self._rests[notice.org_id, notice.group] = time.monotonic() + AGAIN_AFTER
            return False
        return True


async def tokens_today(books: Books) -> int:
    """What drafts have cost since midnight (UTC)."""
    async with books.transaction() as tx:
        now = datetime.now(UTC) + await clock.ahead(tx)
        return await drafts.tokens_since(tx, now.replace(hour=0, minute=0, second=0, microsecond=0))


async def _told(tx: Tx, org_id: Id, messages: tuple[Message, ...], now: datetime) -> list[tuple[Message, Names]]:
    return [(m, await names.of(tx, org_id, m, now)) for m in messages]
