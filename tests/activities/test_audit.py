"""The auditor wakes what was forgotten and tends what belongs to no student."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from activities.audit import AuditActivities
from db import operations
from db.engine import Books
from db.journal_tables import messages, tasks
from db.tables import students
from domain.outcomes import Code
from domain.tasks import TaskKind
from tests.academy import Academy, open_academy

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
async def academy(books: Books) -> Academy:
    """A no-show nobody was woken for."""
    a = await open_academy(books, NOW)
    await a.outcome(await a.session(NOW - timedelta(minutes=70)), Code.NO_SHOW)
    return a


async def _audit(a: Academy, now: datetime) -> list[str]:
    woken: list[str] = []

    async def nudge(org_id: str, row_id: str, event_id: str) -> None:
        woken.append(row_id)

    await AuditActivities(a.books, nudge, nudge, nudge).look(now)
    return woken


async def test_a_fact_forgotten_for_half_a_minute_is_nudged(academy: Academy) -> None:
    assert await _audit(academy, NOW + timedelta(seconds=20)) == []
    assert await _audit(academy, NOW + timedelta(seconds=40)) == [academy.student]


async def test_a_deadline_or_message_that_passed_is_nudged(academy: Academy) -> None:
    await academy.settle(deliver=False)
    assert await _audit(academy, NOW + timedelta(minutes=2)) == []
    assert await _audit(academy, NOW + timedelta(minutes=9)) == [academy.student]


async def test_a_look_up_that_nobody_made_is_nudged(academy: Academy) -> None:
    await academy.until(NOW + timedelta(minutes=5))
    async with academy.books.transaction() as tx:
        await tx.execute(update(messages).values(state="unknown", reason="no_answer", look_up_at=academy.now))
        await tx.execute(update(students).values(next_due=None))
    assert await _audit(academy, academy.now) == []
    assert await _audit(academy, academy.now + timedelta(minutes=2)) == [academy.student]


async def test_a_held_message_expires_when_it_is_useless(academy: Academy) -> None:
    await academy.settle(deliver=False)
    async with academy.books.transaction() as tx:
        await tx.execute(update(messages).values(state="held", reason="blast_guard"))
    await _audit(academy, NOW + timedelta(hours=19))
    assert {(m["state"], m["reason"]) for m in await academy.rows(messages)} == {("expired", "useless_by_now")}


async def test_an_operations_task_left_alone_is_opened_once_and_owned_by_the_lead(academy: Academy) -> None:
    for _ in range(2):
        async with academy.books.transaction() as tx:
            await operations.open_once(tx, academy.org, TaskKind.BLAST_GUARD, NOW)
    (task,) = await academy.rows(tasks, kind="blast_guard")
    assert task["owner_id"] == academy.lea
    assert task["due_at"] == NOW.replace(hour=17)
