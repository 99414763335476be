"""What the books hold that a roster may speak of, read once before anything is mapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Table, select

from db.engine import Tx
from db.organizations import Organization
from db.tables import enrollments, guardians, schedules, staff, student_guardians, students, terms
from domain.value import Id

SOURCE = "oneroster"
"""In the column `source`: the roster brought the row in, and may end it."""
_TABLES: Mapping[str, Table] = {
    "students": students,
    "guardians": guardians,
    "staff": staff,
    "schedules": schedules,
    "terms": terms,
    "enrollments": enrollments,
}


@dataclass
class Standing:
    """Rows of the organization by kind and ref, enrollments by place, and guardians beside their students."""

    org: Organization
    now: datetime
    rows: dict[str, dict[str, Row[Any]]] = field(default_factory=dict)
    staff: dict[Id, Row[Any]] = field(default_factory=dict)
    refs: dict[Id, str] = field(default_factory=dict)
    """The ref of every row that has one, by its id."""
    zones: dict[Id, str] = field(default_factory=dict)
    """Zones of schedules."""
    places: dict[tuple[Id, Id], Row[Any]] = field(default_factory=dict)
    """Enrollments by student and schedule."""
    links: dict[Id, dict[Id, Row[Any]]] = field(default_factory=dict)
    """Guardians beside each student, by student and guardian."""

    @cached_property
    def by_address(self) -> dict[str, Row[Any]]:
        """Staff by e-mail address in small letters."""
        return {row.email.lower(): row for row in self.staff.values()}

    @cached_property
    def today(self) -> date:
        """The organization's date."""
        return self.now.astimezone(ZoneInfo(self.org.zone)).date()

    def midnight(self, day: date, schedule_id: Id) -> datetime:
        """When a day begins for a schedule; a new one has the organization's zone."""
        zone = ZoneInfo(self.zones.get(schedule_id, self.org.zone))
        return datetime.combine(day, time(), zone).astimezone(UTC)

    def goes_on(self, enrollment: Row[Any]) -> bool:
        """True for an enrollment that has not ended yet."""
        return enrollment.ended_at is None or enrollment.ended_at > self.now


async def load(tx: Tx, org: Organization, now: datetime) -> Standing:
    """Read the organization's people, schedules, terms and enrollments."""
    standing = Standing(org, now)
    for kind, table in _TABLES.items():
        rows = (await tx.execute(select(table).where(table.c.org_id == org.id))).all()
        standing.rows[kind] = {row.ref: row for row in rows if row.ref is not None}
        standing.refs |= {row.id: row.ref for row in rows if row.ref is not None}
        if kind == "staff":
            standing.staff = {row.id: row for row in rows}
        elif kind == "schedules":
            standing.zones = {row.id: row.zone for row in rows}
        elif kind == "enrollments":
            standing.places = {(row.student_id, row.schedule_id): row for row in rows}
    g = student_guardians
    for row in await tx.execute(select(g).where(g.c.org_id == org.id)):
        standing.links.setdefault(row.student_id, {})[row.guardian_id] = row
    return standing
