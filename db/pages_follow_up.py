"""What the page of a follow-up shows beside the student's own process: contacts, the next lesson, what came before.

Built once where it can be: making these statements costs as much as running them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Row, Select, and_, bindparam, distinct, func, or_, select, true

from db.delivery_tables import suppressed_addresses
from db.draft_tables import draft_texts
from db.engine import Tx
from db.expected import of_instructor, of_schedule
from db.journal_tables import cases, messages, outreach, tasks
from db.pages_inbox import WAKES
from db.reply_tables import consents, replies
from db.tables import (
    enrollments,
    guardians,
    schedules,
    sessions,
    staff,
    student_guardians,
    students,
)
from domain.sending import COUNTED, HANDED_OVER, MessageState
from domain.value import Id

MOST = 200
_ORG: BindParameter[Any] = bindparam("org")
_STUDENT: BindParameter[Any] = bindparam("student")
_t, _g, _m, _r, _s, _c, _e, _k = (
    tasks.c,
    guardians.c,
    messages.c,
    replies.c,
    sessions.c,
    schedules.c,
    enrollments.c,
    cases.c,
)


@dataclass(frozen=True)
class Place:
    """Where a follow-up stands in somebody's list: its number, how many there are, and which one follows."""

    number: int | None
    of: int
    next_id: Id | None
    next_name: str | None


async def place(tx: Tx, org_id: Id, owner_id: Id, task_id: Id) -> Place:
    """Where this follow-up stands among the owner's open ones, in the order of his list; snoozed ones wait outside."""
    given = {"org": org_id, "owner": owner_id}
    rows = (await tx.execute(_place(), given)).all()
    at = next((i for i, r in enumerate(rows) if r.id == task_id), None)
    others = [*rows[at + 1 :], *rows[:at]] if at is not None else rows
    first = others[0] if others else None
    return Place(
        None if at is None else at + 1, len(rows), first.id if first else None, (first.name or "") if first else None
    )


@cache
def _place() -> Select[Any]:
    teacher = staff.alias("teacher")
    query: Select[Any] = (
        select(_t.id, func.coalesce(students.c.name, teacher.c.name).label("name"), _t.kind)
        .select_from(tasks)
        .outerjoin(students, and_(students.c.org_id == _t.org_id, students.c.id == _t.student_id))
        .outerjoin(teacher, and_(teacher.c.org_id == _t.org_id, teacher.c.id == _t.instructor_id))
        .where(_t.org_id == _ORG, _t.owner_id == bindparam("owner"), _t.finished_at.is_(None), _t.status == "open")
        .order_by(WAKES, _t.id)
        .limit(MOST)
    )
    return query


async def contacts(tx: Tx, org_id: Id, student_id: Id, now: datetime) -> Sequence[Row[Any]]:
    """The contacts in the order in which they are asked, each with how he can be reached and his last reply."""
    given = {"org": org_id, "student": student_id, "since": now - timedelta(days=7)}
    return list((await tx.execute(_contacts(), given)).all())


@cache
def _contacts() -> Select[Any]:
    link = student_guardians.c
    reply = (
        select(_r.text, _r.received_at)
        .where(_r.org_id == _g.org_id, _r.guardian_id == _g.id)
        .order_by(_r.received_at.desc())
        .limit(1)
        .lateral("reply")
    )
    consent = (
        select(consents.c.change, consents.c.at)
        .where(consents.c.org_id == _g.org_id, consents.c.guardian_id == _g.id)
        .order_by(consents.c.at.desc())
        .limit(1)
        .lateral("consent")
    )
    left = [s.value for s in sorted(HANDED_OVER)]
    texts = (
        select(func.count(distinct(func.coalesce(_m.merged_into, _m.id))).label("number"))
        .where(_m.org_id == _g.org_id, _m.guardian_id == _g.id, _m.channel == "sms", _m.state.in_(left))
        .where(_m.purpose.in_([p.value for p in sorted(COUNTED)]))
        .where(_m.handed_over_at > bindparam("since"))
        .lateral("texts")
    )

    def closed(channel: str, address: Any) -> Any:
        a = suppressed_addresses.c
        return (
            select(a.reason)
            .where(a.org_id == _g.org_id, a.channel == channel, a.address == address, a.lifted_at.is_(None))
            .limit(1)
            .scalar_subquery()
        )

    query: Select[Any] = (
        select(
            guardians,
            link.position,
            reply.c.text.label("reply"),
            reply.c.received_at.label("replied_at"),
            consent.c.change.label("consent"),
            consent.c.at.label("consent_at"),
            texts.c.number.label("texts"),
            closed("sms", _g.phone).label("phone_closed"),
            closed("email", func.lower(_g.email)).label("email_closed"),
        )
        .select_from(guardians)
        .join(student_guardians, and_(link.org_id == _g.org_id, link.guardian_id == _g.id))
        .outerjoin(reply, true())
        .outerjoin(consent, true())
        .outerjoin(texts, true())
        .where(link.org_id == _ORG, link.student_id == _STUDENT)
        .order_by(link.position)
    )
    return query


