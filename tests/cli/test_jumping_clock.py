"""The jumping clock over real books; the student's process is called directly instead of through Temporal."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import insert
from temporalio.service import RPCError, RPCStatusCode

from activities.advance import advance
from activities.session import advance_session
from cli import jumping_clock
from cli.jumping_clock import ClockStuckError, JumpingClock
from db import clock
from db.engine import Books
from db.journal_tables import decisions
from db.tables import recurrences, sessions
from domain.outcomes import Code
from tests.academy import Academy, open_academy

pytestmark = pytest.mark.anyio


class Process:
    """Decides and delivers when it is nudged, as the student's workflow does; the first `lost` nudges never arrive."""

    def __init__(self, academy: Academy, lost: int = 0) -> None:
        self.academy, self.lost, self.nudges = academy, lost, 0

    async def nudge(self, org_id: str, student_id: str, event_id: str) -> None:
        """One nudge. Raises RPCError for one that is lost."""
        del event_id
        self.nudges += 1
        if self.nudges <= self.lost:
            raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")
        async with self.academy.books.transaction() as tx:
            now = datetime.now(UTC) + await clock.ahead(tx)
            step = await advance(tx, org_id, student_id, now)
        for message_id in step.deliver:
            await self.academy.deliveries.attempt(org_id, message_id, datetime.now(UTC))


async def nobody(org_id: str, session_id: str, event_id: str) -> None:
    """No session has a clock here."""


async def missed_twice(books: Books) -> Academy:
    """An academy whose student missed two sessions; both outcomes wait to be decided."""
    now = datetime.now(UTC)
    academy = await open_academy(books, now)
    for days in (2, 0):
        session = await academy.session(now - timedelta(days=days, hours=2))
        await academy.outcome(session, Code.NO_SHOW)
    return academy


async def steps(academy: Academy) -> list[timedelta]:
    """How late each deadline was met, in the order in which they were."""
    rows = await academy.rows(decisions)
    due = [(r["seq"], r["at"] - datetime.fromisoformat(r["event"]["due_at"])) for r in rows if r["event"].get("due_at")]
    return [late for _, late in sorted(due)]


async def test_every_deadline_of_a_month_is_met_in_its_time(books: Books) -> None:
    academy = await missed_twice(books)
    running = JumpingClock(books, Process(academy).nudge, nobody)
    await running.wake(await running.now() + jumping_clock.FORGOTTEN_AFTER)

    await running.run_until(academy.now + timedelta(days=30))

    late = await steps(academy)
    assert len(late) >= 5
    assert all(timedelta(0) <= each < timedelta(seconds=10) for each in late)
    assert academy.now + timedelta(days=30) <= await running.now() < academy.now + timedelta(days=30, minutes=5)


async def test_a_nudge_that_is_lost_is_given_again(books: Books) -> None:
    academy = await missed_twice(books)
    process = Process(academy, lost=2)
    running = JumpingClock(books, process.nudge, nobody)
    async with books.transaction() as tx:
        await clock.jump(tx, jumping_clock.FORGOTTEN_AFTER)

    await running.settle()

    assert process.nudges > 2
    assert len(await academy.rows(decisions)) >= 2


async def test_books_that_never_come_to_rest_are_an_error_that_says_so(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jumping_clock, "STUCK_AFTER", 0.2)
    academy = await missed_twice(books)
    running = JumpingClock(books, Process(academy, lost=1_000_000).nudge, nobody)

    with pytest.raises(ClockStuckError, match="2 facts, deadlines and deliveries wait"):
        await running.settle()


async def test_business_time_stands_where_it_was_asked_to_when_nothing_is_due(books: Books) -> None:
    running = JumpingClock(books, Process(await open_academy(books, datetime.now(UTC))).nudge, nobody)
    target = datetime.now(UTC) + timedelta(days=400)

    await running.run_until(target)

    assert running.jumps == 1
    assert timedelta(0) <= await running.now() - target < timedelta(seconds=5)


async def test_no_session_of_a_series_is_leapt_over(books: Books) -> None:
    """A lesson a month: nothing is due for weeks, and each is in the calendar before it begins all the same."""
    academy = await open_academy(books, datetime.now(UTC))
    process = Process(academy)

    async def session_process(org_id: str, session_id: str, event_id: str) -> None:
        async with books.transaction() as tx:
            now = datetime.now(UTC) + await clock.ahead(tx)
            step, students = await advance_session(tx, org_id, session_id, now)
        for message_id in step.deliver:
            await academy.deliveries.attempt(org_id, message_id, datetime.now(UTC))
        for student_id in students:
            await process.nudge(org_id, student_id, event_id)

    series = {"rule": "FREQ=MONTHLY", "starts_on": academy.now.date(), "starts_at": time(17), "minutes": 60}
    async with books.transaction() as tx:
        await tx.execute(insert(recurrences).values(org_id=academy.org, schedule_id=academy.schedule, **series))
    await JumpingClock(books, process.nudge, session_process).run_until(academy.now + timedelta(days=100))

    made = [s for s in await academy.rows(sessions) if s["starts_at"] < academy.now + timedelta(days=98)]
    assert len(made) >= 3
    assert all(s["created_at"] < s["starts_at"] for s in made)
    assert {s["status"] for s in made} == {"unrecorded"}
