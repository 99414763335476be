"""What a coordinator does on the page of a follow-up: write and finish, log a call, put off, hand over, close."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel

from api.draft_acts import RejectIn, reject_draft, undo_draft
from api.drafts import Draft, Line
from api.holds import HoldIn, discard_holds, release_holds
from api.own_messages import OwnMessageIn, write_for_task
from api.pages.desk.follow_up import page
from api.pages.desk.follow_up_parts import waits_until
from api.pages.forms import Filled, read, sent
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator, StaffVisit
from api.task_verbs import (
    CompleteIn,
    DismissIn,
    OutreachIn,
    ReassignIn,
    SnoozeIn,
    claim_task,
    complete_task,
    dismiss_task,
    log_outreach,
    reassign_task,
    snooze_task,
)
from api.values import FreeText, RowId
from db import names, pages_follow_up, pages_inbox
from domain.refusals import Conflict, Refusal
from domain.sending import Channel
from domain.tasks import TaskKind, TaskOutcome, TaskStatus
from domain.value import Id

router = staff_pages()
T = TypeVar("T")


class SendIn(BaseModel):
    """Words to a contact, and what becomes of the follow-up once they are on their way."""

    to: RowId
    channel: Channel
    subject: Line | None = None
    body: FreeText
    after: Literal["watch", "wait"] = "watch"
    note: FreeText | None = None


class CalledIn(BaseModel):
    """What came of a call."""

    outcome: TaskOutcome | Literal["log"]
    note: FreeText | None = None
    back_on: date | None = None


class HeldIn(BaseModel):
    """What becomes of messages that are held, and why."""

    do: Literal["release", "discard"]
    note: FreeText | None = None


def _then(task_id: Id, said: str | None, place: pages_follow_up.Place, **more: str) -> Response:
    """To the next follow-up of the list; after the last one this page says that there is nothing left."""
    return go(f"/tasks/{place.next_id or task_id}", said, 1, **more)


async def _place(here: StaffVisit, task_id: Id) -> pages_follow_up.Place:
    async with here.transaction() as tx:
        return await pages_follow_up.place(tx, here.org_id, here.me.id, task_id)


async def _refused(
    request: Request, here: StaffVisit, task_id: Id, filled: Filled, why: Refusal, doing: str, field: str = ""
) -> Response:
    """The same page with what was filled in. A colleague who was quicker is named."""
    if isinstance(why, Conflict):
        quicker = await _who_was_quicker(here, task_id)
        filled.errors[""] = quicker or why.detail
        return await page(request, here, task_id, filled=filled, doing=doing, status=409)
    return await page(request, here, task_id, filled=filled.refused(why, field), doing=doing, status=422)


async def _who_was_quicker(here: StaffVisit, task_id: Id) -> str | None:
    async with here.transaction() as tx:
        row = await pages_inbox.one(tx, here.org_id, task_id)
        if row.finished_at is None:
            return None
        people = await names.of_people(tx, here.org_id)
    if row.finished_by is None:
        return "This follow-up has closed by itself in the meantime. Nothing was sent."
    who = "You have" if row.finished_by == here.me.id else f"{people.get(row.finished_by, 'A colleague')} has"
    return f"{who} finished this follow-up already. Nothing was sent."


async def _was_changed(here: StaffVisit, task_id: Id, filled: Filled) -> bool:
    async with here.transaction() as tx:
        now_is = await pages_follow_up.mark(tx, here.org_id, task_id)
    return bool(filled.values["seen"]) and filled.values["seen"] != now_is


@router.post("/tasks/{task_id}")
async def send(request: Request, here: Coordinator, task_id: RowId) -> Response:
    """Write to the family and finish, or keep it until they answer. The message waits 20 seconds for an undo."""
    filled = await sent(request)
    asked = read(SendIn, filled)
    if asked is None:
        return await page(request, here, task_id, filled=filled, doing="send", status=422)
    if await _was_changed(here, task_id, filled):
        said = "Somebody did something about it while you wrote. Look at what is new, and send again if it still fits."
        filled.errors[""] = await _who_was_quicker(here, task_id) or said
        return await page(request, here, task_id, filled=filled, doing="send", status=409)
    place = await _place(here, task_id)
    own = OwnMessageIn(guardian_id=asked.to, channels=[asked.channel], subject=asked.subject, body=asked.body)
    try:
        written = await write_for_task(here, task_id, own, Response())
        if asked.after == "wait":
            async with here.transaction() as tx:
                until = waits_until(await here.now(tx), here.zone)
            await snooze_task(here, task_id, SnoozeIn(until=until))
        else:
            done = CompleteIn(outcome=TaskOutcome.MESSAGE_LEFT, channel=asked.channel.value, note=asked.note)
            await complete_task(here, task_id, done)
    except Refusal as why:
        return await _refused(request, here, task_id, filled, why, "send", "body")
    if not isinstance(written, Draft):
        return _then(task_id, "stored", place)
    return _then(task_id, None, place, undo=written.id)


@router.post("/tasks/{task_id}/undo/{draft_id}")
async def undo(here: Coordinator, task_id: RowId, draft_id: RowId) -> Response:
    """Take the message back before it leaves: it is never sent, the follow-up is open again with its words."""
    try:
        await undo_draft(here, draft_id)
        await reject_draft(here, draft_id, RejectIn(reason="other"))
        async with here.transaction() as tx:
            row = await pages_inbox.one(tx, here.org_id, task_id)
        if row.status == TaskStatus.SNOOZED.value:
            await claim_task(here, task_id)
    except Refusal as why:
        return go(f"/tasks/{task_id}", why.kind)
    return go(f"/tasks/{task_id}", "sending_undone", again=draft_id)


@router.post("/tasks/{task_id}/call")
async def call(request: Request, here: Coordinator, task_id: RowId) -> Response:
    """Log a call, and finish with what came of it."""
    filled = await sent(request)
    asked = read(CalledIn, filled)
    if asked is not None and asked.outcome == TaskOutcome.PAUSED and asked.back_on is None:
        filled.errors["back_on"] = "Say until when they pause."
        asked = None
    if asked is None:
        return await page(request, here, task_id, filled=filled, doing="call", status=422)
    place = await _place(here, task_id)
    try:
        if asked.outcome == "log":
            await log_outreach(here, task_id, OutreachIn(channel="phone", note=asked.note))
            return go(f"/tasks/{task_id}", "call_logged")
        talked = None if asked.outcome is TaskOutcome.DONE else "phone"
        done = {"outcome": asked.outcome, "channel": talked, "note": asked.note, "return_at": _morning(asked, here)}
        answer = await complete_task(here, task_id, CompleteIn.model_validate(done))
    except Refusal as why:
        return await _refused(request, here, task_id, filled, why, "call", "outcome")
    return _then(task_id, "stored" if isinstance(answer, JSONResponse) else "finished", place)


def _morning(asked: CalledIn, here: StaffVisit) -> datetime | None:
    if asked.back_on is None or asked.outcome != TaskOutcome.PAUSED:
        return None
    return datetime.combine(asked.back_on, time(), ZoneInfo(here.zone))


async def _act(
    request: Request,
    here: StaffVisit,
    task_id: Id,
    doing: str,
    kind: type[T],
    act: Callable[[T], Awaitable[object]],
    said: str,
    *,
    stay: bool = False,
) -> Response:
    """One of the small acts: read its form, do it, go on to the next follow-up."""
    filled = await sent(request)
    asked = read(kind, filled)  # type: ignore[type-var]
    if asked is None:
        return await page(request, here, task_id, filled=filled, doing=doing, status=422)
    place = await _place(here, task_id)
    try:
        answer = await act(asked)
    except Refusal as why:
        return await _refused(request, here, task_id, filled, why, doing)
    told = "stored" if isinstance(answer, JSONResponse) else said
    return go(f"/tasks/{task_id}", told) if stay else _then(task_id, told, place)


@router.post("/tasks/{task_id}/claim")
async def claim(here: Coordinator, task_id: RowId) -> RedirectResponse:
    """I'm on it."""
    try:
        await claim_task(here, task_id)
    except Refusal as why:
        return go(f"/tasks/{task_id}", why.kind)
    return go(f"/tasks/{task_id}", "claimed")


