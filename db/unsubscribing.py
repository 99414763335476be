"""Families end e-mail by a link in every one of them, and take that back by the same link, without a login.

The link's secret part is random and kept, not computed from `SECRET_KEY`: links in old e-mails must work for years,
also where no such key is set and after it was changed. It belongs to a guardian and the address it was sent to, so
that it says nothing about an address he has now.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, select, update
from sqlalchemy.dialects.postgresql import insert

from db import messages, suppressions
from db.delivery_tables import stop_links, suppressed_addresses
from db.engine import Tx
from db.tables import guardians, organizations
from domain.sending import Channel, Message
from domain.value import Id

UNSUBSCRIBED = "unsubscribed"
TOKEN_BYTES = 24
_l, _s, _g = stop_links.c, suppressed_addresses.c, guardians.c


@dataclass(frozen=True)
class StopLink:
    """What a link is about: whose e-mail from whom, and whether it is stopped now.

    `gets_texts`: his number is open, so that texts go on.
    """

    org_id: Id
    guardian_id: Id
    address: str
    operator_name: str
    language: str
    stopped: bool
    gets_texts: bool


async def link_for(
    tx: Tx, org_id: Id, message: Message, person: Row[Any], public_url: str | None, now: datetime
) -> str | None:
    """Where a guardian ends such e-mails as this one. None for texts, for staff, and without an address of ours."""
    if message.channel is not Channel.EMAIL or message.recipient_kind != "guardian" or not public_url:
        return None
    token = await _token(tx, org_id, message.recipient_id, person.email, now)
    return f"{public_url.rstrip('/')}/stop/{token}"


async def _token(tx: Tx, org_id: Id, guardian_id: Id, email: str, now: datetime) -> str:
    """The link's secret part for this address; made at first use, under the guardian's lock."""
    address = suppressions.as_kept(Channel.EMAIL, email)
    key = and_(_l.org_id == org_id, _l.guardian_id == guardian_id, _l.address == address)
    found: str | None = (await tx.execute(select(_l.token).where(key))).scalar_one_or_none()
    if found is not None:
        return found
    row = {"org_id": org_id, "guardian_id": guardian_id, "address": address, "created_at": now}
    row |= {"token": secrets.token_urlsafe(TOKEN_BYTES)}
    await tx.execute(insert(stop_links).values(row).on_conflict_do_nothing())
    return str((await tx.execute(select(_l.token).where(key))).scalar_one())


async def opened_by(tx: Tx, token: str, *, lock: bool = False) -> StopLink | None:
    """What a link is about; None for one that is not ours. `lock` keeps e-mail to him from being judged meanwhile."""
    found = await tx.execute(
        select(stop_links, organizations.c.name.label("operator_name"))
        .join(organizations, organizations.c.id == _l.org_id)
        .where(_l.token == token)
    )
    link = found.one_or_none()
    if link is None:
        return None
    if lock:
        await messages.lock_recipient(tx, link.org_id, link.guardian_id, None)
    query = select(guardians).where(_g.org_id == link.org_id, _g.id == link.guardian_id)
    person = (await tx.execute(query)).one()
    closed = await suppressions.in_force(tx, link.org_id, person.phone, link.address)
    return StopLink(
        org_id=link.org_id,
        guardian_id=link.guardian_id,
        address=link.address,
        operator_name=link.operator_name,
        language=person.language,
        stopped=closed.get(Channel.EMAIL) == UNSUBSCRIBED,
        gets_texts=person.phone is not None and person.sms_opted_out_at is None and Channel.SMS not in closed,
    )


async def stop(tx: Tx, link: StopLink, now: datetime) -> None:
    """Close the address, by the family's own wish. Once closed so, it stays as it is.

    The wish counts more than a bounce or a spam report: whoever lifts one of those must not bring the e-mails back.
    """
    await _lift(tx, link, now, _s.reason != UNSUBSCRIBED)
    row = {"org_id": link.org_id, "channel": Channel.EMAIL.value, "address": link.address, "since": now}
    row |= {"reason": UNSUBSCRIBED, "closed_by_guardian": link.guardian_id}
    await tx.execute(insert(suppressed_addresses).values(row).on_conflict_do_nothing())


async def take_back(tx: Tx, link: StopLink, now: datetime) -> None:
    """Open the address again, by the family's own wish; what else has closed it stays."""
    await _lift(tx, link, now, _s.reason == UNSUBSCRIBED)


async def _lift(tx: Tx, link: StopLink, now: datetime, which: ColumnElement[bool]) -> None:
    await tx.execute(
        update(suppressed_addresses)
        .where(_s.org_id == link.org_id, _s.channel == Channel.EMAIL.value, _s.address == link.address)
        .where(_s.lifted_at.is_(None), which)
        .values(lifted_at=now, lifted_by_guardian=link.guardian_id)
    )
