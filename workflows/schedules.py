"""What happens again and again: the auditor each minute, the calendar each hour, as Schedules of Temporal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    SchedulePolicy,
    ScheduleSpec,
)

from workflows.contract import AUDIT_SCHEDULE, AUDIT_WORKFLOW, CALENDAR_SCHEDULE, CALENDAR_WORKFLOW, STUDENTS


@dataclass(frozen=True)
class Repeated:
    """A workflow without input that is started at this interval, never twice at once."""

    schedule_id: str
    workflow: str
    every: timedelta


REPEATED = (
    Repeated(AUDIT_SCHEDULE, AUDIT_WORKFLOW, timedelta(minutes=1)),
    Repeated(CALENDAR_SCHEDULE, CALENDAR_WORKFLOW, timedelta(hours=1)),
)


async def ensure_schedules(client: Client) -> None:
    """Make the Schedules that are not there."""
    for repeated in REPEATED:
        await _ensure(client, repeated)


async def _ensure(client: Client, repeated: Repeated) -> None:
    try:
        await client.create_schedule(
            repeated.schedule_id,
            Schedule(
                action=ScheduleActionStartWorkflow(repeated.workflow, id=repeated.workflow, task_queue=STUDENTS),
                spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=repeated.every)]),
                policy=SchedulePolicy(catchup_window=timedelta(minutes=10)),
            ),
        )
    except ScheduleAlreadyRunningError:
        return
