"""What a template would say about a student: as the last message of its kind told it, else about a near session."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select

from db import names, roster
from db.engine import Tx
from db.expected import enrolled_then
from db.journal_tables import messages
from db.tables import enrollments, sessions, student_guardians, students
from db.templates import Which
from domain.sending import TIED_TO_SESSION, Message, Purpose
from domain.template_samples import sample
from domain.value import Id
from domain.wording import Names

_AHEAD = TIED_TO_SESSION | {Purpose.CANCELLATION_CONFIRMATION}
_NOBODY = str(UUID(int=0))


async def about(tx: Tx, org_id: Id, student_id: Id, which: Which, now: datetime) -> tuple[Message, Names]:
    """A message that is never sent, and the names it says. Raises NotFound for an unknown student."""
    await roster.one(tx, students, org_id, student_id)
    m = messages.c
    told = await tx.execute(
        select(m.numbers, m.session_id, m.guardian_id)
        .where(m.org_id == org_id, m.student_id == student_id, m.purpose == which.purpose.value)
        .where(m.guardian_id.is_not(None))
        .order_by(m.created_at.desc())
        .limit(1)
    )
    last = told.one_or_none()
    made = sample(which.purpose, which.channel, last.numbers if last else None)
    guardian_id = last.guardian_id if last else await _first_contact(tx, org_id, student_id)
    session_id = last.session_id if last else await _near_session(tx, org_id, student_id, which.purpose, now)
    ids = {"student_id": student_id, "recipient_id": guardian_id or _NOBODY, "session_id": session_id}
    message = made.model_copy(update=ids)
    found = await names.of(tx, org_id, message, now)
    return message, found.model_copy(update={"language": which.language})


async def _first_contact(tx: Tx, org_id: Id, student_id: Id) -> Id | None:
    g = student_guardians.c
    found = await tx.execute(
        select(g.guardian_id).where(g.org_id == org_id, g.student_id == student_id).order_by(g.position).limit(1)
    )
    first: Id | None = found.scalar_one_or_none()
    return first


async def _near_session(tx: Tx, org_id: Id, student_id: Id, purpose: Purpose, now: datetime) -> Id | None:
    """The next one for what is told ahead, else the last one."""
    starts, e = sessions.c.starts_at, enrollments.c
    ahead = purpose in _AHEAD
    found = await tx.execute(
        select(sessions.c.id)
        .join(enrollments, and_(enrolled_then(), e.student_id == student_id))
        .where(sessions.c.org_id == org_id, starts > now if ahead else starts <= now)
        .order_by(starts if ahead else starts.desc())
        .limit(1)
    )
    near: Id | None = found.scalar_one_or_none()
    return near
