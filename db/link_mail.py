"""E-mails that bring a link to sign in. Their link gets its token when they leave, so the books never hold it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import and_, func, insert, select

from db import sign_in_links
from db.decisions import message_row
from db.engine import Tx
from db.journal_tables import messages
from db.logins import Whose
from db.tables import guardians, student_guardians
from domain.sending import Channel, Message, MessageState, Purpose
from domain.signing_in import FORGOTTEN_LASTS, LASTS
from domain.signing_in import Purpose as LinkPurpose
from domain.value import Id

MOST_FAMILIES = 5
"""How many guardians one address may belong to, in all organizations."""
_m, _g = messages.c, guardians.c


async def forgotten_password(tx: Tx, org_id: Id, staff_id: Id, base: str, engine_now: datetime, now: datetime) -> Id:
    """Queue the e-mail by which a staff member sets a new password; returns its id."""
    return await _queue(tx, org_id, "welcome", "staff", staff_id, FORGOTTEN_LASTS, base, engine_now, now)


async def family(tx: Tx, org_id: Id, guardian_id: Id, base: str, engine_now: datetime, now: datetime) -> Id:
    """Queue the e-mail that brings a guardian to the family's page; returns its id."""
    return await _queue(tx, org_id, "family", "guardian", guardian_id, LASTS["family"], base, engine_now, now)


async def _queue(
    tx: Tx,
    org_id: Id,
    purpose: LinkPurpose,
    whose: Whose,
    person_id: Id,
    lasts: timedelta,
    base: str,
    engine_now: datetime,
    now: datetime,
) -> Id:
    link_id = await sign_in_links.reserve(tx, org_id, purpose, whose, person_id, engine_now, lasts)
    message = Message(
        id=str(uuid4()),
        key=f"sign_in_link:{link_id}:{Channel.EMAIL.value}",
        purpose=Purpose.SIGN_IN_LINK,
        channel=Channel.EMAIL,
        recipient_kind="staff" if whose == "staff" else "guardian",
        recipient_id=person_id,
        due_at=now,
        expires_at=now + min(lasts, FORGOTTEN_LASTS),
        created_at=now,
        numbers={"link": link_id, "base": base, "days": lasts.days},
    )
    await tx.execute(insert(messages).values({"org_id": org_id} | message_row(message)))
    return message.id


async def guardians_at(tx: Tx, email: str) -> list[tuple[Id, Id]]:
    """Guardians with this address who are a contact of somebody: organization and id."""
    of_child = and_(student_guardians.c.org_id == _g.org_id, student_guardians.c.guardian_id == _g.id)
    found = await tx.execute(
        select(_g.org_id, _g.id)
        .where(func.lower(_g.email) == email.strip().lower(), select(1).where(of_child).exists())
        .order_by(_g.org_id, _g.id)
        .limit(MOST_FAMILIES)
    )
    return [(r.org_id, r.id) for r in found]


async def waiting(tx: Tx, before: datetime) -> list[tuple[Id, Id]]:
    """Such e-mails that were due before then and have not left: organization and id."""
    found = await tx.execute(
        select(_m.org_id, _m.id)
        .where(_m.state.in_((MessageState.QUEUED.value, MessageState.SENDING.value)), _m.due_at < before)
        .where(_m.purpose == Purpose.SIGN_IN_LINK.value)
        .order_by(_m.due_at, _m.id)
        .limit(500)
    )
    return [(r.org_id, r.id) for r in found]
