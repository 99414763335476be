"""A session's workflow, on a real server with virtual time: its steps on their time, late evidence, a constant cost."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import insert, update
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from db import clock, session_clock
from db.engine import Tx
from db.journal_tables import messages, outcomes
from db.session_tables import evidence, session_decisions
from db.tables import enrollments, schedules, sessions, students
from tests.waiting import eventually
from tests.workflows.conftest import Stack
from workflows.contract import session_workflow_id
from workflows.nudging import nudge_session

pytestmark = pytest.mark.anyio
HISTORIES = Path(__file__).with_name("histories")
MINUTE = timedelta(minutes=1)


class Lesson:
    """A session of the academy's schedule in two hours, with a link, and its workflow."""

    def __init__(self, stack: Stack, session: str) -> None:
        self.stack, self.id = stack, session
        self.starts_at = stack.academy.now + timedelta(hours=2)

    @property
    def handle(self) -> WorkflowHandle[object, object]:
        """The session's workflow."""
        return self.env.client.get_workflow_handle(session_workflow_id(self.id))

    @property
    def env(self) -> WorkflowEnvironment:
        """The server."""
        return self.stack.env

    async def wake(self) -> None:
        """What the API does when evidence comes late."""
        await nudge_session(self.env.client, self.stack.academy.org, self.id, "test")

    async def forward(self, minutes: float) -> None:
        """Let the session's time pass to so many minutes after its start."""
        to = self.starts_at + minutes * MINUTE
        await self.env.fast_forward(self.handle, to - await self.env.get_current_time(self.handle))

    async def seen(self, tx: Tx, kind: str, minute: float, **who: str) -> None:
        """One piece of evidence."""
        at = self.starts_at + minute * MINUTE
        row = {"org_id": self.stack.academy.org, "session_id": self.id, "source": "test", "key": str(uuid4())}
        await tx.execute(insert(evidence).values(row | who | {"kind": kind, "at": at, "received_at": at}))

    async def has_taken(self, step: str) -> bool:
        """True once the step stands in the journal."""
        return any(r["step"] == step for r in await self.stack.academy.rows(session_decisions, session_id=self.id))

    async def has_ended(self) -> bool:
        """True once nothing is left to do by itself."""
        return (await self.handle.describe()).status is WorkflowExecutionStatus.COMPLETED

    async def events(self) -> list[str]:
        """The names of the events in its history."""
        return [EventType.Name(e.event_type) async for e in self.handle.fetch_history_events()]


async def a_lesson(stack: Stack, group: int = 1) -> Lesson:
    """The lesson with so many students, its workflow started."""
    a = stack.academy
    async with stack.books.transaction() as tx:
        await tx.execute(update(schedules).values(kind="group", join_url="https://rooms.example/maths"))
        more = [str(uuid4()) for _ in range(group - 1)]
        for student in more:
            await tx.execute(insert(students).values(org_id=a.org, id=student, name="One more"))
            place = {"org_id": a.org, "student_id": student, "schedule_id": a.schedule, "coordinator_id": a.alice}
            await tx.execute(insert(enrollments).values(place | {"started_at": a.started_at}))
        starts_at = a.now + timedelta(hours=2)
        times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1), "created_at": a.now}
        row = {"org_id": a.org, "schedule_id": a.schedule, **times}
        session = (await tx.execute(insert(sessions).values(row).returning(sessions.c.id))).scalar_one()
        await session_clock.wind(tx, a.org, [session], a.now)
    lesson = Lesson(stack, session)
    await lesson.wake()
    return lesson


async def held(lesson: Lesson, students_there: list[str]) -> None:
    """The instructor and these students are there from the first minute to the last; played to the end."""
    await lesson.forward(3)
    async with lesson.stack.books.transaction() as tx:
        await lesson.seen(tx, "joined", 0, staff_id=lesson.stack.academy.instructor)
        for student in students_there:
            await lesson.seen(tx, "joined", 1, student_id=student)
    await lesson.forward(71)
    await eventually(lambda: lesson.has_taken("settle"))


async def test_a_session_settles_on_its_time_and_its_workflow_ends(stack: Stack) -> None:
    lesson = await a_lesson(stack)
    await held(lesson, [stack.academy.student])
    (outcome,) = await stack.academy.rows(outcomes, session_id=lesson.id)
    assert outcome["code"] == "attended"
    await eventually(lesson.has_ended)
    journal = await stack.academy.rows(session_decisions, session_id=lesson.id)
    assert [r["step"] for r in sorted(journal, key=lambda r: r["seq"])] == [
        "remind_by_sms",
        "rescue",
        "rescue_again",
        "settle",
    ]
    if os.environ.get("RECORD_HISTORIES"):
        (HISTORIES / "session-settled.json").write_text((await lesson.handle.fetch_history()).to_json())


async def test_late_evidence_starts_an_ended_session_again_and_corrects_it(stack: Stack) -> None:
    lesson = await a_lesson(stack)
    await held(lesson, [])
    (outcome,) = await stack.academy.rows(outcomes, session_id=lesson.id)
    assert outcome["code"] == "no_show"
    await eventually(lesson.has_ended)
    async with stack.books.transaction() as tx:
        await lesson.seen(tx, "joined", 1, student_id=stack.academy.student)
        await clock.jump(tx, timedelta(hours=5))  # a workflow that starts again has the engine's own time
    await lesson.wake()

    async def is_corrected() -> bool:
        (now,) = await stack.academy.rows(outcomes, session_id=lesson.id)
        return (now["code"], now["version"]) == ("attended", 2)

    await eventually(is_corrected)


async def test_what_nobody_recorded_is_chased_by_mail_and_the_workflow_stays(stack: Stack) -> None:
    lesson = await a_lesson(stack)
    await lesson.forward(91)
    await eventually(lambda: lesson.has_taken("chase"))

    async def has_left() -> bool:
        found = await stack.academy.rows(messages, purpose="unrecorded")
        return [m["state"] for m in found] == ["sent"]

    await eventually(has_left)
    assert not await lesson.has_ended()


async def test_thirty_students_cost_a_session_as_many_events_as_one(stack: Stack) -> None:
    async def cost(group: int) -> int:
        lesson = await a_lesson(stack, group)
        await held(lesson, [s["id"] for s in await stack.academy.rows(students)])
        await eventually(lesson.has_ended)
        found = await stack.academy.rows(outcomes, session_id=lesson.id)
        assert len(found) == group
        return len(await lesson.events())

    alone = await cost(1)
    assert alone <= 45
    assert await cost(30) == alone
