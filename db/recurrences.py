"""The recurrences of a schedule: added with the sessions of the horizon, listed, ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ForeignKeyConstraint, Row, Select, and_, delete, exists, func, or_, select, update

from db import calendar, journal_tables, recurring, roster, session_tables
from db.calendar import Made
from db.columns import metadata
from db.engine import Tx
from db.tables import recurrences, schedules, sessions
from domain.refusals import Conflict
from domain.value import Id
from domain.working_time import local

_s, _r, _c = sessions.c, recurrences.c, schedules.c
_BOOKS = (journal_tables, session_tables)  # every table that may name a session is known by now


def _refers(constraint: ForeignKeyConstraint) -> ColumnElement[bool]:
    table = constraint.table.alias()
    return exists().where(
        *(table.c[e.parent.name] == _s[e.column.name] for e in constraint.elements),
    )


_TOUCHED = or_(
    _s.changed_at.is_not(None),
    _s.topic.is_not(None),
    _s.catch_up.is_not(None),
    _s.status != "scheduled",
    *(_refers(c) for t in metadata.sorted_tables for c in t.foreign_key_constraints if c.referred_table is sessions),
)
"""Somebody has heard of the session or done something with it, so it must not vanish: any row that names it counts."""


@dataclass(frozen=True)
class Ended:
    """A series that has ended: how many of its sessions left the calendar, and which ones ahead stay."""

    recurrence: Row[Any]
    removed: int
    kept: tuple[Id, ...]


async def add(
    tx: Tx, org_id: Id, row_id: Id, schedule: Row[Any], values: Mapping[str, Any], now: datetime
) -> tuple[Row[Any], Made]:
    """Add a recurrence to a schedule and make its sessions up to the horizon. The same id again changes nothing.

    `values` has its columns. Raises Invalid for a rule that never falls or lasts too long, Conflict for a taken ref.
    """
    await calendar.lock(tx, org_id)
    row = await roster.add(tx, recurrences, org_id, row_id, {**values, "schedule_id": schedule.id, "created_at": now})
    recurring.check(calendar.series_of(await one(tx, org_id, row.id)))
    made = await calendar.begin(tx, org_id, row.id, now)
    return await one(tx, org_id, row.id), made


async def one(tx: Tx, org_id: Id, row_id: Id) -> Row[Any]:
    """A recurrence with its schedule's zone. Raises NotFound."""
    found: Row[Any] | None = (await tx.execute(_with_zone(org_id).where(_r.id == row_id))).one_or_none()
    if found is None:
        raise roster.unknown(recurrences, "id", row_id)
    return found


async def of_schedule(tx: Tx, org_id: Id, schedule_id: Id) -> list[Row[Any]]:
    """A schedule's recurrences, the newest last."""
    rows = await tx.execute(
        _with_zone(org_id).where(_r.schedule_id == schedule_id).order_by(_r.starts_on, _r.starts_at, _r.id)
    )
    return list(rows.all())


def last(row: Row[Any]) -> date:
    """The last day of a series as it stands; the day before its end when it was ended."""
    day = recurring.check(calendar.series_of(row)).day
    return day if row.ended_on is None else min(day, row.ended_on - timedelta(days=1))


def _with_zone(org_id: Id) -> Select[Any]:
    joined = select(recurrences, _c.zone).join(schedules, and_(_c.org_id == _r.org_id, _c.id == _r.schedule_id))
    return joined.where(_r.org_id == org_id)


async def end(tx: Tx, org_id: Id, row_id: Id, first_day_without: date | None, now: datetime) -> Ended:
    """End a series: from this day on (today in its zone by default) it has no sessions. Again it changes nothing.

    Sessions ahead that nobody has heard of leave the calendar. Those with outcomes, evidence or reminders, and those
    changed by hand, stay and are named. Raises NotFound; Conflict when the series ended earlier.
    """
    await calendar.lock(tx, org_id)
    row = await one(tx, org_id, row_id)
    day = first_day_without or local(now, row.zone).date()
    if row.ended_on is not None and first_day_without is None:
        day = min(day, row.ended_on)
    if row.ended_on is not None and day > row.ended_on:
        raise Conflict("recurrence_ended", f"this series ended on {row.ended_on} already; add a new one to go on")
    await tx.execute(update(recurrences).where(_r.org_id == org_id, _r.id == row.id).values(ended_on=day))
    original_day = func.date(func.timezone(row.zone, _s.recurs_at))
    ahead = and_(_s.org_id == org_id, _s.recurrence_id == row.id, _s.starts_at > now, original_day >= day)
    # Locked first: who is recording something for one of them is waited for, and then seen.
    await tx.execute(select(_s.id).where(ahead).order_by(_s.id).with_for_update())
    removed = await tx.scalars(delete(sessions).where(ahead, ~_TOUCHED).returning(_s.id))
    count = len(removed.all())
    kept = await tx.scalars(select(_s.id).where(ahead, _s.status != "called_off").order_by(_s.starts_at))
    return Ended(await one(tx, org_id, row.id), count, tuple(kept.all()))
