"""The real Twilio client against the stand-in: the form it sends, and what each kind of answer is taken for."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from messaging.sender import Receipt, Result
from messaging.twilio_codes import MEANING
from messaging.twilio_sms import TwilioSms
from tests.messaging.letters import NID, a_text
from tests.stand_in import Fault, StandIn, closed_port, deaf_port, faults

pytestmark = pytest.mark.anyio
Make = Callable[..., TwilioSms]


async def test_a_text_is_accepted_and_its_form_is_the_published_one(providers: StandIn, twilio: Make) -> None:
    receipt = await twilio().send(a_text())

    [request] = providers.received
    assert request.fields == {
        "From": providers.twilio.number,
        "To": "+12025550101",
        "Body": a_text().body,
        "ValidityPeriod": "7200",
    }
    assert receipt == Receipt(Result.accepted, provider_id=request.provider_id)
    assert str(receipt.provider_id).startswith("SM")


async def test_a_messaging_service_goes_before_a_number(providers: StandIn, twilio: Make) -> None:
    receipt = await twilio(messaging_service_sid=providers.twilio.service_sid).send(a_text())

    [request] = providers.received
    assert receipt.result is Result.accepted
    assert request.fields["MessagingServiceSid"] == providers.twilio.service_sid
    assert "From" not in request.fields


async def test_the_message_id_rides_in_the_callback_address(providers: StandIn, twilio: Make) -> None:
    await twilio(public_url="https://academy.example.org/").send(a_text(nid="a b&c"))

    [request] = providers.received
    callback = urlsplit(request.fields["StatusCallback"])
    assert callback.geturl().startswith("https://academy.example.org/v1/webhooks/twilio/status?")
    assert parse_qs(callback.query) == {"nid": ["a b&c"]}
    assert request.nid == "a b&c"


@pytest.mark.parametrize(
    ("left", "asked"),
    [
        (timedelta(days=3), "36000"),
        (timedelta(hours=10), "36000"),
        (timedelta(seconds=90.7), "90"),
        (timedelta(0), "1"),
        (timedelta(hours=-1), "1"),
    ],
)
async def test_the_time_left_becomes_a_validity_twilio_allows(
    providers: StandIn, twilio: Make, left: timedelta, asked: str
) -> None:
    assert (await twilio().send(a_text(valid_for=left))).result is Result.accepted
    assert providers.received[0].fields["ValidityPeriod"] == asked


@pytest.mark.parametrize("code", sorted(MEANING))
async def test_each_error_number_means_what_its_row_says(providers: StandIn, twilio: Make, code: int) -> None:
    providers.fail(faults.twilio_error(code))

    receipt = await twilio().send(a_text())

    assert receipt == Receipt(MEANING[code].result, provider_code=str(code), reason=MEANING[code].reason)
    assert len(providers.received) == 1


@pytest.mark.parametrize(
    ("result", "codes"),
    [
        (Result.failed, {21211, 21214, 21217, 21408, 21610, 21612, 21614, 21635}),
        (Result.misconfigured, {20003, 21606, 21608}),
        (Result.retry, {20429, 21611}),
    ],
)
def test_the_table_has_every_number_the_rules_name(result: Result, codes: set[int]) -> None:
    assert {MEANING[code].result for code in codes} == {result}


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (faults.unauthorized(), (Result.misconfigured, "20003", "not_authorized")),
        (faults.forbidden(), (Result.misconfigured, "20006", "not_allowed")),
        (faults.twilio_error(99999), (Result.failed, "99999", "rejected")),
        (faults.twilio_error(21408, status=403), (Result.failed, "21408", "region_not_enabled")),
        (faults.too_many_requests(), (Result.retry, "20429", "too_many_requests")),
        (faults.server_error(500), (Result.ambiguous, "20500", "provider_error")),
        (faults.server_error(503), (Result.ambiguous, "20503", "provider_error")),
        (faults.twilio_error(21211, status=500), (Result.ambiguous, "21211", "provider_error")),
        (faults.html_gateway(502), (Result.ambiguous, "502", "provider_error")),
        (faults.html_gateway(504), (Result.ambiguous, "504", "provider_error")),
        (faults.unreadable_success(), (Result.ambiguous, "201", "unreadable_answer")),
        (Fault(takes=True, status=201, text="[]"), (Result.ambiguous, "201", "unreadable_answer")),
        (Fault(status=400, text="{}"), (Result.failed, "400", "rejected")),
        (Fault(status=400, text='{"code": null}'), (Result.failed, "400", "rejected")),
        (Fault(status=302, text="", headers={"Location": "/v3/"}), (Result.misconfigured, "302", "wrong_address")),
        (faults.hang(), (Result.ambiguous, "timeout", "no_answer")),
        (faults.drop(), (Result.ambiguous, "broken", "broken_answer")),
        (faults.break_off(), (Result.ambiguous, "broken", "broken_answer")),
        (faults.break_off(status=400), (Result.ambiguous, "broken", "broken_answer")),
    ],
    ids=lambda value: None if isinstance(value, Fault) else "-".join(value),
)
async def test_each_failure_makes_one_request_and_gets_its_verdict(
    providers: StandIn, twilio: Make, fault: Fault, verdict: tuple[Result, str, str]
) -> None:
    providers.fail(fault)

    receipt = await twilio().send(a_text())

    assert (receipt.result, receipt.provider_code, receipt.reason) == verdict
    assert receipt.provider_id is None
    assert len(providers.received) == 1


async def test_a_wait_in_seconds_is_kept(providers: StandIn, twilio: Make) -> None:
    providers.fail(faults.too_many_requests(wait_seconds=37))

    assert (await twilio().send(a_text())).retry_after == timedelta(seconds=37)


async def test_a_wait_until_a_moment_is_counted_from_the_providers_clock(providers: StandIn, twilio: Make) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    providers.fail(Fault(status=429, code=20429, headers={"Retry-After": until}))

    waits = (await twilio().send(a_text())).retry_after

    assert waits is not None
    assert abs(waits - timedelta(minutes=5)) <= timedelta(seconds=1)


async def test_a_refused_connection_never_left(twilio: Make) -> None:
    with closed_port() as nobody:
        receipt = await twilio(api_url=nobody).send(a_text())

    assert receipt == Receipt(Result.retry, provider_code="refused", reason="not_connected")


async def test_a_certificate_that_is_not_trusted_holds_the_letters(
    providers: StandIn, twilio: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def distrust(*_: object, **__: object) -> None:
        raise ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", distrust)
    receipt = await twilio(api_url=providers.url.replace("http://", "https://")).send(a_text())

    assert receipt == Receipt(Result.misconfigured, provider_code="certificate", reason="certificate")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse when the queue is full")
async def test_a_connection_that_is_not_made_in_time_never_left(twilio: Make) -> None:
    with deaf_port() as deaf:
        receipt = await twilio(api_url=deaf).send(a_text())

    assert receipt == Receipt(Result.retry, provider_code="connect_timeout", reason="not_connected")


async def test_a_name_that_does_not_resolve_never_left(twilio: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    receipt = await twilio(api_url="http://nowhere.invalid").send(a_text())

    assert receipt == Receipt(Result.retry, provider_code="dns", reason="not_connected")


async def test_a_proxy_that_is_down_never_let_it_leave(twilio: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    with closed_port() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("http_proxy", proxy)
        receipt = await twilio(api_url="http://nowhere.invalid").send(a_text())

    assert receipt == Receipt(Result.retry, provider_code="proxy", reason="not_connected")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"auth_token": "old"}, "20003"),
        ({"account_sid": "AC" + "0" * 32}, "20003"),
        ({"from_number": "+15005550001"}, "21606"),
        ({"messaging_service_sid": "MG" + "0" * 32}, "21701"),
        ({"public_url": "http://under_score.example"}, "21609"),
    ],
)
async def test_a_wrong_setting_holds_the_letters(
    providers: StandIn, twilio: Make, change: dict[str, str], code: str
) -> None:
    receipt = await twilio(**change).send(a_text())

    assert (receipt.result, receipt.provider_code) == (Result.misconfigured, code)
    assert providers.taken == []


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [
        ({"to": "12"}, "21211", "invalid_number"),
        ({"to": ""}, "21604", "invalid_number"),
        ({"body": ""}, "21602", "empty"),
        ({"body": "x" * 1601}, "21617", "too_long"),
    ],
)
async def test_a_letter_twilio_cannot_take_fails_for_good(
    providers: StandIn, twilio: Make, change: dict[str, str], code: str, reason: str
) -> None:
    assert await twilio().send(a_text(**change)) == Receipt(Result.failed, provider_code=code, reason=reason)
    assert providers.taken == []


async def test_no_request_goes_to_the_real_host_when_the_environment_names_an_edge(
    providers: StandIn, twilio: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    monkeypatch.setenv("TWILIO_REGION", "ie1")

    assert (await twilio().send(a_text())).result is Result.accepted
    assert providers.received[0].nid is None


def test_a_sender_without_an_origin_or_an_address_is_refused_at_the_start(twilio: Make) -> None:
    with pytest.raises(ValueError, match="number or a messaging service"):
        twilio(from_number=None)
    with pytest.raises(ValueError, match="no base address"):
        twilio(api_url="localhost:8080")


async def test_texts_sent_side_by_side_keep_their_own_answers(providers: StandIn, twilio: Make) -> None:
    sender = twilio(public_url="https://academy.example.org")
    providers.fail(faults.too_many_requests(wait_seconds=9), to="+12025550103")
    receipts = await asyncio.gather(*(sender.send(a_text(to=f"+1202555010{n}", nid=f"{NID}-{n}")) for n in range(6)))

    by_nid = {request.nid: request for request in providers.received}
    assert [receipt.provider_id for receipt in receipts] == [by_nid[f"{NID}-{n}"].provider_id for n in range(6)]
    assert [receipt.retry_after for receipt in receipts] == [timedelta(seconds=9) if n == 3 else None for n in range(6)]
