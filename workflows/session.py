"""One durable workflow per session: its clock. It reminds, asks who is missing, settles once, and chases.

It ends when nothing is left to do by itself; evidence that comes later starts it again. However many students a
session has, it costs the same number of events: they are told by facts in their inboxes.
"""

from __future__ import annotations

import contextlib

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.inputs import ADVANCE_SESSION, AdvanceSessionIn, AdvanceSessionOut
from domain.sending import Channel
from workflows.calling import BOOKS_AWAY, decide, deliver
from workflows.contract import SESSION_WORKFLOW, SessionIn


@workflow.defn(name=SESSION_WORKFLOW)
class SessionWorkflow:
    """Advance, deliver what goes to staff, wait until nudged or due; until nothing is ahead."""

    @workflow.init
    def __init__(self, session: SessionIn) -> None:
        self.session = session
        self.nudged = 0

    @workflow.signal(name="nudge")
    def nudge(self, event_id: str) -> None:
        """Evidence stands in the books, or the session was moved. The id is for people who read the history."""
        self.nudged += 1

    @workflow.run
    async def run(self, session: SessionIn) -> None:
        """The session's clock."""
        while True:
            seen = self.nudged
            step = await self.advance()
            for message_id in step.deliver:
                with contextlib.suppress(ActivityError):
                    await deliver(session.org_id, message_id, Channel.EMAIL)  # staff are written to, never texted
            if step.deliver:
                continue
            if step.wait is None and self.nudged == seen:
                return
            await self.until_nudged_or_due(seen, step)

    async def until_nudged_or_due(self, seen: int, step: AdvanceSessionOut) -> None:
        """Wait for a nudge since `seen`, at most until the next step."""
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(lambda: self.nudged != seen, timeout=step.wait, timeout_summary=step.summary)

    async def advance(self) -> AdvanceSessionOut:
        """Take what is due; while the books are away, wait a little and try again."""
        given = AdvanceSessionIn(self.session.org_id, self.session.session_id, workflow.now())
        try:
            return await decide(ADVANCE_SESSION, given, AdvanceSessionOut)
        except ActivityError:
            return AdvanceSessionOut(wait=BOOKS_AWAY, summary="the books cannot be reached, trying again")
