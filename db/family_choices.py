"""What a guardian chooses on his own page: his language, and whether texts and e-mails go to him."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select, update

from db import answers, messages, suppressions, unsubscribing
from db.engine import Tx
from db.reply_tables import consents
from db.tables import guardians
from db.unsubscribing import UNSUBSCRIBED, StopLink
from domain.sending import Channel
from domain.value import Id

_g = guardians.c


@dataclass(frozen=True)
class Chosen:
    """How he can be reached, and what he has stopped.

    `texts_by_reply`: he stopped texts by a text, which only a text takes back, as his carrier may hold them as well.
    `closed` are channels whose address does not take our messages.
    """

    phone: str | None
    email: str | None
    texts: bool
    texts_by_reply: bool
    emails: bool
    closed: frozenset[str]


async def of(tx: Tx, org_id: Id, guardian_id: Id) -> Chosen:
    """What he has chosen."""
    row = (await tx.execute(select(guardians).where(_g.org_id == org_id, _g.id == guardian_id))).one()
    closed = await suppressions.in_force(tx, org_id, row.phone, row.email)
    emails = closed.get(Channel.EMAIL) != UNSUBSCRIBED
    stopped = row.sms_opted_out_at is not None
    return Chosen(
        phone=row.phone,
        email=row.email,
        texts=not stopped,
        texts_by_reply=stopped and not await _stopped_here(tx, org_id, guardian_id),
        emails=emails,
        closed=frozenset(c for c, why in closed.items() if why != UNSUBSCRIBED),
    )


async def _stopped_here(tx: Tx, org_id: Id, guardian_id: Id) -> bool:
    """Whether his last STOP was a button of ours: it came with no text and by no person of the office."""
    c = consents.c
    found = await tx.execute(
        select(c.change, c.reply_id, c.by)
        .where(c.org_id == org_id, c.guardian_id == guardian_id, c.channel == Channel.SMS.value)
        .order_by(c.at.desc(), c.id)
        .limit(1)
    )
    last = found.one_or_none()
    return last is not None and last.change == "opted_out" and last.reply_id is None and last.by is None


async def speak(tx: Tx, org_id: Id, guardian_id: Id, language: str) -> None:
    """Pages and messages are in this language from now on. One with a region that is the same language stays."""
    mine = and_(_g.org_id == org_id, _g.id == guardian_id)
    known = (await tx.execute(select(_g.language).where(mine))).scalar_one()
    if known.partition("-")[0].lower() != language:
        await tx.execute(update(guardians).where(mine).values(language=language))


async def texts(tx: Tx, org_id: Id, guardian_id: Id, now: datetime, *, wanted: bool) -> None:
    """Stop texts to his phone at once, or take that back where the button had stopped them. Else nothing changes."""
    chosen = await of(tx, org_id, guardian_id)
    if chosen.texts is not wanted and not chosen.texts_by_reply:
        await answers.opt(tx, org_id, guardian_id, "start" if wanted else "stop", None, now)


async def emails(tx: Tx, org_id: Id, guardian_id: Id, operator: str, now: datetime, *, wanted: bool) -> None:
    """Stop e-mails to his present address, or take that back: the same as the link at the end of each e-mail."""
    row = await messages.lock_recipient(tx, org_id, guardian_id, None)
    if row.email is None:
        return
    address = suppressions.as_kept(Channel.EMAIL, row.email)
    link = StopLink(org_id, guardian_id, address, operator, row.language, stopped=wanted, gets_texts=True)
    await (unsubscribing.take_back if wanted else unsubscribing.stop)(tx, link, now)
