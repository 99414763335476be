"""Webhooks in words: what is told, where a delivery stands, and why an attempt failed."""

from __future__ import annotations

from collections.abc import Mapping

from api.raw_events import Received
from domain.announcements import AnnouncementType
from domain.deliveries import WAITS, DeliveryState
from domain.explaining import code_in_words

EVENTS: Mapping[str, tuple[str, str]] = {
    AnnouncementType.OUTCOME_SETTLED: ("Attendance settled", "what became of a lesson for a student, or a correction"),
    AnnouncementType.BALANCE_LOW: ("Balance low", "once per package, at its alert level"),
    AnnouncementType.BALANCE_EMPTY: ("Balance used up", "no lesson is left"),
    AnnouncementType.CASE_OPENED: ("Case opened", "a student needs following up, or does again"),
    AnnouncementType.CASE_RAISED: ("Case raised", "its tier went up"),
    AnnouncementType.CASE_CLOSED: ("Case closed", "with what came of it"),
    AnnouncementType.TASK_OVERDUE: ("Follow-up overdue", "its time has passed and nobody has finished it"),
    AnnouncementType.SESSION_UNRECORDED: ("Lesson not recorded", "it is over and nobody knows who was there"),
    AnnouncementType.ENDPOINT_TEST: ("Test", "sent by hand, to see whether it arrives"),
}
"""What can be told: its name, and when it is told."""
ASKED_FOR = tuple(kind for kind in AnnouncementType if kind is not AnnouncementType.ENDPOINT_TEST)
"""What an endpoint may ask for; a test needs no asking."""
STATES: Mapping[str, tuple[str, str, str]] = {
    DeliveryState.QUEUED: ("Waiting", "clock", "now"),
    DeliveryState.DELIVERED: ("Delivered", "check", "ok"),
    DeliveryState.FAILED: ("Failed", "x", "bad"),
    DeliveryState.CANCELLED: ("Cancelled", "slash", ""),
}
"""Where a delivery stands: word, sign and tone."""
PROBLEMS: Mapping[str, str] = {
    "timeout": "no answer within 10 seconds",
    "refused": "nothing listens at this address",
    "broken": "the connection broke off",
    "certificate": "its certificate is not valid",
    "unknown_host": "there is no server of this name",
    "private_address": "its address is not a public one",
    "url": "the address cannot be used",
    "secret_unreadable": "its secret cannot be read here; give it a new one, then send again",
    "too_large": "the answer was too large",
    "gone": "it answered that it wants nothing any more (410)",
    "endpoint_inactive": "the webhook is switched off",
    "endpoint_deleted": "the webhook was deleted",
    "replayed": "sent again by a person",
}
"""Why an attempt or a delivery ended so."""
DISABLED: Mapping[str, str] = {
    "gone": "It answered that it wants nothing any more (410), so it is switched off.",
    "by_hand": "Somebody switched it off.",
}
SOURCES: Mapping[str, tuple[str, str]] = {
    "zoom": ("Zoom", "who was in the room"),
    "livekit": ("LiveKit", "who was in the room"),
    "classroom": ("Your own classroom", "who was in the room"),
    "twilio": ("Twilio", "what became of a text"),
    "twilio_inbound": ("Twilio, replies", "texts that families write"),
    "sendgrid": ("SendGrid", "what became of an e-mail"),
    "sendgrid_inbound": ("SendGrid, replies", "e-mails that families write"),
}
"""Who tells us what."""
MOST_TRIES = len(WAITS)


def problem(code: str | None) -> str:
    """A reason in words; none is empty. "http_500" is "it answered 500"."""
    if not code:
        return ""
    if code.startswith("http_"):
        return f"it answered {code.removeprefix('http_')}"
    return PROBLEMS.get(code, code_in_words(code))


def event(kind: str) -> str:
    """What was told, by name."""
    return EVENTS[kind][0] if kind in EVENTS else kind


def source(name: str) -> tuple[str, str]:
    """Who sends, and what."""
    return SOURCES.get(name, (name, ""))


def place(came: Received) -> int:
    """Where a source stands in the list: classrooms first, then who carries messages."""
    return list(SOURCES).index(came.source) if came.source in SOURCES else len(SOURCES)
