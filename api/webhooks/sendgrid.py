"""SendGrid's event webhook: lists of events, signed over the time of sending and the raw body."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from api.webhooks.admitting import Called
from api.webhooks.source import MISSING, STALE, WRONG, Event, Unreadable, digest, key_of, parse, refuse
from domain.delivery import Report
from messaging.sendgrid_reports import NO_REPORTS, report_of
from messaging.sendgrid_signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, is_from_sendgrid
from settings import Settings

OLDEST = timedelta(hours=72)
AHEAD = timedelta(minutes=5)


class SendGrid:
    """E-mails. The message's id comes back from `custom_args` as the field `nid` of each event."""

    name = "sendgrid"

    def is_set_up(self, settings: Settings) -> bool:
        """True once the public key is set."""
        return settings.sendgrid_webhook_public_key is not None

    def verify(self, settings: Settings, called: Called, now: datetime) -> None:
        """Raises Unauthorized. SendGrid tries again for days, so 72 hours are not too late."""
        assert settings.sendgrid_webhook_public_key is not None
        signature, sent = called.headers.get(SIGNATURE_HEADER), called.headers.get(TIMESTAMP_HEADER)
        if not signature or not sent:
            raise refuse(MISSING, f"the headers {SIGNATURE_HEADER} and {TIMESTAMP_HEADER} are needed")
        if not is_from_sendgrid(settings.sendgrid_webhook_public_key, sent, called.body, signature):
            raise refuse(WRONG, "the signature does not fit the body; check BELLWETHER_SENDGRID_WEBHOOK_PUBLIC_KEY")
        try:
            at = datetime.fromtimestamp(int(sent), UTC)
        except (ValueError, OverflowError, OSError):
            raise refuse(WRONG, f"{TIMESTAMP_HEADER} is no time") from None
        if not -AHEAD <= now - at <= OLDEST:
            raise refuse(STALE, "the events were signed more than 72 hours ago, or ahead of our time")

    def events(self, called: Called) -> Sequence[tuple[str, Event]]:
        """The events about messages of ours, each with its message's id: the account may send other mail, too."""
        try:
            listed = json.loads(called.text)
        except (ValueError, RecursionError) as problem:
            raise Unreadable("no JSON") from problem
        if not isinstance(listed, list) or not all(isinstance(event, dict) for event in listed):
            raise Unreadable("no list of events")
        return [
            (str(event["nid"]), Event(key_of(event.get("sg_event_id")) or digest(json.dumps(event)), json.dumps(event)))
            for event in listed
            if event.get("nid") and event.get("event") not in NO_REPORTS
        ]

    def read(self, body: str, now: datetime) -> tuple[Report, str | None]:
        """What the event says, and SendGrid's id of the mail, which begins its own. Raises Unreadable."""
        event = parse(body)
        try:
            return report_of(event, now), str(event.get("sg_message_id") or "").partition(".")[0] or None
        except ValueError as problem:
            raise Unreadable(str(problem)) from problem
