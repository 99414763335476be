"""The outbox: messages as a family has them on the phone and in the mail program, where none leaves this machine.

It is open in the demo, and wherever a channel has no provider. In the demo one can answer as the family does, and the
links in e-mails work.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from markupsafe import Markup, escape
from pydantic import BaseModel
from sqlalchemy import Row

from api.pages.forms import Filled, read, sent
from api.pages.office.message_lines import GROUPS, STATES, Chosen, excerpt, grouped, state_in_words
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator, StaffVisit
from api.problem_kinds import OWN
from api.reply_taking import Written, take
from api.values import FreeText, RowId
from api.webhooks.inbound import TEXTS
from db import pages_messages, pages_outbox, raw_events
from db.families import Whose
from db.listing import Cut
from db.pages_messages import Wanted
from domain.refusals import NotFound
from domain.stopping import without_secret
from domain.value import Id
from settings import Settings

router = staff_pages()
PART = 20
"""Messages of the list."""
_LINK = re.compile(r"https?://[^\s<>]+[^\s<>.,)]")


class AnswerIn(BaseModel):
    """What is answered as the family."""

    text: FreeText


@dataclass(frozen=True)
class Bubble:
    """A text on the phone: to the family, or theirs."""

    at: datetime
    row: Row[Any]
    theirs: bool


def is_open(request: Request) -> bool:
    """Whether there is an outbox to look into."""
    settings: Settings = request.app.state.settings
    return bool(request.app.state.one_click) or not (settings.sends_sms and settings.sends_email)


def _needed(request: Request) -> None:
    if not is_open(request):
        raise NotFound("route_unknown", "texts and e-mails leave by their providers here, so there is no outbox")


def linked(words: str) -> Markup:
    """A mail's words with its links as links."""
    pieces, at = Markup(""), 0
    for found in _LINK.finditer(words):
        pieces += escape(words[at : found.start()]) + Markup('<a href="{0}">{0}</a>').format(found[0])
        at = found.end()
    return pieces + escape(words[at:])


async def page(
    request: Request,
    here: StaffVisit,
    state: Chosen,
    chosen: Id | None,
    cursor: str | None = None,
    *,
    filled: Filled | None = None,
    status: int = 200,
) -> Response:
    """The list, and of the chosen message's reader the phone and the mail."""
    is_demo = bool(request.app.state.one_click)
    wanted = Wanted(states=GROUPS[state][1] if state in GROUPS else None)
    async with here.transaction() as tx:
        now = await here.now(tx)
        part = await pages_messages.log(tx, here.org_id, wanted, Cut(PART, cursor))
        days = await pages_messages.by_day(tx, here.org_id, here.zone, now)
        picked = await pages_messages.one(tx, here.org_id, chosen) if chosen else next(iter(part.rows), None)
        chat, mail = [], None
        if picked is not None:
            chat = await _chat(here, tx, picked.guardian_id) if picked.guardian_id else []
            mail = picked if picked.channel == "email" else None
            newest = (
                None if mail else await pages_outbox.newest_mail(tx, here.org_id, picked.guardian_id or picked.staff_id)
            )
            mail = await pages_messages.one(tx, here.org_id, newest) if newest else mail
        phone = await pages_outbox.phone_of(tx, here.org_id, picked.guardian_id) if picked else None
    return render(
        request,
        "outbox/page.html",
        status=status,
        now=now,
        rows=part.rows,
        next_cursor=part.next_cursor,
        state=state,
        groups=grouped(days),
        picked=picked,
        chat=chat,
        mail=mail,
        phone=phone,
        words=(linked if is_demo else without_secret)(mail.body) if mail and mail.body else None,
        is_demo=is_demo,
        states=STATES,
        why=state_in_words,
        excerpt=excerpt,
        filled=filled or Filled(),
    )


async def _chat(here: StaffVisit, tx: Any, guardian_id: Id) -> list[Bubble]:
    """What went back and forth on a phone, the oldest first."""
    ours = [
        Bubble(r.handed_over_at or r.created_at, r, False)
        for r in await pages_outbox.texts(tx, here.org_id, guardian_id)
    ]
    theirs = [Bubble(r.received_at, r, True) for r in await pages_outbox.replies_of(tx, here.org_id, guardian_id)]
    return sorted((*ours, *theirs), key=lambda b: (b.at, b.theirs))[-pages_outbox.MOST :]


@router.get("/outbox")
async def outbox(
    request: Request, here: Coordinator, state: Chosen = "all", m: RowId | None = None, cursor: str | None = None
) -> Response:
    """Messages, the newest first; `m` is the one whose reader is looked at."""
    _needed(request)
    return await page(request, here, state, m, cursor)


@router.post("/outbox/{message_id}/answer")
async def answer(request: Request, here: Coordinator, message_id: RowId) -> Response:
    """Answer as the family, in the demo: it is taken in as a text from that number is."""
    if not request.app.state.one_click:
        raise NotFound("route_unknown", OWN["route_unknown"])
    filled = await sent(request)
    asked = read(AnswerIn, filled)
    if asked is None:
        return await page(request, here, "all", message_id, filled=filled, status=422)
    async with here.transaction() as tx:
        now = await here.now(tx)
        row = await pages_messages.one(tx, here.org_id, message_id)
        phone = await pages_outbox.phone_of(tx, here.org_id, row.guardian_id)
        if phone is None:
            raise NotFound("guardian_unknown", OWN["guardian_unknown"])
        came = (here.new_id(), json.dumps({"From": phone, "Body": asked.text}))
        (event,) = await raw_events.keep(tx, here.org_id, TEXTS, [came], now)
        whose = Whose(here.org_id, row.guardian_id)
        await take(here, tx, Written("sms", phone, asked.text), whose, event.id, now)
    return go(f"/outbox?m={message_id}", "reply_came")
