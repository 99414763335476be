"""`audit`: find what was forgotten and wake it. The books say what should have happened by now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from temporalio import activity

from activities.inputs import AUDIT, AuditOut
from db import clock, inbox, link_mail, operations, session_facts
from db.engine import Books
from domain.value import Id

Nudge = Callable[[Id, Id, Id], Awaitable[None]]
"""Wakes a student or a session, or sends a letter: organization, its id, and an id for the reader of the history."""

FORGOTTEN_AFTER = timedelta(seconds=30)
OVERDUE_AFTER = timedelta(minutes=1)
"""Half of the five minutes within which every due step is promised to be tried leaves room for two audits."""
SESSIONS_AHEAD = timedelta(minutes=10)
"""A session's process is started so long before its first step: not weeks ahead, and never late."""


class AuditActivities:
    """Holds the books and the ways to wake students and sessions, and to send a letter, for `audit`."""

    def __init__(self, books: Books, nudge: Nudge, nudge_session: Nudge, send_letter: Nudge) -> None:
        self.books, self.nudge, self.nudge_session, self.send_letter = books, nudge, nudge_session, send_letter

    @activity.defn(name=AUDIT)
    async def audit(self) -> AuditOut:
        """Nudge students with facts older than 30 s or a deadline passed, and sessions; tend what belongs to nobody."""
        return await self.look(datetime.now(UTC))

    async def look(self, engine_now: datetime) -> AuditOut:
        """The same at the given engine time."""
        async with self.books.transaction() as tx:
            now = engine_now + await clock.ahead(tx)
            forgotten = await inbox.forgotten(tx, now - FORGOTTEN_AFTER)
            overdue = await inbox.overdue(tx, now - OVERDUE_AFTER)
            sessions = await session_facts.due(tx, now - OVERDUE_AFTER, now + SESSIONS_AHEAD)
            letters = await link_mail.waiting(tx, now - OVERDUE_AFTER)
            details = await operations.tend(tx, now)
        for org_id, student_id in dict.fromkeys([*forgotten, *overdue]):
            await self.nudge(org_id, student_id, "audit")
        for org_id, session_id in sessions:
            await self.nudge_session(org_id, session_id, "audit")
        for org_id, message_id in letters:
            await self.send_letter(org_id, message_id, "audit")
        return AuditOut(
            nudged=len({*forgotten, *overdue}),
            forgotten=len(forgotten),
            overdue=len(overdue),
            sessions=len(sessions),
            details=details,
        )
