"""Sessions made ahead: as time passes the calendar stays four weeks full, each lesson once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import insert

from activities.calendar import extend_to
from db.calendar import HORIZON
from db.engine import Books
from db.journal_tables import outcomes
from db.session_tables import planned_absences
from db.tables import recurrences, sessions
from tests.academy import Academy, open_academy

pytestmark = pytest.mark.anyio
MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
async def academy(books: Books) -> Academy:
    """An academy with a lesson each Tuesday at 17:00 that nobody has made a session of."""
    opened = await open_academy(books, MONDAY)
    await _tuesdays(opened)
    return opened


async def _tuesdays(academy: Academy) -> None:
    row = {"rule": "FREQ=WEEKLY;BYDAY=TU", "starts_on": MONDAY.date(), "starts_at": time(17), "minutes": 60}
    async with academy.books.transaction() as tx:
        await tx.execute(insert(recurrences).values(org_id=academy.org, schedule_id=academy.schedule, **row))


async def _days(academy: Academy) -> list[str]:
    return sorted(f"{r['starts_at']:%m-%d}" for r in await academy.rows(sessions))


async def test_the_calendar_stays_four_weeks_full_however_often_it_is_looked_at(academy: Academy) -> None:
    for _ in range(2):
        await extend_to(academy.books, MONDAY)
        assert await _days(academy) == ["03-03", "03-10", "03-17", "03-24"]
    for hours in range(0, 14 * 24, 7):
        await extend_to(academy.books, MONDAY + timedelta(hours=hours))
        latest = max(r["starts_at"] for r in await academy.rows(sessions))
        assert latest > MONDAY + timedelta(hours=hours) + HORIZON - timedelta(weeks=1)
    assert await _days(academy) == ["03-03", "03-10", "03-17", "03-24", "03-31", "04-07"]


async def test_nothing_is_missing_after_a_long_outage(academy: Academy) -> None:
    await extend_to(academy.books, MONDAY)
    await extend_to(academy.books, MONDAY + timedelta(weeks=8))
    assert len(await _days(academy)) == 12


async def test_many_series_of_several_academies_are_made_in_pieces_and_by_several_at_once(academy: Academy) -> None:
    other = await open_academy(academy.books, MONDAY)
    for _ in range(59):
        await _tuesdays(academy)
    await _tuesdays(other)
    await asyncio.gather(*(extend_to(academy.books, MONDAY) for _ in range(3)))
    assert (len(await _days(academy)), len(await _days(other))) == (60 * 4, 4)


async def test_an_absence_told_ahead_covers_sessions_that_are_made_later(academy: Academy) -> None:
    row = {
        "org_id": academy.org,
        "student_id": academy.student,
        "starts_at": MONDAY + timedelta(days=8),
        "ends_at": MONDAY + timedelta(days=10),
        "declared_at": MONDAY,
    }
    async with academy.books.transaction() as tx:
        await tx.execute(insert(planned_absences).values(row))
    (made,) = await extend_to(academy.books, MONDAY)
    assert made.students == (academy.student,)
    assert [r["code"] for r in await academy.rows(outcomes)] == ["cancelled_by_student"]
