"""What tasks are about that concern no student, or a reply or a note, as their page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, distinct, func, select

from db.engine import Tx
from db.expected import of_schedule, taught_by
from db.journal_tables import messages, notes
from db.reply_tables import replies
from db.tables import guardians, schedules, sessions, staff
from db.webhook_tables import webhook_endpoints
from domain.sending import MessageState
from domain.value import Id

MOST = 50
_s, _c, _m, _r, _g = sessions.c, schedules.c, messages.c, replies.c, guardians.c


async def unrecorded(tx: Tx, org_id: Id, instructor_id: Id | None) -> Sequence[Row[Any]]:
    """Lessons of an instructor (None: of nobody) whose attendance is not recorded, the oldest first."""
    query: Select[Any] = (
        select(_s.id, _s.starts_at, _c.subject)
        .join(schedules, of_schedule)
        .where(_s.org_id == org_id, _s.status == "unrecorded")
        .where(taught_by.is_(None) if instructor_id is None else taught_by == instructor_id)
        .order_by(_s.starts_at, _s.id)
        .limit(MOST)
    )
    return list((await tx.execute(query)).all())


async def held(tx: Tx, org_id: Id, reason: str) -> Row[Any]:
    """How many messages a guard or a wrong setting keeps back, about how many students, since and until when."""
    query: Any = select(
        func.count().label("messages"),
        func.count(distinct(_m.student_id)).label("students"),
        func.min(_m.created_at).label("since"),
        func.min(_m.expires_at).label("until"),
        func.array_agg(distinct(_m.channel)).label("channels"),
    ).where(_m.org_id == org_id, _m.state == MessageState.HELD.value, _m.reason == reason)
    found: Row[Any] = (await tx.execute(query)).one()
    return found


async def unread(tx: Tx, org_id: Id, student_id: Id | None) -> Sequence[Row[Any]]:
    """Replies that wait for a person to read them: of a student, or (None) those nobody knows the student of."""
    query: Select[Any] = (
        select(_r.id, _r.text, _r.received_at, _r.sender, _r.channel, _g.name.label("guardian_name"))
        .select_from(replies)
        .outerjoin(guardians, and_(_g.org_id == _r.org_id, _g.id == _r.guardian_id))
        .where(_r.org_id == org_id, _r.read_at.is_(None))
        .order_by(_r.received_at)
        .limit(20)
    )
    about = and_(_r.student_id == student_id, _r.meaning == "unclear") if student_id else _r.student_id.is_(None)
    return list((await tx.execute(query.where(about))).all())


async def endpoint(tx: Tx, org_id: Id, endpoint_id: Id | None) -> Row[Any] | None:
    """The webhook endpoint a task is about."""
    w = webhook_endpoints.c
    found: Row[Any] | None = (
        await tx.execute(select(webhook_endpoints).where(w.org_id == org_id, w.id == endpoint_id))
    ).one_or_none()
    return found


async def note(tx: Tx, org_id: Id, note_id: Id | None) -> Row[Any] | None:
    """A note with who wrote it."""
    n = notes.c
    query: Select[Any] = (
        select(n.text, n.created_at, staff.c.name)
        .select_from(notes)
        .outerjoin(staff, and_(staff.c.org_id == n.org_id, staff.c.id == n.by))
        .where(n.org_id == org_id, n.id == note_id)
    )
    found: Row[Any] | None = (await tx.execute(query)).one_or_none()
    return found
