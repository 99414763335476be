"""Replies: what families wrote that no rule could read, read here by a person; and everything else they wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import ValidationError
from sqlalchemy import Row

from api.pages.forms import Filled, read, sent
from api.pages.office.outbox import is_open
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator, StaffVisit
from api.replies import MatchIn, ReadIn, match_reply, understand_reply
from api.values import RowId
from db import answers, pages_replies
from db.answers import Which
from db.engine import Tx
from db.listing import Cut
from domain.refusals import Conflict, Invalid
from domain.reply_words import WHY
from domain.stopping import without_secret

router = staff_pages()
View = Literal["open", "unclear", "unmatched", "all"]
PART = 25
"""Replies of one page."""
MEANINGS = (
    ("ill", "Ill or unwell"),
    ("clash", "Cannot come"),
    ("call_me", "Call them back today"),
    ("nothing", "Nothing to do"),
    ("stop", "No more texts"),
    ("start", "Texts again"),
)
"""What a person can read in a reply, the most likely first."""
_SAID = {"call_me": "call_planned", "nothing": "reply_set_aside"}


@dataclass(frozen=True)
class Shown:
    """A reply with why it waits, what it answers, and whose it may be: rows of contact and child."""

    row: Row[Any]
    why: str
    answered: Row[Any] | None
    words_answered: str
    families: Sequence[Row[Any]]

    @property
    def is_placed(self) -> bool:
        """Whether it is known whom it is about."""
        return self.row.student_id is not None


@dataclass(frozen=True)
class Group:
    """Replies under one heading, and where the next part begins."""

    which: Which
    heading: str
    replies: Sequence[Shown]
    next_cursor: str | None


_HEADINGS: dict[Which, str] = {
    "unclear": "What does it mean?",
    "unmatched": "Whose is it, about whom?",
    "all": "Everything that came in, the newest first",
}


async def _group(here: StaffVisit, tx: Tx, which: Which, cursor: str | None) -> Group:
    part = await answers.waiting(tx, here.org_id, which, Cut(PART, cursor))
    told = await pages_replies.answered(tx, here.org_id, part.rows)
    theirs = await pages_replies.of_guardians(tx, here.org_id, part.rows)
    shown = [
        Shown(r, WHY.get(r.rule or "", ""), m := told.get(r.message_id), _words(m), theirs.get(r.guardian_id, ()))
        for r in part.rows
    ]
    return Group(which, _HEADINGS[which], shown, part.next_cursor)


def _words(message: Row[Any] | None) -> str:
    return without_secret((message.subject or message.body or "") if message else "")


async def page(
    request: Request,
    here: StaffVisit,
    view: View = "open",
    *,
    cursor: str | None = None,
    of: str | None = None,
    find: str = "",
    wrong: Filled | None = None,
    status: int = 200,
) -> Response:
    """The replies. `of` is the reply whose family is searched for with `find`; `wrong` is what could not be done."""
    wanted: tuple[Which, ...] = ("unclear", "unmatched") if view == "open" else (view,)
    async with here.transaction() as tx:
        now: datetime = await here.now(tx)
        groups = [await _group(here, tx, which, cursor) for which in wanted]
        found = await pages_replies.alike(tx, here.org_id, find.strip()) if of else ()
    return render(
        request,
        "replies/page.html",
        status=status,
        now=now,
        view=view,
        groups=groups,
        waiting=sum(len(g.replies) for g in groups) if view == "open" else request.state.counts.get("replies", 0),
        searched=of,
        find=find.strip(),
        found=found,
        meanings=MEANINGS,
        outbox=is_open(request),
        filled=wrong or Filled(),
    )


@router.get("/replies")
async def replies(
    request: Request,
    here: Coordinator,
    which: View = "open",
    cursor: str | None = None,
    of: RowId | None = None,
    find: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Replies that wait for a person, or all of them."""
    return await page(request, here, which, cursor=cursor, of=of, find=find)


@router.get("/replies/changes")
async def changes(request: Request, here: Coordinator, seen: int) -> Response:
    """A line that says that other replies wait by now; nothing while they do not."""
    async with here.transaction() as tx:
        waits = [await answers.waiting(tx, here.org_id, w, Cut(PART)) for w in ("unclear", "unmatched")]
    return render(request, "replies/_changes.html", more=sum(len(w.rows) for w in waits) - seen)


@router.post("/replies/{reply_id}/understand")
async def understand(request: Request, here: Coordinator, reply_id: RowId) -> Response:
    """Say what a reply means. To be called back is a task for the same day."""
    filled = await sent(request)
    asked = read(ReadIn, filled)
    if asked is None:
        return go("/replies", "none_chosen")
    try:
        await understand_reply(here, reply_id, asked)
    except (Conflict, Invalid) as why:
        return await page(request, here, wrong=filled.refused(why), status=409)
    return go("/replies", _SAID.get(asked.meaning, "reply_understood"))


@router.post("/replies/{reply_id}/match")
async def match(request: Request, here: Coordinator, reply_id: RowId) -> Response:
    """Say whose reply it is and about whom; the form brings both in one value."""
    filled = await sent(request)
    guardian_id, _, student_id = filled.values["family"].partition(":")
    try:
        asked = MatchIn(guardian_id=guardian_id, student_id=student_id)
    except ValidationError:
        return go("/replies", "none_chosen")
    try:
        await match_reply(here, reply_id, asked)
    except (Conflict, Invalid) as why:
        return await page(request, here, wrong=filled.refused(why), status=409)
    return go("/replies", "reply_placed")
