"""Drafts: one workflow that looks for what waits without a draft, minute after minute, on a queue of its own.

A drafter may take its time or hang; nothing else waits for it. A Schedule keeps it alive.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from activities.inputs import MAKE_DRAFTS, DraftsOut
from workflows.contract import DRAFTS_WORKFLOW

LOOKS = 60
"""Looks of a minute in one run: some 400 events of history."""
PAUSE = timedelta(seconds=2)
"""After a look that failed, such as with the books away."""


@workflow.defn(name=DRAFTS_WORKFLOW)
class DraftsWorkflow:
    """Look again and again; every hour as a new run."""

    @workflow.run
    async def run(self) -> None:
        """A worker that is lost is noticed within seconds, and another one goes on."""
        for _ in range(LOOKS):
            looked = False
            with contextlib.suppress(ActivityError):
                await workflow.execute_activity(
                    MAKE_DRAFTS,
                    result_type=DraftsOut,
                    start_to_close_timeout=timedelta(seconds=120),
                    heartbeat_timeout=timedelta(seconds=20),
                    retry_policy=RetryPolicy(maximum_attempts=1),
                )
                looked = True
            if not looked:
                await workflow.sleep(PAUSE)
        workflow.continue_as_new()
