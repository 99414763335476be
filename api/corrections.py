"""Corrections: a new version of an outcome, by those who may make one."""

from __future__ import annotations

from fastapi import Response
from pydantic import ConfigDict

from api.access import Here
from api.once import router as doors
from api.outcomes import OutcomeAccepted, accepted
from api.problem_kinds import OWN
from api.values import Asked, FreeText, Instant, RowId
from db import notes, outcome_reading, recording
from db.recording import Report
from domain.outcomes import Code
from domain.refusals import Forbidden
from domain.tasks import Role

router = doors("outcomes")


class CorrectionIn(Asked):
    """The right code, and why. More than 72 hours after the session's end it takes an admin and a reason."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"code": "attended", "reason": "she was in the other room"}]}
    )
    code: Code
    reason: FreeText | None = None
    announced_at: Instant | None = None


@router.post("/outcomes/{outcome_id}/corrections", status_code=202)
async def correct_outcome(here: Here, outcome_id: RowId, asked: CorrectionIn, response: Response) -> OutcomeAccepted:
    """Correct an outcome: money, windows, tasks and messages follow, and who was told wrongly hears it."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        row = await outcome_reading.one(tx, here.org_id, outcome_id)
        actor = here.actor
        if actor and actor.role is Role.INSTRUCTOR and actor.id != row.taught_by:
            raise Forbidden("not_your_session", OWN["not_your_session"])
        reason_id = await notes.write(tx, here.org_id, here.new_id(), asked.reason, here.by, now)
        report = Report(row.session_id, row.student_id, asked.code, asked.announced_at, row.imported, by=here.by)
        made = await recording.correct(
            tx, here.org_id, row.id, report, actor.role if actor else None, now, reason_id=reason_id
        )
        told = accepted(here, made)
    response.headers["Location"] = f"/v1/outcomes/{row.id}"
    return told
