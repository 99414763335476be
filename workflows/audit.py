"""The auditor: each minute, independent of every student's own clock, what was forgotten is woken."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.inputs import AUDIT, AuditOut
from workflows.contract import AUDIT_WORKFLOW


@workflow.defn(name=AUDIT_WORKFLOW)
class AuditWorkflow:
    """One audit. It is not retried: the next minute brings the next."""

    @workflow.run
    async def run(self) -> AuditOut:
        """Wake what was forgotten; tend what belongs to no student."""
        found: AuditOut = await workflow.execute_activity(
            AUDIT,
            result_type=AuditOut,
            start_to_close_timeout=timedelta(seconds=50),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
        return found
