"""Stepping into a student's run: skip a step or have it taken now, waive a charge, let a message go again.

A lead or an admin does it, with a reason that stays in the run's history with his name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from api.access import Caller, Here
from api.acts import NOT_YET, is_decided, not_yet, note_retry, put
from api.once import router as doors
from api.values import Asked, FreeText, RowId
from db import mail, notes, roster, run_history
from db.tables import students
from domain.events import ChargeWaived, Event, StepForced, StepSkipped
from domain.refusals import NotFound
from domain.tasks import Role
from domain.value import Id

router = doors("runs")


class StepIn(Asked):
    """Which step of the plan (its `key`), and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "step": "ladder_step:0b0e1d3c-6f0e-4d0e-9a5b-2f2c0b8a7d11:1:1",
                    "reason": "the mother has called the office",
                }
            ]
        }
    )
    step: str
    reason: FreeText


class WaiverIn(Asked):
    """Whose charge, by the outcome, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"outcome_id": "0b0e1d3c-6f0e-4d0e-9a5b-2f2c0b8a7d11", "reason": "power cut in the street"}]
        }
    )
    outcome_id: RowId
    reason: FreeText


class RetryIn(Asked):
    """Which message, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"message_id": "0b0e1d3c-6f0e-4d0e-9a5b-2f2c0b8a7d11", "reason": "the mailbox is empty again"}]
        }
    )
    message_id: RowId
    reason: FreeText


class ActDone(BaseModel):
    """The act is done. `message_id` is the message that goes now, where one was let go."""

    status: Literal["done"] = "done"
    act_id: str
    message_id: str | None = None


Answer = ActDone | JSONResponse


async def _do(here: Caller, student_id: Id, reason: str, act: Callable[[Id, Id, Id | None], Event]) -> Answer:
    """Keep the reason, tell the student's workflow, and answer as it decides.

    `act` makes the fact from the act's id, the person and the reason's note.
    """
    by = here.person(Role.LEAD).id
    act_id, note_id = here.new_id(), here.new_id()
    async with here.transaction() as tx:
        now = await here.now(tx)
        await roster.one(tx, students, here.org_id, student_id)
        reason_id = await notes.write(tx, here.org_id, note_id, reason, by, now)
        await put(here, tx, student_id, act_id, act(act_id, by, reason_id), now)
    return ActDone(act_id=act_id) if await is_decided(here, act_id) else not_yet(act_id)


@router.post("/runs/student/{student_id}/skip", responses=NOT_YET, response_model=ActDone)
async def skip_step(here: Here, student_id: RowId, asked: StepIn) -> Answer:
    """Take an armed step out of the plan; it stays there to be seen and does not run."""
    return await _do(
        here,
        student_id,
        asked.reason,
        lambda act, by, why: StepSkipped(act_id=act, step=asked.step, by=by, reason_id=why),
    )


@router.post("/runs/student/{student_id}/force", responses=NOT_YET, response_model=ActDone)
async def force_step(here: Here, student_id: RowId, asked: StepIn) -> Answer:
    """Have an armed step taken now. Its messages keep to quiet hours, opt-outs and caps all the same."""
    return await _do(
        here,
        student_id,
        asked.reason,
        lambda act, by, why: StepForced(act_id=act, step=asked.step, by=by, reason_id=why),
    )


@router.post("/runs/student/{student_id}/waive", responses=NOT_YET, response_model=ActDone)
async def waive_charge(here: Here, student_id: RowId, asked: WaiverIn) -> Answer:
    """Give back what one outcome was charged, by a reversing entry. The outcome itself stays as it is."""
    here.person(Role.LEAD)
    async with here.transaction() as tx:
        if await run_history.student_of_outcome(tx, here.org_id, asked.outcome_id) != student_id:
            raise NotFound("outcome_unknown", "this student has no such outcome; look at the ledger for its id")
    return await _do(
        here,
        student_id,
        asked.reason,
        lambda act, by, why: ChargeWaived(act_id=act, outcome_id=asked.outcome_id, by=by, reason_id=why),
    )


@router.post("/runs/student/{student_id}/retry", response_model=ActDone)
async def retry_message(here: Here, student_id: RowId, asked: RetryIn) -> ActDone:
    """Let a message go again: one that failed is sent once more, one that is held is released."""
    by = here.person(Role.LEAD).id
    new_id, note_id = here.new_id(), here.new_id()
    async with here.transaction() as tx:
        now = await here.now(tx)
        old = await mail.one(tx, here.org_id, asked.message_id)
        if old.student_id != student_id:
            raise NotFound("message_unknown", "this student has no such message; list the student's messages")
        why = await notes.write(tx, here.org_id, note_id, asked.reason, by, now)
        if old.state == "held":
            await mail.release_one(tx, here.org_id, old.id, now)
            act_id = await note_retry(here, tx, student_id, old.id, "released", why, now)
            return ActDone(act_id=act_id, message_id=old.id)
        again = await mail.resend(tx, here.org_id, old.id, new_id, by, now)
        act_id = await note_retry(here, tx, student_id, again.id, "resent", why, now)
    return ActDone(act_id=act_id, message_id=again.id)
