"""Free texts of people: reasons and notes. Everywhere else they travel as ids, so erasure can empty them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from db.engine import Tx
from db.journal_tables import notes
from domain.value import Id


async def write(tx: Tx, org_id: Id, note_id: Id, text: str | None, by: Id | None, now: datetime) -> Id | None:
    """Keep a text under this id; returns the id, or None without a text. Doing it twice equals doing it once."""
    if text is None:
        return None
    row = {"org_id": org_id, "id": note_id, "text": text, "by": by, "created_at": now}
    await tx.execute(insert(notes).values(row).on_conflict_do_nothing())
    return note_id


async def texts(tx: Tx, org_id: Id, ids: Iterable[Id | None]) -> dict[Id, str]:
    """The texts of these notes."""
    wanted = sorted({i for i in ids if i is not None})
    if not wanted:
        return {}
    rows = await tx.execute(select(notes.c.id, notes.c.text).where(notes.c.org_id == org_id, notes.c.id.in_(wanted)))
    return {r.id: r.text for r in rows}
