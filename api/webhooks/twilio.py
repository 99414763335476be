"""Twilio's status callbacks: a form for each step of a text, signed over the address it was sent to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qs

from api.webhooks.admitting import Called
from api.webhooks.source import MISSING, WRONG, Event, Unreadable, key_of, refuse
from domain.delivery import Report
from messaging.twilio_reports import report_of
from messaging.twilio_signature import SIGNATURE_HEADER, SIGNATURE_SETTINGS_HEADER, is_from_twilio, read_form
from settings import Settings


class Twilio:
    """Texts. The message's id rides in the address as `nid`, so it is signed too."""

    name = "twilio"

    def is_set_up(self, settings: Settings) -> bool:
        """True once the token is set, and our own address, which is part of what is signed."""
        return settings.twilio_auth_token is not None and settings.public_url is not None

    def verify(self, settings: Settings, called: Called, now: datetime) -> None:
        """Raises Unauthorized. Twilio signs no time; a repeat changes nothing."""
        del now
        assert settings.twilio_auth_token is not None
        assert settings.public_url is not None
        signature = called.headers.get(SIGNATURE_HEADER)
        if not signature:
            raise refuse(MISSING, f"the header {SIGNATURE_HEADER} is needed")
        token, algorithm = settings.twilio_auth_token.get_secret_value(), called.headers.get(SIGNATURE_SETTINGS_HEADER)
        try:
            form = read_form(called.body)
        except ValueError:
            raise refuse(WRONG, "the body is no form, so its signature cannot be checked") from None
        if not is_from_twilio(token, settings.public_url, called.path, called.query, form, signature, algorithm):
            raise refuse(
                WRONG,
                "the signature does not fit the address and the form; check BELLWETHER_TWILIO_AUTH_TOKEN, and that "
                "BELLWETHER_PUBLIC_URL is the address Twilio calls",
            )

    def events(self, called: Called) -> Sequence[tuple[str, Event]]:
        """The one report, with its message's id. It has no id of its own: a text takes each status once."""
        form = _fields(called.text)
        key = key_of(":".join((_sid(form), form.get("MessageStatus", ""), form.get("ErrorCode", ""))))
        if key is None:
            raise Unreadable("no MessageSid")
        return ((parse_qs(called.query).get("nid", [""])[0], Event(key, called.text)),)

    def read(self, body: str, now: datetime) -> tuple[Report, str | None]:
        """What the report says, and Twilio's id of the text. Raises Unreadable."""
        form = _fields(body)
        try:
            return report_of(form.get("MessageStatus", ""), form.get("ErrorCode"), now), _sid(form)
        except ValueError as problem:
            raise Unreadable(str(problem)) from problem


def _fields(body: str) -> dict[str, str]:
    try:
        return dict(read_form(body.encode()))
    except ValueError as problem:
        raise Unreadable("no form") from problem


def _sid(form: dict[str, str]) -> str:
    sid = form.get("MessageSid")
    if not sid:
        raise Unreadable("no MessageSid")
    return sid