async def next_lesson(tx: Tx, org_id: Id, student_id: Id, now: datetime) -> Row[Any] | None:
    """The next lesson of the student that is not called off: when, what and with whom."""
    given = {"org": org_id, "student": student_id, "now": now}
    found: Row[Any] | None = (await tx.execute(_next_lesson(), given)).one_or_none()
    return found


@cache
def _next_lesson() -> Select[Any]:
    query: Select[Any] = (
        select(_s.id, _s.starts_at, _c.subject, _c.zone, staff.c.name.label("instructor_name"))
        .join(schedules, of_schedule)
        .join(enrollments, and_(_e.org_id == _s.org_id, _e.schedule_id == _s.schedule_id))
        .outerjoin(staff, of_instructor)
        .where(_s.org_id == _ORG, _e.student_id == _STUDENT, _s.starts_at > bindparam("now"), _s.status != "called_off")
        .where(or_(_e.ended_at.is_(None), _s.starts_at < _e.ended_at))
        .where(or_(_s.make_up_student_id.is_(None), _s.make_up_student_id == _STUDENT))
        .order_by(_s.starts_at, _s.id)
        .limit(1)
    )
    return query


async def lessons(tx: Tx, org_id: Id, ids: Sequence[Id]) -> dict[Id, Row[Any]]:
    """These lessons by id: when they were and what was taught."""
    if not ids:
        return {}
    query: Select[Any] = select(_s.id, _s.starts_at, _c.subject).join(schedules, of_schedule).where(_s.org_id == org_id)
    return {r.id: r for r in await tx.execute(query.where(_s.id.in_(sorted(set(ids)))))}


async def earlier(tx: Tx, org_id: Id, student_id: Id, besides: Id | None) -> Sequence[Row[Any]]:
    """Cases of the student that are closed, the newest first, each with what its last follow-up led to."""
    last = (
        select(_t.outcome)
        .where(_t.org_id == _k.org_id, _t.case_id == _k.id, _t.outcome.is_not(None))
        .order_by(_t.finished_at.desc())
        .limit(1)
        .lateral("last")
    )
    query: Select[Any] = (
        select(_k.id, _k.opened_at, _k.closed_at, _k.outcome, last.c.outcome.label("led_to"))
        .select_from(cases)
        .outerjoin(last, true())
        .where(_k.org_id == org_id, _k.student_id == student_id, _k.closed_at.is_not(None))
        .order_by(_k.opened_at.desc())
        .limit(3)
    )
    if besides is not None:
        query = query.where(_k.id != besides)
    return list((await tx.execute(query)).all())


async def mark(tx: Tx, org_id: Id, task_id: Id) -> str:
    """What stands for a follow-up as it is shown: another one when somebody did something about it."""
    tried = select(func.count()).where(outreach.c.org_id == org_id, outreach.c.task_id == task_id).scalar_subquery()
    row = (
        await tx.execute(
            select(_t.status, _t.owner_id, _t.claimed_by, _t.tier, _t.attempt, tried).where(
                _t.org_id == org_id, _t.id == task_id
            )
        )
    ).one_or_none()
    return "-".join(str(v or "")[:8] for v in row) if row else "gone"


async def just_sent(tx: Tx, org_id: Id, draft_id: Id, by: Id) -> Row[Any] | None:
    """What a person has let go and nobody has taken back: of the texts of a draft the first to leave."""
    d = draft_texts.c
    query: Select[Any] = (
        select(_m.due_at, _m.task_id, _m.channel, _g.name.label("guardian_name"), _g.zone, students.c.name)
        .join(draft_texts, and_(d.org_id == _m.org_id, d.message_id == _m.id))
        .join(guardians, and_(_g.org_id == _m.org_id, _g.id == _m.guardian_id))
        .join(students, and_(students.c.org_id == _m.org_id, students.c.id == _m.student_id))
        .where(_m.org_id == org_id, d.draft_id == draft_id, _m.approved_by == by)
        .where(_m.state == MessageState.QUEUED.value)
        .order_by(_m.due_at)
        .limit(1)
    )
    found: Row[Any] | None = (await tx.execute(query)).one_or_none()
    return found
