"""Working hours, business days, and local time over DST changes (rules, section 4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from domain.working_time import Calendar, end_of_quiet_hours, instant
from tests.builders import on

OPEN = Calendar()
HOLIDAY = Calendar(closed_on=(date(2026, 3, 3),))
FRIDAY, SATURDAY, NEXT_MONDAY = 4, 5, 7


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        (on(0, 14, 59), on(0, 17)),
        (on(0, 15), on(1, 12)),
        (on(0, 7), on(0, 17)),
        (on(FRIDAY, 15), on(NEXT_MONDAY, 12)),
        (on(SATURDAY, 10), on(NEXT_MONDAY, 12)),
    ],
)
def test_same_day_is_today_if_there_is_time_left(opened: datetime, due: datetime) -> None:
    assert OPEN.same_day(opened) == due


@pytest.mark.parametrize(
    ("opened", "due"),
    [(on(0, 10), on(1, 17)), (on(FRIDAY, 10), on(NEXT_MONDAY, 17)), (on(SATURDAY, 10), on(NEXT_MONDAY, 17))],
)
def test_one_business_day_is_the_end_of_the_next_working_day(opened: datetime, due: datetime) -> None:
    assert OPEN.one_business_day(opened) == due


def test_holidays_and_closures_are_no_working_days() -> None:
    assert HOLIDAY.one_business_day(on(0, 10)) == on(2, 17)
    assert HOLIDAY.same_day(on(1, 10)) == on(2, 12)
    assert HOLIDAY.same_day(on(0, 16)) == on(2, 12)
    assert HOLIDAY.after_working_hours(on(0, 15), 4) == on(2, 11)
    assert HOLIDAY.business_days_after(on(0, 17), 1) == on(2, 17)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (on(0, 9), on(0, 13)),
        (on(0, 6), on(0, 13)),
        (on(0, 13), on(0, 17)),
        (on(0, 13, 1), on(1, 9, 1)),
        (on(0, 20), on(1, 13)),
        (on(FRIDAY, 16), on(NEXT_MONDAY, 12)),
        (on(SATURDAY, 12), on(NEXT_MONDAY, 13)),
    ],
)
def test_four_working_hours(start: datetime, end: datetime) -> None:
    assert OPEN.after_working_hours(start, 4) == end


def test_working_hours_are_those_of_the_organizations_zone() -> None:
    sydney = Calendar(zone="Australia/Sydney")
    assert sydney.same_day(datetime(2026, 3, 1, 22, 30, tzinfo=UTC)) == datetime(2026, 3, 2, 6, tzinfo=UTC)


def test_a_business_day_over_a_dst_change_ends_at_the_same_wall_time() -> None:
    berlin = Calendar(zone="Europe/Berlin")
    friday = datetime(2026, 3, 27, 16, tzinfo=UTC)
    assert berlin.business_days_after(friday, 1) == datetime(2026, 3, 30, 15, tzinfo=UTC)
    assert berlin.one_business_day(friday) == datetime(2026, 3, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "clock", "zone", "expected"),
    [
        (date(2026, 3, 29), time(2, 30), "Europe/Berlin", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30), "Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 3, 8), time(2, 30), "America/New_York", datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
        (date(2026, 11, 1), time(1, 30), "America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
    ],
)
def test_a_skipped_time_takes_the_offset_before_and_a_repeated_one_the_first(
    day: date, clock: time, zone: str, expected: datetime
) -> None:
    assert instant(day, clock, zone) == expected


def test_eight_in_the_morning_itself_is_the_end_of_the_night() -> None:
    assert end_of_quiet_hours(on(0, 7, 59), "UTC") == on(0, 8)
    assert end_of_quiet_hours(on(0, 21), "UTC") == on(1, 8)
