"""The inbox: a coordinator's follow-ups of today, the team's, and what was done. The pattern other pages follow."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Form, Query, Request
from fastapi.responses import JSONResponse, Response

from api.pages.desk.inbox_lines import Line, groups, hours, lines, snooze_choices
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator, StaffVisit
from api.task_verbs import Answer, ReassignIn, SnoozeIn, claim_task, reassign_task, snooze_task
from api.values import Instant, RowId
from db import pages_inbox
from db.engine import Tx
from db.listing import Cut
from db.pages_shell import day_end, day_start
from domain.refusals import Refusal

router = staff_pages()
View = Literal["mine", "team", "done"]
AT_ONCE = 4
"""Follow-ups of one bulk act that are told at the same time."""
MOST = 100
PAST = {"claim": "claimed", "snooze": "snoozed", "assign": "assigned"}


async def _lines(
    here: StaffVisit, tx: Tx, view: View, now: datetime, cursor: str | None = None
) -> tuple[Sequence[Line], str | None]:
    """The lines of a view, and where the next part begins."""
    if view == "done":
        part = await pages_inbox.finished(tx, here.org_id, here.me.id, day_start(now, here.zone))
    else:
        cut = Cut(pages_inbox.MOST, cursor)
        part = await pages_inbox.unfinished(tx, here.org_id, here.me.id if view == "mine" else None, cut)
    shown = await pages_inbox.strips(tx, here.org_id, [r.student_id for r in part.rows])
    return lines(part.rows, shown, here.me.id, now, day_end(now, here.zone)), part.next_cursor


@router.get("/inbox")
async def inbox(request: Request, here: Coordinator, view: View = "mine", cursor: str | None = None) -> Response:
    """Follow-ups by when they are due: mine, the team's, or what I finished today."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        found, next_cursor = await _lines(here, tx, view, now, cursor)
        done = (await _lines(here, tx, "done", now))[0] if view == "mine" and not cursor else ()
        team = await pages_inbox.colleagues(tx, here.org_id, here.me.id)
    return render(
        request,
        "inbox/page.html",
        now=now,
        view=view,
        groups=groups(found, view),
        left=request.state.counts["today"],
        hours=hours(found, done, now, here.zone) if view == "mine" and not cursor else (),
        cursor=cursor,
        next_cursor=next_cursor,
        team=team,
        snoozes=snooze_choices(now, here.zone),
        seen=_digest(found),
    )


@router.get("/inbox/changes")
async def changes(request: Request, here: Coordinator, view: View, seen: str) -> Response:
    """A line that says that the list looks different by now; nothing while it does not."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        found, _ = await _lines(here, tx, view, now)
    return render(request, "inbox/_changes.html", now=now, view=view, changed=_digest(found) != seen)


def _digest(found: Sequence[Line]) -> str:
    """What stands for the list as it was shown; the same list has the same, in every process."""
    return f"{len(found)}-{sum(int(line.id[:8], 16) * (i + 1) for i, line in enumerate(found)) % 2**32:x}"


@router.post("/inbox")
async def act(
    here: Coordinator,
    verb: Annotated[Literal["claim", "snooze", "assign"], Form()],
    task: Annotated[list[RowId] | None, Form(max_length=MOST)] = None,
    until: Annotated[Instant | None, Form()] = None,
    to: Annotated[RowId | None, Form()] = None,
    view: Annotated[View, Query()] = "mine",
) -> Response:
    """Claim, put off or hand over the ticked follow-ups, each as if it were done by itself."""
    back = "/inbox" if view == "mine" else f"/inbox?view={view}"
    if not task:
        return go(back, "none_chosen")
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(task_id: str) -> Answer | Refusal:
        own = replace(here, _to_wake=[], _sessions_to_wake=set())
        async with slots:
            try:
                match verb:
                    case "claim":
                        return await claim_task(own, task_id)
                    case "snooze":
                        return await snooze_task(own, task_id, SnoozeIn.model_validate({"until": until}))
                    case "assign":
                        return await reassign_task(own, task_id, ReassignIn(to_id=to))
            except Refusal as refused:
                return refused

    answers = await asyncio.gather(*(one(task_id) for task_id in dict.fromkeys(task)))
    refused = [a for a in answers if isinstance(a, Refusal)]
    if len(refused) == len(answers):
        return go(back, refused[0].kind)
    if refused:
        return go(back, "some", len(answers) - len(refused))
    stored = any(isinstance(a, JSONResponse) for a in answers)
    return go(back, "stored" if stored else PAST[verb], len(answers))
