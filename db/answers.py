"""Guardians' replies: kept as they came, understood, and told to every student they are about."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, insert, select, update

from db import inbox, listing
from db.engine import Tx
from db.journal_tables import messages, replies
from db.listing import Cut, Part
from db.tables import guardians, student_guardians
from domain.events import ReplyReceived
from domain.refusals import Invalid
from domain.replies import Meaning
from domain.sending import Channel
from domain.value import Id

ABOUT_EACH_CHILD = frozenset({"ill", "clash", "call_me"})
"""Coded answers to a text that named several children count for each of them."""


async def check_guardian(tx: Tx, org_id: Id, student_id: Id, guardian_id: Id) -> None:
    """Raises Invalid unless the guardian is a contact of the student."""
    g = student_guardians.c
    found = await tx.execute(
        select(g.position).where(g.org_id == org_id, g.student_id == student_id, g.guardian_id == guardian_id)
    )
    if found.one_or_none() is None:
        raise Invalid("not_their_guardian", "this guardian is no contact of the student; link the guardian first")


async def children_named(tx: Tx, org_id: Id, student_id: Id, guardian_id: Id) -> list[Id]:
    """The student, and the siblings named with him in the newest absence SMS this guardian was handed."""
    m = messages.c
    newest = (
        await tx.execute(
            select(m.id, m.student_id)
            .where(m.org_id == org_id, m.guardian_id == guardian_id, m.channel == Channel.SMS.value)
            .where(m.handed_over_at.is_not(None), m.merged_into.is_(None), m.offers_replies)
            .order_by(m.handed_over_at.desc(), m.id)
            .limit(1)
        )
    ).one_or_none()
    if newest is None:
        return [student_id]
    with_it = await tx.execute(
        select(m.student_id).where(m.org_id == org_id, m.merged_into == newest.id).order_by(m.student_id)
    )
    named = list(dict.fromkeys([newest.student_id, *(r.student_id for r in with_it)]))
    return [student_id, *(n for n in named if n != student_id)] if student_id in named else [student_id]


async def opt(tx: Tx, org_id: Id, guardian_id: Id, meaning: Meaning, now: datetime) -> None:
    """STOP and START count from this moment: the claim of the next SMS sees them."""
    if meaning in ("stop", "start"):
        g = guardians.c
        since = func.coalesce(g.sms_opted_out_at, now) if meaning == "stop" else None
        await tx.execute(
            update(guardians).where(g.org_id == org_id, g.id == guardian_id).values(sms_opted_out_at=since)
        )


async def receive(
    tx: Tx, org_id: Id, student_id: Id, guardian_id: Id, reply_id: Id, text: str, meaning: Meaning, now: datetime
) -> Id:
    """Keep a reply and tell the student's process; returns the inbox row."""
    row = {"org_id": org_id, "id": reply_id, "guardian_id": guardian_id, "student_id": student_id}
    await tx.execute(insert(replies).values(row | {"text": text, "meaning": meaning, "received_at": now}))
    event = ReplyReceived(reply_id=reply_id, guardian_id=guardian_id, meaning=meaning)
    return await inbox.put(tx, org_id, student_id, event, now)


async def known(tx: Tx, org_id: Id, reply_id: Id) -> Row[Any] | None:
    """A reply that was received before."""
    found = await tx.execute(select(replies).where(replies.c.org_id == org_id, replies.c.id == reply_id))
    return found.one_or_none()


async def list_replies(tx: Tx, org_id: Id, student_id: Id, cut: Cut) -> Part:
    """The replies about a student, newest first, with who sent them."""
    r, g = replies.c, guardians.c
    query = (
        select(replies, g.name.label("guardian_name"))
        .join(guardians, and_(g.org_id == r.org_id, g.id == r.guardian_id))
        .where(r.org_id == org_id, r.student_id == student_id)
    )
    return await listing.part(tx, query, [r.received_at, r.id], cut, newest_first=True)
