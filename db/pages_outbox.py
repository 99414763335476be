"""What one person has on the phone and in the mail program, as far as we know: for the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from db import pages_messages
from db.engine import Tx
from db.journal_tables import messages
from db.listing import Cut
from db.pages_messages import Wanted
from db.reply_tables import replies
from db.tables import guardians
from domain.sending import Channel
from domain.value import Id

MOST = 16
"""Texts of one phone, and replies, that are shown."""
_m, _r, _g = messages.c, replies.c, guardians.c


async def texts(tx: Tx, org_id: Id, guardian_id: Id) -> Sequence[Row[Any]]:
    """The newest texts to this contact, also those that did not leave."""
    wanted = Wanted(channel=Channel.SMS.value, guardian_id=guardian_id)
    return (await pages_messages.log(tx, org_id, wanted, Cut(MOST))).rows


async def replies_of(tx: Tx, org_id: Id, guardian_id: Id) -> Sequence[Row[Any]]:
    """The newest texts from this contact. One that counts for several children is told once."""
    once = func.coalesce(_r.event_id, _r.id)
    each = (
        select(replies)
        .ext(distinct_on(once))
        .where(_r.org_id == org_id, _r.guardian_id == guardian_id, _r.channel != Channel.EMAIL.value)
        .order_by(once, _r.id)
        .subquery("each")
    )
    return (await tx.execute(select(each).order_by(each.c.received_at.desc()).limit(MOST))).all()


async def newest_mail(tx: Tx, org_id: Id, person_id: Id) -> Id | None:
    """The newest e-mail to a contact or a colleague that has words."""
    query = select(_m.id).where(_m.org_id == org_id, or_(_m.guardian_id == person_id, _m.staff_id == person_id))
    query = query.where(_m.channel == Channel.EMAIL.value, _m.body.is_not(None))
    found: Id | None = (await tx.execute(query.order_by(_m.created_at.desc(), _m.id).limit(1))).scalar_one_or_none()
    return found


async def phone_of(tx: Tx, org_id: Id, guardian_id: Id) -> str | None:
    """A contact's number, or None: without one, or when there is no such contact."""
    query = select(_g.phone).where(_g.org_id == org_id, _g.id == guardian_id)
    found: str | None = (await tx.execute(query)).scalar_one_or_none()
    return found
