"""Held messages: what a guard or a wrong setting has stopped waits here for a person's word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row

from api.access import Caller, Here
from api.once import router as doors
from api.values import Asked, FreeText
from db import mail, notes, operations_acts
from db.engine import Tx
from db.mail import Held
from domain.tasks import Role, TaskKind

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
        for row in rows:
            if row.student_id:
                here.wake(row.student_id, row.id)
            elif row.session_id:
                here.wake_session(row.session_id)
        return await _finish(here, tx, asked, rows, by, now)


@router.post("/holds/discard")
async def discard_holds(here: Here, asked: HoldIn) -> LetGo:
    """Cancel held messages: they never leave, and say so."""
    by = here.person(Role.LEAD).id
    async with here.transaction() as tx:
        now = await here.now(tx)
        rows = await mail.discard(tx, here.org_id, asked.held_by, now)
        return await _finish(here, tx, asked, rows, by, now)


async def _finish(here: Caller, tx: Tx, asked: HoldIn, rows: Sequence[Row[Any]], by: str, now: datetime) -> LetGo:
    note_id = await notes.write(tx, here.org_id, here.new_id(), asked.note, by, now)
    done = await operations_acts.finish_all(tx, here.org_id, _TASKS[asked.held_by], by, note_id, now)
    return LetGo(messages=[r.id for r in rows], tasks=done)
