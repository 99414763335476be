"""A series on the calendar: the wall clock stays where it is, whatever a zone does to its clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.recurring import Series, check, instances
from domain.recurrence import LONGEST, Frequency, Rule, parse
from domain.refusals import Invalid
from tests.domain.test_recurrence import rules

ZONES = ("America/Chicago", "Europe/Madrid", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")


def _series(rule: str, starts_on: date, clock: time = time(17), zone: str = "UTC") -> Series:
    return Series(parse(rule), starts_on, clock, zone, timedelta(hours=1))


def _days(rule: str, starts_on: date) -> list[str]:
    return [f"{i.day:%m-%d}" for i in instances(_series(rule, starts_on))]


@pytest.mark.parametrize(
    ("zone", "first", "before", "after"),
    [
        ("America/Chicago", date(2026, 3, 3), "23:00", "22:00"),
        ("America/Chicago", date(2026, 10, 27), "22:00", "23:00"),
        ("Europe/Madrid", date(2026, 3, 24), "16:00", "15:00"),
        ("Europe/Madrid", date(2026, 10, 20), "15:00", "16:00"),
        ("Australia/Lord_Howe", date(2026, 3, 31), "06:00", "06:30"),
        ("Australia/Lord_Howe", date(2026, 9, 29), "06:30", "06:00"),
        ("Asia/Kathmandu", date(2026, 3, 24), "11:15", "11:15"),
    ],
)
def test_a_weekly_seventeen_hundred_stays_so_over_a_change_of_clocks(
    zone: str, first: date, before: str, after: str
) -> None:
    met = list(instances(_series("FREQ=WEEKLY;COUNT=2", first, zone=zone)))
    assert [f"{i.starts_at:%H:%M}" for i in met] == [before, after]
    assert [i.starts_at.astimezone(ZoneInfo(zone)).time() for i in met] == [time(17)] * 2
    assert [i.ends_at - i.starts_at for i in met] == [timedelta(hours=1)] * 2


@pytest.mark.parametrize(
    ("zone", "day", "clock", "instant"),
    [
        ("America/Chicago", date(2026, 3, 8), time(2, 30), "08:30"),  # skipped: UTC-6, as before the gap
        ("America/Chicago", date(2026, 11, 1), time(1, 30), "06:30"),  # twice: the first, still UTC-5
        ("Europe/Madrid", date(2026, 3, 29), time(2, 30), "01:30"),
        ("Europe/Madrid", date(2026, 10, 25), time(2, 30), "00:30"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "15:45"),  # half an hour is skipped there
        ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45), "14:45"),
    ],
)
def test_a_skipped_wall_clock_takes_the_offset_before_and_a_repeated_one_the_first(
    zone: str, day: date, clock: time, instant: str
) -> None:
    (met,) = instances(_series("FREQ=DAILY;COUNT=1", day, clock, zone))
    assert f"{met.starts_at:%H:%M}" == instant


@pytest.mark.parametrize(
    ("rule", "starts_on", "days"),
    [
        ("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=3", date(2026, 3, 4), ["03-05", "03-10", "03-12"]),
        ("FREQ=WEEKLY;INTERVAL=2;UNTIL=20260401", date(2026, 3, 4), ["03-04", "03-18", "04-01"]),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=3", date(2026, 3, 6), ["03-06", "03-09", "03-10"]),
        ("FREQ=MONTHLY;COUNT=3", date(2026, 1, 31), ["01-31", "03-31", "05-31"]),
        ("FREQ=MONTHLY;BYDAY=1MO,-1FR;UNTIL=20260430", date(2026, 3, 3), ["03-27", "04-06", "04-24"]),
        ("FREQ=DAILY;UNTIL=20260305T170000Z", date(2026, 3, 4), ["03-04", "03-05"]),
        ("FREQ=DAILY;UNTIL=20260305T165959Z", date(2026, 3, 4), ["03-04"]),
    ],
)
def test_a_rule_falls_on_these_days(rule: str, starts_on: date, days: list[str]) -> None:
    assert _days(rule, starts_on) == days


def test_a_last_day_is_a_day_of_the_zone() -> None:
    evening = _series("FREQ=DAILY;UNTIL=20260305", date(2026, 3, 4), time(21), "America/Chicago")
    assert [i.starts_at for i in instances(evening)][-1] == datetime(2026, 3, 6, 3, tzinfo=UTC)


@settings(max_examples=50)
@given(rules(), st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.times(), st.sampled_from(ZONES))
def test_no_series_drifts_repeats_itself_or_goes_on_for_ever(rule: Rule, first: date, clock: time, zone: str) -> None:
    met = list(instances(Series(rule, first, clock.replace(microsecond=0), zone, timedelta(hours=1))))
    assert len(met) <= (rule.count or 1000)
    assert [i.starts_at for i in met] == sorted({i.starts_at for i in met})
    assert all(first <= i.day <= first + LONGEST for i in met)
    for i in met:
        back = i.starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert back - datetime.combine(i.day, clock.replace(microsecond=0)) in (
            *(timedelta(0), timedelta(minutes=30), timedelta(hours=1)),
        )
        assert not rule.by_day or i.day.weekday() in {d.weekday.number for d in rule.by_day}
        if rule.frequency is Frequency.DAILY:
            assert (i.day - first).days % rule.interval == 0


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("FREQ=WEEKLY;UNTIL=20260301", "recurrence_empty"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "recurrence_empty"),
        ("FREQ=WEEKLY;UNTIL=20280401", "recurrence_too_long"),
        ("FREQ=WEEKLY;COUNT=107", "recurrence_too_long"),
    ],
)
def test_a_series_that_never_is_or_never_ends_is_not_entered(rule: str, kind: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(_series(rule, date(2026, 3, 2)))
    assert refused.value.kind == kind


def test_a_series_without_an_end_has_its_last_lesson_within_two_years() -> None:
    assert check(_series("FREQ=WEEKLY", date(2026, 3, 2))).day == date(2028, 2, 28)
