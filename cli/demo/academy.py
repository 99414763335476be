"""The demo's academy: the named cast and a background of students nobody tells about, as an operator would enter them.

The same seed gives the same academy; only the dates follow the day on which the demo is started.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cli.demo.background import background
from cli.demo.cast import CAST, STAFF
from cli.demo.parts import CHICAGO, CODES, WEEKS, Parent, Part

NAME = "Northstar Tutoring"
ZONE = CHICAGO
SEED = 7
LESSON = timedelta(hours=1)
SETTLES_AFTER = timedelta(minutes=10)
"""After its end a session's evidence is complete, and its outcome is reported."""
CALENDAR_WEEKS = WEEKS + 2
"""The calendar goes on after the month that is played, as it would."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Item = dict[str, Any]


@dataclass(frozen=True)
class FourWeeks:
    """Four weeks from a Monday on, in the academy's zone."""

    first_monday: date

    @classmethod
    def after(cls, now: datetime) -> FourWeeks:
        """The next one that begins at least a few hours from now."""
        today = (now + timedelta(hours=3)).astimezone(ZoneInfo(ZONE)).date()
        return cls(today + timedelta(days=7 - today.weekday()))

    def at(self, written: str) -> datetime:
        """The instant of "2 Fri 09:30"."""
        week, day, clock = written.split()
        on = self.first_monday + timedelta(weeks=int(week) - 1, days=_DAYS.index(day))
        return datetime.combine(on, time.fromisoformat(clock), ZoneInfo(ZONE))


@dataclass(frozen=True)
class Report:
    """An outcome that the classroom reports after the session, or that was told ahead."""

    at: datetime
    session: str
    student: str
    code: str


@dataclass
class Academy:
    """What is entered through the API, by kind, each item with its ref; and what will happen."""

    weeks: FourWeeks
    people: dict[str, list[Item]] = field(default_factory=dict)
    top_ups: dict[str, int] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    newcomers: dict[str, Item] = field(default_factory=dict)
    """Enrollments made during the month, by student."""

    def add(self, kind: str, /, **item: Any) -> None:
        """One more item, once per ref."""
        items = self.people.setdefault(kind, [])
        if all(known["ref"] != item["ref"] for known in items):
            items.append(item)


def session_ref(student_or_group: str, slot: str) -> str:
    """The ref of a session, as "maya-2-fri-17:00"."""
    return f"{student_or_group}-{slot.replace(' ', '-').lower()}"


def build(weeks: FourWeeks, seed: int = SEED) -> Academy:
    """The whole academy."""
    academy, rng = Academy(weeks), random.Random(seed)
    for ref, name, role in STAFF:
        academy.add("staff", ref=ref, name=name, email=f"{ref}@northstar.example", role=role)
    numbers = iter(range(100))
    for part in CAST:
        _student(academy, part, part.parents, numbers)
        _schedule(academy, part.ref, part, kind="one_to_one")
        _enrollment(academy, part, part.ref)
        for week, letters in enumerate(part.weeks, start=1):
            for slot, letter in zip(part.times, letters, strict=True):
                if letter in CODES:
                    _report(academy, part.ref, part.ref, f"{week} {slot}", CODES[letter])
    for extra in background(rng):
        _student(academy, extra.part, extra.part.parents, numbers)
        _schedule(academy, extra.schedule, extra.part, kind=extra.kind)
        _enrollment(academy, extra.part, extra.schedule)
        for slot, code in extra.outcomes:
            _report(academy, extra.schedule, extra.part.ref, slot, code)
    academy.reports.sort(key=lambda r: (r.at, r.session, r.student))
    return academy


def _student(academy: Academy, part: Part, parents: tuple[Parent, ...], numbers: Any) -> None:
    academy.add("students", ref=part.ref, name=part.name)
    for position, parent in enumerate(parents, start=1):
        ref = parent.name.lower().replace(" ", "-").replace("'", "")
        child = {"student_ref": part.ref, "position": position}
        known = next((g for g in academy.people.get("guardians", []) if g["ref"] == ref), None)
        if known:
            known["students"].append(child)
            continue
        area = "312" if parent.zone == CHICAGO else "212"
        academy.add(
            "guardians",
            ref=ref,
            name=parent.name,
            phone=f"+1{area}55501{next(numbers):02d}" if parent.has_phone else None,
            email=f"{ref}@families.example",
            zone=parent.zone,
            students=[child],
        )


def _schedule(academy: Academy, ref: str, part: Part, kind: str) -> None:
    """The schedule with its sessions: a group's is made by its first student."""
    academy.add(
        "schedules",
        ref=ref,
        subject=part.subject,
        kind=kind,
        zone=ZONE,
        instructor_ref=part.instructor,
        sessions_per_week=len(part.times),
    )
    for week in range(2 if part.is_new else 1, CALENDAR_WEEKS + 1):
        for slot in part.times:
            starts_at = academy.weeks.at(f"{week} {slot}")
            academy.add(
                "sessions",
                ref=session_ref(ref, f"{week} {slot}"),
                schedule_ref=ref,
                starts_at=starts_at.isoformat(),
                ends_at=(starts_at + LESSON).isoformat(),
            )


def _enrollment(academy: Academy, part: Part, schedule: str) -> None:
    began = academy.weeks.at("1 Mon 00:00") - timedelta(days=60)
    item = {"ref": part.ref, "student_ref": part.ref, "schedule_ref": schedule, "coordinator_ref": part.coordinator}
    academy.top_ups[part.ref] = part.units
    if part.is_new:
        academy.newcomers[part.ref] = item
    else:
        academy.add("enrollments", **item, started_at=began.isoformat(), imported=True)


def _report(academy: Academy, schedule: str, student: str, slot: str, code: str) -> None:
    at = academy.weeks.at(slot) + LESSON + SETTLES_AFTER
    if code == "cancelled_by_student":
        the_day_before = academy.weeks.at(slot).replace(hour=9, minute=30) - timedelta(days=1)
        at = max(the_day_before, academy.weeks.at("1 Mon 09:00"))
    academy.reports.append(Report(at, session_ref(schedule, slot), student, code))
