"""Local time: working hours, business days and quiet hours. All use of time zones in the rules is here.

Instants are aware UTC datetimes. Arithmetic on local wall time converts back to UTC before it is compared, so that
a day with a DST change stays one day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.value import Value

OPENS = time(9)
CLOSES = time(17)
SAME_DAY_CUT = time(15)
NOON = time(12)


class Quiet(NamedTuple):
    """Hours of the night, local time, in which a family is left alone."""

    begins: time
    ends: time


QUIET_HOURS = Quiet(time(21), time(8))
"""For everybody: Twilio refuses non-essential US texts then (error 30610)."""
SOFT_HOURS = Quiet(time(20), time(9))
"""For what is not urgent: an hour more on either side (judgement)."""


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local(at: datetime, zone: str) -> datetime:
    """The instant as wall time of the zone."""
    return at.astimezone(_zone(zone))


def instant(day: date, clock: time, zone: str) -> datetime:
    """The UTC instant of a wall time. A skipped time takes the offset before the gap, a repeated one the first."""
    return datetime.combine(day, clock, _zone(zone)).astimezone(UTC)


class Calendar(Value):
    """When an organization works: Monday to Friday 09:00-17:00 in its zone, without its holidays and closures."""

    zone: str = "UTC"
    closed_on: tuple[date, ...] = ()

    def is_working_day(self, day: date) -> bool:
        """True on a weekday that is no holiday."""
        return day.weekday() < 5 and day not in self.closed_on

    def next_working_day(self, day: date, days: int = 1) -> date:
        """The n-th working day after `day`."""
        while days:
            day += timedelta(days=1)
            days -= self.is_working_day(day)
        return day

    def business_days_after(self, at: datetime, days: int) -> datetime:
        """The same wall time, n working days later."""
        wall = local(at, self.zone)
        return instant(self.next_working_day(wall.date(), days), wall.time(), self.zone)

    def same_day(self, now: datetime) -> datetime:
        """Due "the same day": 17:00 if opened before 15:00 on a working day, else 12:00 on the next."""
        wall = local(now, self.zone)
        if self.is_working_day(wall.date()) and wall.time() < SAME_DAY_CUT:
            return instant(wall.date(), CLOSES, self.zone)
        return instant(self.next_working_day(wall.date()), NOON, self.zone)

    def one_business_day(self, now: datetime) -> datetime:
        """Due in "one business day": 17:00 on the next working day."""
        return instant(self.next_working_day(local(now, self.zone).date()), CLOSES, self.zone)

    def after_working_hours(self, start: datetime, hours: int) -> datetime:
        """The instant at which so many working hours have passed since `start`."""
        left, at = timedelta(hours=hours), start
        while True:
            day = local(at, self.zone).date()
            opens, closes = instant(day, OPENS, self.zone), instant(day, CLOSES, self.zone)
            at = max(at, opens)
            if self.is_working_day(day) and at < closes:
                if at + left <= closes:
                    return at + left
                left -= closes - at
            at = instant(day + timedelta(days=1), time(0), self.zone)


def in_quiet_hours(at: datetime, zone: str, hours: Quiet = QUIET_HOURS) -> bool:
    """True between 21:00 and 08:00 local time, or in the hours given."""
    clock = local(at, zone).time()
    return clock >= hours.begins or clock < hours.ends


def end_of_quiet_hours(at: datetime, zone: str, hours: Quiet = QUIET_HOURS) -> datetime:
    """The next 08:00 local time (or end of the hours given) after `at`."""
    wall = local(at, zone)
    day = wall.date() if wall.time() < hours.ends else wall.date() + timedelta(days=1)
    return instant(day, hours.ends, zone)
