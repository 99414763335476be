"""An SMS whose answer was lost is looked up by the workflow's own timer, whatever happens to the workers meanwhile."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

import worker
from db.journal_tables import messages
from db.tables import policies
from domain.delivery import Report
from domain.outcomes import Code
from domain.policy import Policy
from messaging.outbox import Outbox
from messaging.sender import AtProvider, Letter, Receipt, Result
from messaging.twilio_reports import report_of
from tests.waiting import eventually
from tests.workflows.conftest import Stack
from tests.workflows.test_student_workflow import report_outcome

pytestmark = pytest.mark.anyio


class LosesAnswers:
    """A provider that takes every text and answers none; asked for it, it has it."""

    name = "twilio"

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def send(self, letter: Letter) -> Receipt:
        self.taken.append(letter.nid)
        return Receipt(Result.ambiguous, provider_code="timeout", reason="no_answer")

    async def look_up(self, to: str, body: str, since: datetime, now: datetime) -> tuple[AtProvider, ...] | None:
        del to, body, since
        return tuple(AtProvider(f"SM{nid}", report_of("delivered", None, now)) for nid in self.taken)

    async def standing(self, provider_id: str, now: datetime) -> Report | None:
        del provider_id
        return report_of("delivered", None, now)

    async def close(self) -> None:
        """Nothing is held."""


async def test_a_restart_forgets_no_look_up(stack: Stack) -> None:
    provider = LosesAnswers()
    policy = Policy(settle_delay=timedelta(seconds=1)).model_dump(mode="json")
    async with stack.books.transaction() as tx:
        own = {"org_id": stack.academy.org, "version": 2, "published_at": stack.academy.now}
        await tx.execute(insert(policies).values(own | {"document": policy}))
    await stack.stop_workers()
    for state in ("unknown", "delivered"):
        async with AsyncExitStack() as running:
            for each in worker.workers(stack.env.client, stack.books, {"sms": provider, "email": Outbox()}):
                await running.enter_async_context(each)
            if state == "unknown":
                await report_outcome(stack, Code.NO_SHOW)
            else:
                await stack.forward(stack.academy.now + timedelta(minutes=3))

            async def stands(state: str = state) -> bool:
                return [m["state"] for m in await stack.academy.rows(messages, channel="sms")] == [state]

            await eventually(stands)
    assert len(provider.taken) == 1
