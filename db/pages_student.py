"""What the page of one student asks of the books, beside what his process knows: follow-ups, book, what is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, func, literal, select

from db import listing
from db.engine import Tx
from db.journal_tables import cases, decisions, entries, messages, notes, outcome_versions, outcomes, tasks
from db.listing import Cut, Part
from db.tables import enrollments, schedules, sessions, staff
from domain.value import Id

FINISHED_SHOWN = 6
"""Earlier follow-ups on the page."""
_ORG: Any = bindparam("org")
_t, _k, _n, _o, _v, _s, _e, _c = (
    *(tasks.c, cases.c, entries.c, outcomes.c),
    *(outcome_versions.c, sessions.c, enrollments.c, schedules.c),
)


def _tasks() -> Select[Any]:
    owner = staff.alias("owner")
    return (
        select(
            tasks,
            owner.c.name.label("owner_name"),
            _k.rule.label("case_rule"),
            _k.evidence.label("case_evidence"),
            _k.outcome.label("case_outcome"),
            notes.c.text.label("note"),
        )
        .join(owner, and_(owner.c.org_id == _t.org_id, owner.c.id == _t.owner_id))
        .outerjoin(cases, and_(_k.org_id == _t.org_id, _k.id == _t.case_id))
        .outerjoin(notes, and_(notes.c.org_id == _t.org_id, notes.c.id == _t.note_id))
        .where(_t.org_id == _ORG, _t.student_id == bindparam("student"))
    )


_OPEN = _tasks().where(_t.finished_at.is_(None)).order_by(_t.tier.desc().nulls_last(), _t.due_at, _t.id)
_FINISHED = _tasks().where(_t.finished_at.is_not(None)).order_by(_t.finished_at.desc(), _t.id).limit(FINISHED_SHOWN)


async def follow_ups(tx: Tx, org_id: Id, student_id: Id) -> tuple[Sequence[Row[Any]], Sequence[Row[Any]]]:
    """The student's tasks: open ones by tier, then the first due first; and the last ones finished."""
    given = {"org": org_id, "student": student_id}
    return (await tx.execute(_OPEN, given)).all(), (await tx.execute(_FINISHED, given)).all()


def _book(*where: Any) -> Select[Any]:
    """Lines of books, each with the balance after it, whose lesson it is about, who wrote it and why."""
    after = func.sum(_n.units).over(partition_by=_n.enrollment_id, order_by=_n.seq).label("balance_after")
    place = func.row_number().over(partition_by=_n.enrollment_id, order_by=_n.seq.desc()).label("place")
    lines = select(entries, after, place).where(*where).subquery("lines")
    x = lines.c
    return (
        select(
            *(x.enrollment_id, x.seq, x.kind, x.units, x.at, x.key, x.balance_after, x.by),
            _s.id.label("session_id"),
            _s.starts_at.label("lesson_at"),
            _v.code,
            staff.c.name.label("by_name"),
            notes.c.text.label("reason"),
            x.place,
        )
        .select_from(lines)
        .outerjoin(outcomes, and_(_o.org_id == x.org_id, _o.id == x.outcome_id))
        .outerjoin(
            outcome_versions,
            and_(_v.org_id == x.org_id, _v.outcome_id == _o.id, _v.version == x.outcome_version),
        )
        .outerjoin(sessions, and_(_s.org_id == _o.org_id, _s.id == _o.session_id))
        .outerjoin(staff, and_(staff.c.org_id == x.org_id, staff.c.id == x.by))
        .outerjoin(notes, and_(notes.c.org_id == x.org_id, notes.c.id == x.reason_id))
    )


async def books(tx: Tx, org_id: Id, enrollment_ids: Sequence[Id], newest: int) -> dict[Id, list[Row[Any]]]:
    """The newest lines of each enrollment's book, the newest first."""
    found: dict[Id, list[Row[Any]]] = defaultdict(list)
    if enrollment_ids:
        query = _book(_n.org_id == org_id, _n.enrollment_id.in_(list(enrollment_ids)))
        place = query.selected_columns["place"]
        for row in await tx.execute(query.where(place <= newest).order_by(place)):
            found[row.enrollment_id].append(row)
    return found


async def book(tx: Tx, org_id: Id, enrollment_id: Id, cut: Cut) -> Part:
    """A part of an enrollment's book, the newest line first."""
    query = _book(_n.org_id == org_id, _n.enrollment_id == enrollment_id)
    return await listing.part(tx, query, [query.selected_columns["seq"]], cut, newest_first=True)


_MARK = select(
    select(func.max(decisions.c.seq))
    .where(decisions.c.org_id == _ORG, decisions.c.student_id == bindparam("student"))
    .scalar_subquery(),
    select(func.sum(func.hashtextextended(func.concat_ws("|", messages.c.id, messages.c.state), literal(0))))
    .where(messages.c.org_id == _ORG, messages.c.student_id == bindparam("student"))
    .scalar_subquery(),
)


async def mark(tx: Tx, org_id: Id, student_id: Id) -> str:
    """What stands for all that was decided about the student and how his messages stand: the same while it does."""
    seq, states = (await tx.execute(_MARK, {"org": org_id, "student": student_id})).one()
    return f"{seq or 0:x}.{int(states or 0) % 2**32:x}"


async def enrollment(tx: Tx, org_id: Id, student_id: Id, enrollment_id: Id) -> Row[Any] | None:
    """One of the student's enrollments with its subject; None for somebody else's."""
    query = (
        select(enrollments, _c.subject)
        .join(schedules, and_(_c.org_id == _e.org_id, _c.id == _e.schedule_id))
        .where(_e.org_id == org_id, _e.student_id == student_id, _e.id == enrollment_id)
    )
    found: Row[Any] | None = (await tx.execute(query)).one_or_none()
    return found
