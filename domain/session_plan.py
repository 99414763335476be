"""What a session does by itself and when: reminders, live rescue, settling, and chasing what nobody recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from domain.attendance import Thresholds
from domain.policy import Policy
from domain.value import Value


class SessionStep(StrEnum):
    """A step of a session's clock, in its order."""

    REMIND_BY_EMAIL = "remind_by_email"
    REMIND_BY_SMS = "remind_by_sms"
    RESCUE = "rescue"
    RESCUE_AGAIN = "rescue_again"
    SETTLE = "settle"
    CHASE = "chase"
    OPEN_TASK = "open_task"


class Timing(Value):
    """When a session is, since when it is known at all and so, and whether families have a link to join it."""

    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    changed_at: datetime | None = None
    has_link: bool = False


class DueStep(Value):
    """A step with its time. The key holds the session's start: a session that was moved is reminded of again."""

    key: str
    step: SessionStep
    due_at: datetime


def steps(timing: Timing, policy: Policy, numbers: Thresholds) -> tuple[DueStep, ...]:
    """Every step of the session in order of time, taken or not.

    A session entered, or moved, after a step's time does without the step, and one entered after its end has no clock
    at all: that is history, told by whoever entered it.
    """
    if timing.created_at >= timing.ends_at:
        return ()
    known_since = max(timing.created_at, timing.changed_at or timing.created_at)
    found = [
        DueStep(key=f"{step}:{number}:{timing.starts_at.isoformat()}", step=step, due_at=due)
        for number, (step, due) in enumerate(_times(timing, policy, numbers))
        if due >= known_since
    ]
    return tuple(sorted(found, key=lambda s: s.due_at))


def _times(timing: Timing, policy: Policy, numbers: Thresholds) -> Iterator[tuple[SessionStep, datetime]]:
    if policy.remind_by_email is not None:
        yield SessionStep.REMIND_BY_EMAIL, timing.starts_at - policy.remind_by_email
    if policy.remind_by_sms is not None:
        yield SessionStep.REMIND_BY_SMS, timing.starts_at - policy.remind_by_sms
    if timing.has_link:
        yield SessionStep.RESCUE, timing.starts_at + numbers.rescue_from
        yield SessionStep.RESCUE_AGAIN, timing.starts_at + numbers.rescue_until
    yield SessionStep.SETTLE, timing.ends_at + numbers.settle_after
    for after in policy.chase_instructor:
        yield SessionStep.CHASE, timing.ends_at + max(after, numbers.settle_after + timedelta(seconds=1))
    yield SessionStep.OPEN_TASK, timing.ends_at + policy.unrecorded_task_after
