"""A recurrence rule as instants: expanded on the local calendar, each instance placed by its own wall clock.

`python-dateutil` knows the days. The instant of each is worked out anew from its day and the wall clock, so that a
weekly 17:00 stays 17:00 on both sides of a DST change and nothing drifts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile
from typing import Literal

from dateutil import rrule

from domain.recurrence import LONGEST, MOST_INSTANCES, Day, Frequency, Rule
from domain.refusals import Invalid
from domain.working_time import instant

_STEPS: Mapping[Frequency, Literal[1, 2, 3]] = {
    Frequency.MONTHLY: rrule.MONTHLY,
    Frequency.WEEKLY: rrule.WEEKLY,
    Frequency.DAILY: rrule.DAILY,
}
_WEEKDAYS = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)


@dataclass(frozen=True)
class Series:
    """A rule with the first day on which it may fall, the wall clock, its zone and the length of a session."""

    rule: Rule
    starts_on: date
    clock: time
    zone: str
    lasts: timedelta


@dataclass(frozen=True)
class Instance:
    """One lesson of a series: its local day and its instants in UTC."""

    day: date
    starts_at: datetime
    ends_at: datetime


def instances(series: Series) -> Iterator[Instance]:
    """Every instance in order of time: at most 1,000, and none after two years. A day that a month lacks is skipped.

    A wall clock that a DST change skips takes the offset before the gap; one that occurs twice, the first.
    """
    for day in islice(_days(series), series.rule.count or MOST_INSTANCES):
        starts_at = instant(day, series.clock, series.zone)
        if isinstance(series.rule.until, datetime) and starts_at > series.rule.until:
            return
        yield Instance(day, starts_at, starts_at + series.lasts)


def check(series: Series) -> Instance:
    """The last instance of a series that may be entered. A rule without an end has its last one within two years.

    Raises Invalid when it never falls on any day, or was asked to go on for more than two years.
    """
    rule, last = series.rule, None
    if _last_day(rule) > series.starts_on + LONGEST:
        raise Invalid("recurrence_too_long", "a series lasts two years at most; choose an earlier UNTIL")
    for number, last in enumerate(instances(series), start=1):
        if number == rule.count:
            return last
    if last is None:
        raise Invalid("recurrence_empty", "this rule falls on no day after the first one; check UNTIL and BYDAY")
    if rule.count is not None:
        raise Invalid("recurrence_too_long", "a series lasts two years at most; choose a lower COUNT")
    return last


def _last_day(rule: Rule) -> date:
    """UNTIL as a day."""
    if isinstance(rule.until, datetime):
        return rule.until.date()
    return rule.until or date.min


def _weekday(day: Day) -> rrule.weekday:
    every = _WEEKDAYS[day.weekday.number]
    return every if day.nth is None else every(day.nth)


def _days(series: Series) -> Iterator[date]:
    """The days of the rule, ends by COUNT and by instant aside.

    The weekdays of a daily rule are picked here: the library looks for a day that never comes until the year 9999.
    """
    rule = series.rule
    daily = rule.frequency is Frequency.DAILY
    picked = {d.weekday.number for d in rule.by_day} if daily and rule.by_day else set(range(7))
    found = rrule.rrule(
        _STEPS[rule.frequency],
        dtstart=datetime.combine(series.starts_on, time()),
        interval=rule.interval,
        byweekday=None if daily else [_weekday(d) for d in rule.by_day] or None,
    )
    end = series.starts_on + LONGEST
    if rule.until is not None and not isinstance(rule.until, datetime):
        end = min(end, rule.until)
    days = takewhile(lambda day: day <= end, (at.date() for at in found))
    return (day for day in days if day.weekday() in picked)
