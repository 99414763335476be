"""Credentials make a channel real; without them everything stays in the outbox."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from messaging.choose import senders
from messaging.outbox import Outbox
from messaging.sender import Receipt, Result
from settings import Settings, load
from tests.messaging.letters import NID, a_mail, a_text
from tests.stand_in import StandIn


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a `.env` file nor the developer's environment takes part."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("BELLWETHER_")]:
        monkeypatch.delenv(name)


def _settings(**values: str) -> Settings:
    return Settings.model_validate(values)


@pytest.mark.anyio
async def test_without_credentials_everything_is_accepted_and_nothing_leaves(providers: StandIn) -> None:
    ways = senders(_settings(twilio_api_url=providers.url, sendgrid_api_url=providers.url))

    receipts = [await ways["sms"].send(a_text()), await ways["email"].send(a_mail())]

    assert receipts == [Receipt(Result.accepted, provider_id=f"outbox:{NID}")] * 2
    assert {way.name for way in ways.values()} == {"outbox"}
    assert providers.received == []


@pytest.mark.anyio
async def test_with_credentials_both_channels_leave_for_real(providers: StandIn) -> None:
    ways = senders(_settings(**providers.settings(), public_url="https://academy.example.org"))

    receipts = [await ways["sms"].send(a_text()), await ways["email"].send(a_mail())]
    for way in ways.values():
        await way.close()

    assert {channel: way.name for channel, way in ways.items()} == {"sms": "twilio", "email": "sendgrid"}
    assert [receipt.provider_id for receipt in receipts] == [request.provider_id for request in providers.taken]
    assert [request.nid for request in providers.taken] == [NID, NID]


def test_one_channel_may_be_real_while_the_other_is_not(providers: StandIn) -> None:
    only_mail = {name: value for name, value in providers.settings().items() if name.startswith("sendgrid")}

    ways = senders(_settings(**only_mail))

    assert isinstance(ways["sms"], Outbox)
    assert ways["email"].name == "sendgrid"


def test_the_stand_ins_environment_makes_both_channels_real(
    providers: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in providers.environment().items():
        monkeypatch.setenv(name, value)

    assert {channel: way.name for channel, way in senders(load()).items()} == {"sms": "twilio", "email": "sendgrid"}
