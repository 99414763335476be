"""When a webhook is tried again, and what an answer means (standardwebhooks.com, "Deliverability and reliability")."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from domain.value import Value

WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""The wait before each attempt, as Standard Webhooks suggests: ten attempts over 75 hours and 35 minutes."""
OLD_SECRET_SIGNS_FOR = timedelta(hours=24)
"""After a rotation both secrets sign for so long."""
GONE = 410
"""The receiver wants nothing any more: its endpoint is switched off."""


class DeliveryState(StrEnum):
    """Where a delivery stands. `queued` waits for its next attempt; the others are ends, until a person replays."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Answered(Value):
    """What came of one attempt: an HTTP status, or a code for what went wrong before there was one."""

    status: int | None = None
    problem: str | None = None
    ms: int = 0
    excerpt: str = ""


class Next(Value):
    """What follows from an attempt. `due_at` is set while another one is ahead."""

    state: DeliveryState
    reason: str | None = None
    due_at: datetime | None = None


def after(answer: Answered, tried: int, now: datetime) -> Next:
    """What follows from the `tried`-th attempt, which ended `now`.

    2xx: delivered. 410: never again. Everything else, redirects too, is tried again.
    """
    if answer.status is not None and 200 <= answer.status < 300:
        return Next(state=DeliveryState.DELIVERED)
    reason = answer.problem or f"http_{answer.status}"
    if answer.status == GONE:
        return Next(state=DeliveryState.FAILED, reason="gone")
    if tried >= len(WAITS):
        return Next(state=DeliveryState.FAILED, reason=reason)
    return Next(state=DeliveryState.QUEUED, reason=reason, due_at=now + WAITS[tried])
