"""The numbers an operator may change. One document per version; a case keeps the version it opened under.

Where a number comes from is said beside it: (norm) several operators or vendors do it, (judgement) ours,
(simulated) chosen with a simulation of chance alarms.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from domain.attendance import Thresholds
from domain.value import Value

Handling = Literal["send", "review"]
"""A message leaves by itself, or a person reads its draft first and decides."""


class LadderStep(Value):
    """One timed step to the family: wait after the case opened, and which guardian in order is addressed."""

    after: timedelta
    guardian: int = Field(ge=1)
    same_day_task: bool = False
    handling: Handling = "send"


class Policy(Value):
    """All numbers of the follow-up. Durations are ISO 8601 in JSON."""

    version: int = 1
    # Tier 2 (simulated: 5-35 % chance alarms by weekly load, 97 % of real declines caught)
    unannounced_in_row: int = Field(2, ge=2)
    unannounced_within_days: int = Field(7, ge=1)
    misses: int = Field(3, ge=2)
    misses_of_last: int = Field(8, ge=2)
    first_sessions: int = Field(4, ge=2)
    first_misses: int = Field(2, ge=1)
    # Tier 3 (simulated)
    urgent_in_row: int = Field(3, ge=2)
    urgent_misses: int = Field(4, ge=2)
    urgent_of_last: int = Field(10, ge=2)
    urgent_unannounced: int = Field(2, ge=0)
    unfinished_after: timedelta = timedelta(days=14)
    # A rule looks no further back than this (norm: Watermark waits 3 days)
    fires_within: timedelta = timedelta(hours=72)
    backfill_fires_within: timedelta = timedelta(days=14)
    reopens_within: timedelta = timedelta(days=7)
    # The ladder to the family (judgement)
    ladder: tuple[LadderStep, ...] = (
        LadderStep(after=timedelta(hours=24), guardian=1),
        LadderStep(after=timedelta(hours=72), guardian=2, same_day_task=True),
    )
    # Watching whether the follow-up worked (judgement)
    watch_sessions: int = Field(3, ge=1)
    watch_for: timedelta = timedelta(days=14)
    watch_waits_for: timedelta = timedelta(days=28)
    recovered_in_row: int = Field(3, ge=1)
    # Tasks (norm: 48 h to 5 days elsewhere; judgement)
    remind_after_working_hours: int = Field(4, ge=1)
    reassign_after_business_days: int = Field(1, ge=1)
    escalate_after_business_days: int = Field(2, ge=1)
    claim_working_hours: int = Field(8, ge=1)
    contact_attempts: int = Field(3, ge=1)
    contact_channels: int = Field(2, ge=1)
    # Before a session, and what nobody recorded (norm: 24 h and 1 h; judgement: the chases)
    remind_by_email: timedelta | None = timedelta(hours=24)
    remind_by_sms: timedelta | None = timedelta(hours=1)
    chase_instructor: tuple[timedelta, ...] = (timedelta(minutes=30), timedelta(hours=4))
    unrecorded_task_after: timedelta = timedelta(hours=24)
    attendance: Thresholds = Thresholds()
    # Cancelling and making up (norm: one free pass a term; credits last 30 to 120 days, one or two open)
    grace_per_term: int = Field(1, ge=0)
    make_up_valid_for: timedelta = timedelta(days=60)
    make_ups_open: int = Field(2, ge=0)
    # Balance (norm: 2-3 lessons left)
    low_balance_units: int = Field(2, ge=1)
    low_balance_weeks: int = Field(2, ge=1)
    # Messages
    settle_delay: timedelta = timedelta(minutes=3)
    notice_useful_for: timedelta = timedelta(hours=18)
    concern_useful_for: timedelta = timedelta(days=3)
    weekly_sms_cap: int = Field(3, ge=1)
    # Drafts (judgement: a mistake is noticed within seconds, and nobody waits for more)
    notice: Handling = "send"
    first_concern: Handling = "send"
    undo_for: timedelta = Field(timedelta(seconds=20), ge=timedelta(0), le=timedelta(hours=1))
