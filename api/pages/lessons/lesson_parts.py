"""One lesson as its page shows it: the room, everybody's attendance, who is unknown, and what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from api.pages.lessons.room_picture import Track, track
from domain.evidence import MARKABLE, Evidence
from domain.outcomes import DISPUTE_WINDOW, REPORTABLE, TOLD_AHEAD, Code
from domain.plain_words import capital
from domain.settling import Room
from domain.value import Id

SOURCES = {
    "evidence": "seen in the room",
    "mark": "marked",
    "absence": "told ahead",
    "calendar": "called off",
    "import": "imported",
    "api": "told by another system",
}
"""Where an outcome comes from, where no person is known."""
CHOICES = {
    Code.ATTENDED: "Attended",
    Code.LATE: "Came late",
    Code.LEFT_EARLY: "Left early",
    Code.PARTIAL: "There in part",
    Code.NO_SHOW: "Missed, without a word",
    Code.EXCUSED_ABSENCE: "Missed, excused",
    Code.LATE_CANCELLED: "Cancelled late by the family",
    Code.CANCELLED_BY_STUDENT: "Cancelled in time by the family",
    Code.INSTRUCTOR_NO_SHOW: "The teacher did not come",
    Code.CANCELLED_BY_INSTRUCTOR: "Cancelled by the teacher",
    Code.CANCELLED_BY_OPERATOR: "Cancelled by us",
    Code.TECHNICAL_FAILURE: "It failed for technical reasons",
    Code.SCHEDULED: "Comes after all",
}


@dataclass(frozen=True)
class Seat:
    """A student of a lesson: the board's row, what stands in the books of him, his track in the room if he was seen."""

    row: Row[Any]
    said: Row[Any] | None
    track: Track | None

    @property
    def source(self) -> str:
        """Who or what says so."""
        if self.said is None:
            return ""
        how = SOURCES.get(self.said.source, str(self.said.source))
        if self.said.by_name is None:
            return how
        return f"{'corrected' if self.said.version > 1 else 'marked'} by"


def tracks(
    room: Room, row: Row[Any], seats: Sequence[Row[Any]], guests: Sequence[Row[Any]], now: datetime
) -> list[Track]:
    """Everybody's track: the teacher first, then the students by name, then unknown guests."""
    times = (row.starts_at, row.ends_at, now)
    found = [track(row.instructor_id or "", "staff", row.instructor_name or "The teacher", room.instructor, *times)]
    found += [track(s.student_id, "student", s.student_name, room.student(s.student_id), *times) for s in seats]
    found += [track(g.id, "guest", g.name or g.email or "Without a name", room.stranger(g.id), *times) for g in guests]
    return found


def room_of(row: Row[Any], seen: tuple[Evidence, ...], numbers: Any) -> Room:
    """The room of a lesson."""
    return Room(row.starts_at, row.ends_at, seen, numbers)


def choices_for(said: Row[Any] | None, row: Row[Any], now: datetime) -> list[tuple[str, str]]:
    """What can be said of a student in this lesson at this time: (code, words)."""
    code = Code(said.code) if said else None
    allowed: tuple[Code, ...]
    if now < row.starts_at:
        allowed = (Code.SCHEDULED,) if code in TOLD_AHEAD else () if code else (Code.CANCELLED_BY_STUDENT,)
    elif said:
        allowed = tuple(c for c in REPORTABLE if c is not code)
    else:
        allowed = tuple(c for c in REPORTABLE if c in MARKABLE)
    ahead = now < row.starts_at
    told = [
        (c.value, "The family said: not coming" if ahead and c is Code.CANCELLED_BY_STUDENT else CHOICES[c])
        for c in CHOICES
        if c in allowed
    ]
    return [("", "Choose"), *told] if len(told) > 1 else told


@dataclass(frozen=True)
class Doable:
    """What can still be changed about a lesson as a whole."""

    move: bool
    substitute: bool
    call_off: bool
    late: bool
    """More than 72 hours after its end: corrections are an admin's, with a reason."""

    @property
    def anything(self) -> bool:
        """Whether there is anything to offer."""
        return self.move or self.substitute or self.call_off


def doable(row: Row[Any], seats: Sequence[Seat], now: datetime) -> Doable:
    """What the calendar's own rules will accept; they decide when it is asked."""
    held = row.status != "called_off"
    standing = [Code(s.said.code) for s in seats if s.said]
    gives_way = all(c in TOLD_AHEAD for c in standing)
    return Doable(
        move=held and now < row.starts_at and gives_way,
        substitute=held and row.status != "settled",
        call_off=held and gives_way,
        late=now - row.ends_at > DISPUTE_WINDOW,
    )


def lasted(start: datetime, end: datetime) -> int:
    """Minutes of a lesson."""
    return int((end - start) / timedelta(minutes=1))


def options_for_guest(
    guest: Row[Any], suggested: Sequence[Any], seats: Sequence[Row[Any]], row: Row[Any]
) -> list[tuple[str, str]]:
    """Who an unknown guest may be: those whose names are alike first, then the others, the teacher, nobody."""
    likely = [(f"student:{s.student_id}", f"{s.name} (alike)") for s in suggested]
    named: set[Id] = {s.student_id for s in suggested}
    others = [(f"student:{s.student_id}", s.student_name) for s in seats if s.student_id not in named]
    teacher = [(f"staff:{row.instructor_id}", f"{row.instructor_name} (teacher)")] if row.instructor_id else []
    return [*likely, *others, *teacher, ("ignore", capital("nobody who matters here, such as a recorder"))]
