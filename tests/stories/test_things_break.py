"""Workers die, the books go away, facts come twice at once: nothing is lost and nothing is done twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.temporal import EmbeddedTemporal
from db import migrate
from db.engine import Books, open_books
from db.journal_tables import decisions, entries, inbox, messages
from db.promises import check
from db.tables import policies
from domain.outcomes import Code
from domain.policy import Policy
from tests.academy import Academy, daytime, open_academy
from tests.processes import WorkerProcess
from tests.stand_in import StandIn, faults
from tests.waiting import eventually
from workflows.nudging import nudge

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def temporal(tmp_path: Path) -> Iterator[EmbeddedTemporal]:
    """A Temporal server of its own."""
    with EmbeddedTemporal.start(tmp_path, port=0, ui_port=0) as server:
        yield server


@pytest.fixture
async def client(temporal: EmbeddedTemporal) -> Client:
    """A client of it."""
    return await Client.connect(temporal.address, data_converter=pydantic_data_converter)


@pytest.fixture
async def academy(books: Books) -> Academy:
    """An academy whose texts leave at once."""
    a = await open_academy(books, datetime.now(UTC), zone=daytime())
    async with books.transaction() as tx:
        document = Policy(settle_delay=timedelta(0)).model_dump(mode="json")
        row = {"org_id": a.org, "version": 2, "document": document, "published_at": a.now}
        await tx.execute(insert(policies).values(row))
    return a


async def test_a_worker_killed_while_the_provider_answers_leaves_unknown_and_never_a_second_text(
    academy: Academy, client: Client, temporal: EmbeddedTemporal, database_url: str
) -> None:
    with StandIn() as provider:
        worker = WorkerProcess(database_url, temporal.address, **provider.environment())
        provider.fail(faults.hang(), to="+14155550101")
        worker.start()
        try:
            await academy.outcome(await academy.session(academy.now - timedelta(minutes=70)), Code.NO_SHOW)
            await nudge(client, academy.org, academy.student, "no-show")
            await asyncio.to_thread(provider.wait_for, 2, 20.0)
            worker.kill()
            worker.start()
            await eventually(lambda: _sms_is(academy, "unknown"), 45)
        finally:
            worker.kill()
        assert len([r for r in provider.received if r.provider == "twilio"]) == 1
        (mail,) = await academy.rows(messages, channel="email", recipient_kind="guardian")
        assert mail["state"] in ("sent", "unknown")


async def _sms_is(a: Academy, state: str) -> bool:
    return [m["state"] for m in await a.rows(messages, channel="sms")] == [state]


async def test_workers_killed_again_and_again_apply_every_outcome_exactly_once(
    academy: Academy, client: Client, temporal: EmbeddedTemporal, database_url: str
) -> None:
    """Four kills under forty outcomes of which every third is told twice."""
    dice = random.Random(7)
    worker = WorkerProcess(database_url, temporal.address)
    worker.start()
    sessions = [await academy.session(academy.now - timedelta(hours=3 * n + 2)) for n in range(40)]
    try:
        for number, session in enumerate(sessions):
            code = dice.choice([Code.ATTENDED, Code.LATE])
            for _ in range(2 if number % 3 == 0 else 1):
                await academy.outcome(session, code)
            await nudge(client, academy.org, academy.student, str(number))
            if number % 10 == 5:
                await asyncio.sleep(dice.uniform(0.0, 1.2))
                worker.kill()
                worker.start()
        await eventually(lambda: _inbox_empty(academy), 60)
        assert worker.stop() == 0
    finally:
        worker.kill()
    assert sum(e["units"] for e in await academy.rows(entries)) == -40
    assert len(await academy.rows(decisions)) == 40
    async with academy.books.transaction() as tx:
        broken = [p.name for p in await check(tx, datetime.now(UTC)) if not p.kept]
    assert broken == []


async def _inbox_empty(a: Academy) -> bool:
    return all(r["decided_at"] for r in await a.rows(inbox))


async def test_the_books_away_for_a_while_only_delay_what_was_told(
    tmp_path: Path, client: Client, temporal: EmbeddedTemporal
) -> None:
    """PostgreSQL is stopped under a waiting workflow and comes back: the deadline is met, the fact decided."""
    server = EmbeddedPostgres.start(tmp_path / "books")
    url = server.url()
    migrate.upgrade(url)
    books = Books(open_books(url))
    academy = await open_academy(books, datetime.now(UTC), zone=daytime())
    worker = WorkerProcess(url, temporal.address)
    worker.start()
    try:
        await academy.outcome(await academy.session(academy.now - timedelta(minutes=70)), Code.ATTENDED)
        await nudge(client, academy.org, academy.student, "first")
        await eventually(lambda: _inbox_empty(academy), 20)
        await academy.outcome(await academy.session(academy.now - timedelta(hours=4)), Code.ATTENDED)
        await books.close()
        server.stop()
        await nudge(client, academy.org, academy.student, "told just before")
        await asyncio.sleep(4)
        server = EmbeddedPostgres.start(tmp_path / "books")
        await eventually(lambda: _inbox_empty(academy), 40)
        assert sum(e["units"] for e in await academy.rows(entries)) == -2
    finally:
        worker.kill()
        await books.close()
        server.stop()


async def test_the_same_outcome_told_by_many_at_once_is_one_outcome(books: Books) -> None:
    academy = await open_academy(books, datetime.now(UTC))
    session = await academy.session(academy.now - timedelta(minutes=70))
    told = await asyncio.gather(*(academy.outcome(session, Code.NO_SHOW) for _ in range(8)))
    assert len({t.outcome_id for t in told}) == 1
    assert sum(not t.repeated for t in told) == 1
    await asyncio.gather(*(academy.settle(deliver=False) for _ in range(6)))
    assert sum(e["units"] for e in await academy.rows(entries)) == -1
    assert len(await academy.rows(messages)) == 2
