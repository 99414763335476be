"""A session as it stands in one person's calendar: what it is called there, and whether it takes place for him."""

from __future__ import annotations

from datetime import datetime

from domain.outcomes import BEFORE_START
from domain.value import Id, Value

CANCELS = frozenset(BEFORE_START)
"""The codes that take a session out of a family's day: told ahead, or called off ahead."""


class Seat(Value):
    """A student's seat in the session, with the code of his outcome if there is one."""

    name: str
    code: str | None = None


class Entry(Value):
    """A session for one person. `seats` are his own, his children's or, for an instructor, everybody's.

    `sequence` counts what changed of the session and, for a family, of their outcomes in it; it never goes back.
    """

    session_id: Id
    starts_at: datetime
    ends_at: datetime
    sequence: int
    modified_at: datetime
    subject: str
    instructor_name: str | None = None
    topic: str | None = None
    link: str | None = None
    called_off: bool = False
    seats: tuple[Seat, ...] = ()
    for_family: bool = True
    names_students: bool = False

    @property
    def is_cancelled(self) -> bool:
        """Called off for everybody; for a family also when every one of theirs is cancelled or excused."""
        if self.called_off:
            return True
        return self.for_family and bool(self.seats) and all(s.code in CANCELS for s in self.seats)

    @property
    def students(self) -> tuple[str, ...]:
        """The students to name: those who come, or all when nobody does."""
        coming = tuple(s.name for s in self.seats if s.code not in CANCELS)
        return coming or tuple(s.name for s in self.seats)
