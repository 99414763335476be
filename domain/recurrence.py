"""Recurrence rules: the part of RFC 5545 that lessons need, read into a value or refused with a sentence.

FREQ (DAILY, WEEKLY, MONTHLY), INTERVAL, BYDAY, and COUNT or UNTIL, each at most once. When the lesson begins is not
in the rule: a series has its first day and its wall clock beside it, in its schedule's zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from domain.refusals import Invalid
from domain.value import Value

MOST_INSTANCES = 1000
LONGEST = timedelta(days=731)
"""Two years, one of them with a 29 February: no series goes on longer. It is then entered anew."""


class Frequency(StrEnum):
    """The step of a rule."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


class Weekday(StrEnum):
    """A day of the week, Monday first."""

    MO = "MO"
    TU = "TU"
    WE = "WE"
    TH = "TH"
    FR = "FR"
    SA = "SA"
    SU = "SU"

    @property
    def number(self) -> int:
        """0 for Monday, as `date.weekday` counts."""
        return list(Weekday).index(self)


class Day(Value):
    """An entry of BYDAY. `nth` counts in the month, from its end when negative; None means every one."""

    weekday: Weekday
    nth: int | None = None

    def __str__(self) -> str:
        return f"{self.nth or ''}{self.weekday}"


class Rule(Value):
    """A recurrence rule. `until` is the last local day, or the last instant in UTC; both are included."""

    frequency: Frequency
    interval: int = 1
    by_day: tuple[Day, ...] = ()
    count: int | None = None
    until: date | datetime | None = None

    def __str__(self) -> str:
        parts = [f"FREQ={self.frequency}"]
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.by_day:
            parts.append(f"BYDAY={','.join(map(str, self.by_day))}")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if isinstance(self.until, datetime):
            parts.append(f"UNTIL={self.until:%Y%m%dT%H%M%SZ}")
        elif self.until is not None:
            parts.append(f"UNTIL={self.until:%Y%m%d}")
        return ";".join(parts)


def parse(written: str) -> Rule:
    """The rule, as in `FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20260630`. Case does not matter; `RRULE:` in front is allowed.

    Raises Invalid (`recurrence_unreadable`) with what to write instead.
    """
    parts: dict[str, str] = {}
    for part in written.strip().upper().removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise _refused(f"{part!r} is no part of a rule; write parts such as FREQ=WEEKLY, with ; between them")
        if name not in _READ:
            raise _refused(f"{name} is not taken; a rule has FREQ, INTERVAL, BYDAY, and COUNT or UNTIL")
        if name in parts:
            raise _refused(f"{name} is there twice; write each part once")
        parts[name] = value
    if "FREQ" not in parts:
        raise _refused("FREQ is missing; say FREQ=DAILY, FREQ=WEEKLY or FREQ=MONTHLY")
    if "COUNT" in parts and "UNTIL" in parts:
        raise _refused("COUNT and UNTIL exclude each other; keep one of them")
    values: dict[str, Any] = {}
    for name, value in parts.items():
        field, read = _READ[name]
        values[field] = read(value)
    rule = Rule(**values)
    if rule.frequency is not Frequency.MONTHLY and any(d.nth for d in rule.by_day):
        raise _refused("a numbered day such as 1MO belongs to FREQ=MONTHLY; write the day alone")
    return rule


def _refused(reason: str) -> Invalid:
    return Invalid("recurrence_unreadable", reason)


def _frequency(value: str) -> Frequency:
    if value not in set(Frequency):
        raise _refused(f"FREQ={value} is not taken; say DAILY, WEEKLY or MONTHLY")
    return Frequency(value)


def _number(name: str, most: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,4}", value) or not 1 <= int(value) <= most:
            raise _refused(f"{name} takes a whole number from 1 to {most}, not {value[:20]}")
        return int(value)

    return read


def _days(value: str) -> tuple[Day, ...]:
    days = []
    for entry in value.split(","):
        found = re.fullmatch(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)", entry)
        if found is None:
            raise _refused(f"BYDAY={entry[:20]} is not taken; write MO, TU, WE, TH, FR, SA, SU, or such as 1MO or -1FR")
        days.append(Day(weekday=Weekday(found[2]), nth=int(found[1]) if found[1] else None))
    if len(set(days)) < len(days):
        raise _refused("BYDAY names a day twice; name each once")
    return tuple(days)


def _until(value: str) -> date | datetime:
    try:
        if re.fullmatch(r"[0-9]{8}", value):
            return date(int(value[:4]), int(value[4:6]), int(value[6:]))
        if re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", value):
            day = date(int(value[:4]), int(value[4:6]), int(value[6:8]))
            return datetime.combine(day, time(int(value[9:11]), int(value[11:13]), int(value[13:15]), tzinfo=UTC))
    except ValueError:
        pass
    raise _refused(f"UNTIL={value[:20]} is no day; write a day as 20260630, or an instant in UTC as 20260630T160000Z")


_READ: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "FREQ": ("frequency", _frequency),
    "INTERVAL": ("interval", _number("INTERVAL", MOST_INSTANCES)),
    "BYDAY": ("by_day", _days),
    "COUNT": ("count", _number("COUNT", MOST_INSTANCES)),
    "UNTIL": ("until", _until),
}
