"""A calendar as iCalendar text (RFC 5545). The same entries always make the same bytes, so that an ETag can hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import timedelta

from icalendar import Calendar, Event, vDuration, vText, vUri

from domain.calendar_entries import Entry

ASKED_AGAIN_AFTER = timedelta(hours=1)
_FROM_RIGHT = frozenset({"R", "AL"})
_ISOLATE, _ISOLATED = "\u2068", "\u2069"


def calendar(name: str, host: str, entries: Iterable[Entry]) -> bytes:
    """The calendar of this name. `host` makes the sessions' ids unique in the world."""
    made = Calendar()
    made.add("version", "2.0")
    made.add("prodid", "-//Bellwether//Sessions//EN")
    made.add("calscale", "GREGORIAN")
    for label in ("name", "x-wr-calname"):
        made.add(label, vText(_plain(name)))
    made.add("refresh-interval", vDuration(ASKED_AGAIN_AFTER), parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", vDuration(ASKED_AGAIN_AFTER))
    for entry in entries:
        made.add_component(_event(entry, host))
    written: bytes = made.to_ical()
    return written


def _event(entry: Entry, host: str) -> Event:
    event = Event()
    event.add("uid", f"{entry.session_id}@{host}")
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.modified_at)
    event.add("last-modified", entry.modified_at)
    event.add("dtstart", entry.starts_at)  # in UTC: right in every zone, whatever the reader's program knows of zones
    event.add("dtend", entry.ends_at)
    event.add("summary", _summary(entry))
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.is_cancelled else "OPAQUE")
    said = [entry.topic, f"With {_isolated(entry.instructor_name)}" if entry.instructor_name else None, entry.link]
    if any(said):
        event.add("description", _plain("\n".join(s for s in said if s)))
    if entry.link:
        event.add("location", entry.link)
        event.add("url", vUri(entry.link))
    return event


def _summary(entry: Entry) -> str:
    subject = _isolated(entry.subject)
    if not entry.names_students or not entry.students:
        return _plain(subject)
    return _plain(f"{subject} ({', '.join(map(_isolated, entry.students))})")


def _isolated(name: str) -> str:
    """A name written from the right, set apart so that it does not turn around what stands beside it."""
    from_right = any(unicodedata.bidirectional(letter) in _FROM_RIGHT for letter in name)
    return f"{_ISOLATE}{name}{_ISOLATED}" if from_right else name


def _plain(said: str) -> str:
    """Without control characters, which iCalendar has no way to write; line breaks stay."""
    lines = said.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(" " if unicodedata.category(c) == "Cc" and c != "\n" else c for c in lines)
