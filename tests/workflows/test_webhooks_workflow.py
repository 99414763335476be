"""The webhooks' own workflow on a real server: kept running by its Schedule, whichever worker is there."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

import worker
from db import announcing, webhook_endpoints
from db.engine import Books
from domain.announcements import Announcement, AnnouncementType
from messaging.sealing import Seal, new_secret
from messaging.webhook_post import WebhookPost
from settings import Settings
from tests.academy import Academy, open_academy
from tests.stand_in.receiver import Receiver
from tests.waiting import eventually
from workflows.schedules import ensure_schedules

pytestmark = pytest.mark.anyio


async def _announced(academy: Academy) -> None:
    kind, now = AnnouncementType.BALANCE_LOW, datetime.now(UTC)
    told = Announcement(type=kind, key=f"{kind}:{uuid4()}", at=now, data={"balance": 2})
    async with academy.books.transaction() as tx:
        await announcing.announce(tx, academy.org, [told], now)


async def _arrives(client: Client, academy: Academy, receiver: Receiver, post: WebhookPost) -> None:
    """With a worker there, what is announced arrives."""
    before = len(receiver.documents)
    async with worker.webhooks_worker(client, academy.books, post, Seal(Settings(_env_file=None))):
        await _announced(academy)

        async def arrived() -> bool:
            return len(receiver.documents) == before + 1

        await eventually(arrived)


async def test_webhooks_leave_as_long_as_any_worker_is_there(temporal: WorkflowEnvironment, books: Books) -> None:
    academy, secret = await open_academy(books, datetime.now(UTC)), new_secret()
    with Receiver() as receiver:
        receiver.secrets.append(secret)
        async with books.transaction() as tx:
            await webhook_endpoints.add(
                tx, academy.org, str(uuid4()), {"url": receiver.url, "events": []}, secret, academy.now
            )
        await ensure_schedules(temporal.client)
        async with WebhookPost(to_private=True) as post:
            await _arrives(temporal.client, academy, receiver, post)
            await _arrives(temporal.client, academy, receiver, post)
