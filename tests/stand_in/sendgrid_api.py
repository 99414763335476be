"""SendGrid's mail/send, as published: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.stand_in.faults import Fault
from tests.stand_in.request import Answer, Received

_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
# The published top-level names; the API refuses others.
_PUBLISHED = (
    "personalizations from reply_to reply_to_list subject content attachments template_id headers categories "
    "custom_args send_at batch_id asm ip_pool_name mail_settings tracking_settings"
)
_FIELDS = frozenset(_PUBLISHED.split())
PATH = "/v3/mail/send"
_UNREADABLE = "\0unreadable"


@dataclass(frozen=True)
class SendGridApi:
    """One account with one key and one verified sender."""

    api_key: str = "SG.stand-in"
    sender: str = "academy@example.org"

    def read(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Received:
        """The JSON of a request."""
        try:
            mail = json.loads(body)
        except ValueError:
            mail = None
        fields = mail if isinstance(mail, dict) else {_UNREADABLE: True}
        first = _first(_first(fields.get("personalizations")).get("to"))
        args = {**_dict(fields.get("custom_args")), **_dict(_first(fields.get("personalizations")).get("custom_args"))}
        return Received("sendgrid", method, path, headers, fields, first.get("email"), args.get("nid"))

    def refusal(self, received: Received) -> Answer | None:
        """Authorization, path and method first, then everything that is wrong with the mail at once."""
        if received.headers.get("authorization") != f"Bearer {self.api_key}":
            return _problem(401, [(None, "The provided authorization grant is invalid, expired, or revoked")])
        if received.path != PATH:
            return _problem(404, [(None, "not found")])
        if received.method != "POST":
            return _problem(405, [(None, "method not allowed")])
        if received.headers.get("content-type", "").partition(";")[0] != "application/json":
            return _problem(415, [(None, "Content-Type should be application/json.")])
        if _UNREADABLE in received.fields:
            return _problem(400, [(None, "Bad Request")])
        if wrong := list(_wrong(received.fields)):
            return _problem(400, wrong)
        if received.fields["from"]["email"] != self.sender:
            return _problem(403, [("from", "The from address does not match a verified Sender Identity.")])
        return None

    def new_id(self) -> str:
        """22 letters and digits, as in X-Message-Id."""
        return secrets.token_urlsafe(16)

    def accept(self, received: Received, provider_id: str) -> Answer:
        """202 without a body."""
        return Answer(202, headers={"X-Message-Id": provider_id})

    def failure(self, fault: Fault, status: int) -> Answer:
        """{"errors": [{"message", "field", "help"}]}, and X-RateLimit-Reset as Unix seconds."""
        wait = (
            {}
            if fault.wait_seconds is None
            else {
                "X-RateLimit-Limit": "600",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(int(time.time()) + fault.wait_seconds),
            }
        )
        return _problem(status, [(fault.field_at_fault, fault.message)], {**wait, **fault.headers})


def _problem(status: int, errors: list[tuple[str | None, str]], headers: Mapping[str, str] | None = None) -> Answer:
    document = {"errors": [{"message": message, "field": field, "help": None} for field, message in errors]}
    return Answer.of_json(status, document, headers)


def _wrong(mail: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    """Each field that breaks a published rule, with a message."""
    for name in sorted(set(mail) - _FIELDS):
        yield name, f"Additional property {name} is not allowed"
    people = mail.get("personalizations")
    if not isinstance(people, list) or not 1 <= len(people) <= 1000:
        yield "personalizations", "The personalizations field is required and must have at least one personalization."
        people = []
    for place, person in enumerate(map(_dict, people)):
        yield from _wrong_person(f"personalizations.{place}", person)
    if not _ADDRESS.fullmatch(str(_dict(mail.get("from")).get("email", ""))):
        yield "from.email", "The from email does not contain a valid address."
    if not mail.get("subject") and not all(_dict(person).get("subject") for person in people):
        yield "subject", "The subject is required."
    parts = mail.get("content")
    if not isinstance(parts, list) or not parts:
        yield "content", "Unless a valid template_id is provided, the content parameter is required."
        parts = []
    for place, part in enumerate(map(_dict, parts)):
        if not isinstance(part.get("type"), str) or "/" not in part["type"]:
            yield f"content.{place}.type", "The content type must be a MIME type."
        if not isinstance(part.get("value"), str) or not part["value"]:
            yield f"content.{place}.value", "The content value must be a string at least one character in length."


def _wrong_person(where: str, person: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    to = person.get("to")
    if not isinstance(to, list) or not to:
        yield f"{where}.to", "The to array is required for all personalization objects."
        to = []
    for place, address in enumerate(map(_dict, to)):
        if not _ADDRESS.fullmatch(str(address.get("email", ""))):
            yield f"{where}.to.{place}.email", "Does not contain a valid address."
    if any(not isinstance(value, str) for value in _dict(person.get("custom_args")).values()):
        yield f"{where}.custom_args", "The custom_args values must be strings."


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(value: object) -> dict[str, Any]:
    return _dict(value[0]) if isinstance(value, list) and value else {}
