"""Webhooks from the books to the receiver: tried again over three days, given up once, and one receiver for itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from activities.session import advance_session
from activities.webhooks import PER_ENDPOINT, WebhookActivities
from db import announcing, operations, webhook_deliveries, webhook_endpoints
from db.engine import Books
from db.journal_tables import tasks
from db.webhook_tables import webhook_deliveries as deliveries
from db.webhook_tables import webhook_endpoints as endpoints
from domain.announcements import Announcement, AnnouncementType
from domain.deliveries import WAITS
from domain.outcomes import Code
from messaging.sealing import Seal, new_secret
from messaging.webhook_post import WebhookPost
from settings import Settings
from tests.academy import Academy, open_academy
from tests.stand_in.receiver import HANG, Receiver

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SEAL = Seal(Settings(_env_file=None))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
async def academy(books: Books) -> Academy:
    return await open_academy(books, NOW)


@pytest.fixture
async def webhooks(books: Books) -> AsyncIterator[WebhookActivities]:
    async with WebhookPost(to_private=True, within=0.5) as post:
        yield WebhookActivities(books, post, SEAL)


async def _endpoint(a: Academy, receiver: Receiver, *events: str, url: str | None = None) -> str:
    secret, endpoint_id = new_secret(), str(uuid4())
    receiver.secrets.append(secret)
    values = {"url": url or receiver.url, "events": list(events)}
    async with a.books.transaction() as tx:
        await webhook_endpoints.add(tx, a.org, endpoint_id, values, SEAL.close(secret), a.now)
    return endpoint_id


async def _announce(a: Academy, number: int = 1, **data: Any) -> None:
    kind = AnnouncementType.OUTCOME_SETTLED
    told = [Announcement(type=kind, key=f"{kind}:{uuid4()}", at=a.now, data=data) for _ in range(number)]
    async with a.books.transaction() as tx:
        await announcing.announce(tx, a.org, told, a.now)


async def _look(a: Academy, webhooks: WebhookActivities, at: datetime | None = None) -> int:
    """Begin what is due at this time, and wait until it is recorded."""
    begun = await webhooks.look(at or a.now)
    await asyncio.gather(*begun)
    return len(begun)


async def test_an_outcome_decided_for_a_student_arrives_signed(
    academy: Academy, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    await _endpoint(academy, receiver)
    accepted = await academy.outcome(await academy.session(NOW - timedelta(hours=2)), Code.NO_SHOW)
    await academy.settle()
    assert await _look(academy, webhooks) == 1
    [arrived] = receiver.documents
    assert (arrived["type"], arrived["timestamp"]) == ("outcome.settled", "2026-03-02T12:00:00Z")
    assert arrived["data"] == {
        "outcome_id": accepted.outcome_id,
        "version": 1,
        "code": "no_show",
        "corrected": False,
        "student_id": academy.student,
        "student_ref": None,
        "enrollment_id": academy.enrollment,
        "session_id": accepted.session_id,
        "session_ref": None,
        "starts_at": "2026-03-02T10:00:00Z",
        "ends_at": "2026-03-02T11:00:00Z",
    }
    [row] = await academy.rows(deliveries)
    assert (row["state"], row["attempts"][0]["status"], row["event_id"]) == ("delivered", 200, receiver.arrived[0].id)
    assert await _look(academy, webhooks, NOW + timedelta(days=4)) == 0


async def test_each_endpoint_hears_what_it_asked_for_and_an_inactive_one_nothing(
    academy: Academy, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    everything = await _endpoint(academy, receiver)
    await _endpoint(academy, receiver, "case.opened")
    off = await _endpoint(academy, receiver)
    async with academy.books.transaction() as tx:
        await webhook_endpoints.change(tx, academy.org, off, {"active": False}, NOW)
    await _announce(academy)
    assert [d["endpoint_id"] for d in await academy.rows(deliveries)] == [everything]


async def test_a_failing_receiver_is_asked_ten_times_over_three_days_and_then_a_person(
    academy: Academy, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    receiver.usual = 500
    endpoint = await _endpoint(academy, receiver)
    await _announce(academy, 2)
    at = NOW
    assert await _look(academy, webhooks) == 2
    for wait in WAITS[1:]:
        assert await _look(academy, webhooks, at + wait - timedelta(seconds=1)) == 0
        at += wait + timedelta(seconds=1)  # an attempt takes a moment, and the wait begins after it
        assert await _look(academy, webhooks, at) == 2
    rows = await academy.rows(deliveries)
    assert [(r["state"], r["reason"], len(r["attempts"])) for r in rows] == [("failed", "http_500", 10)] * 2
    assert len({a.id for a in receiver.arrived}) == 2, "one webhook-id over all attempts"
    assert timedelta(days=3) < at - NOW < timedelta(days=4)
    [task] = await academy.rows(tasks)
    assert (task["kind"], task["owner_id"], task["endpoint_id"]) == ("webhook_failing", academy.lea, endpoint)
    assert await _look(academy, webhooks, at + timedelta(days=9)) == 0


@pytest.mark.parametrize("how", ["delivers_again", "endpoint_deleted"])
async def test_nobody_has_to_mend_what_delivers_again_or_is_gone(
    academy: Academy, receiver: Receiver, webhooks: WebhookActivities, how: str
) -> None:
    endpoint, other = await _endpoint(academy, receiver, "case.opened"), await _endpoint(academy, receiver)
    async with academy.books.transaction() as tx:
        for failing in (endpoint, other):
            await operations.open_webhook_failing(tx, academy.org, failing, NOW)
        if how == "endpoint_deleted":
            await webhook_endpoints.delete(tx, academy.org, other, NOW)
    if how == "delivers_again":
        await _announce(academy)
        assert await _look(academy, webhooks) == 1
    found = {t["endpoint_id"]: (t["status"], t["reason"]) for t in await academy.rows(tasks)}
    assert found == {endpoint: ("open", None), other: ("closed", how)}


async def test_a_receiver_that_is_gone_hears_nothing_any_more(
    academy: Academy, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    receiver.script.append(410)
    await _endpoint(academy, receiver)
    await _announce(academy, PER_ENDPOINT + 1)
    await _look(academy, webhooks)
    [endpoint] = await academy.rows(endpoints)
    assert (endpoint["active"], endpoint["disabled_because"]) == (False, "gone")
    rows = await academy.rows(deliveries)
    assert sorted(r["state"] for r in rows) == ["cancelled"] + ["delivered"] * (PER_ENDPOINT - 1) + ["failed"]
    assert {r["reason"] for r in rows if r["state"] != "delivered"} == {"gone", "endpoint_inactive"}
    assert await academy.rows(tasks) == []


async def test_a_slow_receiver_waits_for_itself_alone(
    academy: Academy, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    with Receiver() as slow:
        slow.usual = HANG
        await _endpoint(academy, slow)
        await _announce(academy, PER_ENDPOINT + 1)
        hanging = await webhooks.look(NOW)
        assert len(hanging) == PER_ENDPOINT
        await _endpoint(academy, receiver)
        await _announce(academy)
        at_once = await webhooks.look(NOW)
        await asyncio.gather(*at_once)
        assert (len(at_once), len(receiver.documents)) == (1, 1)
        assert not any(task.done() for task in hanging)
        await asyncio.gather(*hanging)
    tried = [d for d in await academy.rows(deliveries) if d["attempts"]]
    assert sorted(d["reason"] or "" for d in tried) == ["", *["timeout"] * PER_ENDPOINT]


async def test_what_a_lost_worker_had_in_hand_is_tried_again_with_the_same_id(
    academy: Academy, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    await _endpoint(academy, receiver)
    await _announce(academy)
    async with academy.books.transaction() as tx:
        [due] = await webhook_deliveries.claim(tx, NOW, {}, per_endpoint=4, at_most=4)
    assert await _look(academy, webhooks) == 0, "it is in somebody's hand"
    assert await _look(academy, webhooks, NOW + timedelta(seconds=61)) == 1
    assert [a.id for a in receiver.arrived] == [due.event_id]


async def test_two_workers_never_take_the_same_delivery(
    academy: Academy, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    await _endpoint(academy, receiver)
    await _announce(academy, PER_ENDPOINT)
    other = WebhookActivities(academy.books, webhooks.post, SEAL)
    begun = await asyncio.gather(*(each.look(NOW) for each in (webhooks, other)))
    await asyncio.gather(*begun[0], *begun[1])
    assert len(receiver.arrived) == len({a.id for a in receiver.arrived}) == PER_ENDPOINT


async def test_an_open_task_is_announced_once_when_its_time_has_passed(
    academy: Academy, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    await _endpoint(academy, receiver, "task.overdue")
    for day in (3, 1):
        await academy.outcome(await academy.session(NOW - timedelta(days=day)), Code.NO_SHOW)
    await academy.settle()
    [task] = await academy.rows(tasks)
    assert await _look(academy, webhooks, task["due_at"] - timedelta(seconds=1)) == 0
    assert await _look(academy, webhooks, task["due_at"]) == 1
    assert await _look(academy, webhooks, task["due_at"] + timedelta(hours=5)) == 0
    [told] = receiver.documents
    assert (told["data"]["task_id"], told["data"]["owner_id"]) == (task["id"], academy.alice)
    async with academy.books.transaction() as tx:
        await tx.execute(update(tasks).values(due_at=task["due_at"] + timedelta(days=1)))
    assert await _look(academy, webhooks, task["due_at"] + timedelta(days=1)) == 1


async def test_a_session_nobody_recorded_is_announced(
    academy: Academy, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    await _endpoint(academy, receiver, "session.unrecorded")
    session = await academy.session(NOW - timedelta(hours=2))
    for minutes in (0, 1):
        async with academy.books.transaction() as tx:
            await advance_session(tx, academy.org, session, NOW + timedelta(minutes=minutes))
    await _look(academy, webhooks, NOW + timedelta(minutes=1))
    assert [(d["type"], d["data"]["session_id"]) for d in receiver.documents] == [("session.unrecorded", session)]


async def test_who_listens_later_hears_of_no_old_task(
    academy: Academy, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    for day in (3, 1):
        await academy.outcome(await academy.session(NOW - timedelta(days=day)), Code.NO_SHOW)
    await academy.settle()
    academy.now = NOW + timedelta(days=2)
    await _endpoint(academy, receiver)
    assert await _look(academy, webhooks) == 0


async def test_a_secret_that_cannot_be_opened_sends_nothing_and_says_so(
    academy: Academy, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    endpoint = await _endpoint(academy, receiver)
    async with academy.books.transaction() as tx:
        await webhook_endpoints.rotate(tx, academy.org, endpoint, "fernet:from-another-key", NOW)
    await _announce(academy)
    await _look(academy, webhooks)
    [row] = await academy.rows(deliveries)
    assert (row["state"], row["reason"], receiver.arrived) == ("queued", "secret_unreadable", [])


async def test_a_body_too_large_to_be_sent_is_not(
    academy: Academy, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    await _endpoint(academy, receiver)
    await _announce(academy, text="x" * 70_000)
    await _look(academy, webhooks)
    [row] = await academy.rows(deliveries)
    assert (row["reason"], receiver.arrived) == ("too_large", [])
