"""The jumping clock of demo and replay: business time is engine time plus an offset in the books.

Both clocks run at the same rate, so timers, quiet hours and latencies are true as they are. The driver raises the
offset to the next planned input or the nearest deadline, wakes the students and sessions who are due, and jumps again
only when the books are quiet. No wait of a policy is ever shortened. On each new day the calendar is carried on, as the
hourly look ahead would do it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import exists, select
from temporalio.service import RPCError

from activities.calendar import extend_to
from cli.problems import CommandError
from db import clock, inbox, session_facts
from db.calendar import HORIZON
from db.engine import Books, Tx
from db.promises import next_due, unrest
from db.tables import recurrences
from domain.value import Id

TOGETHER = timedelta(seconds=1)
"""Deadlines this close are met by one jump: a second late at most."""
STUCK_AFTER = 120.0
LOOK_FIRST, LOOK_LATER, LOOK_SLOWER_BY = 0.02, 0.15, 1.25
"""Seconds between two looks at the books: a single student is done at once, a crowd keeps the processor for itself."""
WAKE_EVERY = 0.3
"""Seconds between two searches for whom to wake while the books come to rest: few deadlines pass meanwhile."""
WAKE_AGAIN_AFTER = 5.0
"""Seconds of engine time after which a student who is still due is nudged again: the first nudge may be lost."""
FORGOTTEN_AFTER = timedelta(seconds=5)
"""A fact undecided for so long was not nudged for. The auditor would find it too, half a minute later."""
AT_ONCE = 16
EVERYBODY = 100_000
EVER = timedelta(days=100 * 366)
Nudge = Callable[[Id, Id, Id], Awaitable[None]]
Wake = tuple[Nudge, Id, Id]


class ClockStuckError(CommandError):
    """The books did not come to rest: is a worker running?"""


class JumpingClock:
    """Moves business time ahead over real books and real workflows.

    `together`: deadlines this close are met by one jump, so each is met late by that much at most; never early.
    """

    def __init__(self, books: Books, nudge: Nudge, nudge_session: Nudge, *, together: timedelta = TOGETHER) -> None:
        self.books, self.nudge, self.nudge_session, self.together = books, nudge, nudge_session, together
        self.jumps = 0
        self._day: date | None = None
        self._woken: dict[Wake, float] = {}

    async def now(self) -> datetime:
        """Business time."""
        async with self.books.transaction() as tx:
            return datetime.now(UTC) + await clock.ahead(tx)

    async def settle(self) -> datetime:
        """Wait until the books are quiet after something was done; returns business time.

        What was done may have given somebody a new deadline, however lately he was woken for another one.
        Raises ClockStuckError when nothing has changed for two minutes.
        """
        self._woken.clear()
        return await self._rest(wakes_after=0.0)

    async def _rest(self, wakes_after: float = WAKE_EVERY) -> datetime:
        pause, before, changed_at = LOOK_FIRST, 0, time.monotonic()
        wake_at = changed_at + wakes_after
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
            if time.monotonic() >= wake_at:  # a deadline may pass while others are being decided
                await self.wake(now)
                wake_at = time.monotonic() + WAKE_EVERY
            await asyncio.sleep(pause)
            pause = min(pause * LOOK_SLOWER_BY, LOOK_LATER)

    async def run_until(self, at: datetime) -> None:
        """Let business time pass to `at`, stopping at every deadline on the way."""
        now = await self.settle()
        while True:
            if await self._carry_on_calendar(now):
                now = await self.settle()
            async with self.books.transaction() as tx:
                due = await next_due(tx)
                ahead = await _calendar_ahead(tx)
            target = min(at, now + ahead) if due is None else min(at, now + ahead, max(due, now) + self.together)
            if target > now:
                await self.jump(target - now)
            now = await self._rest()
            if target >= at:
                return

    async def jump(self, further: timedelta) -> None:
        """Set the clock ahead and wake whoever is due."""
        async with self.books.transaction() as tx:
            await clock.jump(tx, further)
            now = datetime.now(UTC) + await clock.ahead(tx)
        self.jumps += 1
        self._woken.clear()
        await self.wake(now)

    async def _carry_on_calendar(self, now: datetime) -> bool:
        """Once a day: make the sessions the horizon has come to; whether there were any.

        A planned absence may cover one: then its student has something to decide.
        """
        if now.date() == self._day:
            return False
        self._day = now.date()
        made = await extend_to(self.books, now)
        await self._nudge([(self.nudge, piece.org_id, student) for piece in made for student in piece.students])
        return bool(made)

    async def wake(self, now: datetime) -> None:
        """Nudge every student and session with a deadline or a message due, or a fact nobody woke him for.

        Each once in a while; what fails is tried again at the next look.
        """
        async with self.books.transaction() as tx:
            due = await inbox.overdue(tx, now, limit=EVERYBODY)
            due += await inbox.forgotten(tx, now - FORGOTTEN_AFTER, limit=EVERYBODY)
            sessions = await session_facts.due(tx, now, now, limit=EVERYBODY)
        recently = time.monotonic() - WAKE_AGAIN_AFTER
        everybody = [(self.nudge, *who) for who in dict.fromkeys(due)] + [(self.nudge_session, *s) for s in sessions]
        await self._nudge([who for who in everybody if self._woken.get(who, recently) <= recently])

    async def live_on(self) -> None:
        """After the last jump: wake everybody once, so that all timers stand as business time has them."""
        for_ever = datetime.max.replace(tzinfo=UTC)
        async with self.books.transaction() as tx:
            waiting = await inbox.overdue(tx, for_ever, limit=EVERYBODY)
            running = await session_facts.running(tx)
        await self._nudge([(self.nudge, *who) for who in waiting] + [(self.nudge_session, *s) for s in running])
        await self.settle()

    async def _nudge(self, everybody: list[Wake]) -> None:
        """A few at a time: a thousand calls at once would all wait past their time-out."""
        left = iter(everybody)

        async def take() -> None:
            for who in left:
                wake, org_id, row_id = who
                try:
                    await wake(org_id, row_id, "clock")
                except (RPCError, RuntimeError):
                    self._woken.pop(who, None)
                else:
                    self._woken[who] = time.monotonic()

        await asyncio.gather(*(take() for _ in range(min(AT_ONCE, len(everybody)))))


async def _calendar_ahead(tx: Tx) -> timedelta:
    """How far one jump may go: sessions stand in the books for four weeks, and none may be leapt over unmade."""
    has_series = await tx.scalar(select(exists(select(recurrences.c.id))))
    return HORIZON if has_series else EVER
