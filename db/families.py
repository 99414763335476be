"""Whose reply it is: the guardian it came from, and the children it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select

from db.engine import Tx
from db.journal_tables import messages
from db.session_tables import raw_events
from db.tables import guardians, organizations, student_guardians, students
from domain.sending import ABOUT_ABSENCE, Channel
from domain.value import Id

ANSWERS_WITHIN = timedelta(days=7)
"""A reply that comes later than this is about no message any more."""
_m, _g, _o = messages.c, guardians.c, organizations.c


@dataclass(frozen=True)
class Whose:
    """A guardian who wrote to us; `message_id` is the message he answered, where the reply itself names it."""

    org_id: Id
    guardian_id: Id
    message_id: Id | None = None


@dataclass(frozen=True)
class Child:
    """A student he is a contact of."""

    id: Id
    first_name: str


async def by_address(tx: Tx, channel: Channel, address: str, organization: Id | None) -> Whose | None:
    """The guardian with this number or e-mail address: of several, in whatever organization, whom we last wrote to."""
    same = _g.phone == address if channel is Channel.SMS else func.lower(_g.email) == address.lower()
    wrote = and_(_m.org_id == _g.org_id, _m.guardian_id == _g.id, _m.channel == channel.value)
    last = func.max(_m.handed_over_at)
    query = (
        select(_g.org_id, _g.id)
        .select_from(organizations)
        .join(guardians, and_(_g.org_id == _o.id, same))
        .outerjoin(messages, and_(wrote, _m.handed_over_at.is_not(None)))
        .group_by(_g.org_id, _g.id)
        .order_by(last.desc().nulls_last(), _g.org_id, _g.id)
        .limit(1)
    )
    if organization is not None:
        query = query.where(_o.id == organization)
    found = (await tx.execute(query)).one_or_none()
    return Whose(found.org_id, found.id) if found else None


async def by_message(tx: Tx, ids: Sequence[str], provider_ids: Sequence[str]) -> Whose | None:
    """The guardian of an e-mail that a reply names, by our id of it or the provider's."""
    if not ids and not provider_ids:
        return None
    sent: Select[Any] = (
        select(_m.org_id, _m.guardian_id, _m.id)
        .where(_m.guardian_id.is_not(None), _m.handed_over_at.is_not(None))
        .where(or_(_m.id.in_(ids), _m.provider_id.in_(provider_ids)))
        .order_by(_m.handed_over_at.desc())
        .limit(1)
    )
    found = (await tx.execute(sent)).one_or_none()
    return Whose(found.org_id, found.guardian_id, found.id) if found else None


async def home(tx: Tx, organization: Id | None) -> Id | None:
    """Where what nobody can be found for is kept: the organization that is named, else the first one there was."""
    query = select(_o.id).order_by(_o.created_at, _o.id).limit(1)
    if organization is not None:
        query = query.where(_o.id == organization)
    found: Id | None = (await tx.execute(query)).scalar_one_or_none()
    return found


async def is_known(tx: Tx, source: str, key: str) -> bool:
    """True when this event was kept before, for whatever organization."""
    r = raw_events.c
    kept = select(r.id).join(organizations, _o.id == r.org_id).where(r.source == source, r.key == key)
    return (await tx.execute(kept.limit(1))).first() is not None


async def one_at_a_time(tx: Tx, sender: str) -> None:
    """Replies of one sender are taken in one after the other: what he said last is what counts."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"reply:{sender.lower()}", 0))))


async def children(tx: Tx, org_id: Id, guardian_id: Id) -> list[Child]:
    """The students a guardian is a contact of, by name."""
    c, s = student_guardians.c, students.c
    rows = await tx.execute(
        select(s.id, s.name)
        .join(student_guardians, and_(c.org_id == s.org_id, c.student_id == s.id))
        .where(s.org_id == org_id, c.guardian_id == guardian_id)
        .order_by(s.name, s.id)
    )
    return [Child(r.id, r.name.split(" ")[0]) for r in rows]


async def told_of(
    tx: Tx, org_id: Id, guardian_id: Id, message_id: Id | None, now: datetime
) -> tuple[Id | None, list[Id]]:
    """The message a guardian answers and the students it named: the one given, else the newest about an absence.

    One that travelled in a sibling's text is that text. Without a message of the last seven days: nothing.
    """
    query = select(_m.id, _m.student_id, _m.merged_into).where(_m.org_id == org_id, _m.guardian_id == guardian_id)
    if message_id is not None:
        query = query.where(_m.id == message_id)
    else:
        about = [p.value for p in sorted(ABOUT_ABSENCE)]
        query = query.where(
            _m.purpose.in_(about), _m.handed_over_at > now - ANSWERS_WITHIN, _m.handed_over_at <= now
        ).order_by(_m.handed_over_at.desc(), _m.merged_into.is_not(None), _m.id)
    newest = (await tx.execute(query.limit(1))).one_or_none()
    if newest is None:
        return None, []
    carrier = newest.merged_into or newest.id
    named = await tx.execute(
        select(_m.student_id)
        .where(_m.org_id == org_id, or_(_m.id == carrier, _m.merged_into == carrier), _m.student_id.is_not(None))
        .order_by(_m.merged_into.is_not(None), _m.student_id)
    )
    return carrier, list(dict.fromkeys(r.student_id for r in named))


async def same_phone(tx: Tx, phone: str) -> list[Row[Any, Any, Any]]:
    """Every guardian with this number, locked: the texts of all organizations come from the same sender."""
    found = await tx.execute(
        select(_g.org_id, _g.id, _g.sms_opted_out_at)
        .select_from(organizations)
        .join(guardians, and_(_g.org_id == _o.id, _g.phone == phone))
        .order_by(_g.org_id, _g.id)
        .with_for_update(of=guardians, key_share=True)
    )
    return list(found.all())
