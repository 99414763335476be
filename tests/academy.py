"""A small academy in the books: the fixed cast every story plays with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Table, insert

from activities.advance import advance
from activities.deliver import DeliverActivities
from db import inbox, recording
from db.engine import Books
from db.tables import (
    enrollments,
    guardians,
    organizations,
    schedules,
    sessions,
    staff,
    student_guardians,
    students,
)
from domain.events import Event
from domain.outcomes import Code
from messaging.outbox import Outbox


@dataclass
class Academy:
    """Ids of one organization and the student most stories are about, with a test clock."""

    books: Books
    now: datetime
    org: str
    alice: str
    bob: str
    lea: str
    instructor: str
    student: str
    mother: str
    father: str
    schedule: str
    enrollment: str
    started_at: datetime

    def __post_init__(self) -> None:
        self.deliveries = DeliverActivities(self.books, {"sms": Outbox(), "email": Outbox()})

    async def session(self, starts_at: datetime, *, schedule: str | None = None) -> str:
        """A session of one hour."""
        return await _add(
            self.books,
            sessions,
            org_id=self.org,
            schedule_id=schedule or self.schedule,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
        )

    async def outcome(self, session: str, code: Code, **more: Any) -> recording.Accepted:
        """Record an outcome at the present time, without deciding it."""
        async with self.books.transaction() as tx:
            report = recording.Report(session, self.student, code, **more)
            return await recording.record(tx, self.org, report, self.now)

    async def happens(self, event: Event, *, row_id: str | None = None) -> str:
        """Put a fact into the student's inbox."""
        async with self.books.transaction() as tx:
            return await inbox.put(tx, self.org, self.student, event, self.now, row_id=row_id)

    async def settle(self, *, deliver: bool = True) -> None:
        """Decide what waits and deliver what is due, until nothing is left to do now."""
        for _ in range(50):
            async with self.books.transaction() as tx:
                step = await advance(tx, self.org, self.student, self.now)
            changed = step.again
            for message_id in step.deliver if deliver else ():
                out = await self.deliveries.attempt(self.org, message_id, self.now)
                changed = changed or out.changes_plan
            if not changed:
                return
        raise AssertionError("the student does not come to rest")

    async def until(self, at: datetime) -> None:
        """Let time pass: every deadline up to then is met in its order."""
        while True:
            async with self.books.transaction() as tx:
                step = await advance(tx, self.org, self.student, self.now)
            for message_id in step.deliver:
                await self.deliveries.attempt(self.org, message_id, self.now)
            if step.deliver or step.again:
                continue
            if step.wait is None or self.now + step.wait > at:
                break
            self.now += step.wait
        self.now = at

    async def rows(self, table: Table, **where: Any) -> list[dict[str, Any]]:
        """Rows of a table of this organization."""
        async with self.books.transaction() as tx:
            query = table.select().where(table.c.org_id == self.org)
            for name, value in where.items():
                query = query.where(table.c[name] == value)
            return [dict(r._mapping) for r in await tx.execute(query)]


async def _add(books: Books, table: Table, **values: Any) -> str:
    async with books.transaction() as tx:
        values = {"id": str(uuid4())} | values
        await tx.execute(insert(table).values(values))
        return str(values["id"])


async def open_academy(books: Books, now: datetime, *, zone: str = "UTC") -> Academy:
    """An academy with two coordinators, a lead, an instructor and one student with two guardians."""
    org = await _add(books, organizations, name="Northstar Tutoring", zone=zone)

    async def person(name: str, role: str) -> str:
        email = f"{name.lower()}@northstar.example"
        return await _add(books, staff, org_id=org, name=name, email=email, role=role)

    alice, bob, lea = [
        await person(n, r) for n, r in (("Alice", "coordinator"), ("Bob", "coordinator"), ("Lea", "lead"))
    ]
    instructor = await person("Ivan", "instructor")
    student = await _add(books, students, org_id=org, name="Sam Reed")
    family = []
    for position, name in enumerate(("Maria Reed", "John Reed"), start=1):
        who = await _add(
            books,
            guardians,
            org_id=org,
            name=name,
            phone=f"+1415555010{position}",
            email=f"{name.split()[0].lower()}@reed.example",
            zone=zone,
        )
        async with books.transaction() as tx:
            link = {"org_id": org, "student_id": student, "guardian_id": who, "position": position}
            await tx.execute(insert(student_guardians).values(link))
        family.append(who)
    schedule = await _add(
        books, schedules, org_id=org, subject="Maths", instructor_id=instructor, zone=zone, sessions_per_week=2
    )
    started = now - timedelta(days=30)
    enrollment = await _add(
        books,
        enrollments,
        org_id=org,
        student_id=student,
        schedule_id=schedule,
        coordinator_id=alice,
        started_at=started,
    )
    return Academy(
        books, now, org, alice, bob, lea, instructor, student, family[0], family[1], schedule, enrollment, started
    )


def daytime() -> str:
    """A zone where it is noon or so right now, so that no quiet hours keep a message back."""
    offset = 12 - datetime.now(UTC).hour
    return "UTC" if not offset else f"Etc/GMT{-offset:+d}"
