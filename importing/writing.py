"""Checked rows into the books, in the caller's transaction. What stands there already is not written again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import Table, delete, insert, update

from db import calendar, enrolling, inbox, recording
from db.engine import Tx
from db.tables import enrollments, sessions, student_guardians
from domain.events import ToppedUp
from domain.outcomes import Code
from domain.value import Id, id_of
from importing.columns import KINDS
from importing.known import TABLES
from importing.plan import Plan
from importing.reading import Line

AT_ONCE = 500
"""Rows in one call; the bar moves on after each."""
_DAY = timedelta(days=1)


@dataclass
class Count:
    """Rows of one kind by what was done with them."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    ended: int | None = None
    """None for imports that end nothing."""

    def note(self, *, is_new: bool, differs: bool = False) -> None:
        """Count one row."""
        self.added += is_new
        self.changed += differs and not is_new
        self.unchanged += not differs and not is_new


@dataclass(frozen=True)
class Change:
    """One row added, changed or ended. `values` are the old and the new value of what differs, as people read it."""

    kind: str
    what: Literal["add", "change", "end"]
    ref: str | None
    name: str
    values: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass
class Written:
    """What was done, and which students have something to decide now."""

    counts: dict[str, Count] = field(default_factory=lambda: {kind: Count() for kind in KINDS})
    changes: list[Change] = field(default_factory=list)
    students: set[Id] = field(default_factory=set)

    def as_data(self) -> dict[str, dict[str, int]]:
        """The counts of the kinds that the files hold."""
        every = {kind: asdict(count) for kind, count in self.counts.items()}
        return {
            kind: {name: number for name, number in count.items() if number is not None}
            for kind, count in every.items()
            if any(count.values())
        }


