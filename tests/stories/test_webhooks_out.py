"""Another system hears of everything, in its own time: it may be away for an hour, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from activities.webhooks import WebhookActivities
from db.engine import Books
from db.webhook_tables import webhook_deliveries
from messaging.sealing import Seal
from messaging.webhook_post import WebhookPost
from tests.stand_in.receiver import Receiver
from tests.stories.operators import Operator, at_work
from tests.stories.test_a_tuesday import day_after, enrolled, lesson_of

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@asynccontextmanager
async def _listened_to(operator: Operator, receiver: Receiver) -> AsyncIterator[str]:
    """The receiver has an endpoint, and webhooks are being delivered; yields its id."""
    settings = operator.app.state.settings.model_copy(update={"webhooks_to_private": True})
    operator.app.state.settings = settings
    made = await operator.post("/webhook-endpoints", {"url": receiver.url}, by="ada")
    receiver.secrets.append(made["secret"])
    async with WebhookPost(to_private=True) as post:
        webhooks = WebhookActivities(operator.books, post, Seal(settings))

        async def keep_looking() -> None:
            while True:
                await asyncio.gather(*await webhooks.look(datetime.now(UTC)))
                await asyncio.sleep(0.02)

        looking = asyncio.create_task(keep_looking())
        yield made["id"]
        assert not looking.done(), looking
        looking.cancel()


async def test_a_receiver_away_for_an_hour_hears_everything_once_it_is_back(
    database_url: str, books: Books, receiver: Receiver
) -> None:
    async with at_work(database_url, books) as operator, _listened_to(operator, receiver):
        tuesday = day_after(await operator.now(), 1)
        await enrolled(operator, ("ann",), kind="one_to_one", weekday="TU", first=tuesday)
        session, start = await lesson_of(operator, tuesday)
        await operator.until(start + HOUR)
        told = {"session_id": session, "student_ref": "ann", "code": "no_show"}
        outcome = await operator.post("/outcomes", told, by="alice")
        await operator.clock.settle()
        [arrived] = receiver.documents
        assert (arrived["type"], arrived["data"]["code"]) == ("outcome.settled", "no_show")
        assert (arrived["data"]["student_ref"], arrived["data"]["session_id"]) == ("ann", session)

        receiver.usual = 503
        away_since = await operator.now()
        for code in ("attended", "no_show"):
            await operator.post(f"/outcomes/{outcome['id']}/corrections", {"code": code}, by="alice")
            await operator.until(await operator.now() + HOUR / 2)
        waiting = await operator.rows(webhook_deliveries, state="queued")
        assert {w["reason"] for w in waiting} == {"http_503"}

        receiver.usual = 200
        before = len(receiver.arrived)
        await operator.until(away_since + 6 * HOUR)
        late = receiver.arrived[before:]
        assert {a.id for a in late} == {w["event_id"] for w in waiting}
        assert len(late) == len(waiting), "each arrives once it is back, and once"
        versions = {d["data"]["version"]: d["data"]["code"] for d in receiver.documents if "version" in d["data"]}
        assert versions == {1: "no_show", 2: "attended", 3: "no_show"}
        assert {d["state"] for d in await operator.rows(webhook_deliveries)} == {"delivered"}
        assert all(a.document for a in receiver.arrived), "every attempt was signed"
        seen = {a.id: a.body for a in receiver.arrived}
        assert all(seen[a.id] == a.body for a in receiver.arrived), "the same id is the same event"
