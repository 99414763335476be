"""The jumping clock of demo and replay: business time is engine time plus an offset in the books.

Both clocks run at the same rate, so timers, quiet hours and latencies are true as they are. The driver raises the
offset to the next planned input or the nearest deadline, wakes the students who are due, and jumps again only when the
books are quiet. No wait of a policy is ever shortened.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from temporalio.service import RPCError

from cli.problems import CommandError
from db import clock, inbox
from db.engine import Books
from db.promises import next_due, unrest
from domain.value import Id

TOGETHER = timedelta(seconds=1)
"""Deadlines this close are met by one jump: a second late at most."""
STUCK_AFTER = 120.0
LOOK_FIRST, LOOK_LATER = 0.01, 0.15
"""Seconds between two looks at the books: a single student is done at once, a crowd keeps the processor for itself."""
WAKE_AGAIN_AFTER = 5.0
"""Seconds of engine time after which a student who is still due is nudged again: the first nudge may be lost."""
FORGOTTEN_AFTER = timedelta(seconds=5)
"""A fact undecided for so long was not nudged for. The auditor would find it too, half a minute later."""
AT_ONCE = 16
EVERYBODY = 100_000


class ClockStuckError(CommandError):
    """The books did not come to rest: is a worker running?"""


class JumpingClock:
    """Moves business time ahead over real books and real workflows.

    `together`: deadlines this close are met by one jump, so each is met late by that much at most; never early.
    """

    def __init__(
        self, books: Books, nudge: Callable[[Id, Id, Id], Awaitable[None]], *, together: timedelta = TOGETHER
    ) -> None:
        self.books, self.nudge, self.together = books, nudge, together
        self.jumps = 0
        self._woken: dict[tuple[Id, Id], float] = {}

    async def now(self) -> datetime:
        """Business time."""
        async with self.books.transaction() as tx:
            return datetime.now(UTC) + await clock.ahead(tx)

    async def settle(self) -> datetime:
        """Wait until the books are quiet; returns business time.

        Raises ClockStuckError when nothing has changed for two minutes.
        """
        pause, before, changed_at = LOOK_FIRST, 0, time.monotonic()
        while True:
            async with self.books.transaction() as tx:
                now = datetime.now(UTC) + await clock.ahead(tx)
                left = await unrest(tx, now)
            if not left:
                return now
            if left != before:
                before, changed_at = left, time.monotonic()
            elif time.monotonic() - changed_at > STUCK_AFTER:
                raise ClockStuckError(
                    f"{left} facts, deadlines and deliveries wait and nothing was decided for two minutes; look at "
                    "`bellwether status` and the worker's log"
                )
            await self.wake(now)  # a deadline may pass while others are being decided
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LOOK_LATER)

    async def run_until(self, at: datetime) -> None:
        """Let business time pass to `at`, stopping at every deadline on the way."""
        while True:
            now = await self.settle()
            async with self.books.transaction() as tx:
                due = await next_due(tx)
            target = at if due is None else min(at, max(due, now) + self.together)
            if target > now:
                await self.jump(target - now)
            if target >= at:
                await self.settle()
                return

    async def jump(self, further: timedelta) -> None:
        """Set the clock ahead and wake whoever is due."""
        async with self.books.transaction() as tx:
            await clock.jump(tx, further)
        self.jumps += 1
        self._woken.clear()
        await self.wake(await self.now())

    async def wake(self, now: datetime) -> None:
        """Nudge every student with a deadline or a message due, or a fact nobody woke him for; each once in a while.

        What fails is tried again at the next look.
        """
        async with self.books.transaction() as tx:
            due = await inbox.overdue(tx, now, limit=EVERYBODY)
            due += await inbox.forgotten(tx, now - FORGOTTEN_AFTER, limit=EVERYBODY)
        recently = time.monotonic() - WAKE_AGAIN_AFTER
        await self._nudge([who for who in dict.fromkeys(due) if self._woken.get(who, recently) <= recently])

    async def live_on(self) -> None:
        """After the last jump: wake every student once, so that all timers stand as business time has them."""
        async with self.books.transaction() as tx:
            waiting = await inbox.overdue(tx, datetime.max.replace(tzinfo=UTC), limit=EVERYBODY)
        await self._nudge(waiting)
        await self.settle()

    async def _nudge(self, students: list[tuple[Id, Id]]) -> None:
        """A few at a time: a thousand calls at once would all wait past their time-out."""
        left = iter(students)

        async def take() -> None:
            for who in left:
                try:
                    await self.nudge(*who, "clock")
                except (RPCError, RuntimeError):
                    self._woken.pop(who, None)
                else:
                    self._woken[who] = time.monotonic()

        await asyncio.gather(*(take() for _ in range(min(AT_ONCE, len(students)))))
