"""A colleague asks an instructor for attendance: one e-mail, beside those that the session's clock writes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, insert, select

from db import boards, roster, session_clock, session_facts
from db.decisions import message_row
from db.engine import Tx
from db.journal_tables import messages
from db.session_tables import session_decisions
from db.tables import sessions, staff
from domain.refusals import Conflict
from domain.sending import Message, Purpose
from domain.session_notices import ASKED_AT_MOST_EVERY, asked_message
from domain.value import Because, Id

STEP = "asked"
_m = messages.c


async def ask_instructor(tx: Tx, org_id: Id, session_id: Id, by: Id, now: datetime) -> Message:
    """Queue the e-mail and note it in the session's journal. The session's process, due now, sends it.

    Raises NotFound; Conflict when nothing is unrecorded, nobody active teaches it, or he was asked within the hour.
    """
    row = await session_facts.lock_session(tx, org_id, session_id)
    if row is None:
        raise roster.unknown(sessions, "id", session_id)
    if (await boards.one(tx, org_id, session_id, now)).status != "unrecorded":
        raise Conflict("nothing_to_ask", "the attendance of this lesson is recorded, or it is not over yet")
    teacher = await _active(tx, org_id, row.teacher_id)
    if teacher is None:
        raise Conflict("nothing_to_ask", "this lesson has no instructor who could be asked; mark attendance yourself")
    last = await tx.scalar(
        select(func.max(_m.created_at))
        .where(_m.org_id == org_id, _m.session_id == session_id, _m.purpose == Purpose.UNRECORDED.value)
        .where(_m.staff_id == teacher.id)
    )
    if last is not None and now - last < ASKED_AT_MOST_EVERY:
        raise Conflict("asked_lately", f"{teacher.name} was asked within the last hour; give him some time, or call")
    message = asked_message(session_id, teacher.id, by, now)
    await tx.execute(insert(messages).values({"org_id": org_id} | message_row(message)))
    because = Because(rule="instructor_asked", numbers={"by": by, "to": teacher.id})
    line = {"at": now, "step": STEP, "because": [because.model_dump(mode="json")], "effects": []}
    await tx.execute(insert(session_decisions).values(org_id=org_id, session_id=session_id, **line))
    await session_clock.set_due(tx, org_id, [session_id], now)
    return message


async def _active(tx: Tx, org_id: Id, staff_id: Id | None) -> Row[Any] | None:
    query: Select[Any] = select(staff.c.id, staff.c.name)
    found: Row[Any] | None = (
        await tx.execute(query.where(staff.c.org_id == org_id, staff.c.id == staff_id, staff.c.active))
    ).one_or_none()
    return found
