"""Webhooks out: one workflow that looks for what is due, minute after minute, on a queue of its own.

It is kept alive by a Schedule, which starts it whenever it does not run. What is due and when stands in the books.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from activities.inputs import DELIVER_WEBHOOKS, WebhooksOut
from workflows.contract import WEBHOOKS_WORKFLOW

LOOKS = 60
"""Looks of a minute in one run: some 400 events of history."""
PAUSE = timedelta(seconds=2)
"""After a look that failed, such as with the books away."""


@workflow.defn(name=WEBHOOKS_WORKFLOW)
class WebhooksWorkflow:
    """Look again and again; every hour as a new run."""

    @workflow.run
    async def run(self) -> None:
        """A worker that is lost is noticed within seconds, and another one goes on."""
        for _ in range(LOOKS):
            looked = False
            with contextlib.suppress(ActivityError):
                await workflow.execute_activity(
                    DELIVER_WEBHOOKS,
                    result_type=WebhooksOut,
                    start_to_close_timeout=timedelta(seconds=90),
                    heartbeat_timeout=timedelta(seconds=20),
                    retry_policy=RetryPolicy(maximum_attempts=1),
                )
                looked = True
            if not looked:
                await workflow.sleep(PAUSE)
        workflow.continue_as_new()
