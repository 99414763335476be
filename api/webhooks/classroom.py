"""Any other classroom: signed by the Standard Webhooks rules (standardwebhooks.com), in words of our own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from api.evidence_items import EvidenceIn, Kind, observed
from api.persons import PersonIn
from api.values import Asked, FreeText, Instant, Name, Reference, RowId
from api.webhooks.source import MISSING, STALE, WRONG, Event, Happening, Unreadable, key_of, parse, refuse
from db.roster import Directory
from settings import Settings

MOST = 1000
_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


class Type(StrEnum):
    """What a document tells."""

    JOINED = "participant.joined"
    LEFT = "participant.left"
    ENGAGEMENT = "participant.engagement"
    COMPREHENSION = "participant.comprehension"
    OPENED = "room.opened"
    CLOSED = "room.closed"
    SUMMARY = "session.summary"


_KINDS = {
    Type.JOINED: Kind.JOINED,
    Type.LEFT: Kind.LEFT,
    Type.ENGAGEMENT: Kind.ENGAGEMENT,
    Type.COMPREHENSION: Kind.COMPREHENSION,
    Type.OPENED: Kind.ROOM_OPENED,
    Type.CLOSED: Kind.ROOM_CLOSED,
    Type.SUMMARY: Kind.SUMMARY,
}


class Document(Asked):
    """One thing that happened. The session is named by id, by ref, or by the room it meets in (`meeting_ref`)."""

    type: Type
    session_id: RowId | None = None
    session_ref: Reference | None = None
    meeting_ref: Reference | None = None
    at: Instant
    participant: PersonIn = Field(default_factory=PersonIn)
    value: float | None = None
    topic: Name | None = None
    catch_up: FreeText | None = None


class Classroom:
    """Documents, one or up to 1,000 in `items`."""

    name = "classroom"

    def is_set_up(self, settings: Settings) -> bool:
        """True once the secret is set."""
        return settings.classroom_webhook_secret is not None

    def verify(self, settings: Settings, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raises Unauthorized. The time of sending is held against this machine's clock: at most 5 minutes."""
        del now
        assert settings.classroom_webhook_secret is not None
        if not all(headers.get(h) for h in _HEADERS):
            raise refuse(MISSING, f"the headers {', '.join(_HEADERS)} are needed")
        given = {h: headers[h] for h in _HEADERS}
        try:
            Webhook(settings.classroom_webhook_secret.get_secret_value()).verify(body, given, json_parse=False)
        except WebhookVerificationError as problem:
            if "timestamp too" in str(problem):
                raise refuse(STALE, "the webhook was signed more than 5 minutes ago or ahead") from None
            raise refuse(WRONG, "no signature fits the body; check BELLWETHER_CLASSROOM_WEBHOOK_SECRET") from None
        except ValueError:  # the library does not expect a signature without a version, or a body that is no text
            raise refuse(WRONG, "webhook-signature is not in the form v1,<base64>") from None

    def answer(self, settings: Settings, body: str) -> dict[str, str] | None:
        """Nothing is asked."""
        del settings, body
        return None

    def events(self, headers: Mapping[str, str], body: str) -> Sequence[Event]:
        """The documents. Each item of a batch is an event of its own, so that one can be mended alone."""
        key = key_of(headers["webhook-id"])
        said = parse(body)
        if key is None:
            raise Unreadable("no webhook-id")
        if "items" not in said:
            return (Event(key, body),)
        items: Any = said["items"]
        if not isinstance(items, list) or not 1 <= len(items) <= MOST or len(said) > 1:
            raise Unreadable("items is no list of 1 to 1,000 documents")
        return [Event(f"{key}/{number}", json.dumps(item)) for number, item in enumerate(items)]

    async def read(self, names: Directory, body: str, now: datetime) -> Happening:
        """What a document says. Raises Unreadable, NotFound."""
        try:
            said = Document.model_validate(parse(body))
            asked = EvidenceIn.model_validate(
                {
                    "kind": _KINDS[said.type],
                    **said.participant.model_dump(exclude_none=True),
                    **said.model_dump(include={"at", "value", "topic", "catch_up"}),
                }
            )
        except ValidationError as problem:
            raise Unreadable(str(problem)) from problem
        found = await observed(names, asked, asked.key, now)
        return Happening((found,), said.session_id, said.session_ref, said.meeting_ref)
