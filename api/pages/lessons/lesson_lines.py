"""Lessons as lines of a board: how each stands in words, who is in it, and how a day or a week adds up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from db.pages_lessons import AHEAD, CALLED_OFF, GOING_ON, SETTLED, SETTLING, UNRECORDED
from domain.attendance import Thresholds
from domain.evidence import Evidence, EvidenceKind
from domain.outcomes import FLAGS, TOLD_AHEAD, Code, SessionKind
from domain.plain_words import counted
from domain.settling import Room

NAMES = 3
"""Names that a line shows; of more it says how many."""
STATES: Mapping[str, tuple[str, str, str]] = {
    UNRECORDED: ("Not recorded", "ring", "late"),
    GOING_ON: ("Going on", "pulse", "now"),
    AHEAD: ("Ahead", "clock", "plan"),
    SETTLING: ("Just ended", "clock", ""),
    SETTLED: ("Recorded", "check", "ok"),
    CALLED_OFF: ("Called off", "slash", ""),
}
"""How a lesson stands: words, icon, tone; what needs somebody comes first."""
OFF: Mapping[str, str] = {Code.CANCELLED_BY_INSTRUCTOR: "by the teacher", Code.CANCELLED_BY_OPERATOR: "by us"}
"""Who called it off."""


_WORDS: Mapping[str, tuple[str, str]] = {
    Code.ATTENDED: ("there", "good"),
    Code.LATE: ("late", "warn"),
    Code.LEFT_EARLY: ("left early", "warn"),
    Code.PARTIAL: ("in part", "warn"),
    Code.NO_SHOW: ("missed", "bad"),
    Code.LATE_CANCELLED: ("cancelled late", "bad"),
    Code.CANCELLED_BY_STUDENT: ("cancelled", "soft"),
    Code.EXCUSED_ABSENCE: ("excused", "soft"),
    Code.SCHEDULED: ("", "soft"),
    UNRECORDED: ("not recorded", "warn"),
}


def word_of(cell: Row[Any]) -> tuple[str, str]:
    """What became of a lesson for a student, in a word for a narrow column, and its tone; "" while it lies ahead."""
    return _WORDS.get(cell.code, ("off", "soft"))


@dataclass(frozen=True)
class Line:
    """One lesson of a board. `badge` is words, icon and tone; `more` says what the badge leaves out."""

    row: Row[Any]
    pupils: Sequence[Row[Any]]
    state: str
    badge: tuple[str, str, str]
    more: str
    missing: Sequence[str]
    asked_at: datetime | None

    @property
    def is_group(self) -> bool:
        """Whether it is a lesson for several."""
        return bool(self.row.kind == SessionKind.GROUP)

    @property
    def names(self) -> Sequence[str]:
        """The first names of the list."""
        return [p.name for p in self.pupils[:NAMES]]

    @property
    def others(self) -> int:
        """How many more there are."""
        return max(len(self.pupils) - NAMES, 0)


def state_of(row: Row[Any], now: datetime) -> str:
    """How a board's row stands, what boards call scheduled told apart by the clock."""
    if row.status != "scheduled":
        return str(row.status)
    if now < row.starts_at:
        return AHEAD
    return GOING_ON if now < row.ends_at else SETTLING


def line(
    row: Row[Any],
    pupils: Sequence[Row[Any]],
    seen: tuple[Evidence, ...],
    asked_at: datetime | None,
    now: datetime,
) -> Line:
    """The row as a line. `seen` is what its room has told so far; needed of lessons that go on."""
    state = state_of(row, now)
    badge, more = STATES[state], ""
    if state == GOING_ON:
        badge, more = _going_on(row, pupils, seen)
    elif state in (SETTLED, UNRECORDED):
        more = told(row)
    elif state == AHEAD and row.told_ahead:
        more = f"{row.told_ahead} of {row.expected} will not come"
    elif state == CALLED_OFF:
        more = OFF.get(row.called_off, "")
    missing = [p.name for p in pupils if p.code is None or p.code == Code.SCHEDULED] if state == UNRECORDED else []
    return Line(row, pupils, state, badge, more, missing, asked_at)


def _going_on(
    row: Row[Any], pupils: Sequence[Row[Any]], seen: tuple[Evidence, ...]
) -> tuple[tuple[str, str, str], str]:
    room = Room(row.starts_at, row.ends_at, seen, Thresholds())
    awaited = [p for p in pupils if p.code not in TOLD_AHEAD]
    there = sum(room.has_seen(p.id) for p in awaited)
    teacher = any(e.staff_id and e.kind is EvidenceKind.JOINED for e in seen)
    if not room.was_seen:
        return STATES[GOING_ON], "The room has told nothing yet"
    unknown = f"{counted(room.strangers_seen, 'unknown guest')}" if room.strangers_seen else ""
    said = ", ".join(w for w in ("" if teacher else "the teacher is not there yet", unknown) if w)
    said = said[:1].upper() + said[1:]
    if not there:
        return ("Nobody joined yet", "alert", "late"), said
    if there < len(awaited):
        return (f"{there} of {len(awaited)} joined", "people", "late"), said
    return ("All joined" if there > 1 else "Joined", "people", "now"), said


def told(row: Row[Any]) -> str:
    """What is recorded of a lesson: "3 there, 1 missed, 1 told us ahead"."""
    ahead = min(row.told_ahead, row.missed)
    parts = ((row.present, "there"), (row.missed - ahead, "missed"), (ahead, "told us ahead"))
    return ", ".join(f"{n} {words}" for n, words in parts if n)


def share(codes: Sequence[str | None]) -> str:
    """How many of the lessons that took a place were attended: "7 of 8"."""
    known = [FLAGS[Code(c)] for c in codes if c is not None and c in FLAGS]
    places = [f for f in known if f.takes_place]
    return f"{sum(f.present for f in places)} of {len(places)}" if places else ""


@dataclass(frozen=True)
class Cell:
    """Lessons of one hour of one day, by how they stand, in the order of `STATES`."""

    day: date
    parts: Sequence[tuple[str, int]]


def totals(tally: Sequence[Row[Any]]) -> Mapping[str, int]:
    """The numbers of a span by how lessons stand."""
    found: Counter[str] = Counter()
    for row in tally:
        found[row.stands] += row.n
    return found


def week(tally: Sequence[Row[Any]], monday: date) -> tuple[list[date], list[tuple[int, list[Cell]]]]:
    """The week's days, and for each hour that has lessons a cell of each day."""
    days = [monday + timedelta(days=i) for i in range(7)]
    numbers = {(r.day, r.hour, r.stands): r.n for r in tally}
    hours = sorted({r.hour for r in tally})
    return days, [
        (hour, [Cell(d, [(s, n) for s in STATES if (n := numbers.get((d, hour, s)))]) for d in days])
        for hour in range(hours[0], hours[-1] + 1)
    ] if hours else []
