"""What a person says of a draft: let it go, not this one, or take it back before it leaves."""

from __future__ import annotations

from fastapi.responses import JSONResponse
from pydantic import ConfigDict

from api.access import Caller, Here
from api.acts import NOT_YET, is_decided, not_yet, put
from api.drafts import Draft, as_read, detail
from api.once import router as doors
from api.values import Asked, FreeText, RowId
from db import drafts, drafts_shown, follow_ups, notes
from db.student_facts import to_message
from domain.draft_checks import stand_in_the_way
from domain.draft_facts import what_changed
from domain.refusals import Conflict, Invalid
from domain.review_events import DraftApproved, DraftRecalled, DraftRejected, RejectedFor
from domain.tasks import Role
from domain.value import Id

router = doors("drafts")
Answer = Draft | JSONResponse


class ApproveIn(Asked):
    """The version that was read."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 1}]})
    version: int


class RejectIn(Asked):
    """Why it is not to be sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "told_otherwise", "note": "I called"}]})
    reason: RejectedFor
    note: FreeText | None = None


class UndoIn(Asked):
    """Nothing to say: take it back."""


@router.post("/drafts/{draft_id}/approve", responses=NOT_YET, response_model=Draft)
async def approve_draft(here: Here, draft_id: RowId, asked: ApproveIn) -> Answer:
    """Let a draft go. It leaves in 20 seconds, or when quiet hours end, and can be taken back until then."""
    by, act_id = here.person(Role.COORDINATOR).id, here.new_id()
    async with here.transaction() as tx:
        now = await here.now(tx)
        draft = await drafts.one(tx, here.org_id, draft_id, lock=True)
        found = await drafts_shown.show(tx, here.org_id, draft, now)
        expired = found.standing == "expired"
        if expired:
            await drafts.expire(tx, here.org_id, draft_id, found.changed, now)
        elif found.standing == "waiting":
            as_read(found, asked.version)
            if wrong := stand_in_the_way(found.checks):
                raise Invalid("draft_not_ready", wrong)
        if not expired:
            ids = tuple(m.id for m in found.messages)
            await put(here, tx, draft.student_id, act_id, DraftApproved(draft_id=draft_id, message_ids=ids, by=by), now)
    if expired:
        raise Conflict("draft_expired", what_changed(found.changed))
    return await _answer(here, draft_id, act_id)


@router.post("/drafts/{draft_id}/reject", responses=NOT_YET, response_model=Draft)
async def reject_draft(here: Here, draft_id: RowId, asked: RejectIn) -> Answer:
    """Say that a draft is not to be sent, and why. Its messages are cancelled."""
    by, act_id, note_id = here.person(Role.COORDINATOR).id, here.new_id(), here.new_id()
    async with here.transaction() as tx:
        now = await here.now(tx)
        draft = await drafts.one(tx, here.org_id, draft_id)
        if await drafts.newer(tx, draft):
            raise Conflict("draft_expired", what_changed(draft.expired_because))
        ids = tuple(r.id for r in await drafts.texts_of(tx, here.org_id, [draft_id]))
        about = {"draft_id": draft_id, "message_ids": ids, "by": by, "reason": asked.reason}
        note = await notes.write(tx, here.org_id, note_id, asked.note, by, now)
        await put(here, tx, draft.student_id, act_id, DraftRejected.model_validate(about | {"note_id": note}), now)
    return await _answer(here, draft_id, act_id)


@router.post("/drafts/{draft_id}/undo", responses=NOT_YET, response_model=Draft)
async def undo_draft(here: Here, draft_id: RowId, asked: UndoIn | None = None) -> Answer:
    """Take back what was let go and has not left. It waits for a person's word again, and a task finished by it too."""
    by, act_id = here.person(Role.COORDINATOR).id, here.new_id()
    async with here.transaction() as tx:
        now = await here.now(tx)
        draft = await drafts.one(tx, here.org_id, draft_id)
        sent = [to_message(r) for r in await drafts.texts_of(tx, here.org_id, [draft_id])]
        ids = tuple(m.id for m in sent)
        task, logged = (sent and await follow_ups.finished_by_sending(tx, here.org_id, sent[0])) or (None, None)
        act = DraftRecalled(draft_id=draft_id, message_ids=ids, by=by, reopens=task, unlogs=logged)
        await put(here, tx, draft.student_id, act_id, act, now)
    return await _answer(here, draft_id, act_id)


async def _answer(here: Caller, draft_id: Id, act_id: Id) -> Answer:
    if not await is_decided(here, act_id):
        return not_yet(act_id)
    async with here.transaction() as tx:
        return await detail(here, tx, draft_id)
