"""Make-up credits: which called-off sessions a student may still make up, and until when."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from api.access import Here
from api.once import router as doors
from api.values import RowId
from db import make_ups, roster
from db.tables import students
from domain.make_ups import CreditState, not_granted
from domain.outcomes import Code

router = doors("people")


class MakeUpCredit(BaseModel):
    """The credit for one called-off session. `make_up_id` is the session booked on it; `reason` why it was refused."""

    session_id: str
    enrollment_id: str
    code: Code
    starts_at: datetime
    state: CreditState
    expires_at: datetime
    make_up_id: str | None = None
    reason: str | None = None


class MakeUpCredits(BaseModel):
    """Every credit, the earliest called-off session first, and how many are open."""

    available: int
    pending: int
    items: list[MakeUpCredit]


@router.get("/students/{student_id}/make-ups")
async def list_make_ups(here: Here, student_id: RowId) -> MakeUpCredits:
    """The student's make-up credits. Book one by creating a session with `make_up_for` and `make_up_student_id`."""
    async with here.transaction() as tx:
        student = await roster.one(tx, students, here.org_id, student_id)
        found, policy = await make_ups.of_student(tx, here.org_id, student.id, await here.now(tx))
    states = [c.state for c in found]
    return MakeUpCredits(
        available=states.count(CreditState.AVAILABLE),
        pending=states.count(CreditState.PENDING),
        items=[
            MakeUpCredit(
                **c.called_off.model_dump(),
                state=c.state,
                expires_at=c.expires_at,
                make_up_id=c.make_up_id,
                reason=not_granted(policy) if c.state is CreditState.NOT_GRANTED else None,
            )
            for c in found
        ],
    )
