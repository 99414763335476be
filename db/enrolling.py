"""Placing people: a guardian beside a student, a student in a schedule with a coordinator who owns what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from db import absences, inbox, roster
from db.engine import Tx
from db.tables import enrollments, guardians, staff, student_guardians, students
from domain.events import Enrolled
from domain.refusals import Conflict, Invalid
from domain.tasks import Role
from domain.value import Id


async def link(tx: Tx, org_id: Id, student_id: Id, guardian_id: Id, position: int | None) -> int:
    """Put a guardian beside a student, last by default; returns the position. Raises Conflict when it is taken.

    The same link again changes nothing.
    """
    g = student_guardians.c
    rows = (
        await tx.execute(
            select(g.guardian_id, g.position).where(g.org_id == org_id, g.student_id == student_id).with_for_update()
        )
    ).all()
    mine = next((r.position for r in rows if r.guardian_id == guardian_id), None)
    if mine is not None and position in (None, mine):
        return int(mine)
    place = position or max((r.position for r in rows), default=0) + 1
    row = {"org_id": org_id, "student_id": student_id, "guardian_id": guardian_id, "position": place}
    made = await tx.execute(insert(student_guardians).values(row).on_conflict_do_nothing().returning(g.position))
    if made.one_or_none() is None:
        if mine is not None:
            raise Conflict("already_linked", f"this guardian is contact number {mine} of the student already")
        raise Conflict("position_taken", f"the student has a contact number {place} already; choose another position")
    return place


async def guardians_of(tx: Tx, org_id: Id, student_id: Id) -> list[Row[Any]]:
    """The student's contacts, in the order in which they are asked."""
    g, s = guardians.c, student_guardians.c
    rows = await tx.execute(
        select(guardians, s.position)
        .join(student_guardians, and_(s.org_id == g.org_id, s.guardian_id == g.id))
        .where(s.org_id == org_id, s.student_id == student_id)
        .order_by(s.position)
    )
    return list(rows.all())


def is_child_of(org_id: Id, guardian_id: Id) -> ColumnElement[bool]:
    """That a student has this guardian as a contact."""
    g = student_guardians.c
    return students.c.id.in_(select(g.student_id).where(g.org_id == org_id, g.guardian_id == guardian_id))


async def enroll(tx: Tx, org_id: Id, row_id: Id, values: Mapping[str, Any], now: datetime) -> tuple[Row[Any], Id]:
    """Enroll a student; returns the enrollment and the inbox row that starts his process.

    Without a coordinator the one with the fewest enrollments takes it. An enrollment that has ended begins anew.
    Raises Invalid when nobody can own it, Conflict when he is enrolled already.
    """
    coordinator_id = values.get("coordinator_id") or await _least_busy(tx, org_id)
    e = enrollments.c
    returned = (
        await tx.execute(
            update(enrollments)
            .where(e.org_id == org_id, e.student_id == values["student_id"], e.schedule_id == values["schedule_id"])
            .where(e.ended_at.is_not(None), e.id != row_id)
            .values(ended_at=None, coordinator_id=coordinator_id, source=values.get("source"))
            .returning(enrollments)
        )
    ).one_or_none()
    row = returned or await roster.add(tx, enrollments, org_id, row_id, {**values, "coordinator_id": coordinator_id})
    inbox_id = await inbox.put(tx, org_id, row.student_id, Enrolled(enrollment_id=row.id), now)
    await absences.apply_to_enrollments(tx, org_id, [row.id], now)
    return row, inbox_id


def check_coordinator(person: Row[Any]) -> Id:
    """The person's id, if he can own tasks. Raises Invalid."""
    if not person.active or person.role == Role.INSTRUCTOR.value:
        raise Invalid(
            "no_coordinator", f"{person.name} cannot own follow-ups; name an active coordinator, lead or admin"
        )
    return str(person.id)


