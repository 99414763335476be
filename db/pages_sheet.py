"""What an attendance sheet is drawn from: the session's facts, its accounts, and what to know of each student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, exists, func, literal, select

from db import boards, session_facts
from db.engine import Tx
from db.expected import enrolled_then
from db.journal_tables import cases, entries, outcomes, tasks
from db.pages_inbox import strips
from db.tables import enrollments, schedules, sessions, students
from domain.outcomes import Schedule
from domain.session_facts import SessionFacts
from domain.sheet import Account
from domain.tasks import TaskKind
from domain.value import Id

STRIP = 8
_s, _e, _o, _n, _k, _t = sessions.c, enrollments.c, outcomes.c, entries.c, cases.c, tasks.c
_SETTINGS = ("kind", "zone", "units_per_session", "cancel_notice", "charges")


@dataclass(frozen=True)
class Opened:
    """A session as whoever marks it sees it. `people` are rows by student: name, balance, taken, is_low, tier."""

    lesson: Row[Any]
    facts: SessionFacts
    schedule: Schedule
    people: Mapping[Id, Row[Any]]
    strips: Mapping[Id, Sequence[str]]

    @property
    def accounts(self) -> dict[Id, Account]:
        """The account of each student."""
        return {i: Account(balance=p.balance, taken=p.taken) for i, p in self.people.items()}


async def opened(tx: Tx, org_id: Id, session_id: Id, now: datetime) -> Opened:
    """A session with everybody expected in it. Raises NotFound."""
    lesson = await boards.one(tx, org_id, session_id, now)
    row = await session_facts.as_it_stands(tx, org_id, session_id)
    assert row is not None
    settings = select(*(schedules.c[name] for name in _SETTINGS)).where(
        schedules.c.org_id == org_id, schedules.c.id == lesson.schedule_id
    )
    schedule = Schedule(id=lesson.schedule_id, **(await tx.execute(settings)).one()._mapping)
    people = {r.id: r for r in await _people(tx, org_id, session_id)}
    facts = await session_facts.load(tx, org_id, row)
    expected = sorted(
        (e for e in facts.expected if e.student_id in people), key=lambda e: people[e.student_id].name.casefold()
    )
    facts = facts.model_copy(update={"expected": tuple(expected)})
    return Opened(lesson, facts, schedule, people, await strips(tx, org_id, list(people), STRIP))


async def _people(tx: Tx, org_id: Id, session_id: Id) -> Sequence[Row[Any]]:
    mine = and_(_n.org_id == _e.org_id, _n.enrollment_id == _e.id)
    total = select(func.coalesce(func.sum(_n.units), 0)).where(mine)
    low = exists(
        select(literal(1)).where(
            *(_t.org_id == _e.org_id, _t.student_id == _e.student_id, _t.enrollment_id == _e.id),
            *(_t.kind == TaskKind.LOW_BALANCE.value, _t.finished_at.is_(None)),
        )
    )
    rows = await tx.execute(
        select(
            students.c.id,
            students.c.name,
            total.scalar_subquery().label("balance"),
            (-total.where(_n.outcome_id == _o.id).scalar_subquery()).label("taken"),
            low.label("is_low"),
            _k.tier,
        )
        .select_from(sessions)
        .join(enrollments, and_(_e.org_id == _s.org_id, _e.schedule_id == _s.schedule_id))
        .join(students, and_(students.c.org_id == _e.org_id, students.c.id == _e.student_id))
        .outerjoin(outcomes, and_(_o.org_id == _s.org_id, _o.session_id == _s.id, _o.student_id == _e.student_id))
        .outerjoin(cases, and_(_k.org_id == _e.org_id, _k.student_id == _e.student_id, _k.closed_at.is_(None)))
        .where(_s.org_id == org_id, _s.id == session_id, _o.id.is_not(None) | enrolled_then())
    )
    return rows.all()
