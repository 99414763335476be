"""The real SendGrid client against the stand-in: the mail it sends, and what each kind of answer is taken for."""

from __future__ import annotations

import logging
import socket
import ssl
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest

from messaging.sender import Receipt, Result
from messaging.sendgrid_email import SendGridEmail
from tests.messaging.letters import NID, a_mail
from tests.stand_in import Fault, StandIn, closed_port, deaf_port, faults

pytestmark = pytest.mark.anyio
Make = Callable[..., SendGridEmail]


async def test_a_mail_is_accepted_and_is_the_published_document(providers: StandIn, sendgrid: Make) -> None:
    receipt = await sendgrid(from_address="The Academy <academy@example.org>").send(a_mail())

    [request] = providers.received
    assert request.fields == {
        "personalizations": [{"to": [{"email": "alma@example.net"}], "custom_args": {"nid": NID}}],
        "from": {"email": "academy@example.org", "name": "The Academy"},
        "subject": a_mail().subject,
        "content": [{"type": "text/plain", "value": a_mail().body}],
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
        },
    }
    assert receipt == Receipt(Result.accepted, provider_id=request.provider_id)
    assert receipt.provider_id
    assert request.nid == NID


async def test_an_answer_finds_the_message_it_answers(providers: StandIn, sendgrid: Make) -> None:
    await sendgrid(reply_address="replies@parse.example.org").send(a_mail())
    [request] = providers.received
    assert request.fields["reply_to"] == {"email": f"replies+{NID}@parse.example.org"}
    with pytest.raises(ValueError, match="no e-mail address to answer to"):
        sendgrid(reply_address="replies")


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (faults.sendgrid_error("personalizations.0.to.0.email"), (Result.failed, "400", "invalid_address")),
        (faults.sendgrid_error("from.email"), (Result.misconfigured, "400", "sender_not_allowed")),
        (faults.sendgrid_error("content.0.value"), (Result.failed, "400", "rejected")),
        (faults.sendgrid_error(None), (Result.failed, "400", "rejected")),
        (Fault(status=400, text="no JSON"), (Result.failed, "400", "rejected")),
        (Fault(status=400, text='{"errors": [7]}'), (Result.failed, "400", "rejected")),
        (faults.unauthorized(), (Result.misconfigured, "401", "not_authorized")),
        (faults.forbidden(), (Result.misconfigured, "403", "not_allowed")),
        (faults.sendgrid_error(None, status=404), (Result.misconfigured, "404", "wrong_address")),
        (faults.sendgrid_error(None, status=413), (Result.failed, "413", "too_long")),
        (faults.too_many_requests(), (Result.retry, "429", "too_many_requests")),
        (faults.server_error(500), (Result.ambiguous, "500", "provider_error")),
        (faults.server_error(503), (Result.ambiguous, "503", "provider_error")),
        (faults.html_gateway(502), (Result.ambiguous, "502", "provider_error")),
        (faults.html_gateway(504), (Result.ambiguous, "504", "provider_error")),
        (faults.unreadable_success(200), (Result.ambiguous, "200", "unreadable_answer")),
        (faults.hang(), (Result.ambiguous, "timeout", "no_answer")),
        (faults.drop(), (Result.ambiguous, "broken", "broken_answer")),
        (faults.break_off(), (Result.ambiguous, "broken", "broken_answer")),
        (faults.break_off(status=400), (Result.ambiguous, "broken", "broken_answer")),
    ],
    ids=lambda value: None if isinstance(value, Fault) else "-".join(value),
)
async def test_each_failure_makes_one_request_and_gets_its_verdict(
    providers: StandIn, sendgrid: Make, fault: Fault, verdict: tuple[Result, str, str]
) -> None:
    providers.fail(fault)

    receipt = await sendgrid().send(a_mail())

    assert (receipt.result, receipt.provider_code, receipt.reason) == verdict
    assert receipt.provider_id is None
    assert len(providers.received) == 1


async def test_the_rate_limits_reset_is_how_long_to_wait(providers: StandIn, sendgrid: Make) -> None:
    providers.fail(faults.too_many_requests(wait_seconds=40))

    waits = (await sendgrid().send(a_mail())).retry_after

    assert waits is not None
    assert abs(waits - timedelta(seconds=40)) <= timedelta(seconds=1)


async def test_a_refused_connection_never_left(sendgrid: Make) -> None:
    with closed_port() as nobody:
        receipt = await sendgrid(api_url=nobody).send(a_mail())

    assert receipt == Receipt(Result.retry, provider_code="refused", reason="not_connected")


async def test_a_certificate_that_is_not_trusted_holds_the_letters(
    providers: StandIn, sendgrid: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def distrust(*_: object, **__: object) -> None:
        raise ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", distrust)
    receipt = await sendgrid(api_url=providers.url.replace("http://", "https://")).send(a_mail())

    assert receipt == Receipt(Result.misconfigured, provider_code="certificate", reason="certificate")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse when the queue is full")
async def test_a_connection_that_is_not_made_in_time_never_left(sendgrid: Make) -> None:
    with deaf_port() as deaf:
        receipt = await sendgrid(api_url=deaf).send(a_mail())

    assert receipt == Receipt(Result.retry, provider_code="connect_timeout", reason="not_connected")


async def test_a_name_that_does_not_resolve_never_left(sendgrid: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    receipt = await sendgrid(api_url="http://nowhere.invalid").send(a_mail())

    assert receipt == Receipt(Result.retry, provider_code="dns", reason="not_connected")


async def test_a_connection_that_breaks_while_sending_is_ambiguous(
    sendgrid: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reset(*_: object, **__: object) -> None:
        raise ConnectionResetError(104, "Connection reset by peer")

    monkeypatch.setattr("http.client.HTTPConnection.send", reset)
    receipt = await sendgrid().send(a_mail())

    assert receipt == Receipt(Result.ambiguous, provider_code="broken", reason="broken_answer")


@pytest.mark.parametrize(
    ("change", "code"), [({"api_key": "SG.old"}, "401"), ({"from_address": "else@example.org"}, "403")]
)
async def test_a_wrong_setting_holds_the_letters(
    providers: StandIn, sendgrid: Make, change: dict[str, str], code: str
) -> None:
    receipt = await sendgrid(**change).send(a_mail())

    assert (receipt.result, receipt.provider_code) == (Result.misconfigured, code)
    assert providers.taken == []


@pytest.mark.parametrize("to", ["nobody", "", "a b@example.net"])
async def test_an_address_that_is_none_fails_for_good(providers: StandIn, sendgrid: Make, to: str) -> None:
    receipt = await sendgrid().send(a_mail(to=to))

    assert receipt == Receipt(Result.failed, provider_code="400", reason="invalid_address")
    assert providers.taken == []


async def test_neither_the_letter_nor_the_key_is_logged(
    providers: StandIn, sendgrid: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    await sendgrid().send(a_mail())

    assert "Mia" not in caplog.text
    assert providers.sendgrid.api_key not in caplog.text


def test_a_mail_without_a_subject_is_refused_before_it_is_sent() -> None:
    with pytest.raises(ValueError, match="needs a subject"):
        a_mail(subject=None)


def test_a_sender_without_an_address_is_refused_at_the_start(sendgrid: Make) -> None:
    with pytest.raises(ValueError, match="no e-mail address"):
        sendgrid(from_address="The Academy")
