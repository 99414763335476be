"""A provider that is slow, or asks for patience: the other channel goes on, and nothing is pressed upon it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

import worker
from cli.embedded.temporal import EmbeddedTemporal
from db.engine import Books
from db.journal_tables import messages
from messaging.choose import senders
from settings import Settings
from tests.academy import Academy, daytime, open_academy
from tests.stand_in import Received, StandIn, faults
from tests.stories.reminding import queue_reminders
from tests.waiting import eventually
from workflows.nudging import nudge

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MANY = 12
ADDRESS = {"sms": "+14155550101", "email": "maria@reed.example"}
VENDOR = {"sms": "twilio", "email": "sendgrid"}


@pytest.fixture
async def academy(books: Books) -> AsyncIterator[Academy]:
    """An academy with twelve reminders to send on each channel at noon."""
    a = await open_academy(books, NOON)
    await queue_reminders(a, [(a.student, a.mother)], MANY)
    yield a
    for sender in set(a.deliveries.senders.values()):
        await sender.close()


@pytest.mark.parametrize(("busy", "other"), [("sms", "email"), ("email", "sms")])
async def test_a_provider_that_asks_for_patience_gets_it_from_every_message(
    academy: Academy, busy: str, other: str
) -> None:
    with StandIn() as provider:
        academy.deliveries.senders = senders(Settings.model_validate(provider.settings()))
        provider.fail(faults.too_many_requests(90), to=ADDRESS[busy], times=3)
        await academy.settle()
        waiting = await academy.rows(messages, channel=busy)
        assert Counter(m["reason"] for m in waiting) == {"provider_busy": MANY - 1, "too_many_requests": 1}
        assert {m["state"] for m in await academy.rows(messages, channel=other)} == {"sent"}
        await academy.until(NOON + timedelta(minutes=20))
        taken = Counter(r.nid or r.fields["Body"] for r in provider.taken if r.provider == VENDOR[busy])
        asked = [r for r in provider.received if r.provider == VENDOR[busy]]
    rows = await academy.rows(messages, channel=busy)
    assert {m["state"] for m in rows} == {"sent"}
    assert sorted(taken.values()) == [1] * MANY
    assert len(asked) == MANY + 3
    assert max(len(m["attempts"]) for m in rows) <= 3
    tries = [(datetime.fromisoformat(t["at"]), t) for m in rows for t in m["attempts"]]
    pauses = [(at, datetime.fromisoformat(t["until"])) for at, t in tries if "until" in t]
    assert len(pauses) == 3
    assert all(until - begun >= timedelta(seconds=89) for begun, until in pauses)
    assert [at for at, _ in tries for begun, until in pauses if begun < at < until] == []


async def test_without_a_word_of_how_long_a_busy_provider_is_left_alone_for_a_minute(academy: Academy) -> None:
    with StandIn() as provider:
        academy.deliveries.senders = senders(Settings.model_validate(provider.settings()))
        provider.fail(faults.too_many_requests(), to=ADDRESS["sms"])
        await academy.until(NOON + timedelta(seconds=59))
        assert len([r for r in provider.received if r.provider == "twilio"]) == 1
        await academy.until(NOON + timedelta(seconds=61))
    assert {m["state"] for m in await academy.rows(messages)} == {"sent"}


@pytest.mark.slow
async def test_a_twilio_that_takes_eight_seconds_delays_no_email(books: Books, tmp_path: Path) -> None:
    a = await open_academy(books, datetime.now(UTC), zone=daytime())
    await queue_reminders(a, [(a.student, a.mother)], MANY)
    over = threading.Event()

    def slow_twilio(received: Received) -> None:
        if received.provider == "twilio":
            over.wait(8)

    async def all_emails_left() -> bool:
        return all(m["state"] == "sent" for m in await a.rows(messages, channel="email"))

    async with AsyncExitStack() as running:
        provider = running.enter_context(StandIn())
        provider.before_answer = slow_twilio
        settings = Settings.model_validate(provider.settings())
        temporal = running.enter_context(EmbeddedTemporal.start(tmp_path, port=0, ui_port=0))
        client = await Client.connect(temporal.address, data_converter=pydantic_data_converter)
        running.callback(over.set)
        for each in worker.workers(client, books, senders(settings), worker.per_second(settings)):
            await running.enter_async_context(each)
        await nudge(client, a.org, a.student, "many")
        await eventually(all_emails_left, 6)
        texts = Counter(m["state"] for m in await a.rows(messages, channel="sms"))
        assert texts == {"sending": 6, "queued": MANY - 6}
        over.set()
