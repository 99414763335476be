"""One session's step is one transaction: twice at once, beside an outcome told by hand, or again after a crash."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, update

from activities.inputs import AdvanceSessionIn
from activities.session import SessionActivities, advance_session
from db import operations, recording, session_clock, session_facts
from db.engine import Books
from db.journal_tables import entries, inbox, messages, outcome_versions, outcomes, tasks
from db.session_tables import evidence, session_decisions
from db.tables import enrollments, sessions, students
from domain.outcomes import Code
from domain.refusals import Conflict
from tests.academy import Academy, open_academy

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
STARTS = NOW + timedelta(hours=2)
SETTLES = STARTS + timedelta(minutes=70)


@pytest.fixture
async def academy(books: Books) -> Academy:
    """Sam's academy at noon, with a session at two."""
    return await open_academy(books, NOW)


async def a_session(a: Academy, *, seen: bool = True) -> str:
    """The session at two; with the instructor and Sam there from the first minute to the last."""
    session = await a.session(STARTS)
    async with a.books.transaction() as tx:
        await tx.execute(update(sessions).values(created_at=NOW))
        await session_clock.wind(tx, a.org, [session], NOW)
        for who in ({"staff_id": a.instructor}, {"student_id": a.student}) if seen else ():
            row = {"org_id": a.org, "session_id": session, "source": "test", "kind": "joined", "at": STARTS, **who}
            await tx.execute(insert(evidence).values(row | {"key": str(uuid4()), "received_at": STARTS}))
    return session


async def settled(a: Academy, session: str, now: datetime = SETTLES) -> list[str]:
    """Take what is due; returns the students to wake."""
    async with a.books.transaction() as tx:
        _, woken = await advance_session(tx, a.org, session, now)
        return woken


async def test_a_step_taken_eight_times_at_once_is_taken_once(academy: Academy) -> None:
    session = await a_session(academy)
    woken = await asyncio.gather(*(settled(academy, session) for _ in range(8)))
    assert sorted(woken, key=len)[-1] == [academy.student]
    assert sum(map(len, woken)) == 1
    assert len(await academy.rows(outcomes)) == len(await academy.rows(outcome_versions)) == 1
    steps = [r["step"] for r in await academy.rows(session_decisions)]
    assert steps.count("settle") == 1
    (row,) = await academy.rows(sessions)
    assert (row["status"], row["next_due"]) == ("settled", None)


async def test_an_outcome_told_by_hand_in_the_same_moment_wins_or_waits_but_never_doubles(academy: Academy) -> None:
    async def told() -> None:
        async with academy.books.transaction() as tx:
            there = recording.Report(session, academy.student, Code.LATE, by=academy.alice)
            await recording.record(tx, academy.org, there, SETTLES)

    for _ in range(6):
        session = await a_session(academy)
        ended = await asyncio.gather(told(), settled(academy, session), return_exceptions=True)
        assert all(not isinstance(e, BaseException) or isinstance(e, Conflict) for e in ended), ended
        await settled(academy, session)
        (row,) = await academy.rows(outcomes, session_id=session)
        assert (row["code"], row["version"]) in {("late", 1), ("attended", 1)}


async def test_a_crash_before_the_commit_leaves_nothing_and_the_next_try_does_it_all(academy: Academy) -> None:
    session = await a_session(academy)

    async def crash() -> None:
        async with academy.books.transaction() as tx:
            await advance_session(tx, academy.org, session, SETTLES)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await crash()
    assert await academy.rows(outcomes) == await academy.rows(inbox) == await academy.rows(session_decisions) == []
    assert await settled(academy, session) == [academy.student]


async def test_students_who_cannot_be_woken_lose_nothing(academy: Academy) -> None:
    session = await a_session(academy)

    async def away(*_: str) -> None:
        raise RuntimeError("the server is away")

    await SessionActivities(academy.books, away).advance_session(AdvanceSessionIn(academy.org, session, SETTLES))
    academy.now = SETTLES
    await academy.settle()
    assert [e["units"] for e in await academy.rows(entries)] == [-1]


async def test_a_session_is_started_ten_minutes_ahead_and_again_when_it_was_forgotten(academy: Academy) -> None:
    session = await a_session(academy)
    first = STARTS - timedelta(hours=1)

    async def due(now: datetime) -> list[Any]:
        async with academy.books.transaction() as tx:
            return await session_facts.due(tx, now - timedelta(minutes=1), now + timedelta(minutes=10))

    assert await due(first - timedelta(minutes=11)) == []
    assert await due(first - timedelta(minutes=9)) == [(academy.org, session)]
    await settled(academy, session, first - timedelta(minutes=9))
    assert await due(first - timedelta(minutes=5)) == [], "it runs and waits by itself"
    assert await due(first + timedelta(minutes=2)) == [(academy.org, session)]


async def test_outcomes_told_at_the_end_need_no_clock(academy: Academy) -> None:
    await a_session(academy, seen=False)
    (row,) = await academy.rows(sessions)
    academy.now = STARTS + timedelta(hours=1)
    await academy.outcome(row["id"], Code.ATTENDED)
    (row,) = await academy.rows(sessions)
    assert (row["status"], row["next_due"]) == ("settled", None)


async def test_a_chase_that_still_waits_is_cancelled_once_the_session_is_recorded(academy: Academy) -> None:
    session = await a_session(academy, seen=False)
    await settled(academy, session, SETTLES + timedelta(minutes=20))
    (chase,) = await academy.rows(messages, purpose="unrecorded")
    assert chase["state"] == "queued"
    academy.now = SETTLES + timedelta(minutes=21)
    await academy.outcome(session, Code.ATTENDED)
    async with academy.books.transaction() as tx:
        assert await session_facts.due(tx, academy.now + timedelta(minutes=1), academy.now) == [(academy.org, session)]
    await settled(academy, session, academy.now)
    (chase,) = await academy.rows(messages, purpose="unrecorded")
    assert (chase["state"], chase["reason"]) == ("cancelled", "recorded")


async def test_one_task_lists_an_instructors_sessions_and_closes_with_the_last(academy: Academy) -> None:
    async with academy.books.transaction() as tx:
        for _ in range(2):
            await operations.open_unrecorded(tx, academy.org, academy.instructor, academy.alice, NOW)
    (task,) = await academy.rows(tasks)
    assert (task["owner_id"], task["instructor_id"]) == (academy.alice, academy.instructor)
    await a_session(academy, seen=False)
    async with academy.books.transaction() as tx:
        await tx.execute(update(sessions).values(status="unrecorded"))
        await operations.close_recorded(tx, academy.org, academy.instructor, str(uuid4()), NOW)
    assert (await academy.rows(tasks))[0]["finished_at"] is None
    async with academy.books.transaction() as tx:
        await tx.execute(update(sessions).values(status="settled"))
        await operations.close_recorded(tx, academy.org, academy.instructor, str(uuid4()), NOW)
    assert (await academy.rows(tasks))[0]["reason"] == "recorded"


async def test_a_session_of_nobody_and_one_without_an_instructor_come_to_rest(academy: Academy) -> None:
    session = await a_session(academy, seen=False)
    async with academy.books.transaction() as tx:
        await tx.execute(update(enrollments).values(ended_at=NOW))
        await tx.execute(update(students).values(state={}))
    await settled(academy, session, SETTLES)
    (row,) = await academy.rows(sessions)
    assert (row["status"], row["next_due"]) == ("settled", None)
