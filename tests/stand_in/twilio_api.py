"""Twilio's message resource, as published: https://www.twilio.com/docs/messaging/api/message-resource."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, formatdate
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.stand_in.faults import Fault
from tests.stand_in.request import Answer, Received

_E164 = re.compile(r"\+[1-9]\d{6,14}")
# What a create request may carry (published names); Twilio would ignore others, here they are a misspelling.
_PUBLISHED = (
    "To From MessagingServiceSid Body StatusCallback ApplicationSid MaxPrice ProvideFeedback Attempt ValidityPeriod "
    "ForceDelivery ContentRetention AddressRetention SmartEncoded PersistentAction TrafficType ShortenUrls "
    "ScheduleType SendAt SendAsMms ContentVariables RiskCheck MediaUrl ContentSid"
)
_FIELDS = frozenset(_PUBLISHED.split())
_FILTERS = frozenset(("To", "From", "DateSent", "DateSent<", "DateSent>", "Page", "PageSize", "PageToken"))


@dataclass(frozen=True)
class TwilioApi:
    """One account with one number and one messaging service."""

    account_sid: str = "AC" + "0123456789abcdef" * 2
    auth_token: str = "twilio-token-of-the-stand-in"
    number: str = "+15005550006"
    service_sid: str = "MG" + "fedcba9876543210" * 2

    @property
    def path(self) -> str:
        """Where messages are created."""
        return f"/2010-04-01/Accounts/{self.account_sid}/Messages.json"

    def read(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Received:
        """The form of a request; of a list, its query."""
        path, _, query = path.partition("?")
        written = body.decode("utf-8", "replace") if method == "POST" else query
        fields = dict(parse_qsl(written, keep_blank_values=True))
        nid = parse_qs(urlsplit(fields.get("StatusCallback", "")).query).get("nid", [None])[0]
        return Received("twilio", method, path, headers, fields, fields.get("To"), nid)

    def refusal(self, received: Received) -> Answer | None:
        """The first thing that is wrong, with Twilio's number for it."""
        if received.headers.get("authorization") != self._authorization():
            return _problem(401, 20003, "Authenticate")
        if received.path != self.path and not (received.method == "GET" and self.sid_in(received.path)):
            return _problem(404, 20404, f"The requested resource {received.path} was not found")
        if received.method == "GET":
            return None if set(received.fields) <= _FILTERS else _problem(400, 20001, "Unknown parameters")
        if received.method != "POST":
            return _problem(405, 20004, "Method not allowed")
        if not received.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return _problem(415, 20415, "Unsupported media type")
        form: dict[str, str] = dict(received.fields)
        for wrong, code, message in _CHECKS:
            if wrong(self, form):
                return _problem(400, code, message)
        return None

    def sid_in(self, path: str) -> str | None:
        """The message that a path names, if it names one."""
        found = re.fullmatch(re.escape(self.path.removesuffix(".json")) + r"/(SM[0-9a-f]{32})\.json", path)
        return found[1] if found else None

    def fetched(self, text: Received | None, stands: tuple[str, int | None]) -> Answer:
        """One message as it stands, or 404."""
        if text is None:
            return _problem(404, 20404, "The requested resource was not found")
        return Answer.of_json(200, self._message(text, str(text.provider_id), *stands))

    def new_id(self) -> str:
        """SM and 32 hexadecimal digits."""
        return "SM" + secrets.token_hex(16)

    def accept(self, received: Received, provider_id: str) -> Answer:
        """201 with the message; a messaging service says "accepted" first, a number "queued"."""
        service = received.fields.get("MessagingServiceSid")
        return Answer.of_json(201, self._message(received, provider_id, "accepted" if service else "queued", None))

    def listed(
        self, asked: Received, texts: Sequence[Received], statuses: Mapping[str, tuple[str, int | None]]
    ) -> Answer:
        """The messages that fit the filters, the newest first, on one page."""
        to, since = asked.fields.get("To"), asked.fields.get("DateSent>")
        after = datetime.fromisoformat(since) if since else None
        found = [t for t in texts if to in {None, t.to} and t.at and (after is None or t.at >= after)]
        found = found[::-1][: int(asked.fields.get("PageSize", 50))]
        document = {
            "messages": [
                self._message(t, str(t.provider_id), *statuses.get(str(t.provider_id), ("sent", None))) for t in found
            ],
            "next_page_uri": None,
            "page": 0,
            "page_size": len(found),
            "uri": self.path,
        }
        return Answer.of_json(200, document)

    def _message(self, received: Received, provider_id: str, status: str, code: int | None) -> dict[str, object]:
        form, service = received.fields, received.fields.get("MessagingServiceSid")
        at = format_datetime(received.at) if received.at else formatdate()
        return {
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": form["Body"],
            "date_created": at,
            "date_sent": at if received.at else None,
            "date_updated": at,
            "direction": "outbound-api",
            "error_code": code,
            "error_message": None,
            "from": form.get("From"),
            "messaging_service_sid": service,
            "num_media": "0",
            "num_segments": "0" if service else "1",
            "price": None,
            "price_unit": "USD",
            "sid": provider_id,
            "status": status,
            "subresource_uris": {"media": f"{self.path.removesuffix('.json')}/{provider_id}/Media.json"},
            "to": form["To"],
            "uri": f"{self.path.removesuffix('.json')}/{provider_id}.json",
        }

    def failure(self, fault: Fault, status: int) -> Answer:
        """{"code", "message", "more_info", "status"}, and Retry-After."""
        wait = {} if fault.wait_seconds is None else {"Retry-After": str(fault.wait_seconds)}
        return _problem(status, fault.code or 20000 + status, fault.message, {**wait, **fault.headers})

    def _authorization(self) -> str:
        return "Basic " + base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()


def _problem(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    document = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return Answer.of_json(status, document, headers)


def _is_url(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and "_" not in (parts.hostname or "_")


def _is_validity(text: str) -> bool:
    return text.isascii() and text.isdigit() and 1 <= int(text) <= 36_000


_Form = dict[str, str]
_CHECKS: tuple[tuple[Callable[[TwilioApi, _Form], bool], int, str], ...] = (
    (lambda _, form: not set(form) <= _FIELDS, 20001, "Unknown parameters"),
    (lambda _, form: not form.get("To"), 21604, "A 'To' phone number is required."),
    (lambda _, form: not _E164.fullmatch(form["To"]), 21211, "Invalid 'To' Phone Number"),
    (
        lambda _, form: not (form.get("From") or form.get("MessagingServiceSid")),
        21603,
        "A 'From' phone number is required.",
    ),
    (lambda api, form: form.get("From", api.number) != api.number, 21606, "The 'From' number is not yours."),
    (
        lambda api, form: form.get("MessagingServiceSid", api.service_sid) != api.service_sid,
        21701,
        "The Messaging Service does not exist",
    ),
    (lambda _, form: not form.get("Body"), 21602, "Message body is required."),
    (lambda _, form: len(form["Body"]) > 1600, 21617, "The message body exceeds the 1600 character limit."),
    (
        lambda _, form: "StatusCallback" in form and not _is_url(form["StatusCallback"]),
        21609,
        "Invalid 'StatusCallback'",
    ),
    (
        lambda _, form: "ValidityPeriod" in form and not _is_validity(form["ValidityPeriod"]),
        21624,
        "Invalid validity period value",
    ),
)
