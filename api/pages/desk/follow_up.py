"""A follow-up: why it is here, whom to reach and how, what happened and what comes; drawn, and kept up to date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import ValidationError
from sqlalchemy import Row

from api.own_messages import OwnMessageIn, Suggestion, try_out
from api.pages.desk.follow_up_parts import Asked, gather, leaves_at
from api.pages.forms import Filled, sent
from api.pages.rendering import render
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator, StaffVisit
from api.values import RowId
from db import drafts, names, pages_follow_up, pages_inbox, student_facts
from domain.refusals import Refusal
from domain.sending import Channel
from domain.tasks import TaskKind, TaskOutcome
from domain.value import Id

router = staff_pages()
MOST_PARTS = 4
"""Text parts that the meter shows room for."""
_REACHED, _LEFT = TaskOutcome.REACHED.value, TaskOutcome.MESSAGE_LEFT.value
Choices = Sequence[tuple[str, str, str | None]]
OF_CASE: Choices = (
    (_REACHED, "Reached, and all is well", "Attendance is watched from now on"),
    (TaskOutcome.PLAN_CHANGED.value, "Reached, and something changes", "Another time, teacher or plan"),
    (_LEFT, "Left a message", "Attendance is watched from now on"),
    (TaskOutcome.NO_ANSWER.value, "No answer", "Comes back on the next working day"),
    (TaskOutcome.PAUSED.value, "They pause", "Say below until when"),
    (TaskOutcome.WITHDRAWING.value, "They leave", "Closes the follow-up"),
    ("log", "Only log the call", "The follow-up stays open"),
)
"""What a call can have come to where attendance is at stake: value, words, what follows."""
OF_STUDENT: Choices = (
    (_REACHED, "Reached", None),
    (_LEFT, "Left a message", None),
    (TaskOutcome.NO_ANSWER.value, "No answer", "Comes back on the next working day"),
    (TaskOutcome.DONE.value, "Done without a call", None),
    ("log", "Only log the call", "The follow-up stays open"),
)
DISMISSED = (
    ("duplicate", "Somebody follows up already"),
    ("false_alarm", "It was a false alarm"),
    ("other", "Another reason, told below"),
)


async def page(
    request: Request,
    here: StaffVisit,
    task_id: Id,
    asked: Asked | None = None,
    *,
    filled: Filled | None = None,
    doing: str | None = None,
    undo: Id | None = None,
    status: int = 200,
) -> Response:
    """The page, with what was sent where it was sent with mistakes. `doing` names the form it came from."""
    shown = await gather(here, task_id, asked or _as_before(filled))
    begun = {"after": "watch", "outcome": TaskOutcome.REACHED.value, "reason": ""}
    if draft := shown["draft"]:
        begun |= {"body": draft.get("body", ""), "subject": draft.get("subject", "")}
    if draft and "body" in draft and filled and doing == "send":
        values = filled.values | {"to": draft["whom"].id, "channel": draft["channel"].value}
        if found := await _measured(here, shown["r"], Filled.with_values(values)):
            draft |= {"preview": found.texts[0].preview, "checks": found.checks}
    held, undo_for = None, 0
    if undo is not None:
        async with here.transaction() as tx:
            undo_for = int((await student_facts.newest_policy(tx, here.org_id)).undo_for.total_seconds())
            held = await pages_follow_up.just_sent(tx, here.org_id, undo, here.me.id)
    return render(
        request,
        "tasks/page.html",
        status=status,
        filled=filled if filled and doing == "send" else Filled.with_values(begun),
        other=filled if filled and doing != "send" else Filled.with_values(begun),
        doing=doing,
        called=OF_CASE if shown.get("case") else OF_STUDENT,
        dismissed=DISMISSED,
        held=held,
        undo_for=undo_for,
        held_night=held is not None and leaves_at(held.zone, shown["now"]) is not None,
        undo=undo,
        most=MOST_PARTS,
        is_lead=here.me.role.value in ("lead", "admin"),
        kinds=TaskKind,
        **shown,
    )


def _as_before(filled: Filled | None) -> Asked:
    """What the page was asked for when its form was filled in."""
    if filled is None or not filled.values["channel"]:
        return Asked()
    return Asked(filled.values["to"] or None, Channel(filled.values["channel"]), write=True)


@router.get("/tasks/{task_id}")
async def follow_up(
    request: Request,
    here: Coordinator,
    task_id: RowId,
    to: RowId | None = None,
    channel: Channel | None = None,
    write: bool = False,
    undo: RowId | None = None,
    again: Annotated[RowId | None, Query(description="a message taken back, whose words are wanted")] = None,
) -> Response:
    """A follow-up on a page of its own."""
    asked = Asked(to, channel, write or bool(to or channel))
    filled = None
    if again is not None:
        filled, asked = await _words_again(here, again)
    if filled is None:
        return await page(request, here, task_id, asked, undo=undo)
    return await page(request, here, task_id, asked, filled=filled, doing="send")


async def _words_again(here: StaffVisit, draft_id: Id) -> tuple[Filled, Asked]:
    """The words of a message that was taken back, to go on with."""
    async with here.transaction() as tx:
        draft = await drafts.one(tx, here.org_id, draft_id)
        text = next(iter(await drafts.texts_of(tx, here.org_id, [draft_id])))
    filled = Filled.with_values({"after": "watch", "body": text.story, "subject": text.words_subject})
    return filled, Asked(draft.guardian_id, Channel(text.channel), write=True)


@router.get("/tasks/{task_id}/changes")
async def changes(request: Request, here: Coordinator, task_id: RowId, seen: str) -> Response:
    """A line that says who did something about it meanwhile; nothing while nobody did."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        row = await pages_inbox.one(tx, here.org_id, task_id)
        changed = await pages_follow_up.mark(tx, here.org_id, task_id) != seen
        people = await names.of_people(tx, here.org_id) if changed else {}
    return render(request, "tasks/_changes.html", now=now, r=row, changed=changed, people=people)


@router.post("/tasks/{task_id}/measure")
async def measure(request: Request, here: Coordinator, task_id: RowId) -> Response:
    """How the words in the box would leave, and what is checked of them."""
    filled = await sent(request)
    async with here.transaction() as tx:
        row = await pages_inbox.one(tx, here.org_id, task_id)
    found = await _measured(here, row, filled)
    return render(
        request,
        "tasks/_measure.html",
        checks=found.checks if found else (),
        preview=found.texts[0].preview if found else None,
        channel=filled.values["channel"],
        most=MOST_PARTS,
    )


async def _measured(here: StaffVisit, row: Row[Any], filled: Filled) -> Suggestion | None:
    """The words of the form as they would leave; None where nothing can be said of them."""
    said = filled.values
    try:
        words = {"channels": [said["channel"]], "subject": said["subject"] or None, "body": said["body"] or "-"}
        asked = OwnMessageIn.model_validate({"guardian_id": said["to"], **words})
        return await try_out(here, row.student_id, asked, row.id) if row.student_id else None
    except (Refusal, ValidationError):
        return None
