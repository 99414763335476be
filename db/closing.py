"""Days on which an organization is closed: written, listed, taken back; and the sessions that stand on such a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from db import calendar, listing
from db.calendar import Made
from db.engine import Tx
from db.listing import Cut, Part
from db.tables import closures, schedules, sessions
from domain.refusals import NotFound
from domain.value import Id

_k, _s, _c = closures.c, sessions.c, schedules.c


async def close(tx: Tx, org_id: Id, days: Sequence[date], name: str | None) -> list[Row[Any]]:
    """Write the days down; a day that is there already takes the new name. Sessions made later leave them out."""
    await calendar.lock(tx, org_id)
    new = insert(closures).values([{"org_id": org_id, "day": day, "name": name} for day in days])
    kept = new.on_conflict_do_update(
        index_elements=["org_id", "day"], set_={"name": func.coalesce(new.excluded.name, closures.c.name)}
    )
    rows = await tx.execute(kept.returning(closures))
    return sorted(rows.all(), key=lambda r: r.day)


async def sessions_on(tx: Tx, org_id: Id, days: Sequence[date], now: datetime) -> list[Id]:
    """Sessions on these local days (each in its schedule's zone) that have not begun and are not called off."""
    local_day = func.date(func.timezone(_c.zone, _s.starts_at))
    found = await tx.scalars(
        select(_s.id)
        .join(schedules, and_(_c.org_id == _s.org_id, _c.id == _s.schedule_id))
        .where(_s.org_id == org_id, _s.starts_at > now, _s.status != "called_off", local_day.in_(days))
        .order_by(_s.starts_at, _s.id)
    )
    return list(found.all())


async def reopen(tx: Tx, org_id: Id, day: date, now: datetime) -> Made:
    """The day is no closure any more; lessons that were left out are made. What was called off stays called off.

    Raises NotFound.
    """
    await calendar.lock(tx, org_id)
    gone = await tx.execute(delete(closures).where(_k.org_id == org_id, _k.day == day).returning(_k.day))
    if gone.one_or_none() is None:
        raise NotFound("closure_unknown", f"{day} is no closure; list the closures to find it")
    return await calendar.fill(tx, org_id, day, now)


async def listed(tx: Tx, org_id: Id, cut: Cut, since: date | None, until: date | None) -> Part:
    """Closures by day."""
    query = select(closures).where(_k.org_id == org_id)
    if since is not None:
        query = query.where(_k.day >= since)
    if until is not None:
        query = query.where(_k.day < until)
    return await listing.part(tx, query, [_k.day], cut)
