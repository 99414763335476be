"""What was decided about a student, and what everything in it is called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import and_, or_, select

from db import inbox as inbox_rows
from db import listing, names
from db.engine import Tx
from db.journal_tables import decisions, inbox, messages, outcomes, tasks
from db.listing import Cut, Part
from db.student_facts import load
from db.tables import enrollments, schedules, sessions, students
from domain.facts import Facts
from domain.refusals import NotFound
from domain.state import State, upgrade
from domain.value import Id
from domain.wording import task_in_words, when


async def past(tx: Tx, org_id: Id, student_id: Id, cut: Cut) -> Part:
    """The student's decisions, newest first."""
    query = select(decisions).where(decisions.c.org_id == org_id, decisions.c.student_id == student_id)
    return await listing.part(tx, query, [decisions.c.seq], cut, newest_first=True)


async def waiting(tx: Tx, org_id: Id, student_id: Id) -> int:
    """How many facts wait to be decided (at most 50 are counted)."""
    return len(await inbox_rows.waiting(tx, org_id, student_id))


async def present(tx: Tx, org_id: Id, student_id: Id, now: datetime) -> tuple[State, Facts]:
    """The student's state and facts as they stand, without a lock. Raises NotFound."""
    found = await tx.execute(select(students.c.state).where(students.c.org_id == org_id, students.c.id == student_id))
    row = found.one_or_none()
    if row is None:
        raise NotFound("student_unknown", f"there is no student with the id {student_id}; check the id")
    return upgrade(row.state), await load(tx, org_id, student_id, (), now, lock=False)


async def called(tx: Tx, org_id: Id, student_id: Id, zone: str) -> Mapping[Id, str]:
    """What the ids in a student's story are called: people, sessions with their times, subjects, tasks."""
    words = await names.around(tx, org_id, student_id)
    s, e, o, m = sessions.c, enrollments.c, outcomes.c, messages.c
    held = await tx.execute(
        select(s.id, s.starts_at, schedules.c.subject)
        .join(schedules, and_(schedules.c.org_id == s.org_id, schedules.c.id == s.schedule_id))
        .where(s.org_id == org_id)
        .where(
            or_(
                s.id.in_(select(o.session_id).where(o.org_id == org_id, o.student_id == student_id)),
                s.id.in_(select(m.session_id).where(m.org_id == org_id, m.student_id == student_id)),
                s.make_up_student_id == student_id,
            )
        )
    )
    words |= {r.id: f"{r.subject} on {when(r.starts_at, zone)}" for r in held}
    subjects = await tx.execute(
        select(e.id, schedules.c.subject)
        .join(schedules, and_(schedules.c.org_id == e.org_id, schedules.c.id == e.schedule_id))
        .where(e.org_id == org_id, e.student_id == student_id)
    )
    words |= {r.id: r.subject for r in subjects}
    own = await tx.execute(
        select(tasks.c.id, tasks.c.kind).where(tasks.c.org_id == org_id, tasks.c.student_id == student_id)
    )
    words |= {r.id: task_in_words(r.kind) for r in own}
    own_name = await tx.execute(select(students.c.name).where(students.c.org_id == org_id, students.c.id == student_id))
    return words | {student_id: own_name.scalar_one()}


async def student_of_act(tx: Tx, org_id: Id, row_id: Id) -> Id | None:
    """Whose inbox holds this row; None when there is none."""
    found = await tx.execute(select(inbox.c.student_id).where(inbox.c.org_id == org_id, inbox.c.id == row_id))
    return found.scalar_one_or_none()
