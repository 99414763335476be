"""A lesson for several, seen by its classroom, for the pages of whoever teaches it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, update

from activities.advance import advance
from activities.session import advance_session
from db import evidence
from db.evidence import Seen
from db.journal_tables import entries
from db.tables import enrollments, schedules, sessions, students
from domain.evidence import EvidenceKind
from domain.value import Id
from tests.academy import Academy

NAMES = (
    "Beatriz Guimarães",
    "Ikram Belhaj",
    "Eun-ji Park",
    "Maximilian von Hohenstein-Waldeck",
    "נועה בן־דוד",
    "<script>alert(1)</script>",
)
LATE_BY, GONE = 1, 3
"""By the classroom's record Ikram came 8 minutes late, and Maximilian was never there."""
LENGTH = timedelta(minutes=50)
ENDED_AGO = timedelta(minutes=6)


async def group(academy: Academy, ended_ago: timedelta = ENDED_AGO) -> tuple[Id, dict[str, Id]]:
    """Ivan's group and a lesson of it that ended a while ago: its id and the students by name. Sam is one of them."""
    people = {name: str(uuid4()) for name in NAMES}
    async with academy.books.transaction() as tx:
        await tx.execute(update(schedules).values(kind="group", subject="Algebra 2"))
        for left, (name, student) in enumerate(people.items(), start=3):
            seat = str(uuid4())
            await tx.execute(insert(students).values(org_id=academy.org, id=student, name=name))
            row: dict[str, Any] = {"org_id": academy.org, "id": seat, "student_id": student}
            row |= {"schedule_id": academy.schedule}
            row |= {"coordinator_id": academy.alice, "started_at": academy.started_at, "imported": True}
            await tx.execute(insert(enrollments).values(row))
            bought = {"org_id": academy.org, "key": seat, "enrollment_id": seat, "kind": "top_up", "units": left}
            await tx.execute(insert(entries).values(bought | {"at": academy.started_at}))
    starts = academy.now - ended_ago - LENGTH
    session = await academy.session(starts)
    await _as_long_as(academy, session, starts + LENGTH)
    await _seen(academy, session, starts, people)
    return session, people | {"Sam Reed": academy.student}


async def _as_long_as(academy: Academy, session: Id, ends: datetime) -> None:
    async with academy.books.transaction() as tx:
        await tx.execute(update(sessions).where(sessions.c.id == session).values(ends_at=ends))


async def _seen(academy: Academy, session: Id, starts: datetime, people: dict[str, Id]) -> None:
    def joined(student: Id, minutes: int) -> Seen:
        at = starts + timedelta(minutes=minutes)
        return Seen(f"j{student}", EvidenceKind.JOINED, at, student_id=student, connection=student)

    came = [s for i, s in enumerate(people.values()) if i != GONE]
    seen = [joined(s, 8 if s == people[NAMES[LATE_BY]] else 0) for s in (*came, academy.student)]
    teacher = Seen("teacher", EvidenceKind.JOINED, starts, staff_id=academy.instructor, connection="t")
    closed = Seen("closed", EvidenceKind.ROOM_CLOSED, starts + LENGTH)
    async with academy.books.transaction() as tx:
        await evidence.write(tx, academy.org, session, "classroom", [*seen, teacher, closed], starts + LENGTH)


async def settle(academy: Academy, session: Id) -> None:
    """Let the session's clock and its students' processes run, as they do by themselves."""
    async with academy.books.transaction() as tx:
        _, woken = await advance_session(tx, academy.org, session, academy.now)
    for student in woken:
        async with academy.books.transaction() as tx:
            await advance(tx, academy.org, student, academy.now)
