"""The hard promise: a worker killed fifty times between the provider's answer and the record of it.

A thousand messages are on their way. Of some the test holds the row, lets the provider answer, and kills the process
that asked while it waits to write the answer down; whatever else it had under way dies with it at any point.
No time-out is shortened: the engine gives an interrupted delivery its 30 seconds, and the kills overlap in them. What
is killed are processes that only deliver; the decisions run in this one. (Whole workers: `test_things_break.py`.)
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

import worker
from cli.embedded.temporal import EmbeddedTemporal
from db import clock
from db.engine import Books
from db.journal_tables import messages
from db.promises import check, unrest
from tests.academy import daytime, open_academy
from tests.processes import Courier
from tests.stand_in import Received, StandIn
from tests.stories.reminding import enroll_families, queue_reminders
from tests.waiting import eventually
from workflows.nudging import nudge

pytestmark = [pytest.mark.anyio, pytest.mark.hard, pytest.mark.timeout(400)]
FAMILIES, SESSIONS, KILLS = 100, 5, 50
EVERY = 8
"""Of so many requests one is interrupted: the rest is left to itself."""
WORKERS = 3
GATE = 8.0
"""Seconds the provider keeps its first callers waiting until all messages are handed out; they give up after 10."""


class Killer:
    """Workers that send through the stand-in, and what kills the one that has just been answered."""

    def __init__(self, provider: StandIn, database_url: str, temporal_address: str) -> None:
        self.provider, self._places = provider, (database_url, temporal_address)
        self.gate, self.interrupted = threading.Event(), dict[str, str]()
        self._living: dict[str, Courier] = {}
        self._asked, self._chosen = 0, set[str]()
        self._doomed: queue.Queue[tuple[str, str, psycopg.Connection[Any]] | None] = queue.Queue()
        self._lock, self._thread = threading.Lock(), threading.Thread(target=self._kill_the_doomed)
        provider.before_answer = self._before_answer

    @contextmanager
    def running(self) -> Iterator[None]:
        """Workers, always as many; none is left at the end."""
        for _ in range(WORKERS):
            self._start()
        self._thread.start()
        try:
            yield
        finally:
            self.gate.set()
            self._doomed.put(None)
            self._thread.join()
            for each in self._living.values():
                each.kill()

    def _start(self) -> None:
        name = f"w{len(self._chosen) + len(self._living)}-{uuid4().hex[:6]}"
        who = {
            "BELLWETHER_PUBLIC_URL": f"https://{name}.example.org",
            "BELLWETHER_SENDGRID_FROM": f"{name} <{self.provider.sendgrid.sender}>",
            "BELLWETHER_SMS_PER_SECOND": "500",
            "BELLWETHER_EMAIL_PER_SECOND": "500",
        }
        self._living[name] = Courier(*self._places, **self.provider.environment() | who)

    def _before_answer(self, received: Received) -> None:
        """In the request's own thread. Holds the row of every eighth message, so that its answer cannot be written."""
        self.gate.wait(GATE)
        if received.method != "POST" or received.nid is None:
            return
        name = _worker_of(received)
        with self._lock:
            self._asked += 1
            if self._asked < EVERY or len(self._chosen) == KILLS or name not in self._living or name in self._chosen:
                return
            self._asked = 0
            self._chosen.add(name)
        row = psycopg.connect(self._places[0].replace("+psycopg", ""))
        row.execute("select from messages where id = %s for update", [received.nid])
        self._doomed.put((name, received.nid, row))

    def _kill_the_doomed(self) -> None:
        while (doomed := self._doomed.get()) is not None:
            name, nid, row = doomed
            threading.Event().wait(0.03)  # the answer is read by now
            self._living.pop(name).kill()
            found = row.execute("select state from messages where id = %s", [nid]).fetchone()
            self.interrupted[nid] = found[0] if found else "gone"
            row.close()
            self._start()


def _worker_of(received: Received) -> str:
    if received.provider == "sendgrid":
        return str(received.fields["from"].get("name"))
    return str(received.fields["StatusCallback"]).removeprefix("https://").partition(".")[0]


@pytest.fixture
def temporal(tmp_path: Path) -> Iterator[EmbeddedTemporal]:
    """A Temporal server of its own."""
    with EmbeddedTemporal.start(tmp_path, port=0, ui_port=0) as server:
        yield server


async def test_a_thousand_messages_survive_fifty_kills_between_answer_and_record(
    books: Books, temporal: EmbeddedTemporal, database_url: str
) -> None:
    academy = await open_academy(books, datetime.now(UTC), zone=daytime())
    families = await enroll_families(academy, FAMILIES, daytime())
    await queue_reminders(academy, families, SESSIONS)
    client = await Client.connect(temporal.address, data_converter=pydantic_data_converter)

    async def wake_all() -> None:
        for student, _ in families:
            await nudge(client, academy.org, student, "test")

    async def all_handed_out() -> bool:
        return all(m["handed_out_at"] for m in await academy.rows(messages))

    async def is_quiet() -> bool:
        async with books.transaction() as tx:
            return not await unrest(tx, datetime.now(UTC) + await clock.ahead(tx))

    with StandIn() as provider:
        killer = Killer(provider, database_url, temporal.address)
        with killer.running():
            async with worker.students_worker(client, books):
                await wake_all()
                await eventually(all_handed_out, GATE)
                killer.gate.set()
                await eventually(lambda: _is(len(killer.interrupted) == KILLS), 150)
                await eventually(is_quiet, 100)
                for minutes in (11, 5):  # an interrupted e-mail goes once more after ten minutes; a text is looked up
                    async with books.transaction() as tx:
                        await clock.jump(tx, timedelta(minutes=minutes))
                    await wake_all()
                    await asyncio.sleep(0.5)
                    await eventually(is_quiet, 60)
        taken = Counter(r.nid for r in provider.taken)

    assert set(killer.interrupted.values()) == {"sending"}
    rows = await academy.rows(messages)
    assert len(rows) == FAMILIES * SESSIONS * 2
    for m in rows:
        was_unknown = "unknown" in [h["state"] for h in m["history"]]
        assert m["state"] in ("sent", "unknown"), m
        assert taken[m["id"]] or was_unknown, "lost"
        assert taken[m["id"]] <= (2 if m["channel"] == "email" and was_unknown else 1), "sent twice"
        assert was_unknown or m["id"] not in killer.interrupted
    async with books.transaction() as tx:
        broken = [p.name for p in await check(tx, datetime.now(UTC) + await clock.ahead(tx)) if not p.kept]
    assert broken == []


async def _is(condition: bool) -> bool:
    return condition
