"""What an instructor is told of absences: cases of his students and what the office does, and his notes to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, distinct, func, or_, select, true

from db.engine import Tx
from db.journal_tables import cases, messages, notes, outreach, tasks
from db.pages_teaching import own_enrollments
from db.reply_tables import replies
from db.tables import enrollments, schedules, sessions, staff, students
from domain.tasks import TaskKind
from domain.value import Id

CLOSED_LATELY = timedelta(days=14)
"""So long a closed case and an answered note are still shown: the loop is closed for who raised it."""
MOST = 200
_s, _c, _e, _k, _t = sessions.c, schedules.c, enrollments.c, cases.c, tasks.c
_m, _o, _r, _n = messages.c, outreach.c, replies.c, notes.c


async def in_trouble(tx: Tx, org_id: Id, student_ids: Collection[Id]) -> dict[Id, int]:
    """Those of these students whose absences the office follows up, with the tier."""
    if not student_ids:
        return {}
    query = select(_k.student_id, _k.tier).where(_k.org_id == org_id, _k.closed_at.is_(None))
    return {r[0]: r[1] for r in await tx.execute(query.where(_k.student_id.in_(sorted(student_ids))))}


async def alerts(tx: Tx, org_id: Id, me: Id, now: datetime, student_id: Id | None = None) -> Sequence[Row[Any]]:
    """Cases of his students, open ones first, those closed lately after them, with the task that is at hand."""
    mine = select(_e.student_id).where(*own_enrollments(org_id, me, now))
    task = (
        select(_t.id, _t.owner_id, _t.due_at, _t.claimed_by, _t.claimed_until, _t.opened_at)
        .where(_t.org_id == _k.org_id, _t.case_id == _k.id, _t.finished_at.is_(None))
        .order_by(_t.due_at, _t.id)
        .limit(1)
        .lateral("task")
    )
    sent = (
        select(func.count(distinct(_m.handed_over_at)).label("times"), func.max(_m.handed_over_at).label("last"))
        .where(_m.org_id == _k.org_id, _m.case_id == _k.id, _m.handed_over_at.is_not(None))
        .lateral("sent")
    )
    answered = (
        select(func.max(_r.received_at).label("at"))
        .where(_r.org_id == _k.org_id, _r.student_id == _k.student_id, _r.received_at >= _k.opened_at)
        .lateral("answered")
    )
    owner = staff.alias("owner")
    query = (
        select(
            cases,
            students.c.name.label("student_name"),
            owner.c.name.label("owner_name"),
            task.c.due_at,
            task.c.claimed_until,
            sent.c.times.label("messages"),
            sent.c.last.label("told_at"),
            answered.c.at.label("answered_at"),
        )
        .select_from(cases)
        .join(students, and_(students.c.org_id == _k.org_id, students.c.id == _k.student_id))
        .outerjoin(task, true())
        .outerjoin(owner, and_(owner.c.org_id == _k.org_id, owner.c.id == task.c.owner_id))
        .outerjoin(sent, true())
        .outerjoin(answered, true())
        .where(_k.org_id == org_id, _k.student_id.in_(mine))
        .where(or_(_k.closed_at.is_(None), _k.closed_at >= now - CLOSED_LATELY))
        .order_by(_k.closed_at.desc().nulls_first(), _k.tier.desc(), _k.opened_at, _k.id)
        .limit(MOST)
    )
    if student_id is not None:
        query = query.where(_k.student_id == student_id)
    return list((await tx.execute(query)).all())


async def tried(tx: Tx, org_id: Id, case_ids: Sequence[Id]) -> dict[Id, list[Row[Any]]]:
    """By case how a person tried to reach the family, oldest first: at, channel, outcome, who. Never the notes."""
    query: Select[Any] = (
        select(_o.case_id, _o.at, _o.channel, _o.outcome, staff.c.name.label("by_name"))
        .join(staff, and_(staff.c.org_id == _o.org_id, staff.c.id == _o.by))
        .where(_o.org_id == org_id, _o.case_id.in_(case_ids))
        .order_by(_o.at, _o.id)
    )
    rows = (await tx.execute(query)).all()
    found: dict[Id, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found


async def notes_of(tx: Tx, org_id: Id, me: Id, since: datetime) -> Sequence[Row[Any]]:
    """What he wrote to the office about lessons since then, newest first, and what became of it."""
    answer, owner = notes.alias("answer"), staff.alias("owner")
    query: Select[Any] = (
        select(
            *(_t.id, _t.opened_at, _t.due_at, _t.finished_at, _t.status, _t.session_id),
            _n.text,
            answer.c.text.label("answer"),
            owner.c.name.label("owner_name"),
            _s.starts_at,
            _c.subject,
        )
        .join(notes, and_(_n.org_id == _t.org_id, _n.id == _t.id))
        .join(owner, and_(owner.c.org_id == _t.org_id, owner.c.id == _t.owner_id))
        .join(sessions, and_(_s.org_id == _t.org_id, _s.id == _t.session_id))
        .join(schedules, and_(_c.org_id == _s.org_id, _c.id == _s.schedule_id))
        .outerjoin(answer, and_(answer.c.org_id == _t.org_id, answer.c.id == _t.note_id, answer.c.id != _t.id))
        .where(_t.org_id == org_id, _t.kind == TaskKind.READ_NOTE.value, _t.instructor_id == me)
        .where(or_(_t.finished_at.is_(None), _t.finished_at >= since))
        .order_by(_t.opened_at.desc(), _t.id)
        .limit(MOST)
    )
    return list((await tx.execute(query)).all())
