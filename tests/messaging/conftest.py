"""Both providers as a stand-in, and senders that are impatient with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from messaging.sendgrid_email import SendGridEmail
from messaging.twilio_sms import TwilioSms
from tests.stand_in import StandIn

IMPATIENT = timedelta(seconds=0.3)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in is reached directly, also on a machine that has a proxy."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def providers() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def twilio(providers: StandIn) -> Callable[..., TwilioSms]:
    """A Twilio sender for the stand-in; keyword arguments change it."""

    def make(**changes: Any) -> TwilioSms:
        usual: dict[str, Any] = {
            "account_sid": providers.twilio.account_sid,
            "auth_token": providers.twilio.auth_token,
            "from_number": providers.twilio.number,
            "api_url": providers.url,
            "timeout": IMPATIENT,
        }
        return TwilioSms(**{**usual, **changes})

    return make


@pytest.fixture
def sendgrid(providers: StandIn) -> Callable[..., SendGridEmail]:
    """A SendGrid sender for the stand-in; keyword arguments change it."""

    def make(**changes: Any) -> SendGridEmail:
        usual: dict[str, Any] = {
            "api_key": providers.sendgrid.api_key,
            "from_address": providers.sendgrid.sender,
            "api_url": providers.url,
            "timeout": IMPATIENT,
        }
        return SendGridEmail(**{**usual, **changes})

    return make
