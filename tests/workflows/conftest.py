"""A Temporal server on virtual time, and the real workers on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

import worker
from cli.embedded.temporal import program_path
from db.engine import Books
from messaging.outbox import Outbox
from tests.academy import Academy, daytime, open_academy
from tests.waiting import eventually
from workflows.contract import student_workflow_id
from workflows.nudging import nudge


class Stack:
    """Server, workers and an academy whose student has a running workflow, all on one virtual clock."""

    def __init__(self, env: WorkflowEnvironment, books: Books, academy: Academy) -> None:
        self.env, self.books, self.academy = env, books, academy
        self._workers: AsyncExitStack | None = None

    @property
    def handle(self) -> WorkflowHandle[object, object]:
        """The student's workflow."""
        return self.env.client.get_workflow_handle(student_workflow_id(self.academy.student))

    async def start_workers(self) -> None:
        """Start both workers."""
        self._workers = AsyncExitStack()
        for each in worker.workers(self.env.client, self.books, {"sms": Outbox(), "email": Outbox()}):
            await self._workers.enter_async_context(each)

    async def stop_workers(self) -> None:
        """Stop both workers."""
        if self._workers:
            await self._workers.aclose()
            self._workers = None

    async def nudge(self, event_id: str = "test") -> None:
        """Wake the student."""
        await nudge(self.env.client, self.academy.org, self.academy.student, event_id)

    async def forward(self, to: datetime) -> None:
        """Let virtual time pass for the student's workflow."""
        now = await self.env.get_current_time(self.handle)
        if to > now:
            await self.env.fast_forward(self.handle, to - now)
        self.academy.now = to

    async def has_begun(self) -> bool:
        """True once the first decision is made."""
        return any("MARKER" in e for e in await self.events())

    async def events(self) -> list[str]:
        """The names of the events in the workflow's history."""
        return [EventType.Name(e.event_type) async for e in self.handle.fetch_history_events()]


@pytest.fixture
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """A server of its own, so that no workflow of another test is left on it."""
    env = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        data_converter=pydantic_data_converter,
        dev_server_existing_path=str(program_path()),
        dev_server_extra_args=["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"],
        dev_server_log_level="error",
    )
    async with env:
        yield env


@pytest.fixture
async def stack(temporal: WorkflowEnvironment, books: Books) -> AsyncIterator[Stack]:
    """Everything running, with the student's workflow started on day 0."""
    academy = await open_academy(books, datetime.now(UTC), zone=daytime())
    running = Stack(temporal, books, academy)
    await running.start_workers()
    await running.nudge("first")
    await eventually(running.has_begun)
    yield running
    await running.stop_workers()
