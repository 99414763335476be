"""How a staff member sees the pages: in which zone, and whether single keys do something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from db.engine import Tx
from db.login_tables import preferences
from domain.value import Id


@dataclass(frozen=True)
class Chosen:
    """What he has chosen. Without a `zone`, the organization's counts."""

    zone: str | None = None
    shortcuts: bool = True


async def of(tx: Tx, org_id: Id, staff_id: Id) -> Chosen:
    """What this staff member has chosen."""
    p = preferences.c
    found = await tx.execute(select(p.zone, p.shortcuts).where(p.org_id == org_id, p.staff_id == staff_id))
    row = found.one_or_none()
    return Chosen(row.zone, row.shortcuts) if row else Chosen()


async def choose_zone(tx: Tx, org_id: Id, staff_id: Id, zone: str | None) -> None:
    """Times are told in this zone from now on."""
    await _choose(tx, org_id, staff_id, {"zone": zone})


async def choose_shortcuts(tx: Tx, org_id: Id, staff_id: Id, shortcuts: bool) -> None:
    """Single keys do something from now on, or nothing."""
    await _choose(tx, org_id, staff_id, {"shortcuts": shortcuts})


async def _choose(tx: Tx, org_id: Id, staff_id: Id, chosen: dict[str, Any]) -> None:
    new = insert(preferences).values({"org_id": org_id, "staff_id": staff_id} | chosen)
    await tx.execute(new.on_conflict_do_update(index_elements=["org_id", "staff_id"], set_=chosen))
