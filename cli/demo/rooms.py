"""What happens in a lesson's room, minute by minute, and what a classroom reports of it, in its own words.

An instructor who does not teach in the connected classroom leaves no trace in it: he marks attendance by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

LESSON = timedelta(hours=1)
ROOMS = "https://rooms.northstar.example"
BY_HAND = "ruth"
"""The instructor who teaches at people's homes and marks attendance afterwards."""
LATE_BY = 8
"""Minutes. One is late from more than 5 on (the policy's number)."""
LEAVES_EARLY = 45
GIVES_UP = 20
"""Minutes that an instructor waits for a single student who does not come."""
LINE_BREAKS = 12
DROPS, REJOINS = 22, 25
FIRST_REPORT, LAST_REPORT = 4, 61
"""Minutes after the start: who came in time is reported together, before anybody is asked for; so is the end."""
MARKS_AFTER, FORGETS_FOR = timedelta(minutes=5), timedelta(minutes=40)
"""After the lesson's end. One who forgets is asked after 30 minutes."""


@dataclass(frozen=True)
class Seat:
    """A student of a lesson and how it goes: the code that is to come of it.

    `comes_at`: minutes after the start. `shown_as`: a name of which nobody knows whose it is.
    """

    student: str
    code: str
    comes_at: int = 0
    drops: bool = False
    shown_as: str | None = None


@dataclass
class Lesson:
    """A session that somebody goes to. `slot` is written as "2 Fri 17:00"; `forgotten`: the sheet, at first."""

    schedule: str
    slot: str
    starts_at: datetime
    instructor: str
    seats: list[Seat] = field(default_factory=list)
    forgotten: bool = False

    @property
    def ends_at(self) -> datetime:
        """The scheduled end."""
        return self.starts_at + LESSON

    def reports(self) -> Iterator[tuple[datetime, dict[str, Any]]]:
        """What the classroom reports, the instructor first, each with the time at which it is sent."""
        if self.instructor == BY_HAND:
            return
        yield from self._stay(_person(self.instructor, "northstar"), -2, self._instructor_leaves_at())
        for seat in self.seats:
            who = {"name": seat.shown_as} if seat.shown_as else _person(seat.student, "students.northstar")
            for joined, left in _stays(seat):
                yield from self._stay(who, joined, left)

    def sheet(self) -> tuple[datetime, list[dict[str, str]]] | None:
        """The marks the instructor makes by hand and when; None when the room says enough."""
        if self.instructor == BY_HAND:
            at = self.ends_at + (FORGETS_FOR if self.forgotten else MARKS_AFTER)
            return at, [{"student_ref": s.student, "code": s.code} for s in self.seats]
        broken = [s for s in self.seats if s.code == "technical_failure"]
        if not broken:
            return None
        return self.ends_at + MARKS_AFTER, [{"student_ref": s.student, "code": s.code} for s in broken]

    def _instructor_leaves_at(self) -> int:
        nobody_came = all(s.code == "no_show" for s in self.seats)
        return GIVES_UP if nobody_came and len(self.seats) == 1 else LAST_REPORT

    def _stay(self, who: dict[str, str], joined: int, left: int) -> Iterator[tuple[datetime, dict[str, Any]]]:
        for kind, minute in (("joined", joined), ("left", left)):
            sent = FIRST_REPORT if minute <= FIRST_REPORT else LAST_REPORT if minute >= 60 else minute
            yield (
                self.starts_at + timedelta(minutes=sent),
                {
                    "type": f"participant.{kind}",
                    "meeting_ref": self.schedule,
                    "at": (self.starts_at + timedelta(minutes=minute)).isoformat(),
                    "participant": who,
                },
            )


def address(ref: str, domain: str = "students.northstar") -> str:
    """The e-mail address by which the classroom knows somebody."""
    return f"{ref}@{domain}.example"


def _person(ref: str, domain: str) -> dict[str, str]:
    return {"name": ref.capitalize(), "email": address(ref, domain)}


def _stays(seat: Seat) -> list[tuple[int, int]]:
    """Minutes from and to, of a student whose lesson goes this way."""
    match seat.code:
        case "no_show":
            return []
        case "late":
            return [(LATE_BY, 60)]
        case "left_early":
            return [(seat.comes_at, LEAVES_EARLY)]
        case "technical_failure":
            return [(seat.comes_at, LINE_BREAKS)]
        case _ if seat.drops:
            return [(seat.comes_at, DROPS), (REJOINS, 60)]
        case _:
            return [(seat.comes_at, 60)]
