"""The business clock: engine time plus an offset in the books. 0 in real operation; the demo raises it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from db.engine import Tx
from db.tables import business_clock


async def ahead(tx: Tx) -> timedelta:
    """How far business time is ahead of engine time."""
    offset: timedelta = (await tx.execute(select(business_clock.c.ahead))).scalar_one()
    return offset


async def jump(tx: Tx, further: timedelta) -> None:
    """Set the business clock further ahead. It never goes back."""
    if further > timedelta(0):
        await tx.execute(update(business_clock).values(ahead=business_clock.c.ahead + further))