class Writer:
    """Writes one plan."""

    def __init__(self, tx: Tx, plan: Plan, advance: Callable[[int], None]) -> None:
        self.tx, self.plan, self.advance = tx, plan, advance
        self.org_id, self.now = plan.known.org.id, plan.known.now
        self.written = Written()
        self.enrolled: list[dict[str, Any]] = []
        self.bought: list[tuple[Id, ToppedUp]] = []

    async def write(self) -> Written:
        """Write every kind after those it names."""
        zone, made = {"zone": self.plan.known.org.zone}, {"created_at": self.now}
        await self._rows("staff", self._plain)
        await self._rows("students", self._plain, made)
        await self._rows("guardians", self._plain, zone)
        await self._links()
        await self._rows("schedules", self._schedule, zone)
        for line in self.plan.sheets.lines["enrollments"]:
            await self._enrollment(line)
        await enrolling.enroll_all(self.tx, self.org_id, self.enrolled, self.now)
        await inbox.put_all(self.tx, self.org_id, self.bought, self.now)
        await self._rows("sessions", self._session, made)
        await self._enter_sessions()
        for line in sorted(self.plan.sheets.lines["outcomes"], key=self._start_of):
            await self._outcome(line)
        return self.written

    async def _rows(self, kind: str, values_of: Callable[[Line], dict[str, Any]], new: Mapping[str, Any] = {}) -> None:
        """Add what is new, `new` being its defaults, and change what differs from the books."""
        table, count, groups = TABLES[kind], self.written.counts[kind], dict[frozenset[str], list[dict[str, Any]]]()
        for line in self.plan.sheets.lines[kind]:
            row_id, stands = self.plan.id_in(line, "ref"), self.plan.known.row(kind, line.cells["ref"])
            is_first = self.plan.lines[row_id] is line  # a guardian of several students stands in several rows
            values = values_of(line) if is_first else {}
            differing = {k: v for k, v in values.items() if stands is not None and getattr(stands, k) != v}
            if stands is None and is_first:
                row = {"org_id": self.org_id, "id": row_id, "ref": line.cells["ref"], **new, **values}
                groups.setdefault(frozenset(row), []).append(row)
            if differing:
                await self._change(table, row_id, differing)
            if is_first and (stands is None or differing):
                self._tell(line, stands, differing)
            count.note(is_new=stands is None, differs=bool(differing) or self._moves(line))
        self.advance(count.changed + count.unchanged)
        # A make-up names the session it makes up for, which must stand first.
        for columns in sorted(groups, key=lambda columns: "make_up_for" in columns):
            rows = groups[columns]
            for start in range(0, len(rows), AT_ONCE):
                await self.tx.execute(insert(table), rows[start : start + AT_ONCE])
                self.advance(len(rows[start : start + AT_ONCE]))

    def _tell(self, line: Line, stands: Any, differing: Mapping[str, Any]) -> None:
        """Note for the preview that a row is new or differs from the books."""
        named = line.cells.get("name") or line.cells.get("subject") or line.cells.get("student_ref") or ""
        values = {k: (self._shown(getattr(stands, k)), self._shown(v)) for k, v in differing.items() if stands}
        change = Change(line.kind, "change" if stands else "add", line.cells.get("ref"), str(named), values)
        self.written.changes.append(change)

    def _shown(self, value: Any) -> Any:
        """A value as people read it: an id as the ref it stands for."""
        return self._refs.get(value, value) if isinstance(value, str) else value

    @cached_property
    def _refs(self) -> dict[Id, str]:
        of_staff = {str(row.id): row.ref or row.name for row in self.plan.known.staff.values()}
        return of_staff | {row_id: ref for (_, ref), row_id in self.plan.ids.items()}

    async def _enter_sessions(self) -> None:
        """Sessions that are not over get their clocks, and planned absences are applied to them."""
        mine = self.plan.sheets.lines["sessions"]
        ids = [self.plan.id_in(line, "ref") for line in mine if line.cells["ends_at"] > self.now]
        for start in range(0, len(ids), AT_ONCE):
            part = ids[start : start + AT_ONCE]
            self.written.students.update(await calendar.enter(self.tx, self.org_id, part, self.now))

    async def _change(self, table: Table, row_id: Id, values: Mapping[str, Any]) -> None:
        if table is sessions:  # what calendar programs show has changed
            values = {**values, "sequence": sessions.c.sequence + 1, "changed_at": self.now}
        await self.tx.execute(update(table).where(table.c.org_id == self.org_id, table.c.id == row_id).values(**values))

    def _plain(self, line: Line) -> dict[str, Any]:
        named = TABLES[line.kind].c
        return {name: value for name, value in line.cells.items() if name in named and name != "ref"}

    def _schedule(self, line: Line) -> dict[str, Any]:
        values = self._plain(line)
        if "instructor_ref" in line.cells:
            values["instructor_id"] = self.plan.id_in(line, "instructor_ref")
        if "cancel_notice_hours" in line.cells:
            values["cancel_notice"] = line.cells["cancel_notice_hours"]
        return values

    def _session(self, line: Line) -> dict[str, Any]:
        names = {
            "schedule_ref": "schedule_id",
            "instructor_ref": "instructor_id",
            "make_up_for_ref": "make_up_for",
            "make_up_student_ref": "make_up_student_id",
        }
        named = {column: self.plan.id_in(line, cell) for cell, column in names.items() if cell in line.cells}
        if "make_up_student_id" in named:
            self.written.students.add(named["make_up_student_id"])
        return self._plain(line) | named

    def _moves(self, line: Line) -> bool:
        """True when a guardian gets another place beside a student."""
        if line.kind != "guardians" or "student_ref" not in line.cells:
            return False
        student, me = self.plan.id_in(line, "student_ref"), self.plan.id_in(line, "ref")
        return self.plan.known.positions.get(student, {}).get(me) != self.plan.positions[student][me]

    async def _links(self) -> None:
        """Guardians beside their students. Written anew where they differ, so that two may change places."""
        g = student_guardians
        for student, held in self.plan.positions.items():
            if held == self.plan.known.positions.get(student, {}):
                continue
            await self.tx.execute(delete(g).where(g.c.org_id == self.org_id, g.c.student_id == student))
            named = {"org_id": self.org_id, "student_id": student}
            rows = [{**named, "guardian_id": who, "position": position} for who, position in held.items()]
            await self.tx.execute(insert(g), rows)

    async def _enrollment(self, line: Line) -> None:
        student, schedule = self.plan.id_in(line, "student_ref"), self.plan.id_in(line, "schedule_ref")
        started_at, stands = self.plan.started_at(line), self.plan.known.places.get((student, schedule))
        values = {"ref": line.cells["ref"]} if "ref" in line.cells else {}
        if "coordinator_ref" in line.cells:
            values["coordinator_id"] = self.plan.id_in(line, "coordinator_ref")
        if stands is None or not started_at <= stands.started_at < started_at + _DAY:
            values["started_at"] = started_at
        differing = {
            name: value for name, value in values.items() if stands is not None and getattr(stands, name) != value
        }
        self.advance(1)
        self.written.counts["enrollments"].note(is_new=stands is None, differs=bool(differing))
        if stands is None or differing:
            self._tell(line, stands, differing)
        if differing and stands is not None:
            await self._change(enrollments, stands.id, differing)
        if stands is not None:
            return
        # One that began before today is a course under way: its next session is not the student's first.
        placed = {"student_id": student, "schedule_id": schedule, "imported": self.now - started_at >= _DAY}
        row_id = self.plan.id_in(line, "ref") or id_of("enrollment", student, schedule)
        self.enrolled.append({"id": row_id, **values, **placed})
        if units := line.cells.get("opening_balance"):
            self.bought.append((student, ToppedUp(act_id=id_of("opening", row_id), enrollment_id=row_id, units=units)))
        self.written.students.add(student)

    def _start_of(self, line: Line) -> Any:
        return self.plan.cell(self.plan.id_in(line, "session_ref"), "starts_at", self.plan.known.sessions)

    async def _outcome(self, line: Line) -> None:
        session, student = self.plan.id_in(line, "session_ref"), self.plan.id_in(line, "student_ref")
        is_new = (session, student) not in self.plan.known.outcomes
        self.advance(1)
        self.written.counts["outcomes"].note(is_new=is_new)
        if not is_new:
            return
        self._tell(line, None, {})
        code, told = Code(line.cells["code"]), line.cells.get("announced_at")
        report = recording.Report(session, student, code, announced_at=told, imported=True, source="import")
        await recording.record(self.tx, self.org_id, report, self.now)
        self.written.students.add(student)
