"""`extend_calendar`: sessions made ahead for every organization, a bounded piece of it in each transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from temporalio import activity

from activities.inputs import EXTEND_CALENDAR, CalendarOut
from db import calendar, clock
from db.engine import Books
from domain.value import Id

Nudge = Callable[[Id, Id, Id], Awaitable[None]]
"""Wakes a student: organization, student, id for the reader of the history."""


async def extend_to(books: Books, now: datetime) -> list[calendar.Made]:
    """Bring every organization's calendar to the horizon of this business time; what was made, piece by piece."""
    made: list[calendar.Made] = []
    while True:
        async with books.transaction() as tx:
            piece = await calendar.extend(tx, now)
        if piece is None:
            return made
        made.append(piece)


class CalendarActivities:
    """Holds the books and the way to wake a student for `extend_calendar`."""

    def __init__(self, books: Books, nudge: Nudge) -> None:
        self.books, self.nudge = books, nudge

    @activity.defn(name=EXTEND_CALENDAR)
    async def extend_calendar(self) -> CalendarOut:
        """Make the sessions that the horizon has come to, and wake students whose planned absence covers one.

        The sessions' own processes are started by the auditor as their first step comes near.
        """
        async with self.books.transaction() as tx:
            now = datetime.now(UTC) + await clock.ahead(tx)
        made = await extend_to(self.books, now)
        students = {(piece.org_id, student_id) for piece in made for student_id in piece.students}
        for org_id, student_id in sorted(students):
            await self.nudge(org_id, student_id, "calendar")
        return CalendarOut(sessions=sum(len(piece.sessions) for piece in made), nudged=len(students))
