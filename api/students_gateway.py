"""The only file of this floor that talks to Temporal: nudges after the answer, and the wait for an act's decision."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.service import RPCError

from db import inbox
from db.engine import Books
from domain.value import Id
from workflows.nudging import NUDGE_WITHIN, nudge, nudge_session, send_letter

log = logging.getLogger("bellwether.nudges")
AT_ONCE = 16
ANSWER_WITHIN = timedelta(seconds=3)
LOOK_EVERY = 0.01
Nudge = Callable[[Client, Id, Id, Id], Coroutine[Any, Any, None]]


class StudentsGateway:
    """Wakes the workflows of students and sessions. What fails here is the auditor's: the row is safe."""

    def __init__(self, connect: Callable[[], Awaitable[Client]], books: Books) -> None:
        self._connect, self._books = connect, books
        self._client: Client | None = None
        self._waiting: dict[tuple[Nudge, Id, Id], Id] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def client(self) -> Client:
        """The Temporal client, connected at first use. Raises RuntimeError or RPCError while the server is away."""
        if self._client is None:
            self._client = await self._connect()
        return self._client

    def nudge(self, org_id: Id, student_id: Id, event_id: Id) -> None:
        """Wake the student's workflow after the answer; several nudges of one student become one."""
        self._later(nudge, org_id, student_id, event_id)

    def nudge_session(self, org_id: Id, session_id: Id, event_id: Id) -> None:
        """Wake the session's workflow after the answer."""
        self._later(nudge_session, org_id, session_id, event_id)

    def send_letter(self, org_id: Id, message_id: Id) -> None:
        """Send a message that is about no student and no session, after the answer."""
        self._later(send_letter, org_id, message_id, "asked")

    def nudge_all(self, rows: Iterable[tuple[Id, Id, Id]]) -> None:
        """Nudge many students: (organization, student, event)."""
        for row in rows:
            self.nudge(*row)

    def _later(self, wake: Nudge, org_id: Id, row_id: Id, event_id: Id) -> None:
        first = (wake, org_id, row_id) not in self._waiting
        self._waiting[(wake, org_id, row_id)] = event_id
        if first:
            task = asyncio.get_running_loop().create_task(self._send(wake, org_id, row_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, wake: Nudge, org_id: Id, row_id: Id) -> None:
        async with self._slots:
            event_id = self._waiting.pop((wake, org_id, row_id))
            try:
                async with asyncio.timeout(NUDGE_WITHIN.total_seconds()):
                    await wake(await self.client(), org_id, row_id, event_id)
            except (RPCError, RuntimeError, TimeoutError) as problem:
                log.warning("%s %s failed, the auditor will repeat it: %s", wake.__name__, row_id, problem)

    async def decision(self, org_id: Id, row_id: Id) -> inbox.Answer | None:
        """The decision about an act, waited for at most 3 s; None when it is still to be made."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                while True:
                    async with self._books.transaction() as tx:
                        found = await inbox.answer(tx, org_id, row_id)
                    if found:
                        return found
                    await asyncio.sleep(LOOK_EVERY)
        return None

    async def drain(self) -> None:
        """Wait for nudges under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
