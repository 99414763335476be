"""A part goes away and comes back: what was told is kept, and decided when it returns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from temporalio.client import Client, WorkflowExecutionStatus

import worker
from api.app import create_app
from cli.embedded.temporal import EmbeddedTemporal
from cli.nudging import nudge_each
from cli.rebuild import followed
from db import clock, keys
from db.engine import Books
from db.journal_tables import entries, inbox
from messaging.outbox import Outbox
from settings import Settings
from tests.academy import Academy, open_academy
from tests.waiting import eventually
from workflows.contract import AUDIT_SCHEDULE, student_workflow_id
from workflows.schedules import ensure_schedules

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@dataclass
class System:
    """The API on its real parts, with an academy in the books."""

    api: httpx.AsyncClient
    books: Books
    academy: Academy
    home: Path
    temporal: EmbeddedTemporal | None

    async def client(self) -> Client:
        """A client of the Temporal server as it is now."""
        assert self.temporal is not None
        return await worker.connect(Settings(), self.temporal.address)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Client]:
        """With both workers."""
        client = await self.client()
        async with AsyncExitStack() as running:
            for each in worker.workers(client, self.books, {"sms": Outbox(), "email": Outbox()}):
                await running.enter_async_context(each)
            yield client

    async def attended(self) -> httpx.Response:
        """Tell that the student attended a session an hour ago."""
        session = await self.academy.session(datetime.now(UTC) - timedelta(minutes=70))
        told = {"session_id": session, "student_id": self.academy.student, "code": "attended"}
        return await self.api.post("/v1/outcomes", json=told)

    async def is_decided(self) -> bool:
        """Nothing waits in the inbox."""
        return all(r["decided_at"] for r in await self.academy.rows(inbox))

    async def balance(self) -> int:
        """The sum of the entries."""
        return sum(e["units"] for e in await self.academy.rows(entries))


@pytest.fixture
async def system(database_url: str, books: Books, tmp_path: Path) -> AsyncIterator[System]:
    """Everything up but the worker."""
    academy = await open_academy(books, datetime.now(UTC))
    async with books.transaction() as tx:
        _, key = await keys.create(tx, academy.org, "story")
    temporal = EmbeddedTemporal.start(tmp_path, port=0, ui_port=0)
    address = temporal.address
    app = create_app(Settings(), database_url, lambda: worker.connect(Settings(), address))
    headers = {"Authorization": f"Bearer {key}", "Bellwether-Actor": "alice@northstar.example"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://bellwether.test", headers=headers) as api,
    ):
        running = System(api, books, academy, tmp_path, temporal)
        yield running
        if running.temporal:
            running.temporal.stop()


async def test_with_temporal_down_outcomes_are_accepted_and_decided_when_it_returns(system: System) -> None:
    assert (await system.attended()).status_code == 202
    assert system.temporal is not None
    port = int(system.temporal.address.rpartition(":")[2])
    system.temporal.stop()
    system.temporal = None

    answer = await system.attended()
    assert answer.status_code == 202
    ready = await system.api.get("/readyz")
    assert ready.status_code == 503
    assert "temporal" in ready.text

    system.temporal = EmbeddedTemporal.start(system.home, port=port, ui_port=0)
    async with system.books.transaction() as tx:
        await clock.jump(tx, timedelta(seconds=40))  # the auditor looks at what has waited for half a minute
    async with system.working() as client:
        await ensure_schedules(client)
        await client.get_schedule_handle(AUDIT_SCHEDULE).trigger()
        await eventually(system.is_decided, 30)
    assert await system.balance() == -2


async def test_with_the_worker_down_an_act_is_answered_202_and_decided_later(system: System) -> None:
    top_up = f"/v1/enrollments/{system.academy.enrollment}/top-ups"
    began = datetime.now(UTC)
    answer = await system.api.post(top_up, json={"units": 10, "reason": "spring package"})
    assert answer.status_code == 202
    assert timedelta(seconds=3) <= datetime.now(UTC) - began < timedelta(seconds=6)
    assert await system.balance() == 0
    async with system.working():
        await eventually(system.is_decided, 20)
        assert await system.balance() == 10
        again = await system.api.post(top_up, json={"units": 5, "reason": "and five more"})
    assert again.status_code == 200
    assert await system.balance() == 15


async def test_after_temporals_data_were_lost_the_workflows_start_again_from_the_books(system: System) -> None:
    async with system.working():
        assert (await system.attended()).status_code == 202
        await eventually(system.is_decided, 20)
    assert system.temporal is not None
    port = int(system.temporal.address.rpartition(":")[2])
    system.temporal.stop()
    for file in (system.home / "temporal").glob("*.db*"):
        file.unlink()
    system.temporal = EmbeddedTemporal.start(system.home, port=port, ui_port=0)
    async with system.working() as client, system.books.transaction() as tx:
        found = await followed(tx)
        assert found == [(system.academy.org, system.academy.student)]
        assert await nudge_each(client, found, "rebuild", print) == 0
        student = client.get_workflow_handle(student_workflow_id(system.academy.student))
        assert (await student.describe()).status is WorkflowExecutionStatus.RUNNING
        assert (await system.attended()).status_code == 202
        await eventually(system.is_decided, 20)
    assert await system.balance() == -2
