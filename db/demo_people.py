"""Everybody a demo can sign in as at one click. Nothing but the demo's own page asks this."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Table, Text, and_, cast, func, select

from db.engine import Tx
from db.journal_tables import messages
from db.logins import Whose
from db.tables import guardians, staff, student_guardians, students
from domain.sending import ABOUT_ABSENCE
from domain.value import Id

MOST_FAMILIES = 6
"""A few families say enough; a list of all of them would hide the staff."""
_TABLES: dict[Whose, Table] = {"staff": staff, "guardian": guardians, "student": students}


@dataclass(frozen=True)
class Person:
    """Somebody to be. `part` is a role, "parent" or "student"; `children` are a parent's."""

    whose: Whose
    id: Id
    name: str
    part: str
    children: tuple[str, ...] = ()


async def everybody(tx: Tx) -> list[Person]:
    """Active staff, then a few families: those with several children, then those we had most to tell; and a student."""
    found = await tx.execute(
        select(staff.c.id, staff.c.name, staff.c.role).where(staff.c.active).order_by(staff.c.name, staff.c.id)
    )
    people = [Person("staff", r.id, r.name, r.role) for r in found]
    g, s, both = guardians.c, students.c, student_guardians.c
    told = (
        select(func.count())
        .where(messages.c.org_id == g.org_id, messages.c.guardian_id == g.id)
        .where(messages.c.purpose.in_([p.value for p in ABOUT_ABSENCE]))
        .scalar_subquery()
    )
    families = await tx.execute(
        select(g.id, g.name, func.array_agg(s.name).label("children"))
        .join(student_guardians, and_(both.org_id == g.org_id, both.guardian_id == g.id))
        .join(students, and_(s.org_id == g.org_id, s.id == both.student_id))
        .where(both.position == 1)
        .group_by(g.org_id, g.id, g.name)
        .order_by(func.count().desc(), told.desc(), g.name, g.id)
        .limit(MOST_FAMILIES)
    )
    people += [Person("guardian", r.id, r.name, "parent", tuple(sorted(r.children))) for r in families]
    some = await tx.execute(select(s.id, s.name).order_by(s.name, s.id).limit(1))
    return people + [Person("student", r.id, r.name, "student") for r in some]


async def find(tx: Tx, named: str) -> tuple[Id, Whose, Id] | None:
    """The organization, kind and id of a person written `guardian:ID`, if there is one."""
    kind, _, person_id = named.partition(":")
    for whose, table in _TABLES.items():
        if kind != whose:
            continue
        active = [staff.c.active] if whose == "staff" else []
        found = await tx.execute(select(table.c.org_id).where(cast(table.c.id, Text) == person_id, *active))
        org_id: Id | None = found.scalar_one_or_none()
        return (org_id, whose, person_id) if org_id else None
    return None
