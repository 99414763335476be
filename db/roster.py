"""People and plans: made, found by id or by the operator's own reference, and listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, ColumnElement, Row, Table, select
from sqlalchemy.dialects.postgresql import insert

from db import listing
from db.engine import Tx
from db.listing import Cut, Part
from db.tables import enrollments, guardians, organizations, schedules, sessions, staff, students, terms
from domain.refusals import Conflict, Invalid, NotFound
from domain.value import Id

ONE: Mapping[str, str] = {
    "staff": "staff member",
    "students": "student",
    "guardians": "guardian",
    "schedules": "schedule",
    "enrollments": "enrollment",
    "sessions": "session",
    "recurrences": "recurrence",
    "planned_absences": "absence",
    "terms": "term",
}
"""What one row of a table is called."""

SORTED_BY: Mapping[str, Sequence[Column[Any]]] = {
    "staff": (staff.c.name, staff.c.id),
    "students": (students.c.name, students.c.id),
    "guardians": (guardians.c.name, guardians.c.id),
    "schedules": (schedules.c.subject, schedules.c.id),
    "enrollments": (enrollments.c.started_at, enrollments.c.id),
    "sessions": (sessions.c.starts_at, sessions.c.id),
    "terms": (terms.c.starts_on, terms.c.id),
}


async def zone_of(tx: Tx, org_id: Id) -> str:
    """The organization's zone."""
    found: str = (await tx.execute(select(organizations.c.zone).where(organizations.c.id == org_id))).scalar_one()
    return found


async def add(tx: Tx, table: Table, org_id: Id, row_id: Id, values: Mapping[str, Any]) -> Row[Any]:
    """Add a row. The same id again gets the row that stands; raises Conflict when something unique is taken."""
    row = {"org_id": org_id, "id": row_id, **values}
    made = await tx.execute(insert(table).values(row).on_conflict_do_nothing().returning(table))
    new: Row[Any] | None = made.one_or_none()
    if new is not None:
        return new
    if (known := await _by(tx, table, org_id, table.c.id == row_id)) is not None:
        return known
    for name in ("ref", "email"):
        value = values.get(name)
        if name not in table.c or value is None:
            continue
        if (other := await _by(tx, table, org_id, table.c[name] == value)) is not None:
            raise Conflict(f"{name}_taken", f"there is a {ONE[table.name]} with the {name} {value} already: {other.id}")
    raise Conflict("already_there", f"the same {ONE[table.name]} is there already; list to find it")


async def one(tx: Tx, table: Table, org_id: Id, row_id: Id) -> Row[Any]:
    """One row by its id. Raises NotFound."""
    found = await _by(tx, table, org_id, table.c.id == row_id)
    if found is None:
        raise unknown(table, "id", row_id)
    return found


async def listed(
    tx: Tx, table: Table, org_id: Id, cut: Cut, where: Sequence[ColumnElement[bool]] = (), **equal: Any
) -> Part:
    """A part of the list. `equal` are columns with the value asked for; None asks for nothing."""
    query = select(table).where(table.c.org_id == org_id, *where)
    for name, value in equal.items():
        if value is not None:
            query = query.where(table.c[name] == value)
    return await listing.part(tx, query, SORTED_BY[table.name], cut)


def unknown(table: Table, by: str, value: str) -> NotFound:
    """That there is no such row, in words."""
    kind = ONE[table.name]
    return NotFound(
        f"{kind.split()[0]}_unknown", f"there is no {kind} with the {by} {value}; create it or check the {by}"
    )


async def _by(tx: Tx, table: Table, org_id: Id, *where: ColumnElement[bool]) -> Row[Any] | None:
    found = await tx.execute(select(table).where(table.c.org_id == org_id, *where))
    return found.one_or_none()


@dataclass
class Directory:
    """Finds what a request names by id or by reference, and remembers it for the length of the request."""

    tx: Tx
    org_id: Id
    known: dict[tuple[str, str, str], Row[Any]] = field(default_factory=dict)
    _zone: str | None = None

    async def zone(self) -> str:
        """The organization's zone."""
        if self._zone is None:
            self._zone = await zone_of(self.tx, self.org_id)
        return self._zone

    async def maybe(
        self, table: Table, row_id: object | None, reference: str | None, called: str | None = None
    ) -> Row[Any] | None:
        """The row, if one is named at all. Raises NotFound; Invalid when both names are given."""
        if row_id is not None and reference is not None:
            raise Invalid("named_twice", f"name the {called or ONE[table.name]} by its id or by its ref, not by both")
        by, value = ("id", str(row_id)) if row_id is not None else ("ref", reference or "")
        if not value:
            return None
        key = (table.name, by, value)
        if key not in self.known:
            found = await _by(self.tx, table, self.org_id, table.c[by] == value)
            if found is None:
                raise unknown(table, by, value)
            self.known[key] = found
        return self.known[key]

    async def find(
        self, table: Table, row_id: object | None, reference: str | None, called: str | None = None
    ) -> Row[Any]:
        """The row. Raises NotFound; Invalid when it is not named, or named twice."""
        found = await self.maybe(table, row_id, reference, called)
        if found is None:
            what = called or ONE[table.name].split()[0]
            raise Invalid("not_named", f"say which {ONE[table.name]}: give {what}_id or {what}_ref")
        return found
