"""The workflow itself, on a real server with virtual time: timers, nudges, deliveries, long histories."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson
from sqlalchemy import insert
from temporalio.client import WorkflowExecutionStatus
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

import worker
from db import clock
from db.journal_tables import cases, entries, inbox, messages
from db.tables import idempotency_keys, policies, recurrences, sessions, students
from domain.events import Withdrawn
from domain.outcomes import Code
from domain.policy import Policy
from tests.waiting import eventually
from tests.workflows.conftest import Stack
from workflows.audit import AuditWorkflow
from workflows.calendar import CalendarWorkflow
from workflows.contract import STUDENTS, StudentIn, student_workflow_id
from workflows.retention import RetentionWorkflow
from workflows.schedules import REPEATED, ensure_schedules
from workflows.student import StudentWorkflow

pytestmark = pytest.mark.anyio
HISTORIES = Path(__file__).with_name("histories")


async def _all_decided(stack: Stack) -> bool:
    return all(r["decided_at"] for r in await stack.academy.rows(inbox))


async def report_outcome(stack: Stack, code: Code, days: float = 0, ago: timedelta = timedelta(minutes=70)) -> str:
    """Some days later, a session that began so long ago gets its outcome; returns the session."""
    a = stack.academy
    if days:
        await stack.forward(a.now + timedelta(days=days))
    session = await a.session(a.now - ago)
    await a.outcome(session, code)
    await stack.nudge("outcome")
    await eventually(lambda: _all_decided(stack))
    return session


async def _states(stack: Stack, **where: Any) -> list[str]:
    return sorted(m["state"] for m in await stack.academy.rows(messages, **where))


async def test_an_attended_outcome_costs_at_most_six_history_events(stack: Stack) -> None:
    await report_outcome(stack, Code.ATTENDED)
    before = len(await stack.events())
    for hours in (3, 5, 7):
        await report_outcome(stack, Code.ATTENDED, ago=timedelta(hours=hours))
    await asyncio.sleep(0.2)
    assert len(await stack.events()) - before <= 3 * 6, (await stack.events())[before:]
    assert len(await stack.academy.rows(entries)) == 4


async def test_a_first_no_show_with_two_notices_costs_at_most_twenty_five_events(stack: Stack) -> None:
    await _publish(stack, Policy(settle_delay=timedelta(seconds=1)))
    for days in (3, 2):
        await report_outcome(stack, Code.ATTENDED, ago=timedelta(days=days))
    before = len(await stack.events())
    await report_outcome(stack, Code.NO_SHOW)
    await eventually(lambda: _is(stack, ["sent", "sent"]))
    await asyncio.sleep(0.2)
    assert len(await stack.events()) - before <= 25, (await stack.events())[before:]


async def _publish(stack: Stack, policy: Policy) -> None:
    async with stack.books.transaction() as tx:
        document = policy.model_dump(mode="json")
        row = {"org_id": stack.academy.org, "version": 2, "document": document, "published_at": stack.academy.now}
        await tx.execute(insert(policies).values(row))


async def _is(stack: Stack, expected: list[str], **where: Any) -> bool:
    return await _states(stack, **where) == expected


async def test_the_timer_takes_the_ladder_step_at_its_deadline(stack: Stack) -> None:
    await report_outcome(stack, Code.NO_SHOW)
    await report_outcome(stack, Code.NO_SHOW, days=1)
    (case,) = await stack.academy.rows(cases)
    assert case["step"] == 0
    await stack.forward(stack.academy.now + timedelta(hours=24, minutes=1))
    await eventually(lambda: step_is(stack, 1))


async def step_is(stack: Stack, step: int) -> bool:
    return [c["step"] for c in await stack.academy.rows(cases)] == [step]


async def test_a_nudge_interrupts_the_wait_for_a_deadline(stack: Stack) -> None:
    await report_outcome(stack, Code.NO_SHOW)
    await report_outcome(stack, Code.NO_SHOW, days=1)
    assert any("TIMER_STARTED" in e for e in await stack.events())
    await report_outcome(stack, Code.ATTENDED)
    assert len(await stack.academy.rows(entries)) == 3


async def test_facts_told_while_no_worker_runs_are_decided_when_it_returns(stack: Stack) -> None:
    await stack.stop_workers()
    a = stack.academy
    for hours in (5, 3):
        session = await a.session(a.now - timedelta(hours=hours))
        await a.outcome(session, Code.ATTENDED)
        await stack.nudge()
    assert not await _all_decided(stack)
    await stack.start_workers()
    await eventually(lambda: _all_decided(stack), seconds=20)
    assert sum(e["units"] for e in await a.rows(entries)) == -2


async def test_a_long_history_continues_as_new_and_loses_nothing(stack: Stack) -> None:
    await stack.handle.terminate("start again with a short limit")
    a = stack.academy
    for count in range(12):
        session = await a.session(a.now - timedelta(hours=30 - 2 * count))
        await a.outcome(session, Code.ATTENDED if count % 3 else Code.NO_SHOW)
        await stack.env.client.start_workflow(
            StudentWorkflow.run,
            StudentIn(a.org, a.student, long_history=12),
            id=student_workflow_id(a.student),
            task_queue="students",
            start_signal="nudge",
            start_signal_args=[str(count)],
        )
        await eventually(lambda: _all_decided(stack))
    runs = [w async for w in stack.env.client.list_workflows(f"WorkflowId = '{student_workflow_id(a.student)}'")]
    assert len(runs) > 2
    assert sum(e["units"] for e in await a.rows(entries)) == -12
    keys = [m["key"] for m in await a.rows(messages)]
    assert len(keys) == len(set(keys))


async def test_a_student_who_left_ends_the_workflow_and_a_later_fact_starts_it_again(stack: Stack) -> None:
    await stack.academy.happens(Withdrawn())
    await stack.nudge()
    await eventually(lambda: _ended(stack))
    await report_outcome(stack, Code.ATTENDED)
    assert len(await stack.academy.rows(entries)) == 1


async def _ended(stack: Stack) -> bool:
    return (await stack.handle.describe()).status is WorkflowExecutionStatus.COMPLETED


async def test_the_history_of_a_whole_story_replays_and_holds_no_personal_data(stack: Stack) -> None:
    await report_outcome(stack, Code.NO_SHOW)
    await report_outcome(stack, Code.NO_SHOW, days=1)
    await stack.forward(stack.academy.now + timedelta(days=4))
    await eventually(lambda: step_is(stack, 2))
    history = await stack.handle.fetch_history()
    await Replayer(
        workflows=[StudentWorkflow], workflow_runner=worker.sandbox(), data_converter=pydantic_data_converter
    ).replay_workflow(history)
    if "RECORD_HISTORIES" in os.environ:
        (HISTORIES / f"case-with-ladder-{stack.academy.now:%Y%m}.json").write_text(history.to_json())
    raw = "".join(MessageToJson(e) for e in history.events)
    decoded = json.dumps([_payloads(json.loads(MessageToJson(e))) for e in history.events])
    for word in ("Sam", "Reed", "Maria", "Alice", "+1415", "reed.example", "Northstar", "Maths"):
        assert word not in raw
        assert word not in decoded


def _payloads(value: Any) -> list[str]:
    """Every payload of an event, decoded."""
    if isinstance(value, dict):
        own = [base64.b64decode(value["data"]).decode(errors="replace")] if isinstance(value.get("data"), str) else []
        return own + [p for v in value.values() for p in _payloads(v)]
    return [p for v in value for p in _payloads(v)] if isinstance(value, list) else []


async def test_the_deadline_in_the_books_is_the_one_the_workflow_waits_for(stack: Stack) -> None:
    await report_outcome(stack, Code.NO_SHOW)
    await report_outcome(stack, Code.NO_SHOW, days=1)
    (student,) = await stack.academy.rows(students)
    timers = [e async for e in stack.handle.fetch_history_events() if e.HasField("timer_started_event_attributes")]
    wait = timers[-1].timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
    fires = timers[-1].event_time.ToDatetime(tzinfo=UTC) + wait
    assert abs(fires - student["next_due"]) < timedelta(seconds=5)


async def test_the_auditor_wakes_a_student_whose_nudge_was_lost(stack: Stack) -> None:
    a = stack.academy
    await a.outcome(await a.session(a.now - timedelta(minutes=70)), Code.ATTENDED)
    async with stack.books.transaction() as tx:
        await clock.jump(tx, timedelta(minutes=1))
    found = await stack.env.client.execute_workflow(AuditWorkflow.run, id="audit", task_queue=STUDENTS)
    assert (found.nudged, found.forgotten) == (1, 1)
    await eventually(lambda: _all_decided(stack))


async def test_what_repeats_runs_by_schedules_that_are_made_once(stack: Stack) -> None:
    for _ in range(2):
        await ensure_schedules(stack.env.client)
    schedules = [s async for s in await stack.env.client.list_schedules()]
    assert len(schedules) <= len(REPEATED)
    for each in REPEATED:
        described = await stack.env.client.get_schedule_handle(each.schedule_id).describe()
        assert described.schedule.spec.intervals[0].every == each.every


async def test_what_is_too_old_is_forgotten(stack: Stack) -> None:
    old = {
        "org_id": stack.academy.org,
        "key": "k",
        "request_hash": "h",
        "created_at": stack.academy.now - timedelta(days=8),
    }
    async with stack.books.transaction() as tx:
        await tx.execute(insert(idempotency_keys).values(old))
    done = await stack.env.client.execute_workflow(RetentionWorkflow.run, id="retention", task_queue=STUDENTS)
    assert done.forgotten["idempotency_keys"] == 1


async def test_the_calendar_makes_sessions_ahead(stack: Stack) -> None:
    a = stack.academy
    row = {"rule": "FREQ=DAILY", "starts_on": a.now.date(), "starts_at": a.now.time(), "minutes": 60}
    async with stack.books.transaction() as tx:
        await tx.execute(insert(recurrences).values(org_id=a.org, schedule_id=a.schedule, **row))
    made = await stack.env.client.execute_workflow(CalendarWorkflow.run, id="calendar", task_queue=STUDENTS)
    assert made.sessions == len(await a.rows(sessions)) >= 28
