"""The calendar: each hour, sessions are made ahead from the recurrences of every schedule."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.inputs import EXTEND_CALENDAR, CalendarOut
from workflows.contract import CALENDAR_WORKFLOW


@workflow.defn(name=CALENDAR_WORKFLOW)
class CalendarWorkflow:
    """One look ahead. It is not retried: what is left is made in the next hour, four weeks before it is needed."""

    @workflow.run
    async def run(self) -> CalendarOut:
        """Make what the horizon has come to."""
        made: CalendarOut = await workflow.execute_activity(
            EXTEND_CALENDAR,
            result_type=CalendarOut,
            start_to_close_timeout=timedelta(minutes=10),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
        return made
