"""Retention: each hour, what is kept for a while only is forgotten."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.inputs import FORGET, ForgetOut
from workflows.contract import RETENTION_WORKFLOW


@workflow.defn(name=RETENTION_WORKFLOW)
class RetentionWorkflow:
    """One look. It is not retried: the next hour brings the next."""

    @workflow.run
    async def run(self) -> ForgetOut:
        """Forget what is too old."""
        done: ForgetOut = await workflow.execute_activity(
            FORGET,
            result_type=ForgetOut,
            start_to_close_timeout=timedelta(minutes=10),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
        return done
