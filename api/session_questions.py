"""Asking an instructor for the attendance of a session that nobody has recorded."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from api.access import Here
from api.once import router as doors
from api.values import RowId
from db import asking
from domain.tasks import Role

router = doors("evidence")


class Asking(BaseModel):
    """The e-mail that goes to the instructor."""

    message_id: str
    instructor_id: str
    asked_at: datetime


@router.post("/sessions/{session_id}/ask-for-attendance", status_code=201)
async def ask_for_attendance(here: Here, session_id: RowId) -> Asking:
    """Ask the instructor by e-mail to mark attendance, besides what the session's clock does: once an hour at most."""
    by = here.person(Role.COORDINATOR).id
    async with here.transaction() as tx:
        now = await here.now(tx)
        message = await asking.ask_instructor(tx, here.org_id, session_id, by, now)
        here.wake_session(session_id)
    return Asking(message_id=message.id, instructor_id=message.recipient_id, asked_at=now)