@router.post("/tasks/{task_id}/snooze")
async def snooze(request: Request, here: Coordinator, task_id: RowId) -> Response:
    """Put it off."""
    return await _act(
        request, here, task_id, "snooze", SnoozeIn, lambda asked: snooze_task(here, task_id, asked), "snoozed"
    )


@router.post("/tasks/{task_id}/reassign")
async def reassign(request: Request, here: Coordinator, task_id: RowId) -> Response:
    """Hand it to a colleague."""
    return await _act(
        request, here, task_id, "reassign", ReassignIn, lambda asked: reassign_task(here, task_id, asked), "assigned"
    )


@router.post("/tasks/{task_id}/dismiss")
async def dismiss(request: Request, here: Coordinator, task_id: RowId) -> Response:
    """Close it as not needed, with the reason."""
    return await _act(
        request, here, task_id, "dismiss", DismissIn, lambda asked: dismiss_task(here, task_id, asked), "not_needed"
    )


@router.post("/tasks/{task_id}/held")
async def held(request: Request, here: Coordinator, task_id: RowId) -> Response:
    """Let held messages go, or discard them; this finishes the task."""
    async with here.transaction() as tx:
        row = await pages_inbox.one(tx, here.org_id, task_id)
    by: Literal["blast_guard", "misconfigured"] = "blast_guard" if row.kind == TaskKind.BLAST_GUARD else "misconfigured"

    async def act(asked: HeldIn) -> object:
        way = release_holds if asked.do == "release" else discard_holds
        return await way(here, HoldIn(held_by=by, note=asked.note))

    return await _act(request, here, task_id, "held", HeldIn, act, "finished")
