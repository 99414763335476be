"""What a roster ends: enrollments, guardians beside students, staff. Only what a roster brought in, and never a row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, and_, delete, exists, func, or_, select, union, update

from db import inbox
from db.engine import Tx
from db.journal_tables import inbox as inbox_rows
from db.journal_tables import tasks
from db.tables import enrollments, schedules, sessions, staff, student_guardians, students
from domain.events import Withdrawn
from domain.value import Id, id_of
from importing.known import is_any
from importing.oneroster.people import People
from importing.oneroster.reading import Rows
from importing.oneroster.standing import SOURCE, Standing
from importing.writing import Change, Written

FIFTH = 0.2
"""A bulk import that ends more of what stands than this is more likely a broken export than a school that empties."""


def share_ended(standing: Standing, written: Written, rows: Rows) -> list[str]:
    """What a bulk import ends too much of, in words; empty when it may go on."""
    if not any(rows.is_bulk(kind) for kind in ("users", "classes", "enrollments")):
        return []
    brought = sum(row.source == SOURCE and standing.goes_on(row) for row in standing.places.values())
    links = sum(row.source == SOURCE for held in standing.links.values() for row in held.values())
    told = []
    for kind, called, count in (("enrollments", "enrollments", brought), ("links", "guardians of students", links)):
        ended = sum(change.kind == kind and change.what == "end" for change in written.changes)
        if ended > FIFTH * count:
            told.append(f"{ended} of {count} {called}")
    return told


class Ending:
    """Ends what is absent from a bulk file and what a delta file deletes."""

    def __init__(
        self,
        tx: Tx,
        rows: Rows,
        standing: Standing,
        people: People,
        written: Written,
        kept: set[Id],
    ) -> None:
        self.tx, self.rows, self.standing, self.people, self.written = tx, rows, standing, people, written
        self.kept, self.org_id, self.now = kept, standing.org.id, standing.now

    async def end(self) -> None:
        """Enrollments first: who has none left leaves, and who teaches nobody may become inactive."""
        await self._enrollments()
        await self._links()
        await self._staff()
        await self._leavers()

    def _is_gone(self, file: str, ref: str | None, kind: str | None = None) -> bool:
        """True for a row that this package deletes, or leaves out of a bulk file; of users, as one of that kind."""
        listed = self.people.kinds[kind] if kind else self.rows.standing[file]
        return ref is not None and (ref in self.rows.gone[file] or (self.rows.is_bulk(file) and ref not in listed))

    async def _enrollments(self) -> None:
        ended = []
        for row in self.standing.places.values():
            if row.id in self.kept or row.source != SOURCE or not self.standing.goes_on(row):
                continue
            student, schedule = (self.standing.refs.get(one) for one in (row.student_id, row.schedule_id))
            if (
                self._is_gone("enrollments", row.ref)
                or (row.ref is None and self.rows.is_bulk("enrollments"))
                or self._is_gone("users", student, "students")
                or self._is_gone("classes", schedule)
            ):
                ended.append(row.id)
                named = f"student {student} in {schedule}"
                self.written.changes.append(
                    Change("enrollments", "end", row.ref, named, {"ended_at": (row.ended_at, self.now)})
                )
        e = enrollments.c
        await self.tx.execute(
            update(enrollments).where(e.org_id == self.org_id, is_any(e.id, ended)).values(ended_at=self.now)
        )

    async def _links(self) -> None:
        """A guardian whom the roster no longer names beside a student must not hear of him any more."""
        g = student_guardians.c
        for student, held in self.standing.links.items():
            ref = self.standing.refs.get(student, "")
            wanted = self.people.agents.get(ref)
            for guardian, row in held.items():
                named = self.standing.refs.get(guardian)
                is_unnamed = wanted is not None and named not in wanted
                if row.source != SOURCE or not (is_unnamed or self._is_gone("users", named, "guardians")):
                    continue
                mine = and_(g.org_id == self.org_id, g.student_id == student, g.guardian_id == guardian)
                await self.tx.execute(delete(student_guardians).where(mine))
                self.written.changes.append(Change("links", "end", ref, f"guardian {named}"))

    async def _staff(self) -> None:
        known_otherwise = {row.id for row in self.people.same.values()}
        leaving = [
            row
            for row in self.standing.staff.values()
            if row.active
            and row.id not in known_otherwise
            and row.source == SOURCE
            and (self._is_gone("users", row.ref, "staff") or row.ref in self.people.disabled)
        ]
        owning = await self._owning() if leaving else set()
        for row in leaving:
            if row.id in owning:
                self.rows.sheets.remarks.append(
                    f"{row.name} ({row.ref}) is gone from the roster and stays active: owns enrollments, open tasks or "
                    "sessions ahead. Give them to somebody else, then import again"
                )
            else:
                await self._deactivate(row)

    async def _deactivate(self, row: Row[Any]) -> None:
        s = staff.c
        await self.tx.execute(update(staff).where(s.org_id == self.org_id, s.id == row.id).values(active=False))
        self.written.changes.append(Change("staff", "end", row.ref, row.name, {"active": (True, False)}))

    async def _owning(self) -> set[Id]:
        """Staff who own enrollments or open tasks, or hold sessions that are still to come."""
        e, t, c, s = enrollments.c, tasks.c, schedules.c, sessions.c
        goes_on = or_(e.ended_at.is_(None), e.ended_at > self.now)
        taught = exists().where(e.org_id == c.org_id, e.schedule_id == c.id, goes_on)
        owned = union(
            select(e.coordinator_id).where(e.org_id == self.org_id, goes_on),
            select(t.owner_id).where(t.org_id == self.org_id, t.finished_at.is_(None)),
            select(c.instructor_id).where(c.org_id == self.org_id, taught),
            select(s.instructor_id).where(s.org_id == self.org_id, s.starts_at > self.now, s.status != "called_off"),
        )
        return set((await self.tx.execute(owned)).scalars())

    async def _leavers(self) -> None:
        """Students without any enrollment left are withdrawn, once: their process closes what is open."""
        e, s = enrollments.c, students.c
        last = func.max(e.ended_at)
        over = func.coalesce(e.ended_at <= self.now, False)
        rows = await self.tx.execute(
            select(s.id, s.ref, s.name, last.label("left_at"))
            .join(enrollments, and_(e.org_id == s.org_id, e.student_id == s.id))
            .where(s.org_id == self.org_id, func.coalesce(s.state["withdrawn"].as_boolean(), False).is_(False))
            .group_by(s.org_id, s.id)
            .having(func.bool_and(over), func.bool_or(e.source == SOURCE))
        )
        for row in rows.all():
            # The act has the id of this leaving, so that it is told once however often the roster comes.
            told = id_of("left by roster", row.id, row.left_at.isoformat())
            there = exists().where(inbox_rows.c.org_id == self.org_id, inbox_rows.c.id == told)
            if await self.tx.scalar(select(there)):
                continue
            await inbox.put(self.tx, self.org_id, row.id, Withdrawn(), self.now, row_id=told)
            self.written.students.add(row.id)
            self.written.changes.append(Change("students", "end", row.ref, row.name))
