"""Times, numbers and names in plain words: the small parts every text is made of.

What days and months are called, and how dates, clocks, lengths of time and lists are written, comes from the Unicode
Common Locale Data Repository (CLDR) through Babel; `locale` is its name for a language ("es", "en_001").
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.units import format_unit

from domain.tasks import TaskKind
from domain.working_time import local

_TASKS: dict[str, str] = {
    TaskKind.READ_REPLY: "reply to read",
    TaskKind.FIX_CONTACT: "contact data to fix",
    TaskKind.WEBHOOK_FAILING: "webhook endpoint to mend",
    TaskKind.READ_NOTE: "note from an instructor to read",
}


ENGLISH = "en_001"
"""The English of families and staff: day before month, no comma before "and"."""
PLAIN = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."})
"""Typographic signs and what stands for them in an SMS."""
_JOINERS = "\u200c\u200d"
"""Zero-width characters that belong to spelling and to emoji; all other invisible ones are dropped."""


def when(at: datetime, zone: str, *, with_zone: bool = False, locale: str = ENGLISH) -> str:
    """An instant as people of that zone say it: "Tue 3 Mar 17:40", with the zone "Tue 3 Mar, 17:40 CET"."""
    on = day(local(at, zone), locale)
    return f"{on}, {clock(at, zone, locale)}" if with_zone else f"{on} {_hours(local(at, zone), locale)}"


def day(wall: date, locale: str = ENGLISH) -> str:
    """A local date as it is said: "Tue 3 Mar". CLDR's comma is left out, as the clock follows after one."""
    shape = Locale.parse(locale).datetime_skeletons["MMMEd"].pattern.replace(",", "")
    return format_date(wall, shape, locale)


def clock(at: datetime, zone: str, locale: str = ENGLISH) -> str:
    """The time of day alone, with the zone: "17:40 CET"."""
    wall = local(at, zone)
    return f"{_hours(wall, locale)} {_zone_words(wall)}"


def _hours(wall: datetime, locale: str) -> str:
    """Always of 24 hours and in two digits: nobody takes five for seventeen."""
    between = Locale.parse(locale).number_symbols["latn"].get("timeSeparator", ":")
    return f"{wall:%H}{between}{wall:%M}"


def days_ahead(at: datetime, now: datetime | None, zone: str) -> int | None:
    """How many days ahead the date is in that zone; None when `now` is not known."""
    return (local(at, zone).date() - local(now, zone).date()).days if now else None


def lasting(span: timedelta, locale: str = ENGLISH) -> str:
    """A length of time: "24 hours", "2 days", "90 minutes"."""
    minutes = span // timedelta(minutes=1)
    hours = minutes // 60
    if minutes % 60:
        return format_unit(minutes, "duration-minute", "long", locale=locale)
    if hours > 24 and hours % 24 == 0:
        return format_unit(hours // 24, "duration-day", "long", locale=locale)
    return format_unit(hours, "duration-hour", "long", locale=locale)


def task_in_words(kind: str) -> str:
    """What a kind of task asks for: "follow up", "welcome call", "contact data to fix"."""
    return _TASKS.get(kind, kind.replace("_", " "))


def listed(items: Sequence[str], locale: str = ENGLISH) -> str:
    """ "Ana", "Ana and Ben", "Ana, Ben and Cleo"."""
    return format_list(items, locale=locale)


def counted(number: int | str, unit: str) -> str:
    """A number with its unit: "1 session", "2 sessions"."""
    return f"{number} {unit}" if str(number) == "1" else f"{number} {unit}s"


def capital(sentence: str) -> str:
    """The sentence with its first letter large, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


def clean(name: str | None) -> str:
    """One line without invisible characters: controls, direction marks and halves of characters are dropped."""
    spaced = " ".join(unicodedata.normalize("NFC", name or "").split())
    return "".join(c for c in spaced if c in _JOINERS or unicodedata.category(c)[0] != "C").strip(" " + _JOINERS)


def short(name: str, limit: int) -> str:
    """The name in at most `limit` characters and five words; cut between words, or else marked with three dots."""
    words = name.split(" ")
    kept = [" ".join(words[:n]) for n in range(min(len(words), 5), 0, -1)]
    fits = next((k for k in kept if len(k) <= limit), None)
    return words[0][: limit - 3].rstrip(_JOINERS) + "..." if fits is None else fits


def _zone_words(wall: datetime) -> str:
    """The zone's abbreviation; where it has none but digits ("+0545"), the distance to UTC ("UTC+5:45")."""
    name, ahead = f"{wall:%Z}", f"{wall:%z}"
    if name.isalpha() or ahead in ("+0000", "-0000"):
        return name if name.isalpha() else "UTC"
    minutes = f":{ahead[3:5]}" if ahead[3:5] != "00" else ""
    return f"UTC{ahead[0]}{int(ahead[1:3])}{minutes}"
