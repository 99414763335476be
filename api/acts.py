"""Acts that need an answer: put into the student's inbox, decided by his workflow, waited for at most 3 seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api.access import Caller, Here
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import RowId
from db import inbox, story
from db.engine import Tx
from domain.events import Event, MessageRetried
from domain.explaining import refusal
from domain.refusals import Conflict, NotFound
from domain.value import Id

router = doors("acts")


class ActAccepted(BaseModel):
    """The act stands in the books and will be decided; ask at `decision` for how."""

    status: Literal["accepted"] = "accepted"
    act_id: str
    decision: str = Field(examples=["/v1/acts/0b0e1d3c-6f0e-4d0e-9a5b-2f2c0b8a7d11"])
    detail: str = "It is stored safely and will be decided as soon as the student's workflow runs."


class Act(BaseModel):
    """Where an act stands. `detail` says why it was refused, or what to wait for."""

    act_id: str
    status: Literal["accepted", "done", "refused"]
    refused: str | None = None
    detail: str | None = None


NOT_YET: dict[int | str, dict[str, Any]] = {
    202: {"model": ActAccepted, "description": "Not decided within 3 seconds: stored, and decided later"}
}
"""For the description of endpoints that answer with an act."""


async def put(here: Caller, tx: Tx, student_id: Id, act_id: Id, event: Event, now: datetime) -> None:
    """Put an act into the student's inbox. The same act again changes nothing."""
    if await story.student_of_act(tx, here.org_id, act_id) is None:
        await inbox.put(tx, here.org_id, student_id, event, now, row_id=act_id)
    here.wake(student_id, act_id)


async def note_retry(
    here: Caller,
    tx: Tx,
    student_id: Id,
    message_id: Id,
    how: Literal["resent", "released"],
    why: Id | None,
    now: datetime,
) -> Id:
    """Tell the student's workflow that a person let a message go again, so that the run shows it; returns the act's id.

    `why` is the note with the reason.
    """
    act_id = here.new_id()
    by = here.person().id
    await put(here, tx, student_id, act_id, MessageRetried(message_id=message_id, how=how, by=by, reason_id=why), now)
    return act_id


async def is_decided(here: Caller, act_id: Id) -> bool:
    """True when the act was accepted, False when that is still open. Raises Conflict when it was refused."""
    found = await here.gateway.decision(here.org_id, act_id)
    if found is None:
        return False
    if found.refused:
        raise Conflict(found.refused, refusal(found.refused))
    return True


def not_yet(act_id: Id) -> JSONResponse:
    """202: the act is safe and will be decided."""
    at = f"/v1/acts/{act_id}"
    return JSONResponse(ActAccepted(act_id=act_id, decision=at).model_dump(), 202, {"Location": at})


@router.get("/acts/{act_id}")
async def get_act(here: Here, act_id: RowId) -> Act:
    """Where an act stands: accepted, done or refused."""
    async with here.transaction() as tx:
        if await story.student_of_act(tx, here.org_id, act_id) is None:
            raise NotFound("act_unknown", OWN["act_unknown"])
        found = await inbox.answer(tx, here.org_id, act_id)
    if found is None:
        return Act(act_id=act_id, status="accepted", detail=ActAccepted.model_fields["detail"].default)
    if found.refused:
        return Act(act_id=act_id, status="refused", refused=found.refused, detail=refusal(found.refused))
    return Act(act_id=act_id, status="done")
