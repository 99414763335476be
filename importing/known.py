"""What the books hold of everything the files name, read once before the check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, and_, any_, cast, or_, select, union
from sqlalchemy.dialects.postgresql import ARRAY

from db.engine import Tx
from db.journal_tables import outcome_versions, outcomes, tasks
from db.organizations import Organization
from db.tables import enrollments, guardians, schedules, sessions, staff, student_guardians, students
from domain.value import Id
from importing.columns import KINDS
from importing.reading import Sheets

TABLES: Mapping[str, Table] = {
    "staff": staff,
    "students": students,
    "guardians": guardians,
    "schedules": schedules,
    "enrollments": enrollments,
    "sessions": sessions,
}


@dataclass
class Known:
    """Rows of the books by kind and ref, and by id, as far as the files have to do with them."""

    org: Organization
    now: datetime
    rows: dict[str, dict[str, Row[Any]]] = field(default_factory=dict)
    staff: dict[Id, Row[Any]] = field(default_factory=dict)
    busy: set[Id] = field(default_factory=set)
    """Staff who own enrollments or open tasks."""
    schedules: dict[Id, Row[Any]] = field(default_factory=dict)
    sessions: dict[Id, Row[Any]] = field(default_factory=dict)
    settled: set[Id] = field(default_factory=set)
    """Sessions that hold an outcome, whose times and schedule must stay."""
    places: dict[tuple[Id, Id], Row[Any]] = field(default_factory=dict)
    """Enrollments by student and schedule."""
    positions: dict[Id, dict[Id, int]] = field(default_factory=dict)
    """Guardians of a student with their positions."""
    outcomes: dict[tuple[Id, Id], Any] = field(default_factory=dict)
    """Outcomes by session and student, with the code of their first version."""

    def row(self, kind: str, ref: str | None) -> Row[Any] | None:
        """A row of the books by its ref."""
        return self.rows[kind].get(ref) if ref else None


def refs_named(sheets: Sheets) -> dict[str, set[str]]:
    """Every ref in the files by kind, whether it stands for a row or names one."""
    named: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for line in sheets.every():
        for column in KINDS[line.kind]:
            ref = line.cells.get(column.name)
            if ref is not None and (column.refers_to or column.name == "ref"):
                named[column.refers_to or line.kind].add(ref)
    return named


async def load(tx: Tx, org: Organization, sheets: Sheets, now: datetime) -> Known:
    """Read what is needed to check and write these rows."""
    known, named = Known(org, now), refs_named(sheets)
    for kind, table in TABLES.items():
        found = await _rows(tx, table, org.id, is_any(table.c.ref, named[kind]))
        known.rows[kind] = {row.ref: row for row in found}
    known.staff = {row.id: row for row in await _rows(tx, staff, org.id)}
    known.busy = await _busy(tx, org.id, now)
    known.sessions = {row.id: row for row in known.rows["sessions"].values()}
    of_sessions = {row.schedule_id for row in known.sessions.values()}
    known.schedules = {row.id: row for row in await _rows(tx, schedules, org.id, is_any(schedules.c.id, of_sessions))}
    known.schedules |= {row.id: row for row in known.rows["schedules"].values()}
    student_ids = {row.id for row in known.rows["students"].values()}
    for row in await _rows(tx, enrollments, org.id, is_any(enrollments.c.student_id, student_ids)):
        known.places[row.student_id, row.schedule_id] = row
    for row in await _rows(tx, student_guardians, org.id, is_any(student_guardians.c.student_id, student_ids)):
        known.positions.setdefault(row.student_id, {})[row.guardian_id] = row.position
    await _load_outcomes(tx, known, known.sessions)
    return known


async def _load_outcomes(tx: Tx, known: Known, session_ids: Iterable[Id]) -> None:
    o, v = outcomes.c, outcome_versions.c
    first = and_(v.org_id == o.org_id, v.outcome_id == o.id, v.version == 1)
    rows = await tx.execute(
        select(o.session_id, o.student_id, o.code, v.code.label("first_code"), o.id)
        .join(outcome_versions, first)
        .where(o.org_id == known.org.id, is_any(o.session_id, session_ids))
    )
    for row in rows:
        known.outcomes[row.session_id, row.student_id] = row
        known.settled.add(row.session_id)


async def _busy(tx: Tx, org_id: Id, now: datetime) -> set[Id]:
    e = enrollments.c
    goes_on = or_(e.ended_at.is_(None), e.ended_at > now)
    owned = select(e.coordinator_id).where(e.org_id == org_id, goes_on)
    open_tasks = select(tasks.c.owner_id).where(tasks.c.org_id == org_id, tasks.c.finished_at.is_(None))
    return set((await tx.execute(union(owned, open_tasks))).scalars())


async def _rows(tx: Tx, table: Table, org_id: Id, *where: ColumnElement[bool]) -> list[Row[Any]]:
    return list((await tx.execute(select(table).where(table.c.org_id == org_id, *where))).all())


def is_any(column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """One parameter however many values: an `in` list ends at 65,535."""
    return column == any_(cast(list(values), ARRAY(column.type)))
