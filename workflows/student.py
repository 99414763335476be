"""One durable workflow per enrolled student: woken by facts and by its nearest deadline.

It holds no rule and no fact. `advance` decides, in one transaction; deliveries run beside the loop; what is queued
stands in the books, so the run may end at any moment and nothing is lost.
"""

from __future__ import annotations

import asyncio
import contextlib

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.inputs import ADVANCE, AdvanceIn, AdvanceOut
from domain.sending import Channel
from workflows.calling import BOOKS_AWAY, decide, deliver
from workflows.contract import STUDENT_WORKFLOW, StudentIn


@workflow.defn(name=STUDENT_WORKFLOW)
class StudentWorkflow:
    """Advance, hand out deliveries, wait until nudged or due; until the student has left and nothing is open."""

    @workflow.init
    def __init__(self, student: StudentIn) -> None:
        self.student = student
        self.nudged = 0
        self.deliveries: dict[str, asyncio.Task[None]] = {}

    @workflow.signal(name="nudge")
    def nudge(self, event_id: str) -> None:
        """Something stands in the inbox. The id is for people who read the history."""
        self.nudged += 1

    @workflow.run
    async def run(self, student: StudentIn) -> None:
        """The student's loop."""
        while True:
            seen = self.nudged
            step = await self.advance()
            if self.history_is_long():  # before anything new is started: what is queued stands in the books
                await workflow.wait_condition(lambda: not self.deliveries)
                workflow.continue_as_new(student)
            for message_id in step.deliver:
                self.deliveries[message_id] = asyncio.create_task(self.deliver(message_id, step.channel_of(message_id)))
            if step.finished and not self.deliveries and self.nudged == seen:
                return
            if not step.again:
                await self.until_nudged_or_due(seen, step)

    def history_is_long(self) -> bool:
        """True when the run should continue as new."""
        info = workflow.info()
        return info.get_current_history_length() > self.student.long_history or info.is_continue_as_new_suggested()

    async def until_nudged_or_due(self, seen: int, step: AdvanceOut) -> None:
        """Wait for a nudge since `seen`, at most until the nearest deadline."""
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self.nudged != seen or (step.finished and not self.deliveries),
                timeout=step.wait,
                timeout_summary=step.summary,
            )

    async def advance(self) -> AdvanceOut:
        """Decide what waits; while the books are away, wait a little and try again."""
        given = AdvanceIn(self.student.org_id, self.student.student_id, workflow.now(), tuple(self.deliveries))
        try:
            return await decide(ADVANCE, given, AdvanceOut)
        except ActivityError:
            return AdvanceOut(wait=BOOKS_AWAY, summary="the books cannot be reached, trying again")

    async def deliver(self, message_id: str, channel: Channel) -> None:
        """One attempt of one message, on its channel's queue. What it leaves to decide wakes the loop."""
        changes_plan = True
        try:
            changes_plan = (await deliver(self.student.org_id, message_id, channel)).changes_plan
        except ActivityError:
            pass
        finally:
            del self.deliveries[message_id]
            self.nudged += int(changes_plan)
