"""A checked roster into the books, in the caller's transaction: what the plain import does not know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, Table, and_, func, insert, select, update

from db import enrolling
from db.engine import Tx
from db.tables import enrollments, schedules, staff, student_guardians, terms
from domain.outcomes import SessionKind
from domain.value import Id
from importing.known import is_any
from importing.oneroster.ending import Ending
from importing.oneroster.people import People
from importing.oneroster.plans import Place, Plans
from importing.oneroster.reading import Rows
from importing.oneroster.standing import SOURCE, Standing
from importing.plan import Plan
from importing.writing import Change, Written

_DAY = timedelta(days=1)


class Applier:
    """Writes what a roster says of terms, places, teachers and guardians; then what ends."""

    def __init__(
        self, tx: Tx, rows: Rows, standing: Standing, people: People, plans: Plans, plan: Plan, written: Written
    ) -> None:
        self.tx, self.rows, self.standing, self.people, self.plans = tx, rows, standing, people, plans
        self.plan, self.written, self.now, self.org_id = plan, written, standing.now, standing.org.id
        self.kept: set[Id] = set()
        self.new: list[dict[str, Any]] = []
        self.by_hand = 0

    async def apply(self, advance: Callable[[int], None] = lambda by: None) -> None:
        """Everything, each kind after those it names."""
        await self._terms()
        for place in self.plans.places:
            await self._place(place)
            advance(1)
        await enrolling.enroll_all(self.tx, self.org_id, self.new, self.now)
        await self._teachers()
        await self._sizes()
        await self._links()
        await self._adopt()
        await Ending(self.tx, self.rows, self.standing, self.people, self.written, self.kept).end()
        if self.by_hand:
            self.rows.sheets.remarks.append(
                f"{self.by_hand} enrollments were ended in Bellwether and stay ended; enroll these students there again"
            )

    def listed(self) -> dict[str, set[str]]:
        """What the package lists beyond the plain kinds, named as in the changes."""
        return {
            "terms": {line.cells["ref"] for line in self.plans.terms},
            "enrollments": {place.ref for place in self.plans.places},
            "links": {f"{student} guardian {ref}" for student, named in self.people.agents.items() for ref in named},
        }

    def _id(self, kind: str, ref: str) -> Id:
        """The id of a row that is in the books now; empty for none."""
        stands = self.standing.rows[kind].get(ref) if kind in self.standing.rows else None
        return self.plan.ids.get((kind, ref)) or (str(stands.id) if stands is not None else "")

    def _tell(self, change: Change) -> None:
        self.written.changes.append(change)

    async def _set(self, table: Table, row_id: Id, values: Mapping[str, Any]) -> None:
        where = (table.c.org_id == self.org_id, table.c.id == row_id)
        await self.tx.execute(update(table).where(*where).values(**values))

    async def _terms(self) -> None:
        for line in self.plans.terms:
            stands = self.standing.rows["terms"].get(line.cells["ref"])
            if stands is None:
                await self.tx.execute(insert(terms).values(org_id=self.org_id, **line.cells))
                self._tell(Change("terms", "add", line.cells["ref"], line.cells["name"]))
            elif differing := {k: v for k, v in line.cells.items() if getattr(stands, k) != v}:
                await self._set(terms, stands.id, differing)
                told = {k: (getattr(stands, k), v) for k, v in differing.items()}
                self._tell(Change("terms", "change", stands.ref, line.cells["name"], told))

    # --- places -------------------------------------------------------------------------------------------------------

    async def _place(self, place: Place) -> None:
        student, schedule = self._id("students", place.student), self._id("schedules", place.schedule)
        stands = self.standing.places.get((student, schedule))
        ends = self.standing.midnight(place.ends, schedule) if place.ends else None
        is_over = ends is not None and ends <= self.now
        if stands is None:
            if not is_over:
                self._enroll(place, student, schedule, ends)
            return
        self.kept.add(stands.id)
        if self.standing.goes_on(stands):
            await self._keep(place, stands, ends, is_over=is_over)
        elif is_over:
            return
        elif stands.source == SOURCE:
            await self._begin_again(place, stands, ends)
        else:
            self.by_hand += 1

    def _enroll(self, place: Place, student: Id, schedule: Id, ends: datetime | None) -> None:
        first = place.begins or self.plans.begins.get(place.schedule) or self.standing.today
        starts = self.standing.midnight(first, schedule)
        values = {
            "id": str(uuid4()),
            "ref": place.ref if place.ref not in self.standing.rows["enrollments"] else None,
            "student_id": student,
            "schedule_id": schedule,
            "started_at": starts,
            "ended_at": ends,
            # One that began before today is a course under way: its next session is not the student's first.
            "imported": self.now - starts >= _DAY,
            "source": SOURCE,
        }
        self.new.append(values)
        self.written.students.add(student)
        self._tell(Change("enrollments", "add", place.ref, self._named(place)))

    async def _begin_again(self, place: Place, stands: Row[Any], ends: datetime | None) -> None:
        owner = {"coordinator_id": stands.coordinator_id} if stands.coordinator_id in self.plan.owners else {}
        placed = {"student_id": stands.student_id, "schedule_id": stands.schedule_id, "source": SOURCE, **owner}
        await enrolling.enroll(self.tx, self.org_id, str(uuid4()), placed, self.now)
        await self._set(enrollments, stands.id, {"ended_at": ends})
        self.written.students.add(stands.student_id)
        self._tell(
            Change("enrollments", "change", place.ref, self._named(place), {"ended_at": (stands.ended_at, ends)})
        )

    async def _keep(self, place: Place, stands: Row[Any], ends: datetime | None, *, is_over: bool) -> None:
        values: dict[str, Any] = {}
        if place.ref != stands.ref and place.ref not in self.standing.rows["enrollments"]:
            values["ref"] = place.ref
        if place.begins is not None:
            starts = self.standing.midnight(place.begins, stands.schedule_id)
            if not starts <= stands.started_at < starts + _DAY:
                values["started_at"] = starts
        if ends != stands.ended_at:
            values["ended_at"] = ends
        if not values:
            return
        await self._set(enrollments, stands.id, values | {"source": SOURCE})
        told = {name: (getattr(stands, name), value) for name, value in values.items()}
        self._tell(Change("enrollments", "end" if is_over else "change", place.ref, self._named(place), told))

    @staticmethod
    def _named(place: Place) -> str:
        return f"student {place.student} in {place.schedule}"

    # --- teachers, sizes, guardians -----------------------------------------------------------------------------------

    async def _teachers(self) -> None:
        """Who holds the sessions of classes whose own row is not in the package; and who does so no longer."""
        listed = self.rows.standing["classes"]
        for of_class, user in self.plans.teachers.items():
            stands = self.standing.rows["schedules"].get(of_class)
            if of_class not in listed and stands is not None:
                await self._teaches(stands, self._id("staff", user), user)
        for of_class, stands in self.standing.rows["schedules"].items():
            person = self.standing.staff.get(stands.instructor_id)
            if of_class in self.plans.teachers or person is None or person.source != SOURCE:
                continue
            is_missing = self.rows.is_bulk("enrollments") and of_class in listed
            if is_missing or (of_class, person.ref) in self.plans.left:
                await self._teaches(stands, None, None)

    async def _teaches(self, schedule: Row[Any], staff_id: Id | None, ref: str | None) -> None:
        if staff_id == schedule.instructor_id:
            return
        await self._set(schedules, schedule.id, {"instructor_id": staff_id})
        before = self.standing.refs.get(schedule.instructor_id) if schedule.instructor_id else None
        told = {"instructor_id": (before, ref)}
        self._tell(Change("schedules", "change", schedule.ref, schedule.subject, told))

    async def _sizes(self) -> None:
        """A class of one that gets a second student becomes a group. A group stays one, whoever leaves."""
        named = {self._id("schedules", place.schedule) for place in self.plans.places}
        alone = [
            row
            for row in self.standing.rows["schedules"].values()
            if row.id in named and row.kind == SessionKind.ONE_TO_ONE
        ]
        e = enrollments.c
        goes_on = e.ended_at.is_(None) | (e.ended_at > self.now)
        of_these = is_any(e.schedule_id, [row.id for row in alone])
        counted = await self.tx.execute(
            select(e.schedule_id)
            .where(e.org_id == self.org_id, of_these, goes_on)
            .group_by(e.schedule_id)
            .having(func.count() > 1)
        )
        grown = set(counted.scalars())
        for row in alone:
            if row.id in grown:
                await self._set(schedules, row.id, {"kind": SessionKind.GROUP.value})
                told = {"kind": (row.kind, SessionKind.GROUP.value)}
                self._tell(Change("schedules", "change", row.ref, row.subject, told))

    async def _links(self) -> None:
        """Guardians new beside a student come after those who stand there."""
        made, adopted = [], []
        for student_ref, wanted in self.people.agents.items():
            student = self._id("students", student_ref)
            held = self.standing.links.get(student, {})
            last = max((row.position for row in held.values()), default=0)
            for ref in wanted:
                guardian = self._id("guardians", ref)
                if guardian not in held:
                    last += 1
                    made.append({"student_id": student, "guardian_id": guardian, "position": last})
                    self._tell(Change("links", "add", student_ref, f"guardian {ref}"))
                elif held[guardian].source is None:
                    adopted.append((student, guardian))
        if made:
            await self.tx.execute(
                insert(student_guardians), [{"org_id": self.org_id, "source": SOURCE, **m} for m in made]
            )
        g = student_guardians.c
        for student, guardian in adopted:
            mine = and_(g.org_id == self.org_id, g.student_id == student, g.guardian_id == guardian)
            await self.tx.execute(update(student_guardians).where(mine).values(source=SOURCE))

    async def _adopt(self) -> None:
        """What stands and is in the roster as well belongs to the roster from now on."""
        e, s = enrollments.c, staff.c
        await self.tx.execute(
            update(enrollments)
            .where(e.org_id == self.org_id, is_any(e.id, self._still_by_hand()))
            .values(source=SOURCE)
        )
        mine = [self._id("staff", ref) for ref in self.people.kinds["staff"] if ref not in self.people.same]
        await self.tx.execute(
            update(staff).where(s.org_id == self.org_id, is_any(s.id, mine), s.source.is_(None)).values(source=SOURCE)
        )

    def _still_by_hand(self) -> set[Id]:
        return {
            row.id
            for row in self.standing.places.values()
            if row.id in self.kept and row.source is None and self.standing.goes_on(row)
        }
