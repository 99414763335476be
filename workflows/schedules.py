"""What happens again and again: auditor, calendar, webhooks, drafts, as Schedules of Temporal."""

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

from workflows.contract import (
    AUDIT_SCHEDULE,
    AUDIT_WORKFLOW,
    CALENDAR_SCHEDULE,
    CALENDAR_WORKFLOW,
    DRAFTS,
    DRAFTS_SCHEDULE,
    DRAFTS_WORKFLOW,
    RETENTION_SCHEDULE,
    RETENTION_WORKFLOW,
    STUDENTS,
    WEBHOOKS,
    WEBHOOKS_SCHEDULE,
    WEBHOOKS_WORKFLOW,
)


@dataclass(frozen=True)
class Repeated:
    """A workflow without input, started at this interval and never twice at once; `at_once`: also as it is set up."""

    schedule_id: str
    workflow: str
    every: timedelta
    task_queue: str = STUDENTS
    at_once: bool = False


REPEATED = (
    Repeated(AUDIT_SCHEDULE, AUDIT_WORKFLOW, timedelta(minutes=1)),
    Repeated(CALENDAR_SCHEDULE, CALENDAR_WORKFLOW, timedelta(hours=1)),
    Repeated(RETENTION_SCHEDULE, RETENTION_WORKFLOW, timedelta(hours=1)),
    Repeated(WEBHOOKS_SCHEDULE, WEBHOOKS_WORKFLOW, timedelta(minutes=1), WEBHOOKS, at_once=True),  # it runs on and on
    Repeated(DRAFTS_SCHEDULE, DRAFTS_WORKFLOW, timedelta(minutes=1), DRAFTS, at_once=True),
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
                action=ScheduleActionStartWorkflow(
                    repeated.workflow, id=repeated.workflow, task_queue=repeated.task_queue
                ),
                spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=repeated.every)]),
                policy=SchedulePolicy(catchup_window=timedelta(minutes=10)),
            ),
            trigger_immediately=repeated.at_once,
        )
    except ScheduleAlreadyRunningError:
        return
