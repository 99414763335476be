"""What families write to us: texts by Twilio, e-mail by SendGrid's Inbound Parse. Kept word for word, then read."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access import Caller
from api.problem_kinds import OWN
from api.reply_taking import Written, take
from api.webhooks.admitting import called, verified
from api.webhooks.reading import UNREADABLE
from api.webhooks.reports import TWILIO
from api.webhooks.source import MISSING, WRONG, digest, key_of, refuse
from db import families, raw_events
from db.engine import Tx
from db.families import Whose
from db.raw_events import Read
from domain.refusals import NotFound
from domain.replies import Meaning, is_carrier_word
from domain.sending import Channel
from messaging.inbound_mail import InboundMail, fields_of, read
from messaging.twilio_signature import read_form
from settings import Settings

log = logging.getLogger("bellwether.api")
router = APIRouter(prefix="/v1", include_in_schema=False)
TEXTS, MAIL = "twilio_inbound", "sendgrid_inbound"
LARGEST_TEXT = 64 * 1024
LARGEST_MAIL = 31 * 1024 * 1024
"""SendGrid takes mails of up to 30 MB, their attachments included, and posts them as they are."""
AUTOMATIC, OWN_NUMBER = "automatic", "own_number"
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
DOORS: dict[str, Callable[[Settings], bool]] = {
    TEXTS: TWILIO.is_set_up,
    MAIL: lambda settings: settings.sendgrid_inbound_secret is not None,
}
"""Whether each is set up, by source."""
_CARRIER: dict[str, Meaning] = {"STOP": "stop", "START": "start", "HELP": "help"}


@router.post("/webhooks/twilio/inbound")
async def receive_text(request: Request, organization: str | None = None) -> Response:
    """A text from a family. It is answered with nothing here: answers leave as messages, with all their rules."""
    settings: Settings = request.app.state.settings
    if not TWILIO.is_set_up(settings):
        raise NotFound("webhook_not_set_up", OWN["webhook_not_set_up"])
    came = await called(request, LARGEST_TEXT)
    await verified(request, TEXTS, lambda: TWILIO.verify(settings, came, request.app.state.clock()))
    form = {name: value.replace("\0", "") for name, value in read_form(came.body)}
    sender, key = form.get("From", ""), key_of(form.get("MessageSid")) or digest(came.text)

    async def find(tx: Tx, org: str | None) -> Whose | None:
        return await families.by_address(tx, Channel.SMS, sender, org)

    def written() -> Written | str:
        if sender in (settings.twilio_from, form.get("To")):
            return OWN_NUMBER
        if not sender:
            return UNREADABLE
        text, carrier = form.get("Body", ""), form.get("OptOutType", "").upper()
        answered = bool(carrier) or (settings.twilio_answers_opt_out and is_carrier_word(text))
        return Written("sms", sender, text[:4000], read_as=_CARRIER.get(carrier), answered=answered)

    await _take_in(request, organization, TEXTS, (key, json.dumps(form)), sender, find, written)
    return Response(NOTHING_TO_SAY, media_type="text/xml")


@router.post("/webhooks/sendgrid/inbound")
async def receive_mail(request: Request, organization: str | None = None) -> dict[str, str]:
    """An e-mail from a family. SendGrid knows the password; it is checked before anything is read."""
    settings: Settings = request.app.state.settings
    if settings.sendgrid_inbound_secret is None:
        raise NotFound("webhook_not_set_up", OWN["webhook_not_set_up"])
    password, given = settings.sendgrid_inbound_secret.get_secret_value(), request.headers.get("Authorization")
    await verified(request, MAIL, lambda: _check_password(password, given))
    came = await called(request, LARGEST_MAIL)
    mail: InboundMail | None = None
    try:
        # in a thread: a mail may bring megabytes of attachments, which are parsed to be left out
        fields = await asyncio.to_thread(fields_of, came.headers.get("Content-Type", ""), came.body)
        kept = json.dumps(fields)
        mail = read(fields)
    except ValueError:
        kept = came.text[:LARGEST_TEXT]
    sender = mail.sender if mail else ""
    key = key_of(mail.message_id if mail else None) or digest(kept)

    async def find(tx: Tx, org: str | None) -> Whose | None:
        if mail is None:
            return None
        named = await families.by_message(tx, mail.answers, mail.refers_to)
        return named or await families.by_address(tx, Channel.EMAIL, sender, org)

    def written() -> Written | str:
        if mail is None:
            return UNREADABLE
        return AUTOMATIC if mail.automatic else Written("email", sender, mail.words)

    await _take_in(request, organization, MAIL, (key, kept), sender, find, written)
    return {"status": "taken" if mail else "kept"}


async def _take_in(
    request: Request,
    organization: str | None,
    source: str,
    event: tuple[str, str],
    sender: str,
    find: Callable[[Tx, str | None], Awaitable[Whose | None]],
    written: Callable[[], Written | str],
) -> None:
    """Keep an event once and read it. What goes wrong in reading costs no words: the event is kept and listed."""
    state = request.app.state
    here = Caller("", None, state.books, state.gateway, state.clock)
    async with state.webhook_slots, here.transaction() as tx:
        await families.one_at_a_time(tx, sender)
        if await families.is_known(tx, source, event[0]):
            return
        org = await _named(tx, organization)
        whose = await find(tx, org)
        here.org_id = whose.org_id if whose else await _home(tx, org)
        now = await here.now(tx)
        kept = await raw_events.keep(tx, here.org_id, source, [event], now)
        if kept:
            await _read(here, tx, kept[0].id, whose, written(), now)


async def _read(here: Caller, tx: Tx, event_id: str, whose: Whose | None, said: Written | str, now: datetime) -> None:
    problem = said if isinstance(said, str) else None
    if not isinstance(said, str):
        try:
            async with tx.begin_nested():
                await take(here, tx, said, whose, event_id, now)
        except Exception:
            log.exception("a reply could not be read and is kept as raw event %s", event_id)
            problem = UNREADABLE
    if problem:
        await raw_events.mark(tx, here.org_id, [Read(event_id, None, problem)])


async def _named(tx: Tx, organization: str | None) -> str | None:
    """The organization that the address names. Raises NotFound when there is none of that name."""
    if organization is None:
        return None
    found = await raw_events.organizations_named(tx, organization)
    if len(found) != 1:
        raise NotFound("organization_unknown", "the address names no organization; check ?organization=")
    return found[0]


async def _home(tx: Tx, organization: str | None) -> str:
    found = await families.home(tx, organization)
    if found is None:
        raise NotFound("organization_unknown", "there is no organization yet; create one, then ask families to write")
    return found


def _check_password(password: str, given: str | None) -> None:
    """HTTP Basic with any user name: unlike a secret in the path it stays out of access logs. Raises Unauthorized."""
    scheme, _, credentials = (given or "").partition(" ")
    if scheme.lower() != "basic":
        raise refuse(MISSING, "put bellwether:<BELLWETHER_SENDGRID_INBOUND_SECRET>@ before the host of the address")
    try:
        told = base64.b64decode(credentials, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        told = b""
    if not hmac.compare_digest(told, password.encode()):
        raise refuse(WRONG, "the password is another one; check BELLWETHER_SENDGRID_INBOUND_SECRET")
