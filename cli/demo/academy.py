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
from cli.demo.rooms import BY_HAND, LESSON, ROOMS, Lesson, Seat, address

NAME = "Northstar Tutoring"
ZONE = CHICAGO
SEED = 7
DROPS_IN_100 = 5
"""How often a student of the background drops out of the room for a while."""
FORGOTTEN = ("aisha", "2 Thu 18:00")
"""The lesson whose sheet its instructor forgets, until she is asked for it."""
STRANGER = "Galaxy Tab"
"""What the classroom calls somebody who joined on a device that is not his own."""
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
class Absence:
    """A lesson that a family of the background cancels ahead, at `at`."""

    at: datetime
    student: str
    starts_at: datetime
    by: str


@dataclass
class Academy:
    """What is entered through the API, by kind, each item with its ref; and what will happen."""

    weeks: FourWeeks
    people: dict[str, list[Item]] = field(default_factory=dict)
    recurrences: dict[str, list[Item]] = field(default_factory=dict)
    """The weekly series of each schedule: they make its sessions."""
    top_ups: dict[str, int] = field(default_factory=dict)
    lessons: dict[tuple[str, str], Lesson] = field(default_factory=dict)
    """Who goes where, by schedule and slot. A session that nobody goes to is none."""
    absences: list[Absence] = field(default_factory=list)
    newcomers: dict[str, Item] = field(default_factory=dict)
    """Enrollments made during the month, by student."""

    def add(self, kind: str, /, **item: Any) -> None:
        """One more item, once per ref."""
        items = self.people.setdefault(kind, [])
        if all(known["ref"] != item["ref"] for known in items):
            items.append(item)

    @property
    def term(self) -> Item:
        """The term around the month."""
        first = self.weeks.first_monday
        last = first + timedelta(weeks=WEEKS, days=-1)
        return {"ref": "term", "name": "Term", "starts_on": first.isoformat(), "ends_on": last.isoformat()}

    def sit(self, schedule: str, part: Part, slot: str, seat: Seat) -> None:
        """Give a student a seat in a lesson."""
        new = Lesson(schedule, slot, self.weeks.at(slot), part.instructor, forgotten=(schedule, slot) == FORGOTTEN)
        self.lessons.setdefault((schedule, slot), new).seats.append(seat)


def build(weeks: FourWeeks, seed: int = SEED) -> Academy:
    """The whole academy."""
    academy, rng, rooms = Academy(weeks), random.Random(seed), random.Random(seed)
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
                    shown_as = STRANGER if letter == "U" else None
                    seat = Seat(part.ref, CODES[letter], drops=letter == "D", shown_as=shown_as)
                    academy.sit(part.ref, part, f"{week} {slot}", seat)
    for extra in background(rng):
        _student(academy, extra.part, extra.part.parents, numbers)
        _schedule(academy, extra.schedule, extra.part, kind=extra.kind)
        _enrollment(academy, extra.part, extra.schedule)
        for slot, code in extra.outcomes:
            if code == "cancelled_by_student":
                academy.absences.append(_absence(weeks, extra.part, slot))
            else:
                drops = rooms.randrange(100) < DROPS_IN_100
                seat = Seat(extra.part.ref, code, comes_at=rooms.randint(-1, 3), drops=drops)
                academy.sit(extra.schedule, extra.part, slot, seat)
    return academy


def _absence(weeks: FourWeeks, part: Part, slot: str) -> Absence:
    """Told at half past nine the day before."""
    starts_at = weeks.at(slot)
    the_day_before = starts_at.replace(hour=9, minute=30) - timedelta(days=1)
    return Absence(max(the_day_before, weeks.at("1 Mon 09:00")), part.ref, starts_at, part.coordinator)


def _student(academy: Academy, part: Part, parents: tuple[Parent, ...], numbers: Any) -> None:
    academy.add("students", ref=part.ref, name=part.name, email=address(part.ref))
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
    """The schedule with its weekly series: a group's is made by its first student. It goes on after the month."""
    if ref in academy.recurrences:
        return
    connected: Item = {} if part.instructor == BY_HAND else {"meeting_ref": ref, "join_url": f"{ROOMS}/{ref}"}
    academy.add(
        "schedules",
        ref=ref,
        subject=part.subject,
        kind=kind,
        zone=ZONE,
        instructor_ref=part.instructor,
        sessions_per_week=len(part.times),
        **connected,
    )
    first_week = 2 if part.is_new else 1
    academy.recurrences[ref] = [_weekly(academy.weeks.at(f"{first_week} {slot}")) for slot in part.times]


def _weekly(first: datetime) -> Item:
    return {
        "rule": f"FREQ=WEEKLY;BYDAY={first:%a}"[:-1].upper(),
        "starts_on": first.date().isoformat(),
        "starts_at": f"{first:%H:%M}",
        "minutes": LESSON // timedelta(minutes=1),
    }


def _enrollment(academy: Academy, part: Part, schedule: str) -> None:
    began = academy.weeks.at("1 Mon 00:00") - timedelta(days=60)
    item = {"ref": part.ref, "student_ref": part.ref, "schedule_ref": schedule, "coordinator_ref": part.coordinator}
    academy.top_ups[part.ref] = part.units
    if part.is_new:
        academy.newcomers[part.ref] = item
    else:
        academy.add("enrollments", **item, started_at=began.isoformat(), imported=True)
