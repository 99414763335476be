"""Follow-ups as a coordinator's day shows them, in one query and one more for the strips.

Built once: making these statements costs as much as running them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Row, Select, and_, bindparam, func, select, true

from db import listing
from db.engine import Tx
from db.journal_tables import cases, notes, outcomes, outreach, tasks
from db.listing import Cut, Part
from db.reply_tables import replies
from db.tables import enrollments, schedules, sessions, staff, students
from domain.outcomes import FLAGS
from domain.refusals import NotFound
from domain.tasks import Role
from domain.value import Id

MOST = 50
"""Rows of one page: as many as fit into its weight."""
STRIP = 16
"""Lessons in a row's strip."""
_NO_PLACE = [c.value for c, f in FLAGS.items() if not f.takes_place]
_ORG: BindParameter[Any] = bindparam("org")
_t, _s, _e, _c, _k, _o = tasks.c, students.c, enrollments.c, schedules.c, cases.c, outcomes.c


WAKES = func.greatest(func.coalesce(_t.snoozed_until, _t.due_at), _t.due_at).label("wakes")


def _rows() -> Select[Any]:
    reply = (
        select(replies.c.text, replies.c.received_at)
        .where(replies.c.org_id == _t.org_id, replies.c.student_id == _t.student_id, replies.c.read_at.is_(None))
        .where(replies.c.received_at >= _t.opened_at - timedelta(days=1))
        .order_by(replies.c.received_at.desc())
        .limit(1)
        .lateral("reply")
    )
    tried = (
        select(outreach.c.at, outreach.c.channel, outreach.c.outcome)
        .where(outreach.c.org_id == _t.org_id, outreach.c.task_id == _t.id)
        .order_by(outreach.c.at.desc())
        .limit(1)
        .lateral("tried")
    )
    enrolled = func.coalesce(_t.enrollment_id, _k.enrollment_id)
    teacher = staff.alias("teacher")
    owner = staff.alias("owner")
    return select(
        tasks,
        WAKES,
        _s.name.label("student_name"),
        owner.c.name.label("owner_name"),
        teacher.c.name.label("instructor_name"),
        _c.subject,
        _k.rule.label("case_rule"),
        _k.evidence.label("case_evidence"),
        notes.c.text.label("note"),
        reply.c.text.label("reply"),
        tried.c.at.label("tried_at"),
        tried.c.channel.label("tried_channel"),
        tried.c.outcome.label("tried_outcome"),
    ).select_from(
        tasks.join(owner, and_(owner.c.org_id == _t.org_id, owner.c.id == _t.owner_id))
        .outerjoin(students, and_(_s.org_id == _t.org_id, _s.id == _t.student_id))
        .outerjoin(cases, and_(_k.org_id == _t.org_id, _k.id == _t.case_id))
        .outerjoin(enrollments, and_(_e.org_id == _t.org_id, _e.id == enrolled))
        .outerjoin(schedules, and_(_c.org_id == _t.org_id, _c.id == _e.schedule_id))
        .outerjoin(
            teacher,
            and_(teacher.c.org_id == _t.org_id, teacher.c.id == func.coalesce(_c.instructor_id, _t.instructor_id)),
        )
        .outerjoin(notes, and_(notes.c.org_id == _t.org_id, notes.c.id == _t.note_id))
        .outerjoin(reply, true())
        .outerjoin(tried, true())
    )


_ROWS = _rows()
_DONE = (
    _ROWS.where(_t.org_id == _ORG, _t.finished_by == bindparam("me"), _t.finished_at >= bindparam("since"))
    .order_by(_t.finished_at.desc(), _t.id)
    .limit(MOST)
)


async def unfinished(tx: Tx, org_id: Id, owner_id: Id | None, cut: Cut) -> Part:
    """Unfinished follow-ups, of one owner or of everybody, the first due first, snoozed ones by when they wake."""
    query = _ROWS.where(_t.org_id == org_id, _t.finished_at.is_(None))
    if owner_id is not None:
        query = query.where(_t.owner_id == owner_id)
    return await listing.part(tx, query, [WAKES, _t.id], cut)


async def one(tx: Tx, org_id: Id, task_id: Id) -> Row[Any]:
    """A follow-up as its row shows it. Raises NotFound."""
    found: Row[Any] | None = (await tx.execute(_ROWS.where(_t.org_id == org_id, _t.id == task_id))).one_or_none()
    if found is None:
        raise NotFound("task_unknown", f"there is no task with the id {task_id}; list the tasks to find it")
    return found


async def finished(tx: Tx, org_id: Id, by: Id, since: datetime) -> Part:
    """What a person has finished since then, the newest first, at most one page."""
    return Part((await tx.execute(_DONE, {"org": org_id, "me": by, "since": since})).all())


def _strips() -> Select[Any]:
    newest = (
        select(_o.code, sessions.c.starts_at)
        .join(sessions, and_(sessions.c.org_id == _o.org_id, sessions.c.id == _o.session_id))
        .where(_o.org_id == _ORG, _o.student_id == _s.id, _o.code.not_in(_NO_PLACE))
        .order_by(sessions.c.starts_at.desc())
        .limit(bindparam("last"))
        .lateral("newest")
    )
    return (
        select(_s.id, newest.c.code)
        .select_from(students.join(newest, true()))
        .where(_s.org_id == _ORG, _s.id.in_(bindparam("wanted", expanding=True)))
        .order_by(newest.c.starts_at)
    )


_STRIPS = _strips()


async def strips(tx: Tx, org_id: Id, student_ids: Sequence[Id | None], last: int = STRIP) -> dict[Id, list[str]]:
    """The codes of each student's last lessons that took a place, oldest first."""
    wanted = sorted({s for s in student_ids if s})
    found: dict[Id, list[str]] = defaultdict(list)
    if wanted:
        for student_id, code in await tx.execute(_STRIPS, {"org": org_id, "wanted": wanted, "last": last}):
            found[student_id].append(code)
    return found


_BUSY = func.count(_t.id)
_COLLEAGUES = (
    select(staff.c.id, staff.c.name, _BUSY.label("open"))
    .outerjoin(tasks, and_(_t.org_id == staff.c.org_id, _t.owner_id == staff.c.id, _t.finished_at.is_(None)))
    .where(staff.c.org_id == _ORG, staff.c.active, staff.c.id != bindparam("me"))
    .where(staff.c.role.in_([r.value for r in Role if r is not Role.INSTRUCTOR]))
    .group_by(staff.c.org_id, staff.c.id)
    .order_by(_BUSY, staff.c.name)
)


async def colleagues(tx: Tx, org_id: Id, besides: Id) -> Sequence[Row[Any]]:
    """Who else can own follow-ups: id, name and how many are open, the least busy first."""
    return list((await tx.execute(_COLLEAGUES, {"org": org_id, "me": besides})).all())
