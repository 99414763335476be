"""Minutes count inside the scheduled time, merged over rejoins; from them an outcome is read."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.attendance import Segment, Thresholds, code_of, measure, merge
from domain.outcomes import Code
from tests.builders import on

STARTS, ENDS = on(0, 17), on(0, 18)


def minute(n: float) -> datetime:
    """An instant so many minutes after the start."""
    return STARTS + timedelta(minutes=n)


def stays(*spans: tuple[float, float]) -> list[Segment]:
    """Stays in minutes from the start."""
    return [Segment(joined_at=minute(a), left_at=minute(b)) for a, b in spans]


def test_stays_that_overlap_or_touch_are_one() -> None:
    assert merge(stays((30, 40), (0, 10), (10, 20), (15, 18), (35, 50))) == tuple(stays((0, 20), (30, 50)))


def test_only_the_scheduled_time_counts() -> None:
    seen = measure(stays((-15, 10), (50, 75)), STARTS, ENDS)
    assert (seen.minutes, seen.ratio) == (20, 0.3333)
    assert (seen.late_minutes, seen.early_minutes) == (0, 0)
    assert (seen.joined_at, seen.left_at) == (minute(-15), minute(75))


def test_being_there_only_before_or_after_is_not_being_there() -> None:
    assert measure(stays((-20, -1), (-1, 0), (60, 80)), STARTS, ENDS).joined_at is None


def test_who_looked_in_early_and_came_back_late_is_late() -> None:
    assert measure(stays((-10, -1), (20, 60)), STARTS, ENDS).late_minutes == 20


@pytest.mark.parametrize(
    ("spans", "code"),
    [
        ([(0, 60)], Code.ATTENDED),
        ([(5, 60)], Code.ATTENDED),
        ([(5.02, 60)], Code.LATE),
        ([(0, 50)], Code.ATTENDED),
        ([(0, 49.98)], Code.LEFT_EARLY),
        ([(6, 45)], Code.LATE),
        ([(0, 36)], Code.LEFT_EARLY),
        ([(0, 35.9)], Code.PARTIAL),
        ([(0, 20), (45, 60)], Code.PARTIAL),
        ([(0, 20), (30, 60)], Code.ATTENDED),
        ([(0, 6)], Code.PARTIAL),
        ([(0, 5.9)], Code.NO_SHOW),
        ([], Code.NO_SHOW),
    ],
)
def test_minutes_make_an_outcome(spans: list[tuple[float, float]], code: Code) -> None:
    assert code_of(measure(stays(*spans), STARTS, ENDS), Thresholds()) is code


def test_a_schedule_may_have_its_own_numbers() -> None:
    strict = Thresholds(attended_ratio=0.9, late_after=timedelta(0))
    assert code_of(measure(stays((0, 50)), STARTS, ENDS), strict) is Code.PARTIAL
    assert code_of(measure(stays((1, 60)), STARTS, ENDS), strict) is Code.LATE
