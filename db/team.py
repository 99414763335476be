"""Staff as an admin looks at them: what each has to do, changed, and what is handed over when one leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, exists, func, or_, select, update

from db import enrolling, inbox, listing, operations_acts
from db.engine import Tx
from db.journal_tables import tasks
from db.listing import Cut, Part
from db.roster import unknown
from db.student_facts import team
from db.tables import enrollments, schedules, sessions, staff
from domain.events import TaskReassigned
from domain.handing_over import deal_out
from domain.refusals import Conflict, Invalid
from domain.value import Id, id_of

_s, _t, _e = staff.c, tasks.c, enrollments.c


@dataclass(frozen=True)
class HandedOver:
    """How many tasks and enrollments got another owner, and the students who have that to decide, with their rows."""

    tasks: int = 0
    enrollments: int = 0
    students: tuple[tuple[Id, Id], ...] = ()


def _people(org_id: Id) -> Select[Any]:
    open_tasks = select(func.count()).where(_t.org_id == _s.org_id, _t.owner_id == _s.id, _t.finished_at.is_(None))
    owned = select(func.count()).where(_e.org_id == _s.org_id, _e.coordinator_id == _s.id, _e.ended_at.is_(None))
    return select(
        staff,
        open_tasks.scalar_subquery().label("open_tasks"),
        owned.scalar_subquery().label("enrollments"),
    ).where(_s.org_id == org_id)


async def listed(tx: Tx, org_id: Id, cut: Cut, **equal: Any) -> Part:
    """Staff by name, with what each owns. `equal` are columns with the value asked for; None asks for nothing."""
    query = _people(org_id)
    for name, value in equal.items():
        if value is not None:
            query = query.where(staff.c[name] == value)
    return await listing.part(tx, query, [_s.name, _s.id], cut)


async def one(tx: Tx, org_id: Id, staff_id: Id) -> Row[Any]:
    """One staff member with what he owns. Raises NotFound."""
    found: Row[Any] | None = (await tx.execute(_people(org_id).where(_s.id == staff_id))).one_or_none()
    if found is None:
        raise unknown(staff, "id", staff_id)
    return found


async def change(tx: Tx, org_id: Id, staff_id: Id, values: Mapping[str, Any]) -> None:
    """Write the values given. Raises Conflict when the e-mail address or the ref is somebody else's."""
    for name in ("email", "ref"):
        if (value := values.get(name)) is None:
            continue
        mine = func.lower(staff.c[name]) == value.lower() if name == "email" else staff.c[name] == value
        other = await tx.scalar(select(_s.id).where(_s.org_id == org_id, mine, _s.id != staff_id))
        if other is not None:
            raise Conflict(f"{name}_taken", f"there is a staff member with the {name} {value} already: {other}")
    if values:
        await tx.execute(update(staff).where(_s.org_id == org_id, _s.id == staff_id).values(dict(values)))


async def teaches_no_more(tx: Tx, org_id: Id, staff_id: Id, now: datetime) -> None:
    """Raise Conflict for somebody whom schedules that go on, or sessions ahead, name as instructor."""
    c, s = schedules.c, sessions.c
    going_on = or_(_e.ended_at.is_(None), _e.ended_at > now)
    goes_on = exists().where(_e.org_id == c.org_id, _e.schedule_id == c.id, going_on)
    held = await tx.scalar(
        select(func.count()).select_from(schedules).where(c.org_id == org_id, c.instructor_id == staff_id, goes_on)
    )
    ahead = await tx.scalar(
        select(func.count())
        .select_from(sessions)
        .where(s.org_id == org_id, s.instructor_id == staff_id, and_(s.starts_at > now, s.status != "called_off"))
    )
    if held or ahead:
        raise Conflict(
            "still_teaches",
            f"{held} schedules that go on and {ahead} sessions ahead name this person; name another instructor there",
        )


async def hand_over(tx: Tx, org_id: Id, staff_id: Id, to: Id | None, by: Id, now: datetime) -> HandedOver:
    """Give away what somebody owns: to `to`, or by the rule of every task to whom has the fewest.

    Tasks of students are given by their own processes. Raises Invalid when nobody can take them over.
    """
    mine = await tx.execute(
        select(_t.id, _t.student_id)
        .where(_t.org_id == org_id, _t.owner_id == staff_id, _t.finished_at.is_(None))
        .order_by(_t.due_at, _t.id)
    )
    rows = mine.all()
    given = await enrolling.give_away(tx, org_id, staff_id, to, now)
    colleagues = await team(tx, org_id, lock=True)
    owners = (to,) * len(rows) if to else deal_out(len(rows), colleagues, staff_id)
    if len(owners) < len(rows):
        raise Invalid("nobody_to_take_over", "there is nobody else who can own tasks; add a coordinator first")
    students = []
    for row, owner in zip(rows, owners, strict=True):
        act = TaskReassigned(task_id=row.id, by=by, to=owner)
        if row.student_id is None:
            await operations_acts.act(tx, org_id, act, now)
            continue
        row_id = id_of("handed over", row.id, staff_id, owner, now.isoformat())
        await inbox.put(tx, org_id, row.student_id, act, now, row_id=row_id)
        students.append((row.student_id, row_id))
    return HandedOver(len(rows), given, tuple(students))
