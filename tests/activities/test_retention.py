"""What is kept for a while only is forgotten after it, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert

from activities.retention import RetentionActivities
from db import login_tables, logins, retention, sign_in_links
from db.engine import Books
from db.keys import hash_of
from db.session_tables import raw_events, refused_webhooks
from db.tables import idempotency_keys
from db.webhook_tables import webhook_deliveries, webhook_endpoints
from tests.academy import open_academy

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


async def test_old_words_and_answers_go_and_keys_counts_and_what_is_under_way_stay(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PIECE", 1)
    academy = await open_academy(books, NOW)
    endpoint, org = str(uuid4()), {"org_id": academy.org}
    old, young = NOW - timedelta(days=91), NOW - timedelta(days=6)
    hook = {"endpoint_id": endpoint, "type": "t", "payload": {}, "due_at": NOW, "reason": "x"}
    async with books.transaction() as tx:
        about = {"id": endpoint, "url": "https://x.example", "active_since": old, "secret": "", "created_at": old}
        await tx.execute(insert(webhook_endpoints).values(org | about))
        for number, at in enumerate((old, old, young)):
            key, day = str(number), at.date() + timedelta(days=number)
            event = {"source": "zoom", "key": key, "body": "Ann joined", "received_at": at}
            await tx.execute(insert(raw_events).values(org | event))
            stored = {"key": key, "request_hash": "h", "response": "Ann", "status": 200, "created_at": at}
            await tx.execute(insert(idempotency_keys).values(org | stored))
            refused = {"source": "zoom", "reason": "wrong", "day": day, "times": 3}
            await tx.execute(insert(refused_webhooks).values(refused))
            token = await logins.begin(tx, academy.org, "staff", academy.alice, None, at)
            await sign_in_links.make(tx, academy.org, "family", "student", academy.student, at)
            for state in ("failed", "queued"):
                sent = {"key": f"{key}:{state}", "event_id": str(uuid4()), "state": state, "created_at": at}
                await tx.execute(insert(webhook_deliveries).values(org | hook | sent))
    done = (await RetentionActivities(books).look(NOW)).forgotten
    by_table = {"raw_events": 2, "idempotency_keys": 2, "webhook_deliveries": 2, "refused_webhooks": 1}
    assert done == by_table | {"logins": 2, "sign_in_links": 2}
    kept = {e["key"]: e["body"] for e in await academy.rows(raw_events)}
    assert kept == {"0": "", "1": "", "2": "Ann joined"}
    assert [k["key"] for k in await academy.rows(idempotency_keys)] == ["2"]
    assert [row["token_hash"] for row in await academy.rows(login_tables.logins)] == [hash_of(token)]
    assert sorted(d["key"] for d in await academy.rows(webhook_deliveries)) == [
        "0:queued",
        "1:queued",
        "2:failed",
        "2:queued",
    ]
    assert sum((await RetentionActivities(books).look(NOW)).forgotten.values()) == 0
