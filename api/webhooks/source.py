"""What every classroom's webhook has to offer, and the values they all deal in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from api.problems import Unauthorized
from db.fields import FIRST_YEAR, LAST_YEAR
from db.observing import Observed
from db.participants import clean
from db.roster import Directory
from settings import Settings

MISSING, WRONG, STALE = "signature_missing", "signature_wrong", "signature_stale"
LONGEST_KEY = 200


class Unreadable(Exception):  # noqa: N818  it is kept and shown, not a failure
    """A signed event that does not say what it should."""


@dataclass(frozen=True)
class Event:
    """An event as it is kept: what makes it the same when it is sent again, and its words."""

    key: str
    body: str


@dataclass(frozen=True)
class Happening:
    """What an event says happened, and in which session: by id, by ref, or by its room."""

    observed: tuple[Observed, ...]
    session_id: str | None = None
    session_ref: str | None = None
    room: str | None = None


class Source(Protocol):
    """A classroom's webhook."""

    name: str

    def is_set_up(self, settings: Settings) -> bool:
        """True once its secret is set."""

    def verify(self, settings: Settings, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raises Unauthorized unless the body is signed with the secret, lately."""

    def answer(self, settings: Settings, body: str) -> dict[str, str] | None:
        """The answer to a signed question of the classroom itself; None for an event."""

    def events(self, headers: Mapping[str, str], body: str) -> Sequence[Event]:
        """The events in a body; none when it is no evidence. Raises Unreadable."""

    async def read(self, names: Directory, body: str, now: datetime) -> Happening:
        """What an event says. Raises Unreadable, or NotFound for somebody named who is not known."""


def refuse(reason: str, detail: str) -> Unauthorized:
    """The refusal of a webhook; the reason is counted."""
    return Unauthorized(reason, detail)


def digest(*parts: object) -> str:
    """A key from what makes an event the same."""
    return hashlib.sha256("|".join(str(p) for p in parts).encode("utf-8", "backslashreplace")).hexdigest()


def key_of(given: object) -> str | None:
    """The sender's own id of an event, as a key."""
    found = clean(given, longest=10_000)
    return found if found is None or len(found) <= LONGEST_KEY else digest(found)


def parse(body: str) -> dict[str, Any]:
    """The JSON object in a body. Raises Unreadable."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise Unreadable("no JSON") from problem
    if not isinstance(found, dict):
        raise Unreadable("no JSON object")
    return found


def part(of: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object within an object. Raises Unreadable when there is none."""
    found = of.get(name)
    if not isinstance(found, dict):
        raise Unreadable(f"{name} is missing")
    return found


def checked(at: datetime) -> datetime:
    """An instant the books can hold. Raises Unreadable."""
    if at.tzinfo is None or not FIRST_YEAR <= at.year < LAST_YEAR:
        raise Unreadable("a time that cannot be")
    return at
