"""Every message with where it stands and why, what is held, which addresses are closed; and what to do about each."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Query, Request
from fastapi.responses import Response

from api.guardian_addresses import LiftIn, lift_suppression
from api.holds import HoldIn, discard_holds, release_holds
from api.messages import ResendIn, message, resend_message
from api.pages.forms import Filled, read, sent
from api.pages.office.message_lines import GROUPS, STATES, Chosen, excerpt, grouped, state_in_words, two_weeks
from api.pages.office.outbox import is_open
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator, Lead, StaffVisit
from api.values import RowId
from db import pages_messages
from db.listing import Cut
from db.mail import RESENDABLE
from db.pages_messages import Wanted
from domain.refusals import Conflict
from domain.sending import OPTED_OUT
from domain.tasks import Role

router = staff_pages()
PART = 40
"""Messages of one page."""


async def page(
    request: Request,
    here: StaffVisit,
    wanted: dict[str, str],
    cursor: str | None = None,
    *,
    wrong: Filled | None = None,
    status: int = 200,
) -> Response:
    """The log. `wanted` are its filters as the address has them."""
    chosen: Any = wanted.get("state", "all")
    which = Wanted(
        states=GROUPS[chosen][1] if chosen in GROUPS else None,
        channel=wanted.get("channel"),
        reason=wanted.get("reason"),
        find=wanted.get("find", ""),
    )
    async with here.transaction() as tx:
        now = await here.now(tx)
        part = await pages_messages.log(tx, here.org_id, which, Cut(PART, cursor))
        days = await pages_messages.by_day(tx, here.org_id, here.zone, now)
        held = await pages_messages.held(tx, here.org_id)
    return render(
        request,
        "messages/page.html",
        status=status,
        now=now,
        rows=part.rows,
        next_cursor=part.next_cursor,
        cursor=cursor,
        wanted=wanted,
        chosen=chosen,
        groups=grouped(days),
        picture=two_weeks(days, here.zone, now) if days else None,
        since=now - pages_messages.DAYS + timedelta(days=1),
        held=held,
        may_decide=here.me.role in (Role.LEAD, Role.ADMIN),
        states=STATES,
        why=state_in_words,
        excerpt=excerpt,
        address=lambda **more: _address(wanted, more),
        outbox=is_open(request),
        filled=wrong or Filled(),
    )


def _address(wanted: dict[str, str], more: dict[str, str | None]) -> str:
    """The log's own address with other filters."""
    query = urlencode({k: v for k, v in {**wanted, **more}.items() if v and v != "all"})
    return f"/admin/messages?{query}" if query else "/admin/messages"


@router.get("/admin/messages")
async def messages(
    request: Request,
    here: Coordinator,
    state: Chosen = "all",
    channel: Literal["", "sms", "email"] = "",
    reason: Annotated[str | None, Query(max_length=60)] = None,
    find: Annotated[str, Query(max_length=100)] = "",
    cursor: str | None = None,
) -> Response:
    """Messages, the newest first, by where they stand, the channel, the reason and a name."""
    given = {"state": state, "channel": channel, "reason": reason or "", "find": find.strip()}
    return await page(request, here, {k: v for k, v in given.items() if v and v != "all"}, cursor)


@router.get("/admin/messages/closed")
async def closed(request: Request, here: Coordinator) -> Response:
    """Addresses nothing goes to any more, and who asked for no texts."""
    async with here.transaction() as tx:
        rows = await pages_messages.closed(tx, here.org_id)
    return render(request, "messages/closed.html", rows=rows, opted_out=OPTED_OUT)


@router.post("/admin/messages/closed/{guardian_id}/lift")
async def lift(request: Request, here: Coordinator, guardian_id: RowId) -> Response:
    """Let messages go to an address again, on the family's word."""
    asked = read(LiftIn, await sent(request))
    if asked is None:
        return go("/admin/messages/closed", "none_chosen")
    try:
        await lift_suppression(here, guardian_id, asked)
    except Conflict as why:
        return go("/admin/messages/closed", why.kind)
    return go("/admin/messages/closed", "address_opened")


@router.post("/admin/messages/holds")
async def holds(request: Request, here: Lead) -> Response:
    """Let go or discard everything that is held for one reason."""
    filled = await sent(request)
    asked = read(HoldIn, filled)
    if asked is None:
        return await page(request, here, {}, wrong=filled, status=422)
    if filled.values["verb"] == "release":
        done = await release_holds(here, asked)
        return go("/admin/messages", "holds_released", len(done.messages))
    done = await discard_holds(here, asked)
    return go("/admin/messages", "holds_discarded", len(done.messages))


async def _message(
    request: Request, here: StaffVisit, message_id: str, filled: Filled | None = None, status: int = 200
) -> Response:
    async with here.transaction() as tx:
        now = await here.now(tx)
        row = await pages_messages.one(tx, here.org_id, message_id)
    return render(
        request,
        "messages/message.html",
        status=status,
        now=now,
        r=row,
        m=message(row, {row.guardian_id or row.staff_id: row.recipient_name}),
        states=STATES,
        why=state_in_words(row),
        can_resend=row.state in RESENDABLE,
        outbox=is_open(request),
        filled=filled or Filled(),
    )


@router.get("/admin/messages/{message_id}")
async def one(request: Request, here: Coordinator, message_id: RowId) -> Response:
    """One message: its words, each state it has been in, every attempt and every report."""
    return await _message(request, here, message_id)


@router.post("/admin/messages/{message_id}/resend")
async def resend(request: Request, here: Coordinator, message_id: RowId) -> Response:
    """Send it once more, as a message of its own."""
    filled = await sent(request)
    asked = read(ResendIn, filled)
    if asked is None:
        return await _message(request, here, message_id, filled, 422)
    try:
        again = await resend_message(here, message_id, Response(), asked)
    except Conflict as why:
        return await _message(request, here, message_id, filled.refused(why), 409)
    return go(f"/admin/messages/{again.id}", "resent")
