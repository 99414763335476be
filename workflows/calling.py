"""How every workflow here calls its activities: decisions fast and local, deliveries one attempt on another queue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.inputs import DELIVER, DeliverIn, DeliverOut
from domain.sending import Channel
from workflows.contract import DELIVERIES

Out = TypeVar("Out")
QUICK = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10))
BOOKS_AWAY = timedelta(seconds=5)
"""How long a workflow waits before it asks again while the books cannot be reached."""


async def decide(activity: str, given: Any, result_type: type[Out]) -> Out:
    """One transaction on the books. Raises ActivityError after 15 s: a retried call keeps its first time of day."""
    decided: Out = await workflow.execute_local_activity(
        activity,
        given,
        result_type=result_type,
        start_to_close_timeout=timedelta(seconds=5),
        schedule_to_close_timeout=timedelta(seconds=15),
        local_retry_threshold=timedelta(seconds=3),
        retry_policy=QUICK,
    )
    return decided


async def deliver(org_id: str, message_id: str, channel: Channel) -> DeliverOut:
    """One attempt of one message. Raises ActivityError when no worker answered in time."""
    out: DeliverOut = await workflow.execute_activity(
        DELIVER,
        DeliverIn(org_id, message_id),
        result_type=DeliverOut,
        task_queue=DELIVERIES[channel],
        start_to_close_timeout=timedelta(seconds=30),
        schedule_to_close_timeout=timedelta(seconds=60),
    )
    return out
