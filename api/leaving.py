"""Pause and withdrawal: what stops following a student for a while, or for good."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from api.access import Here
from api.acts import NOT_YET, is_decided, not_yet, put
from api.once import router as doors
from api.values import Asked, Instant, RowId
from db import enrolling, roster
from db.tables import students
from domain.events import Paused, Withdrawn
from domain.refusals import Invalid

router = doors("people")
LONGEST_PAUSE = timedelta(days=2 * 366)


class PauseIn(Asked):
    """When the student returns."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"until": "2026-04-07T08:00:00+01:00"}]})
    until: Instant


class WithdrawIn(Asked):
    """Nothing to say: the student leaves now."""


class Done(BaseModel):
    """The act is done."""

    status: str = "done"
    act_id: str
    student_id: str
    until: datetime | None = None


@router.post("/students/{student_id}/pause", responses=NOT_YET, response_model=Done)
async def pause_student(here: Here, student_id: RowId, asked: PauseIn) -> Done | JSONResponse:
    """Pause: closes the case and its tasks, cancels waiting messages; sessions in it count for no rule."""
    act_id = here.new_id()
    async with here.transaction() as tx:
        now = await here.now(tx)
        if asked.until > now + LONGEST_PAUSE:
            raise Invalid("too_far_ahead", "a pause lasts two years at most; withdraw the student instead")
        student = await roster.one(tx, students, here.org_id, student_id)
        await put(here, tx, student.id, act_id, Paused(until=asked.until, by=here.by), now)
    if not await is_decided(here, act_id):
        return not_yet(act_id)
    return Done(act_id=act_id, student_id=student.id, until=asked.until)


@router.post("/students/{student_id}/withdraw", responses=NOT_YET, response_model=Done)
async def withdraw_student(here: Here, student_id: RowId, asked: WithdrawIn | None = None) -> Done | JSONResponse:
    """The student leaves: enrollments end, what is open is closed. A new enrollment brings him back."""
    act_id = here.new_id()
    async with here.transaction() as tx:
        now = await here.now(tx)
        student = await roster.one(tx, students, here.org_id, student_id)
        await enrolling.end_all(tx, here.org_id, student.id, now)
        await put(here, tx, student.id, act_id, Withdrawn(by=here.by), now)
    if not await is_decided(here, act_id):
        return not_yet(act_id)
    return Done(act_id=act_id, student_id=student.id)