async def enroll_all(tx: Tx, org_id: Id, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Enroll many students, each for the first time in that schedule. `rows` are columns, with the enrollment's id.

    Who can own them is counted once: they are dealt out as evenly as one by one. Raises Invalid when nobody can.
    """
    loads = await _loads(tx, org_id)
    dealt = []
    for row in rows:
        owner = row.get("coordinator_id") or _lightest(loads)
        if owner in loads:
            loads[owner] += 1
        dealt.append({"org_id": org_id, **row, "coordinator_id": owner})
    by_columns: dict[frozenset[str], list[dict[str, Any]]] = {}
    for values in dealt:
        by_columns.setdefault(frozenset(values), []).append(values)
    for alike in by_columns.values():
        await tx.execute(insert(enrollments), alike)
    await inbox.put_all(tx, org_id, [(row["student_id"], Enrolled(enrollment_id=row["id"])) for row in dealt], now)
    await absences.apply_to_enrollments(tx, org_id, [row["id"] for row in dealt], now)


async def give_away(tx: Tx, org_id: Id, owner_id: Id, to: Id | None, now: datetime) -> int:
    """Give the standing enrollments of a coordinator to `to`, or to whom a new one would go; returns how many.

    Raises Invalid when nobody else can own them.
    """
    e = enrollments.c
    goes_on = or_(e.ended_at.is_(None), e.ended_at > now)
    owned = await tx.execute(
        select(e.id).where(e.org_id == org_id, e.coordinator_id == owner_id, goes_on).order_by(e.id)
    )
    loads, dealt = await _loads(tx, org_id, besides=owner_id), dict[Id, list[Id]]()
    for row in owned:
        owner = to or _lightest(loads)
        loads[owner] = loads.get(owner, 0) + 1
        dealt.setdefault(owner, []).append(row.id)
    for owner, ids in dealt.items():
        await tx.execute(update(enrollments).where(e.org_id == org_id, e.id.in_(ids)).values(coordinator_id=owner))
    return sum(map(len, dealt.values()))


async def _least_busy(tx: Tx, org_id: Id) -> Id:
    return _lightest(await _loads(tx, org_id))


async def _loads(tx: Tx, org_id: Id, besides: Id | None = None) -> dict[Id, int]:
    """Standing enrollments of each coordinator; of leads and admins where there is no coordinator."""
    owned = (
        select(func.count())
        .where(enrollments.c.org_id == staff.c.org_id, enrollments.c.coordinator_id == staff.c.id)
        .where(enrollments.c.ended_at.is_(None))
        .scalar_subquery()
    )
    s = staff.c
    rows = await tx.execute(
        select(s.id, s.role, owned.label("load")).where(
            s.org_id == org_id, s.active, s.role.in_((Role.COORDINATOR, Role.LEAD, Role.ADMIN))
        )
    )
    every = [row for row in rows if row.id != besides]
    first = [row for row in every if row.role == Role.COORDINATOR.value]
    return {row.id: row.load for row in first or every}


def _lightest(loads: Mapping[Id, int]) -> Id:
    if not loads:
        raise Invalid(
            "no_coordinator", "nobody can own what follows; create a staff member with the role coordinator first"
        )
    return min(loads, key=lambda one: (loads[one], one))


async def set_billing(tx: Tx, org_id: Id, enrollment_id: Id, status: str) -> Row[Any]:
    """Write the billing status; returns the enrollment. Raises NotFound."""
    await roster.one(tx, enrollments, org_id, enrollment_id)
    e = enrollments.c
    changed = update(enrollments).where(e.org_id == org_id, e.id == enrollment_id).values(billing_status=status)
    row: Row[Any] = (await tx.execute(changed.returning(enrollments))).one()
    return row


async def end_all(tx: Tx, org_id: Id, student_id: Id, now: datetime) -> None:
    """The student leaves: his enrollments end, also those with an end ahead. No roster begins them again."""
    e = enrollments.c
    await tx.execute(
        update(enrollments)
        .where(e.org_id == org_id, e.student_id == student_id, or_(e.ended_at.is_(None), e.ended_at > now))
        .values(ended_at=now, source=None)
    )
