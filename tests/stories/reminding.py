"""Many messages on their way at once: families to be reminded of sessions by SMS and e-mail."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import insert

from db.decisions import message_row
from db.journal_tables import messages
from db.tables import enrollments, guardians, student_guardians, students
from domain.sending import Channel, Message, Purpose
from tests.academy import Academy


async def queue_reminders(academy: Academy, people: list[tuple[str, str]], sessions: int) -> None:
    """Queue a reminder by SMS and by e-mail of each of so many sessions of tomorrow, for each (student, guardian)."""
    now = academy.now
    starts = [now + timedelta(days=1, minutes=n) for n in range(sessions)]
    ahead = [(await academy.session(at), at) for at in starts]
    reminders = [
        Message(
            id=str(uuid4()),
            key=f"reminder:{session}:{guardian}:{channel}",
            purpose=Purpose.REMINDER,
            channel=channel,
            recipient_id=guardian,
            student_id=student,
            session_id=session,
            due_at=now,
            expires_at=at,
            created_at=now,
        )
        for student, guardian in people
        for session, at in ahead
        for channel in Channel
    ]
    async with academy.books.transaction() as tx:
        await tx.execute(insert(messages), [{"org_id": academy.org, **message_row(m)} for m in reminders])


async def enroll_families(academy: Academy, count: int, zone: str) -> list[tuple[str, str]]:
    """So many students with a guardian each; returns their ids."""
    own = {"org_id": academy.org}
    people = [(str(uuid4()), str(uuid4())) for _ in range(count)]
    enrolled = {"schedule_id": academy.schedule, "coordinator_id": academy.alice, "started_at": academy.started_at}
    families = [
        {"id": g, "name": f"Maria {n}", "phone": f"+1415556{n:04}", "email": f"m{n}@reed.example", "zone": zone}
        for n, (_, g) in enumerate(people)
    ]
    async with academy.books.transaction() as tx:
        await tx.execute(insert(students), [own | {"id": s, "name": f"Sam {n}"} for n, (s, _) in enumerate(people)])
        await tx.execute(insert(guardians), [own | family for family in families])
        links = [own | {"student_id": s, "guardian_id": g, "position": 1} for s, g in people]
        await tx.execute(insert(student_guardians), links)
        await tx.execute(insert(enrollments), [own | enrolled | {"student_id": s} for s, _ in people])
    return people
