"""`forget`: what is kept for a while only is emptied or deleted, a bounded piece in each transaction."""

from __future__ import annotations

from datetime import UTC, datetime

from temporalio import activity

from activities.inputs import FORGET, ForgetOut
from db import clock, retention
from db.engine import Books

MOST_PIECES = 200
"""Pieces of one kind in one call; what is left waits for the next hour."""


class RetentionActivities:
    """Holds the books for `forget`."""

    def __init__(self, books: Books) -> None:
        self.books = books

    @activity.defn(name=FORGET)
    async def forget(self) -> ForgetOut:
        """Forget what is too old."""
        return await self.look(datetime.now(UTC))

    async def look(self, engine_now: datetime) -> ForgetOut:
        """The same at the given engine time."""
        async with self.books.transaction() as tx:
            now = engine_now + await clock.ahead(tx)
        forgotten = {name: await self._all(step, now) for name, step in retention.STEPS.items()}
        forgotten |= {name: await self._all(step, engine_now) for name, step in retention.ENGINE_STEPS.items()}
        return ForgetOut(forgotten)

    async def _all(self, step: retention.Step, now: datetime) -> int:
        total = 0
        for _ in range(MOST_PIECES):
            async with self.books.transaction() as tx:
                done = await step(tx, now)
            total += done
            if done < retention.PIECE:
                break
        return total
