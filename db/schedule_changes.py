"""Changes of a schedule that its sessions ahead take part in: who teaches, where, how attendance is read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from db import roster, session_clock
from db.engine import Tx
from db.tables import schedules, sessions
from domain.value import Id

SHOWN = frozenset({"instructor_id", "join_url"})
"""What a calendar program shows of a schedule: it must learn that the sessions ahead have changed. Their `changed_at`
stays: nobody has touched them one by one."""
_s, _c = sessions.c, schedules.c


async def change(tx: Tx, org_id: Id, schedule_id: Id, values: Mapping[str, Any], now: datetime) -> Row[Any]:
    """Write what differs; the clocks of the sessions ahead are wound anew. Raises NotFound."""
    row = await roster.one(tx, schedules, org_id, schedule_id)
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not differing:
        return row
    await tx.execute(update(schedules).where(_c.org_id == org_id, _c.id == row.id).values(differing))
    ahead = (_s.org_id == org_id, _s.schedule_id == row.id, _s.starts_at > now, _s.status == "scheduled")
    if SHOWN & set(differing):
        await tx.execute(update(sessions).where(*ahead).values(sequence=_s.sequence + 1))
    await session_clock.wind(tx, org_id, (await tx.scalars(select(_s.id).where(*ahead))).all(), now)
    return await roster.one(tx, schedules, org_id, row.id)
