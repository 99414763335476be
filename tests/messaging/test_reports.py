"""Providers' reports in our states and reasons, and whether they come from the providers at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from twilio.request_validator import RequestValidator

from domain.sending import CLOSED_FOR, MessageState
from messaging import sendgrid_reports, twilio_reports
from messaging.twilio_codes import DELIVERY, MEANING
from messaging.twilio_signature import is_from_twilio, read_form

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "code", "state", "reason", "closes"),
    [
        ("accepted", "", "sent", None, False),
        ("queued", None, "sent", None, False),
        ("sending", None, "sent", None, False),
        ("delivered", None, "delivered", None, False),
        ("read", "0", "read", None, False),
        ("undelivered", "30003", "undelivered", "phone_unreachable", False),
        ("undelivered", 30008, "undelivered", "not_delivered", False),
        ("undelivered", "30007", "undelivered", "filtered", False),
        ("undelivered", "99999", "undelivered", "not_delivered", False),
        ("undelivered", "30004", "undelivered", "blocked", True),
        ("undelivered", "30005", "undelivered", "unknown_number", True),
        ("failed", "30006", "failed", "landline", True),
        ("failed", "21610", "failed", "opted_out", False),
        ("canceled", None, "failed", "cancelled_at_provider", False),
    ],
)
def test_a_status_of_twilio(status: str, code: Any, state: str, reason: str | None, closes: bool) -> None:
    report = twilio_reports.report_of(status, code, NOON)
    assert (report.state, report.reason, report.reason in CLOSED_FOR) == (MessageState(state), reason, closes)


@pytest.mark.parametrize(
    ("event", "state", "reason", "closes"),
    [
        ({"event": "processed"}, "sent", None, False),
        ({"event": "deferred", "response": "451 try later"}, "sent", None, False),
        ({"event": "delivered"}, "delivered", None, False),
        ({"event": "open"}, "read", None, False),
        ({"event": "bounce", "type": "bounce", "status": "5.1.1"}, "undelivered", "bounced", True),
        ({"event": "bounce", "type": "blocked"}, "undelivered", "blocked_by_mail_server", False),
        ({"event": "dropped", "reason": "Bounced Address"}, "failed", "bounced", True),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, "failed", "spam_report", True),
        ({"event": "dropped", "reason": "Invalid SMTPAPI header"}, "failed", "dropped", False),
        ({"event": "spamreport"}, "delivered", "spam_report", True),
        ({"event": "group_unsubscribe"}, "delivered", "unsubscribed", True),
    ],
)
def test_an_event_of_sendgrid(event: dict[str, Any], state: str, reason: str | None, closes: bool) -> None:
    report = sendgrid_reports.report_of(event, NOON)
    assert (report.state, report.reason, report.reason in CLOSED_FOR) == (MessageState(state), reason, closes)


@pytest.mark.parametrize("said", ["", "exploded"])
def test_what_no_provider_publishes_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        twilio_reports.report_of(said, None, NOON)
    with pytest.raises(ValueError, match="is no"):
        sendgrid_reports.report_of({"event": said}, NOON)


def test_every_permanent_code_closes_the_number() -> None:
    permanent = {21211: "invalid_number", 21614: "not_mobile", 21635: "landline"}
    assert {code: MEANING[code].reason for code in permanent} == permanent
    assert {*permanent.values(), DELIVERY[30004], DELIVERY[30005], DELIVERY[30006]} <= CLOSED_FOR


@pytest.mark.parametrize(
    ("public_url", "called"),
    [
        ("https://academy.example", "https://academy.example/status?nid=1&x="),
        ("https://academy.example/", "https://academy.example:443/status?nid=1&x="),
        ("https://academy.example:8443/b", "https://academy.example:8443/b/status?nid=1&x="),
    ],
)
def test_twilios_signature_is_over_our_public_address_with_every_field(public_url: str, called: str) -> None:
    body = b"To=%2B14155550101&ErrorCode=&Body=h%C3%A9&To=%2B1"
    signed = {"To": "+14155550101", "ErrorCode": "", "Body": "hé"}
    signature = RequestValidator("token").compute_signature(called, _Many(signed, To=["+14155550101", "+1"]))

    def fits(token: str = "token", query: str = "nid=1&x=", form: bytes = body) -> bool:
        return is_from_twilio(token, public_url, "/status", query, read_form(form), signature)

    assert fits()
    assert not fits(token="another")
    assert not fits(query="x=&nid=1")
    assert not fits(query="")
    assert not fits(form=body.replace(b"ErrorCode=&", b""))


class _Many(dict[str, Any]):
    def __init__(self, fields: dict[str, str], **many: list[str]) -> None:
        super().__init__({**{name: [value] for name, value in fields.items()}, **many})

    def getlist(self, name: str) -> list[str]:
        return list(self[name])
