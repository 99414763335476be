"""LiveKit's webhooks: the header is a JWT signed with the API secret that holds the body's SHA-256.

(source: docs.livekit.io, "Webhooks & events"; livekit_webhook.proto; the SDKs' receivers allow a minute of leeway)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from api.webhooks.source import (
    MISSING,
    STALE,
    WRONG,
    Event,
    Happening,
    Unreadable,
    checked,
    key_of,
    parse,
    part,
    refuse,
)
from db.observing import Observed
from db.participants import Shown, clean
from db.roster import Directory
from domain.evidence import EvidenceKind
from settings import Settings

LEEWAY = timedelta(minutes=1)
_KINDS = {
    "room_started": EvidenceKind.ROOM_OPENED,
    "room_finished": EvidenceKind.ROOM_CLOSED,
    "participant_joined": EvidenceKind.JOINED,
    "participant_left": EvidenceKind.LEFT,
    "participant_connection_aborted": EvidenceKind.LEFT,
}
_OF_THE_ROOM = (EvidenceKind.ROOM_OPENED, EvidenceKind.ROOM_CLOSED)
_MACHINES = ("INGRESS", "EGRESS", "AGENT", 1, 2, 4)


class LiveKit:
    """Rooms. An identity is what the operator put into the student's token: best our id or ref of him."""

    name = "livekit"

    def is_set_up(self, settings: Settings) -> bool:
        """True once key and secret are set."""
        return settings.livekit_api_key is not None and settings.livekit_api_secret is not None

    def verify(self, settings: Settings, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raises Unauthorized. The token's times are held against this machine's clock."""
        del now
        assert settings.livekit_api_secret is not None
        token = headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not token:
            raise refuse(MISSING, "the header Authorization with LiveKit's token is needed")
        secret = settings.livekit_api_secret.get_secret_value()
        try:
            claims = jwt.decode(
                token,
                secret,
                ["HS256"],
                options={"require": ["exp", "iss"]},
                issuer=settings.livekit_api_key,
                leeway=LEEWAY,
            )
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
            raise refuse(STALE, "the token has expired or is not valid yet") from None
        except (jwt.PyJWTError, ValueError):
            raise refuse(WRONG, "the token is not signed with BELLWETHER_LIVEKIT_API_SECRET by its key") from None
        own = base64.b64encode(hashlib.sha256(body).digest())
        if not hmac.compare_digest(own, str(claims.get("sha256", "")).encode("utf-8", "replace")):
            raise refuse(WRONG, "the token belongs to another body")

    def answer(self, settings: Settings, body: str) -> dict[str, str] | None:
        """LiveKit asks nothing."""
        del settings, body
        return None

    def events(self, headers: Mapping[str, str], body: str) -> Sequence[Event]:
        """One event, if it is about a room or a person in it. Recorders, streams and agents are no people."""
        del headers
        said = parse(body)
        kind = _kind(said)
        if kind is None or (kind not in _OF_THE_ROOM and part(said, "participant").get("kind") in _MACHINES):
            return ()
        key = key_of(said.get("id"))
        if key is None:
            raise Unreadable("no id")
        return (Event(key, body),)

    async def read(self, names: Directory, body: str, now: datetime) -> Happening:
        """What the event says. Raises Unreadable."""
        del names, now
        said = parse(body)
        kind = _kind(said)
        if kind is None:
            raise Unreadable("no event of a room or its participants")
        room = clean(part(said, "room").get("name"))
        at = _seconds(said, "createdAt", "created_at")
        key = key_of(said.get("id"))
        if room is None or key is None:
            raise Unreadable("no room, or no id")
        if kind in _OF_THE_ROOM:
            return Happening((Observed(key=key, kind=kind, at=at),), room=room)
        who = part(said, "participant")
        seat = clean(who.get("sid"))
        shown = Shown(identity=clean(who.get("identity")), name=clean(who.get("name")), seat=seat)

        def seen(kind: EvidenceKind, at: datetime) -> Observed:
            own = f"{seat}:{kind.value}" if seat else key
            return Observed(key=own, kind=kind, at=at, shown=shown, connection=seat)

        if seat is None or not (who.get("joinedAt") or who.get("joined_at")):
            return Happening((seen(kind, at),), room=room)
        joined = seen(EvidenceKind.JOINED, _seconds(who, "joinedAt", "joined_at"))
        if kind is EvidenceKind.JOINED:
            return Happening((joined,), room=room)
        return Happening((joined, seen(kind, max(at, joined.at))), room=room)  # a leave also tells a join that was lost


def _kind(said: Mapping[str, Any]) -> EvidenceKind | None:
    event = said.get("event")
    if not isinstance(event, str):
        raise Unreadable("no event")
    return _KINDS.get(event)


def _seconds(of: Mapping[str, Any], *names: str) -> datetime:
    """An instant in seconds. (Milliseconds exist for joins only; mixed with these a leave would precede its join.)"""
    written = next((of[n] for n in names if n in of), None)
    try:
        return checked(datetime.fromtimestamp(int(str(written)), UTC))
    except (ValueError, OverflowError, OSError) as problem:
        raise Unreadable(f"{names[0]} is no time") from problem
