"""Times, numbers and names in plain words: the small parts every text is made of."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.tasks import TaskKind
from domain.working_time import local

_TASKS: dict[str, str] = {
    TaskKind.READ_REPLY: "reply to read",
    TaskKind.FIX_CONTACT: "contact data to fix",
    TaskKind.WEBHOOK_FAILING: "webhook endpoint to mend",
}


class Dates(NamedTuple):
    """How a language calls days from Monday and months from January, short; and "today", "tomorrow"."""

    days: tuple[str, ...]
    months: tuple[str, ...]
    near: tuple[str, str]


ENGLISH = Dates(
    days=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    near=("today", "tomorrow"),
)
PLAIN = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."})
"""Typographic signs and what stands for them in an SMS."""
_JOINERS = "\u200c\u200d"
"""Zero-width characters that belong to spelling and to emoji; all other invisible ones are dropped."""


def when(at: datetime, zone: str, *, with_zone: bool = False, dates: Dates = ENGLISH) -> str:
    """An instant as people of that zone say it: "Tue 3 Mar 17:40", with the zone "Tue 3 Mar, 17:40 CET"."""
    wall = local(at, zone)
    on = day(wall, dates)
    return f"{on}, {wall:%H:%M} {_zone_words(wall)}" if with_zone else f"{on} {wall:%H:%M}"


def day(wall: datetime, dates: Dates = ENGLISH) -> str:
    """A local date as it is said: "Tue 3 Mar"."""
    return f"{dates.days[wall.weekday()]} {wall.day} {dates.months[wall.month - 1]}"


def clock(at: datetime, zone: str) -> str:
    """The time of day alone, with the zone: "17:40 CET"."""
    wall = local(at, zone)
    return f"{wall:%H:%M} {_zone_words(wall)}"


def soon(at: datetime, now: datetime | None, zone: str, dates: Dates = ENGLISH) -> str:
    """ "today", "tomorrow", or nothing when it is further away or `now` is not known."""
    ahead = (local(at, zone).date() - local(now, zone).date()).days if now else None
    return dates.near[ahead] if ahead in (0, 1) else ""


def lasting(span: timedelta, units: tuple[str, str, str] = ("minute", "hour", "day")) -> str:
    """A length of time: "24 hours", "2 days", "90 minutes". `units` are what one of each is called."""
    minutes = span // timedelta(minutes=1)
    if minutes % 60:
        return counted(minutes, units[0])
    hours = minutes // 60
    return counted(hours // 24, units[2]) if hours > 24 and hours % 24 == 0 else counted(hours, units[1])


def task_in_words(kind: str) -> str:
    """What a kind of task asks for: "follow up", "welcome call", "contact data to fix"."""
    return _TASKS.get(kind, kind.replace("_", " "))


def listed(items: tuple[str, ...] | list[str], last: str = "and") -> str:
    """ "Ana", "Ana and Ben", "Ana, Ben and Cleo". `last` joins the last one."""
    return f" {last} ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


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
