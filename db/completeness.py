"""How completely sessions are recorded, for each instructor: a report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Row, and_, case, cast, func, select, text

from db.engine import Tx
from db.expected import has_seat, of_schedule, seats, settle_window, stands, taught_by
from db.journal_tables import outcome_versions, outcomes
from db.tables import schedules, sessions, staff
from domain.value import Id

_s, _o, _v = sessions.c, outcomes.c, outcome_versions.c
MINUTE = 60.0
_ROOM = text("set local work_mem = '64MB'")
"""A term of a large operator has 250,000 seats; joined on disk they take three times as long."""


async def per_instructor(tx: Tx, org_id: Id, since: datetime, until: datetime, now: datetime) -> Sequence[Row[Any]]:
    """For each instructor with sessions that began in the span: how many ended, how many of them are recorded.

    Ended counts sessions past their settle window in which somebody was expected and that were not called off.
    `median_minutes` lies between the end and the last student's first outcome; told ahead it is 0. The instructor with
    the most unrecorded sessions comes first; one row without a name holds the sessions nobody teaches.
    """
    window = await settle_window(tx, org_id)
    await tx.execute(_ROOM)
    first = select(_v.recorded_at).where(_v.org_id == _o.org_id, _v.outcome_id == _o.id, _v.version == 1)
    recorded_at = case((_o.version == 1, _o.received_at), else_=first.correlate(outcomes).scalar_subquery())
    held = (
        select(
            taught_by.label("instructor_id"),
            (func.count() > func.count(_o.id)).label("lacks"),
            func.greatest(func.extract("epoch", func.max(recorded_at) - _s.ends_at) / MINUTE, 0.0).label("after"),
        )
        .select_from(seats())
        .where(_s.org_id == org_id, _s.starts_at >= since, _s.starts_at < until)
        .where(_s.status != "called_off", _s.ends_at + window <= now, has_seat())
        .group_by(_s.org_id, _s.id, taught_by)
        .subquery("held")
    )
    h = held.c
    unrecorded = func.count().filter(h.lacks)
    rows = await tx.execute(
        select(
            h.instructor_id,
            staff.c.name.label("instructor_name"),
            func.count().label("ended"),
            func.count().filter(~h.lacks).label("recorded"),
            unrecorded.label("unrecorded"),
            func.percentile_cont(0.5).within_group(h.after).filter(~h.lacks).label("median_minutes"),
        )
        .select_from(held.outerjoin(staff, and_(staff.c.org_id == org_id, staff.c.id == h.instructor_id)))
        .group_by(h.instructor_id, staff.c.name)
        .order_by(unrecorded.desc(), staff.c.name, h.instructor_id)
    )
    return rows.all()


async def unrecorded_by_day(tx: Tx, org_id: Id, zone: str, since: datetime, now: datetime) -> dict[date, int]:
    """How many sessions that began since then and are not settled lack outcomes, by their day in this zone.

    Days without any are left out.
    """
    window = await settle_window(tx, org_id)
    day = cast(func.timezone(zone, _s.starts_at), Date)
    rows = await tx.execute(
        select(day, func.count())
        .join_from(sessions, schedules, of_schedule)
        .where(_s.org_id == org_id, _s.starts_at >= since, _s.starts_at < now)
        .where(_s.status.in_(("scheduled", "unrecorded")), stands("unrecorded", org_id, window, now))
        .group_by(day)
    )
    return {r[0]: r[1] for r in rows}
