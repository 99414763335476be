"""Files and books seen as one: every row with the id it has or will get."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from domain.outcomes import Schedule, SessionKind
from domain.tasks import Role
from domain.value import Id
from importing.columns import KINDS
from importing.known import Known
from importing.reading import Line, Sheets


class Plan:
    """What the books will hold. Cells of the files go before what the books hold now."""

    def __init__(self, sheets: Sheets, known: Known) -> None:
        self.sheets, self.known = sheets, known
        self.ids = {(kind, ref): str(row.id) for kind, rows in known.rows.items() for ref, row in rows.items()}
        self.lines: dict[Id, Line] = {}
        self.positions: dict[Id, dict[Id, int]] = {}
        """Guardians of each student with their positions, filled by the check."""
        for line in sheets.every():
            if ref := line.cells.get("ref"):
                row_id = self.ids.setdefault((line.kind, ref), str(uuid4()))
                self.lines.setdefault(row_id, line)

    def id_in(self, line: Line, column: str) -> Id:
        """The id of the row that a cell names or stands for; empty for an empty cell and for an unknown row."""
        kind = next(c.refers_to or line.kind for c in KINDS[line.kind] if c.name == column)
        return self.ids.get((kind, line.cells.get(column, "")), "")

    def cell(self, row_id: Id, column: str, stand: Mapping[Id, Any], default: Any = None) -> Any:
        """What will stand in a column of a row: the file's cell, else what stands in the books, else the default."""
        line = self.lines.get(row_id)
        if line is not None and column in line.cells:
            return line.cells[column]
        return getattr(stand[row_id], column) if row_id in stand else default

    @cached_property
    def owners(self) -> set[Id]:
        """Staff who can own what follows."""
        team = self.known.staff
        every = {*team, *(row_id for (kind, _), row_id in self.ids.items() if kind == "staff")}
        return {
            one
            for one in every
            if self.cell(one, "active", team, True) and self.cell(one, "role", team, "") not in ("", Role.INSTRUCTOR)
        }

    @cached_property
    def places(self) -> set[tuple[Id, Id]]:
        """Students with the schedules they are or will be enrolled in."""
        new = {(self.id_in(e, "student_ref"), self.id_in(e, "schedule_ref")) for e in self.sheets.lines["enrollments"]}
        return new | set(self.known.places)

    def schedule_of(self, session_id: Id) -> Id:
        """The schedule a session belongs to."""
        line = self.lines.get(session_id)
        return self.id_in(line, "schedule_ref") if line else str(self.known.sessions[session_id].schedule_id)

    def rule_of(self, schedule_id: Id) -> Schedule:
        """What of a schedule decides between early and late."""
        default, stand = Schedule(id=schedule_id), self.known.schedules
        notice = self.cell(schedule_id, "cancel_notice_hours", {}) or getattr(
            stand.get(schedule_id), "cancel_notice", default.cancel_notice
        )
        kind = SessionKind(self.cell(schedule_id, "kind", stand, default.kind))
        return Schedule(id=schedule_id, kind=kind, cancel_notice=notice)

    def started_at(self, line: Line) -> datetime:
        """Midnight of an enrollment's first day in its schedule's zone."""
        zone = self.cell(self.id_in(line, "schedule_ref"), "zone", self.known.schedules, self.known.org.zone)
        first: date = line.cells["started_on"]
        return datetime.combine(first, time(), ZoneInfo(zone)).astimezone(UTC)
