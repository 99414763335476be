"""Held messages: what a guard or a wrong setting has stopped waits here for a person's word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row

from api.access import Caller, Here
from api.acts import note_retry
from api.once import router as doors
from api.values import Asked, FreeText
from db import audit_log, mail, notes, operations_acts
from db.engine import Tx
from db.mail import Held
from domain.tasks import Role, TaskKind
from domain.value import Id

router = doors("messages")
_TASKS: dict[Held, TaskKind] = {
    "blast_guard": TaskKind.BLAST_GUARD,
    "misconfigured": TaskKind.PROVIDER_MISCONFIGURED,
}


class HoldIn(Asked):
    """Which messages: those stopped by the blast guard, or by a provider that is set up wrongly; and a note."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"held_by": "blast_guard", "note": "the storm was real"}]}
    )
    held_by: Held = "blast_guard"
    note: FreeText | None = None


class LetGo(BaseModel):
    """The messages that were held, and the operations tasks this has finished."""

    messages: list[str]
    tasks: list[str]


@router.post("/holds/release")
async def release_holds(here: Here, asked: HoldIn) -> LetGo:
    """Let held messages leave now. Quiet hours, opt-outs and caps hold all the same."""
    by = here.person(Role.LEAD).id
    async with here.transaction() as tx:
        now = await here.now(tx)
        rows = await mail.release(tx, here.org_id, asked.held_by, now)
        why = await notes.write(tx, here.org_id, here.new_id(), asked.note, by, now)
        for row in rows:
            if row.student_id:
                await note_retry(here, tx, row.student_id, row.id, "released", why, now)
            elif row.session_id:
                here.wake_session(row.session_id)
        await audit_log.write(tx, here.org_id, by, "message", "holds_released", now, reason_id=why, messages=len(rows))
        return await _finish(here, tx, asked, rows, by, why, now)


@router.post("/holds/discard")
async def discard_holds(here: Here, asked: HoldIn) -> LetGo:
    """Cancel held messages: they never leave, and say so."""
    by = here.person(Role.LEAD).id
    async with here.transaction() as tx:
        now = await here.now(tx)
        rows = await mail.discard(tx, here.org_id, asked.held_by, now)
        why = await notes.write(tx, here.org_id, here.new_id(), asked.note, by, now)
        await audit_log.write(tx, here.org_id, by, "message", "holds_discarded", now, reason_id=why, messages=len(rows))
        return await _finish(here, tx, asked, rows, by, why, now)


async def _finish(
    here: Caller, tx: Tx, asked: HoldIn, rows: Sequence[Row[Any]], by: str, why: Id | None, now: datetime
) -> LetGo:
    done = await operations_acts.finish_all(tx, here.org_id, _TASKS[asked.held_by], by, why, now)
    return LetGo(messages=[r.id for r in rows], tasks=done)
