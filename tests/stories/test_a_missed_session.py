"""The main job, in the users' words: a missed session becomes a notice, a follow-up and a settled account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db import recording
from db.engine import Books
from db.journal_tables import cases, decisions, entries, messages, tasks
from domain.events import TaskCompleted
from domain.outcomes import Code
from domain.tasks import TaskOutcome
from tests.academy import Academy, open_academy

pytestmark = pytest.mark.anyio
MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.fixture
async def academy(books: Books) -> Academy:
    """Monday, 15:00: six sessions were attended before."""
    a = await open_academy(books, MONDAY - timedelta(days=21))
    for week in range(3):
        for day in (0, 3):
            start = a.now = MONDAY - timedelta(days=21 - 7 * week - day)
            session = await a.session(start)
            a.now = start + timedelta(hours=1, minutes=10)
            await a.outcome(session, Code.ATTENDED)
            await a.settle()
    a.now = MONDAY
    return a


async def _two_no_shows(academy: Academy) -> recording.Accepted:
    """Monday's and Thursday's sessions are missed; returns Thursday's outcome."""
    for day in (0, 3):
        session = await academy.session(MONDAY + timedelta(days=day))
        await academy.until(MONDAY + timedelta(days=day, hours=1, minutes=10))
        missed = await academy.outcome(session, Code.NO_SHOW)
        await academy.settle()
    await academy.until(academy.now + timedelta(minutes=5))
    return missed


async def test_one_no_show_becomes_a_notice_by_sms_and_email_and_an_entry(academy: Academy) -> None:
    session = await academy.session(MONDAY)
    academy.now = MONDAY + timedelta(hours=1, minutes=10)
    await academy.outcome(session, Code.NO_SHOW)
    await academy.until(academy.now + timedelta(minutes=5))

    sent = await academy.rows(messages, session_id=session)
    assert {(m["channel"], m["state"], m["guardian_id"]) for m in sent} == {
        ("sms", "sent", academy.mother),
        ("email", "sent", academy.mother),
    }
    assert all("Sam" in m["body"] for m in sent)
    assert sum(e["units"] for e in await academy.rows(entries)) == -7
    assert await academy.rows(cases) == []
    assert len(await academy.rows(decisions)) == 7


async def test_a_second_no_show_opens_a_case_with_a_task_and_a_concern_message(academy: Academy) -> None:
    await _two_no_shows(academy)

    (case,) = await academy.rows(cases)
    assert (case["tier"], case["closed_at"]) == (2, None)
    (task,) = await academy.rows(tasks)
    assert (task["owner_id"], task["kind"], task["status"]) == (academy.alice, "follow_up", "open")
    concern = await academy.rows(messages, purpose="concern")
    assert {m["channel"] for m in concern} == {"sms", "email"}
    assert all("2 of the last 8" in m["body"] for m in concern)
    assert len(await academy.rows(messages, purpose="absence_notice")) == 2


async def test_nobody_touches_the_task_and_it_climbs_to_the_lead(academy: Academy) -> None:
    await _two_no_shows(academy)
    await academy.until(academy.now + timedelta(days=6))
    (task,) = await academy.rows(tasks)
    assert (task["owner_id"], task["escalation"]) == (academy.lea, "lead")
    steps = [(m["case_id"] is not None, m["guardian_id"]) for m in await academy.rows(messages, purpose="concern")]
    assert steps.count((True, academy.father)) == 2


async def test_a_correction_credits_back_closes_the_case_and_sends_one_all_clear(academy: Academy) -> None:
    missed = await _two_no_shows(academy)
    async with academy.books.transaction() as tx:
        there = recording.Report(missed.session_id, academy.student, Code.ATTENDED, by=academy.alice)
        await recording.correct(tx, academy.org, missed.outcome_id, there, None, academy.now, reason_id=None)
    await academy.until(academy.now + timedelta(minutes=5))

    (case,) = await academy.rows(cases)
    assert case["outcome"] == "false_alarm"
    (task,) = await academy.rows(tasks)
    assert task["status"] == "corrected"
    assert {m["channel"] for m in await academy.rows(messages, purpose="all_clear")} == {"sms", "email"}
    assert sum(e["units"] for e in await academy.rows(entries)) == -8


async def test_after_the_call_three_attended_sessions_close_the_case_as_recovered(academy: Academy) -> None:
    await _two_no_shows(academy)
    (task,) = await academy.rows(tasks)
    act = "11111111-1111-4111-8111-111111111111"
    done = TaskCompleted(act_id=act, task_id=task["id"], by=academy.alice, outcome=TaskOutcome.REACHED, channel="phone")
    await academy.happens(done, row_id=act)
    await academy.settle()
    for day in (7, 10, 14):
        session = await academy.session(MONDAY + timedelta(days=day))
        await academy.until(MONDAY + timedelta(days=day, hours=1, minutes=10))
        await academy.outcome(session, Code.ATTENDED)
        await academy.settle()
    (case,) = await academy.rows(cases)
    assert (case["outcome"], case["follow_up"]) == ("recovered", "in_time")
