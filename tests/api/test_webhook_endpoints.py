"""Webhook endpoints and the log of deliveries: an admin's, and never another organization's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from activities.webhooks import WebhookActivities
from db.webhook_tables import webhook_deliveries, webhook_endpoints
from domain.outcomes import Code
from messaging.sealing import Seal
from messaging.webhook_post import WebhookPost
from settings import Settings
from tests.api.conftest import MONDAY, House
from tests.stand_in.receiver import Receiver

pytestmark = pytest.mark.anyio
ENDPOINTS, DELIVERIES = "/v1/webhook-endpoints", "/v1/webhook-deliveries"
KEY = Settings(_env_file=None, secret_key="a secret of the tests", webhooks_to_private=True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
async def webhooks(house: House) -> AsyncIterator[WebhookActivities]:
    async with WebhookPost(to_private=True, within=0.5) as post:
        yield WebhookActivities(house.academy.books, post, Seal(KEY))


def _private(app: FastAPI) -> None:
    """Set up as for development."""
    app.state.settings = KEY


async def _made(house: House, receiver: Receiver, **more: Any) -> dict[str, Any]:
    _private(house.app)
    answer = await house.admin.post(ENDPOINTS, json={"url": receiver.url, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    receiver.secrets.append(made["secret"])
    return made


async def _look(house: House, webhooks: WebhookActivities) -> None:
    await asyncio.gather(*await webhooks.look(house.academy.now))


def _kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def test_a_secret_is_shown_once_and_kept_sealed(house: House, receiver: Receiver) -> None:
    made = await _made(house, receiver, description="CRM", events=["case.opened", "balance.low", "case.opened"])
    assert made["secret"].startswith("whsec_")
    assert (made["active"], made["events"]) == (True, ["balance.low", "case.opened"])
    read = (await house.admin.get(f"{ENDPOINTS}/{made['id']}")).json()
    assert read == {k: v for k, v in made.items() if k != "secret"}
    assert (await house.admin.get(ENDPOINTS)).json()["items"] == [read]
    [row] = await house.academy.rows(webhook_endpoints)
    assert made["secret"] not in str(row)


async def test_a_request_sent_again_makes_one_endpoint_with_a_fresh_secret(house: House, receiver: Receiver) -> None:
    _private(house.app)
    key = {"Idempotency-Key": "made-once"}
    answers = [await house.admin.post(ENDPOINTS, json={"url": receiver.url}, headers=key) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].headers["Cache-Control"] == "no-store"
    first, second = (a.json() for a in answers)
    assert first["id"] == second["id"]
    assert first["secret"] != second["secret"]


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://hooks.example.com/", "webhook_url_refused"),
        ("ftp://hooks.example.com/", "webhook_url_refused"),
        ("https://user:pass@hooks.example.com/", "webhook_url_refused"),
        ("https:///path", "webhook_url_refused"),
        ("https://hooks.example.com/#part", "webhook_url_refused"),
        ("https://127.0.0.1/hooks", "webhook_address_refused"),
        ("https://169.254.169.254/latest/meta-data", "webhook_address_refused"),
        ("https://[::ffff:10.0.0.1]/", "webhook_address_refused"),
        ("https://[fd00::1]/", "webhook_address_refused"),
        ("https://2130706433/", "webhook_address_refused"),
        ("https://localhost/", "webhook_address_refused"),
    ],
)
async def test_a_url_that_is_not_https_or_leads_into_a_private_network_is_refused(
    house: House, url: str, kind: str
) -> None:
    assert _kind(await house.admin.post(ENDPOINTS, json={"url": url})) == (422, kind)
    assert await house.academy.rows(webhook_endpoints) == []


async def test_an_endpoint_is_changed_tested_and_deleted(
    house: House, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    made = await _made(house, receiver)
    path = f"{ENDPOINTS}/{made['id']}"
    told = await house.admin.post(f"{path}/test")
    assert (told.status_code, told.json()["state"]) == (202, "queued")
    await _look(house, webhooks)
    assert receiver.types() == ["endpoint.test"]
    log = (await house.admin.get(told.headers["Location"])).json()
    assert (log["state"], log["attempts"][0]["status"], log["attempts"][0]["excerpt"]) == (
        "delivered",
        200,
        "thank you",
    )

    await house.admin.post(f"{path}/test")
    changed = (await house.admin.patch(path, json={"active": False, "description": None})).json()
    assert (changed["active"], changed["disabled_because"]) == (False, "by_hand")
    waited = (await house.admin.get(DELIVERIES, params={"state": "cancelled"})).json()["items"]
    assert [d["reason"] for d in waited] == ["endpoint_inactive"]
    assert _kind(await house.admin.post(f"{path}/test")) == (409, "webhook_endpoint_inactive")
    assert _kind(await house.admin.post(f"{DELIVERIES}/{log['id']}/replay")) == (409, "webhook_endpoint_inactive")
    on_again = (await house.admin.patch(path, json={"active": True, "events": ["case.closed"]})).json()
    assert (on_again["disabled_because"], on_again["events"]) == (None, ["case.closed"])

    assert (await house.admin.delete(path)).status_code == 204
    assert _kind(await house.admin.get(path)) == (404, "webhook_endpoint_unknown")
    assert len((await house.admin.get(DELIVERIES)).json()["items"]) == 2, "the log stays"


async def test_after_a_rotation_both_secrets_sign_for_a_day(
    house: House, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    made = await _made(house, receiver)
    path = f"{ENDPOINTS}/{made['id']}"
    new = (await house.admin.post(f"{path}/rotate-secret")).json()
    assert new["secret"] != made["secret"]
    old_signs = []
    for hours in (23, 2):
        house.academy.now += timedelta(hours=hours)
        await house.admin.post(f"{path}/test")
        for known in (made["secret"], new["secret"]):
            receiver.secrets[:] = [known]
            await _look(house, webhooks)
            [newest, *_] = (await house.admin.get(DELIVERIES)).json()["items"]
            old_signs.append(receiver.arrived[-1].document is not None)
            await house.admin.post(f"{DELIVERIES}/{newest['id']}/replay")
        await _look(house, webhooks)
    assert old_signs == [True, True, False, True]


async def test_a_delivery_is_replayed_with_the_same_id(
    house: House, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    made = await _made(house, receiver)
    ours = house.academy
    await ours.outcome(await ours.session(MONDAY - timedelta(hours=2)), Code.ATTENDED)
    await ours.settle()
    receiver.script.append(500)
    await _look(house, webhooks)
    query = {"endpoint_id": made["id"], "state": "queued", "event": "outcome.settled"}
    [found] = (await house.admin.get(DELIVERIES, params=query)).json()["items"]
    assert (found["reason"], found["attempts"][0]["status"]) == ("http_500", 500)
    again = await house.admin.post(f"{DELIVERIES}/{found['id']}/replay")
    assert (again.status_code, again.json()["reason"]) == (202, "replayed")
    await _look(house, webhooks)
    replayed = (await house.admin.get(f"{DELIVERIES}/{found['id']}")).json()
    assert ([a["status"] for a in replayed["attempts"]], replayed["state"]) == ([500, 200], "delivered")
    assert {a.id for a in receiver.arrived} == {found["event_id"]}


async def test_webhooks_are_an_admins_and_no_name_is_told(
    house: House, receiver: Receiver, webhooks: WebhookActivities
) -> None:
    made = await _made(house, receiver)
    ours = house.academy
    for day in (3, 1):
        await ours.outcome(await ours.session(MONDAY - timedelta(days=day)), Code.NO_SHOW)
    await ours.settle()
    await _look(house, webhooks)
    assert sorted(receiver.types()) == ["case.opened", "outcome.settled", "outcome.settled"]
    said = " ".join(a.body for a in receiver.arrived)
    assert not [name for name in ("Sam", "Reed", "Maria", "Alice", "Maths", "@", "+1415") if name in said]
    [row, *_] = await ours.rows(webhook_deliveries)
    paths = (f"{ENDPOINTS}/{made['id']}", f"{DELIVERIES}/{row['id']}")
    for path in (ENDPOINTS, DELIVERIES, *paths):
        assert (await house.alice.get(path)).status_code == 403, path
        assert (await house.integration.get(path)).status_code == 403, path
        assert (await house.anonymous.get(path)).status_code == 401, path
    for path in paths:
        assert (await house.charlie.get(path)).status_code == 404, path
    for path in (ENDPOINTS, DELIVERIES):
        assert (await house.charlie.get(path)).json()["items"] == [], path
    assert (await house.charlie.post(f"{paths[1]}/replay")).status_code == 404
    assert (await house.charlie.post(f"{paths[0]}/rotate-secret")).status_code == 404
