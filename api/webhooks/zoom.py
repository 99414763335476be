"""Zoom's webhooks: `v0=` HMAC-SHA256 over `v0:{timestamp}:{body}` with the app's secret token.

(source: developers.zoom.us, "Using webhooks": verification and URL validation)
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from api.webhooks.source import (
    MISSING,
    STALE,
    WRONG,
    Event,
    Happening,
    Unreadable,
    checked,
    digest,
    parse,
    part,
    refuse,
)
from db.observing import Observed
from db.participants import Shown, clean
from db.roster import Directory
from domain.evidence import EvidenceKind
from settings import Settings

OLDEST = timedelta(minutes=90)
"""Zoom tries again after 5, 25 and 85 minutes, with the first try's time in the header."""
CHALLENGE = "endpoint.url_validation"
_KINDS = {
    "started": (EvidenceKind.ROOM_OPENED, "start_time"),
    "ended": (EvidenceKind.ROOM_CLOSED, "end_time"),
    "participant_joined": (EvidenceKind.JOINED, "join_time"),
    "participant_left": (EvidenceKind.LEFT, "leave_time"),
    "participant_joined_breakout_room": (EvidenceKind.JOINED, "join_time"),
    "participant_left_breakout_room": (EvidenceKind.LEFT, "leave_time"),
}
_OF_THE_ROOM = (EvidenceKind.ROOM_OPENED, EvidenceKind.ROOM_CLOSED)


class Zoom:
    """Meetings and webinars. Who goes into a breakout room stays in class."""

    name = "zoom"

    def is_set_up(self, settings: Settings) -> bool:
        """True once the secret token is set."""
        return settings.zoom_webhook_secret is not None

    def verify(self, settings: Settings, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raises Unauthorized."""
        signature, sent = headers.get("x-zm-signature"), headers.get("x-zm-request-timestamp")
        if not signature or not sent:
            raise refuse(MISSING, "x-zm-signature and x-zm-request-timestamp are needed")
        wanted = "v0=" + _sign(settings, b"v0:" + sent.encode() + b":" + body)
        if not hmac.compare_digest(wanted.encode(), signature.encode()):
            raise refuse(WRONG, "the signature does not fit the body; check BELLWETHER_ZOOM_WEBHOOK_SECRET")
        try:
            at = datetime.fromtimestamp(int(sent), UTC)
        except (ValueError, OverflowError, OSError):
            raise refuse(WRONG, "x-zm-request-timestamp is no time") from None
        if abs(now - at) > OLDEST:
            raise refuse(STALE, "the request was signed more than 90 minutes ago or ahead")

    def answer(self, settings: Settings, body: str) -> dict[str, str] | None:
        """The proof Zoom asks for when the address is entered, and every 72 hours."""
        try:
            asked = parse(body)
            token = part(asked, "payload").get("plainToken") if asked.get("event") == CHALLENGE else None
        except Unreadable:
            return None
        if not isinstance(token, str):
            return None
        return {"plainToken": token, "encryptedToken": _sign(settings, token.encode("utf-8", "replace"))}

    def events(self, headers: Mapping[str, str], body: str) -> Sequence[Event]:
        """One event, if it is about a room or its participants. Zoom gives it no id."""
        del headers
        said = parse(body)
        found = _kind(said)
        if found is None:
            return ()
        room = part(part(said, "payload"), "object")
        who = {} if found[0] in _OF_THE_ROOM else part(room, "participant")
        named = [who.get("participant_uuid"), who.get("user_id"), room.get("breakout_room_uuid")]
        return (Event(digest(said["event"], room.get("uuid"), *named, _time(said, room, who, found[1])), body),)

    async def read(self, names: Directory, body: str, now: datetime) -> Happening:
        """What the event says. Raises Unreadable."""
        del names, now
        said = parse(body)
        found = _kind(said)
        if found is None:
            raise Unreadable("no event of a room or its participants")
        kind, time = found
        room = part(part(said, "payload"), "object")
        who = {} if kind in _OF_THE_ROOM else part(room, "participant")
        seat = clean(who.get("user_id")) or clean(who.get("participant_uuid"))
        if kind not in _OF_THE_ROOM and seat is None:
            raise Unreadable("a participant without user_id")
        apart = clean(room.get("breakout_room_uuid"))
        (event,) = self.events({}, body)
        observed = Observed(
            key=event.key,
            kind=kind,
            at=_time(said, room, who, time),
            shown=_shown(who, seat) if who else None,
            connection=f"{seat}/{apart}" if apart else seat,
        )
        return Happening((observed,), room=clean(room.get("id")))


def _sign(settings: Settings, message: bytes) -> str:
    assert settings.zoom_webhook_secret is not None
    return hmac.new(settings.zoom_webhook_secret.get_secret_value().encode(), message, hashlib.sha256).hexdigest()


def _kind(said: Mapping[str, Any]) -> tuple[EvidenceKind, str] | None:
    """What the event is about, and the field with its time."""
    event = said.get("event")
    if not isinstance(event, str):
        raise Unreadable("no event")
    group, _, name = event.partition(".")
    return _KINDS.get(name) if group in ("meeting", "webinar") else None


def _shown(who: Mapping[str, Any], seat: str | None) -> Shown:
    """A Zoom account can be a family's: it says who somebody is only where there is no address."""
    email = clean(who.get("email"))
    return Shown(
        registrant_id=clean(who.get("registrant_id")),
        customer_key=clean(who.get("customer_key")),
        identity=None if email else clean(who.get("id")),
        email=email,
        name=clean(who.get("user_name")),
        seat=seat,
    )


def _time(said: Mapping[str, Any], room: Mapping[str, Any], who: Mapping[str, Any], name: str) -> datetime:
    written = who.get(name) or room.get(name)
    try:
        if written:
            return checked(datetime.fromisoformat(str(written)))
        return checked(datetime.fromtimestamp(int(said["event_ts"]) // 1000, UTC))
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as problem:
        raise Unreadable(f"{name} is no time") from problem
