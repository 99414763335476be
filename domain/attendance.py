"""Attendance as a spectrum: what was seen of a person, merged over rejoins and measured against the session.

Minutes count inside the scheduled time only; a person who was there before the start was not late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.outcomes import Code
from domain.value import Value

Span = Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=1))]
"""A stretch of time around one session: a day at most."""


class Thresholds(Value):
    """The numbers that turn minutes into an outcome. A schedule may change any of them. Durations are ISO 8601 in JSON.

    (norm: 15 minutes of grace at four operators; judgement: the ratios)
    """

    attended_ratio: float = Field(0.60, ge=0, le=1)
    partial_ratio: float = Field(0.10, ge=0, le=1)
    late_after: Span = timedelta(minutes=5)
    left_early_before: Span = timedelta(minutes=10)
    settle_after: Span = timedelta(minutes=10)
    nobody_by: Span = timedelta(minutes=15)
    instructor_waits: Span = timedelta(minutes=10)
    instructor_ratio: float = Field(0.50, ge=0, le=1)
    rescue_from: Span = timedelta(minutes=5)
    rescue_until: Span = timedelta(minutes=10)

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.partial_ratio > self.attended_ratio:
            raise ValueError("partial_ratio must not be above attended_ratio")
        if self.instructor_waits > self.nobody_by:
            raise ValueError("instructor_waits must not be above nobody_by, or nobody can ever have waited enough")
        if self.rescue_from > self.rescue_until:
            raise ValueError("rescue_from must not come after rescue_until")
        return self


class Segment(Value):
    """A stretch of time in the room."""

    joined_at: datetime
    left_at: datetime


class Presence(Value):
    """What was measured of one person: segments as seen, minutes and ratio of the scheduled time.

    `late_minutes` and `early_minutes` say how long after the start he came and before the end he left.
    """

    segments: tuple[Segment, ...] = ()
    minutes: float = 0.0
    ratio: float = 0.0
    joined_at: datetime | None = None
    left_at: datetime | None = None
    late_minutes: float = 0.0
    early_minutes: float = 0.0


def merge(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Segments that overlap or touch become one; two devices at once count once."""
    merged: list[Segment] = []
    for s in sorted(segments, key=lambda s: (s.joined_at, s.left_at)):
        if merged and s.joined_at <= merged[-1].left_at:
            merged[-1] = Segment(joined_at=merged[-1].joined_at, left_at=max(merged[-1].left_at, s.left_at))
        else:
            merged.append(s)
    return tuple(merged)


def time_within(segments: Sequence[Segment], begins: datetime, ends: datetime) -> timedelta:
    """How much of a span is covered by merged segments."""
    covered = (min(s.left_at, ends) - max(s.joined_at, begins) for s in segments)
    return sum((c for c in covered if c > timedelta(0)), timedelta(0))


def measure(segments: Iterable[Segment], starts_at: datetime, ends_at: datetime) -> Presence:
    """What a person's segments amount to in a session. Being there only before or after it is not being there."""
    kept = tuple(s for s in merge(segments) if s.joined_at < ends_at and s.left_at > starts_at)
    if not kept:
        return Presence()
    there = time_within(kept, starts_at, ends_at)
    first, last = kept[0].joined_at, kept[-1].left_at
    return Presence(
        segments=kept,
        minutes=round(there / timedelta(minutes=1), 2),
        ratio=round(there / (ends_at - starts_at), 4),
        joined_at=first,
        left_at=last,
        late_minutes=round(max(first - starts_at, timedelta(0)) / timedelta(minutes=1), 2),
        early_minutes=round(max(ends_at - last, timedelta(0)) / timedelta(minutes=1), 2),
    )


def code_of(seen: Presence, numbers: Thresholds) -> Code:
    """The outcome that a student's own minutes make, in a session that was delivered."""
    if seen.ratio < numbers.partial_ratio or seen.joined_at is None:
        return Code.NO_SHOW
    if seen.ratio < numbers.attended_ratio:
        return Code.PARTIAL
    if timedelta(minutes=seen.late_minutes) > numbers.late_after:
        return Code.LATE
    if timedelta(minutes=seen.early_minutes) > numbers.left_early_before:
        return Code.LEFT_EARLY
    return Code.ATTENDED
