"""Looking into the books again and again: for what stands there with its time, and needs no nudge to be found."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

LOOKS = 60
"""Looks of a minute in one run: some 400 events of history."""
PAUSE = timedelta(seconds=2)
"""After a look that failed, such as with the books away."""


async def keep_looking(activity: str, result_type: type[object], longest: timedelta) -> None:
    """Call this activity, which looks for a minute, again and again; every hour go on as a new run.

    A worker that is lost is noticed within seconds, and another one goes on. `longest` is the time of one look.
    """
    for _ in range(LOOKS):
        looked = False
        with contextlib.suppress(ActivityError):
            await workflow.execute_activity(
                activity,
                result_type=result_type,
                start_to_close_timeout=longest,
                heartbeat_timeout=timedelta(seconds=20),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
            looked = True
        if not looked:
            await workflow.sleep(PAUSE)
    workflow.continue_as_new()
