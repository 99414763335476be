"""Drafts, one at a time: read the text with its facts and checks, change it, let it go or not, and the next one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError

from api.draft_acts import ApproveIn, RejectIn, approve_draft, reject_draft, undo_draft
from api.drafts import Draft, answer, edit_draft
from api.pages.desk import draft_lines
from api.pages.forms import Filled, read, sent
from api.pages.office.outbox import is_open
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator, StaffVisit
from api.values import RowId
from db import drafts, drafts_shown, pages_drafts, pages_inbox
from db.engine import Tx
from db.pages_drafts import Queued
from db.pages_shell import day_start
from db.student_facts import newest_policy
from domain.policy import Policy
from domain.refusals import Conflict, Invalid
from domain.value import Id

router = staff_pages()
CHANGED = ("draft_changed", "draft_expired", "draft_not_waiting")
"""Refusals because somebody was quicker, or the facts are others: the page shows how it stands now."""


async def _draft(here: StaffVisit, tx: Tx, draft_id: Id, now: datetime) -> Draft:
    """A draft as it stands. Raises NotFound."""
    row = await drafts.one(tx, here.org_id, draft_id)
    people = await pages_drafts.names_of(tx, here.org_id, [row.guardian_id])
    return answer(await drafts_shown.show(tx, here.org_id, row, now), people)


def _reviews(policy: Policy) -> bool:
    """Whether any rule asks that a person reads a message first."""
    return "review" in (policy.notice, policy.first_concern, *(step.handling for step in policy.ladder))


async def page(
    request: Request,
    here: StaffVisit,
    draft_id: Id | None,
    *,
    filled: Filled | None = None,
    doing: str | None = None,
    undo: Id | None = None,
    status: int = 200,
) -> Response:
    """The draft, or the first one that waits. `doing` is what is being done (words, reject), `undo` what was let go."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        queue = await pages_drafts.queue(tx, here.org_id)
        policy = await newest_policy(tx, here.org_id)
        let_go = await _draft(here, tx, undo, now) if undo else None
        if draft_id is None and queue:
            draft_id = queue[0].row.id
        values: dict[str, Any] = {
            "now": now,
            "queue": queue,
            "let_go": let_go if let_go and let_go.can_undo else None,
            "next": _next(queue, draft_id),
            "hold": policy.undo_for,
            "outbox": is_open(request),
        }
        if draft_id is None:
            left, failed = await pages_drafts.today(tx, here.org_id, day_start(now, here.zone))
            is_set_up = _reviews(policy)
            return render(request, "drafts/empty.html", left=left, failed=failed, is_set_up=is_set_up, **values)
        draft = await _draft(here, tx, draft_id, now)
        values["contact"] = to = await pages_drafts.contact(tx, here.org_id, draft.guardian_id, draft.student_id)
        values["codes"] = (await pages_inbox.strips(tx, here.org_id, [draft.student_id])).get(draft.student_id, ())
    return render(
        request,
        "drafts/page.html",
        status=status,
        draft=draft,
        facts=draft_lines.facts(draft),
        marked=draft_lines.marked,
        language=draft_lines.language(to.language),
        filled=filled or draft_lines.as_filled(draft),
        doing=doing,
        waits_until=draft_lines.would_leave(to.zone, now + policy.undo_for),
        **values,
    )


def _next(queue: Sequence[Queued], draft_id: Id | None) -> Id | None:
    """The one after this in the queue, and from the last one the first."""
    ids = [q.row.id for q in queue]
    if draft_id in ids:
        ids = ids[ids.index(draft_id) + 1 :] + ids[: ids.index(draft_id)]
    return ids[0] if ids else None


@router.get("/drafts")
async def first(request: Request, here: Coordinator, undo: RowId | None = None) -> Response:
    """The first draft that waits, or why none does. `undo` is the one that was let go just now."""
    return await page(request, here, None, undo=undo)


@router.get("/drafts/new")
async def new(request: Request, here: Coordinator) -> Response:
    """A line that says that drafts wait by now, for the page that had none."""
    async with here.transaction() as tx:
        waits = len(await pages_drafts.queue(tx, here.org_id))
    return render(request, "drafts/_changes.html", draft=None, is_other=False, more=waits)


@router.get("/drafts/{draft_id}")
async def one(request: Request, here: Coordinator, draft_id: RowId, undo: RowId | None = None) -> Response:
    """One draft."""
    return await page(request, here, draft_id, undo=undo)


@router.get("/drafts/{draft_id}/changes")
async def changes(request: Request, here: Coordinator, draft_id: RowId, version: int, waiting: int) -> Response:
    """A line that says what is different by now: this draft, or how many wait; nothing while nothing is."""
    async with here.transaction() as tx:
        draft = await _draft(here, tx, draft_id, await here.now(tx))
        waits = len(await pages_drafts.queue(tx, here.org_id))
    is_other = draft.version != version or draft.state != "waiting"
    return render(request, "drafts/_changes.html", draft=draft, is_other=is_other, more=waits - waiting)


@router.post("/drafts/{draft_id}")
async def decide(request: Request, here: Coordinator, draft_id: RowId) -> Response:
    """Save the words as the form has them, and let the draft go unless they are only to be saved."""
    filled = await sent(request)
    try:
        version = await _save(here, draft_id, filled)
        if filled.values["verb"] == "save":
            return go(f"/drafts/{draft_id}", "draft_saved")
        done = await approve_draft(here, draft_id, ApproveIn(version=version))
    except (Conflict, Invalid) as why:
        if why.kind in CHANGED:
            async with here.transaction() as tx:
                filled.values["version"] = str((await drafts.one(tx, here.org_id, draft_id)).version)
        return await page(request, here, draft_id, filled=filled.refused(why), doing="words", status=409)
    except ValidationError as problem:
        for mistake in problem.errors():
            filled.errors[""] = f"{str(mistake['loc'][-1]).capitalize()}: this cannot be taken. Make it shorter."
        return await page(request, here, draft_id, filled=filled, doing="words", status=422)
    return go("/drafts", "stored") if isinstance(done, JSONResponse) else go("/drafts", undo=draft_id)


async def _save(here: StaffVisit, draft_id: Id, filled: Filled) -> int:
    """Write down what was changed; returns the version that stands then."""
    async with here.transaction() as tx:
        draft = await _draft(here, tx, draft_id, await here.now(tx))
    asked = draft_lines.changed_words(draft, filled)
    if asked is not None:
        saved = (await edit_draft(here, draft_id, asked)).version
        filled.values["version"] = str(saved)
        return saved
    return int(filled.values["version"]) if filled.values["version"].isdigit() else 0


@router.post("/drafts/{draft_id}/reject")
async def reject(request: Request, here: Coordinator, draft_id: RowId) -> Response:
    """Say that it is not to be sent, and why."""
    filled = await sent(request)
    asked = read(RejectIn, filled)
    if asked is None:
        return await page(request, here, draft_id, filled=filled, doing="reject", status=422)
    done = await reject_draft(here, draft_id, asked)
    return go("/drafts", "stored" if isinstance(done, JSONResponse) else "draft_rejected")


@router.post("/drafts/{draft_id}/undo")
async def undo(here: Coordinator, draft_id: RowId) -> Response:
    """Take back what was let go. It waits again."""
    try:
        done = await undo_draft(here, draft_id)
    except Conflict as why:
        return go(f"/drafts/{draft_id}", why.kind)
    return go(f"/drafts/{draft_id}", "stored" if isinstance(done, JSONResponse) else "taken_back")
