"""Rows of the books as lines of the inbox: in which group, how urgent, and how the day is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from api.pages.desk.why import Why, in_a_row, why
from domain.tasks import TaskStatus
from domain.value import Id

FIRST_HOUR, HOURS = 9, 10
"""The hours a day is drawn with; what lies outside is drawn at its edge."""
WEEKEND = 5


@dataclass(frozen=True)
class Line:
    """One follow-up. `at` is when it is due, or wakes, or was finished; `group` is where it stands."""

    id: Id
    row: Row[Any]
    why: Why
    codes: Sequence[str]
    group: str
    at: datetime
    is_mine: bool

    @property
    def is_for_today(self) -> bool:
        """Overdue, due today or awake again today."""
        return self.group in ("overdue", "today", "waking")


@dataclass
class Group:
    """Lines under one heading. `empty` is said when there are none; a group without such words is left out then."""

    name: str
    heading: str
    lines: list[Line] = field(default_factory=list)


@dataclass
class Hour:
    """One hour of the day and what falls into it."""

    hour: int
    is_now: bool
    done: int = 0
    over: int = 0
    due: int = 0
    snoozed: int = 0


_HEADINGS = {
    "overdue": "Overdue",
    "today": "Due today",
    "waking": "Snoozed",
    "snoozed": "Snoozed",
    "later": "Later",
    "done": "Done today",
}


def lines(
    rows: Sequence[Row[Any]], strips: Mapping[Id, Sequence[str]], me: Id, now: datetime, tonight: datetime
) -> list[Line]:
    """The rows as lines. `tonight` is when the viewer's day ends."""
    found = []
    for row in rows:
        group, at = _place(row, now, tonight)
        codes = strips.get(row.student_id, ()) if row.student_id else ()
        missed = in_a_row(row.case_rule, codes)
        found.append(Line(row.id, row, why(row, missed), codes, group, at, row.owner_id == me))
    return found


def _place(row: Row[Any], now: datetime, tonight: datetime) -> tuple[str, datetime]:
    if row.finished_at is not None:
        return "done", row.finished_at
    if row.status == TaskStatus.SNOOZED and row.snoozed_until is not None:
        return ("waking" if row.snoozed_until < tonight else "snoozed"), row.snoozed_until
    if row.due_at < now:
        return "overdue", row.due_at
    return ("today" if row.due_at < tonight else "later"), row.due_at


def groups(found: Sequence[Line], view: str) -> list[Group]:
    """The lines under their headings, in the order of urgency; empty ones are left out."""
    made: dict[str, Group] = {}
    for name in ("done",) if view == "done" else ("overdue", "today", "waking", "snoozed", "later"):
        for line in found:
            if line.group == name:
                heading = _HEADINGS[name]
                made.setdefault(heading, Group(name, heading)).lines.append(line)
    return list(made.values())


def hours(found: Sequence[Line], done: Sequence[Line], now: datetime, zone: str) -> list[Hour]:
    """How the day is loaded: what was done, is overdue, due or back from a snooze, hour by hour."""
    wall = ZoneInfo(zone)
    here = now.astimezone(wall)
    made = [Hour(FIRST_HOUR + i, here.hour == FIRST_HOUR + i) for i in range(HOURS)]
    for line in (*found, *done):
        at = line.at.astimezone(wall)
        place = 0 if at.date() < here.date() else min(max(at.hour - FIRST_HOUR, 0), HOURS - 1)
        kind = {"overdue": "over", "today": "due", "waking": "snoozed", "done": "done"}.get(line.group)
        if kind:
            setattr(made[place], kind, getattr(made[place], kind) + 1)
    return made


def snooze_choices(now: datetime, zone: str) -> list[tuple[str, datetime, str]]:
    """Until when something can be put off: (value, instant, words before it). Mornings at nine, never on a weekend."""
    local = now.astimezone(ZoneInfo(zone))
    tomorrow = local.date() + timedelta(days=1)
    while tomorrow.weekday() >= WEEKEND:
        tomorrow += timedelta(days=1)
    monday = local.date() + timedelta(days=7 - local.weekday())
    nine = [datetime.combine(day, time(9), local.tzinfo) for day in dict.fromkeys((tomorrow, monday))]
    soon = (local + timedelta(hours=2)).replace(minute=0 if local.minute < 30 else 30, second=0, microsecond=0)
    return [(at.isoformat(), at, "until") for at in (nine[0], soon, *nine[1:])]
