"""Addresses nothing is sent to any more: closed by what providers report or by the family, lifted by a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from db.delivery_tables import suppressed_addresses
from db.engine import Tx
from db.tables import guardians
from domain.sending import CLOSED_FOR, OPTED_OUT, Channel
from domain.value import Id

_s, _g = suppressed_addresses.c, guardians.c


def as_kept(channel: str, address: str) -> str:
    """An address as it is compared: e-mail addresses are blind to case in practice."""
    return address.lower() if channel == Channel.EMAIL else address


async def learn(tx: Tx, org_id: Id, message: Row[Any], reason: str | None, now: datetime) -> None:
    """What the end of a guardian's message says of his address; most reasons say nothing.

    Who opted out at the provider has said STOP: his START takes it back. Staff see their tasks without any e-mail.
    """
    if message.guardian_id is None or not message.address:
        return
    if reason == OPTED_OUT:
        stopped = func.coalesce(_g.sms_opted_out_at, now)
        mine = and_(_g.org_id == org_id, _g.id == message.guardian_id, _g.phone == message.address)
        await tx.execute(update(guardians).where(mine).values(sms_opted_out_at=stopped))
    elif reason in CLOSED_FOR:
        row = {
            "org_id": org_id,
            "channel": message.channel,
            "address": as_kept(message.channel, message.address),
            "reason": reason,
            "since": now,
            "message_id": message.id,
        }
        await tx.execute(insert(suppressed_addresses).values(row).on_conflict_do_nothing())


def _of(phone: str | None, email: str | None) -> Any:
    return or_(
        and_(_s.channel == Channel.SMS.value, _s.address == phone),
        and_(_s.channel == Channel.EMAIL.value, _s.address == as_kept(Channel.EMAIL, email or "")),
    )


async def in_force(tx: Tx, org_id: Id, phone: str | None, email: str | None) -> dict[str, str]:
    """Why nothing is sent to this number or this e-mail address, by channel."""
    query = select(_s.channel, _s.reason).where(_s.org_id == org_id, _s.lifted_at.is_(None), _of(phone, email))
    return {r.channel: r.reason for r in await tx.execute(query)}


async def of_guardian(tx: Tx, guardian: Row[Any]) -> list[Row[Any]]:
    """What has ever closed this guardian's present addresses, the newest first."""
    query = select(suppressed_addresses).where(_s.org_id == guardian.org_id, _of(guardian.phone, guardian.email))
    return list((await tx.execute(query.order_by(_s.since.desc(), _s.id).limit(50))).all())


async def change(tx: Tx, guardian: Row[Any], values: Mapping[str, Any]) -> Row[Any]:
    """Give the guardian another number or e-mail address. A STOP was said from the old number and goes with it."""
    differing = {name: value for name, value in values.items() if getattr(guardian, name) != value}
    if "phone" in differing:
        differing["sms_opted_out_at"] = None
    mine = and_(_g.org_id == guardian.org_id, _g.id == guardian.id)
    if differing:
        await tx.execute(update(guardians).where(mine).values(differing))
    changed: Row[Any] = (await tx.execute(select(guardians).where(mine))).one()
    return changed


async def lift(tx: Tx, guardian: Row[Any], channel: str, by: Id, now: datetime) -> None:
    """Messages may go to his present address on this channel again. Who lifted it, and when, stays in the row."""
    address = guardian.phone if channel == Channel.SMS else guardian.email
    await tx.execute(
        update(suppressed_addresses)
        .where(_s.org_id == guardian.org_id, _s.channel == channel, _s.lifted_at.is_(None))
        .where(_s.address == as_kept(channel, address or ""))
        .values(lifted_at=now, lifted_by=by)
    )
