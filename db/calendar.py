"""The calendar: sessions made ahead from the recurrences of their schedules, without closures and public holidays.

Making is idempotent: an instance is one row by (recurrence, instant), also after it was moved. Whoever makes sessions
by the dozen holds the organization's calendar lock, so that a closure and a new session cannot miss each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from db import absences, session_clock
from db.engine import Tx
from db.holidays import public_holidays
from db.recurring import Series, instances
from db.tables import closures, organizations, recurrences, schedules, sessions
from domain.recurrence import LONGEST, parse
from domain.value import Id
from domain.working_time import local

HORIZON = timedelta(days=28)
"""How far ahead sessions always stand in the books. The low-balance alert looks two weeks ahead and families plan about
a month; further ahead a change of plan would have to be mended in many sessions."""
STRIDE = timedelta(days=1)
"""How much is made at a time beyond the horizon: so each recurrence is looked at once a day, not each hour."""
AT_ONCE = 50
"""Recurrences in one transaction: at most 1,500 sessions when all of them are new and daily."""
_DAY = timedelta(days=1)
_r, _c = recurrences.c, schedules.c
_RECURRENCE = select(recurrences, _c.zone, _c.on_holidays).join(
    schedules, and_(_c.org_id == _r.org_id, _c.id == _r.schedule_id)
)


@dataclass(frozen=True)
class Made:
    """Sessions that were made, and students to wake because a planned absence of theirs covers one."""

    org_id: Id
    sessions: tuple[Id, ...] = ()
    students: tuple[Id, ...] = ()


async def enter(tx: Tx, org_id: Id, session_ids: Sequence[Id], now: datetime) -> tuple[Id, ...]:
    """What every new or moved session needs: its clock wound, and planned absences applied.

    Returns the students to wake.
    """
    if not session_ids:
        return ()
    await session_clock.wind(tx, org_id, session_ids, now)
    return tuple(await absences.apply_to(tx, org_id, list(session_ids), now))


async def lock(tx: Tx, org_id: Id) -> None:
    """Hold the organization's calendar until the end of the transaction."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"calendar:{org_id}", 0))))


async def extend(tx: Tx, now: datetime) -> Made | None:
    """Bring up to 50 recurrences of one organization to the horizon; None when all of them are there."""
    behind = _behind(now)
    org_id: Id | None = await tx.scalar(
        select(_r.org_id).where(behind).order_by(_r.made_until.asc().nulls_first(), _r.org_id).limit(1)
    )
    if org_id is None:
        return None
    await lock(tx, org_id)
    rows = await tx.execute(
        _RECURRENCE.where(_r.org_id == org_id, behind).order_by(_r.made_until.asc().nulls_first(), _r.id).limit(AT_ONCE)
    )
    return await _make(tx, org_id, rows.all(), now)


async def begin(tx: Tx, org_id: Id, recurrence_id: Id, now: datetime) -> Made:
    """Make the sessions of a new recurrence, up to the horizon. The calendar must be locked."""
    rows = await tx.execute(_RECURRENCE.where(_r.org_id == org_id, _r.id == recurrence_id))
    return await _make(tx, org_id, rows.all(), now)


async def fill(tx: Tx, org_id: Id, day: date, now: datetime) -> Made:
    """Make what is missing on a day that is no closure any more. The calendar must be locked."""
    midnight = datetime.combine(day, time(), now.tzinfo)
    since, until = max(midnight - _DAY, now), midnight + 2 * _DAY
    rows = await tx.execute(_RECURRENCE.where(_r.org_id == org_id, _r.made_until > since))
    off = await DaysOff.load(tx, org_id)
    new = [
        instance
        for r in rows.all()
        for instance in _instances(r, off, since, min(until, r.made_until))
        if local(instance["recurs_at"], r.zone).date() == day
    ]
    return await _insert(tx, org_id, new, now)


@dataclass(frozen=True)
class DaysOff:
    """Days without sessions: an organization's closures and its country's public holidays."""

    closed_on: frozenset[date]
    country: str | None

    @classmethod
    async def load(cls, tx: Tx, org_id: Id) -> DaysOff:
        """Those of an organization."""
        country = await tx.scalar(select(organizations.c.country).where(organizations.c.id == org_id))
        closed = await tx.scalars(select(closures.c.day).where(closures.c.org_id == org_id))
        return cls(frozenset(closed), country)

    def has(self, day: date, *, on_holidays: bool) -> bool:
        """True when a session of a series does not take place on this day."""
        return day in self.closed_on or (not on_holidays and day in public_holidays(self.country, day.year))


def series_of(row: Row[Any]) -> Series:
    """The series of a recurrence; the row has its columns and the schedule's zone."""
    return Series(parse(row.rule), row.starts_on, row.starts_at, row.zone, timedelta(minutes=row.minutes))


def _behind(now: datetime) -> ColumnElement[bool]:
    """That a recurrence still has something to make before the horizon."""
    return and_(
        or_(_r.made_until.is_(None), _r.made_until < now + HORIZON),
        _r.starts_on >= (now - LONGEST - _DAY).date(),
        or_(_r.ended_on.is_(None), _r.ended_on > (now - _DAY).date()),
    )


async def _make(tx: Tx, org_id: Id, rows: Iterable[Row[Any]], now: datetime) -> Made:
    """The instances of these recurrences from where each stands up to a stride beyond the horizon.

    A new recurrence begins now: lessons of the past are entered by whoever knows of them. One that stood still goes on
    from where it stood, so no instance is missing after an outage.
    """
    until = now + HORIZON + STRIDE
    off, new, ids = await DaysOff.load(tx, org_id), list[dict[str, Any]](), []
    for row in rows:
        new += _instances(row, off, row.made_until or now, until)
        ids.append(row.id)
    made = await _insert(tx, org_id, new, now)
    await tx.execute(update(recurrences).where(_r.org_id == org_id, _r.id.in_(ids)).values(made_until=until))
    return made


def _instances(row: Row[Any], off: DaysOff, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Rows for the instances that are not over by `since` and begin before `until`."""
    found = []
    for instance in instances(series_of(row)):
        if instance.starts_at >= until or (row.ended_on is not None and instance.day >= row.ended_on):
            break
        if instance.ends_at <= since or off.has(instance.day, on_holidays=row.on_holidays):
            continue
        found.append(
            {
                "org_id": row.org_id,
                "schedule_id": row.schedule_id,
                "starts_at": instance.starts_at,
                "ends_at": instance.ends_at,
                "recurrence_id": row.id,
                "recurs_at": instance.starts_at,
            }
        )
    return found


async def _insert(tx: Tx, org_id: Id, new: Sequence[dict[str, Any]], now: datetime) -> Made:
    if not new:
        return Made(org_id)
    made = await tx.scalars(
        insert(sessions)
        .values([{**row, "created_at": now} for row in new])
        .on_conflict_do_nothing(index_elements=["org_id", "recurrence_id", "recurs_at"])
        .returning(sessions.c.id)
    )
    ids = tuple(made.all())
    return Made(org_id, ids, await enter(tx, org_id, ids, now))
