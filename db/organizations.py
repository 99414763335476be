"""The organization's own row: read, and changed by its admin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, update

from db.engine import Tx
from db.tables import organizations
from domain.value import Id

_o = organizations.c


@dataclass(frozen=True)
class Organization:
    """An operator of tutoring."""

    id: Id
    name: str
    zone: str
    country: str | None

    @classmethod
    def of(cls, row: Any) -> Organization:
        """The organization a row tells of."""
        return cls(row.id, row.name, row.zone, row.country)


async def one(tx: Tx, org_id: Id) -> Row[Any]:
    """The organization."""
    return (await tx.execute(select(organizations).where(_o.id == org_id))).one()


async def change(tx: Tx, org_id: Id, values: Mapping[str, Any]) -> Row[Any]:
    """Write the values given; returns the organization as it stands."""
    if values:
        await tx.execute(update(organizations).where(_o.id == org_id).values(values))
    return await one(tx, org_id)
