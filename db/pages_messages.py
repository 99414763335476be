"""Messages as the office looks at them: the log, how the days went, what is held, and which addresses are closed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Date, Row, Select, and_, cast, func, literal, null, or_, select, text, union_all

from db import listing
from db.delivery_tables import suppressed_addresses
from db.engine import Tx
from db.journal_tables import messages
from db.listing import Cut, Part
from db.tables import guardians, staff, student_guardians, students
from domain.refusals import NotFound
from domain.sending import OPTED_OUT, Channel, MessageState
from domain.value import Id

DAYS = timedelta(days=14)
MOST_CLOSED = 200
"""Closed addresses that are listed."""
GUARDS = ("blast_guard", "misconfigured")
"""Reasons for which messages are held until a person decides about all of them."""
_m, _g, _s, _p, _c, _a = messages.c, guardians.c, students.c, staff.c, student_guardians.c, suppressed_addresses.c


@dataclass(frozen=True)
class Wanted:
    """Which messages; None is all of them. `find` is a part of a person's or a student's name."""

    states: Collection[MessageState] | None = None
    channel: str | None = None
    reason: str | None = None
    find: str = ""
    guardian_id: Id | None = None


def _rows(org_id: Id) -> Select[Any]:
    by = staff.alias("by")
    return (
        select(
            messages,
            func.coalesce(_g.name, _p.name).label("recipient_name"),
            func.coalesce(_g.zone, literal("UTC")).label("zone"),
            func.coalesce(_g.language, literal("en")).label("language"),
            _s.name.label("student_name"),
            by.c.name.label("by_name"),
        )
        .outerjoin(guardians, and_(_g.org_id == _m.org_id, _g.id == _m.guardian_id))
        .outerjoin(staff, and_(_p.org_id == _m.org_id, _p.id == _m.staff_id))
        .outerjoin(students, and_(_s.org_id == _m.org_id, _s.id == _m.student_id))
        .outerjoin(by, and_(by.c.org_id == _m.org_id, by.c.id == func.coalesce(_m.resent_by, _m.approved_by)))
        .where(_m.org_id == org_id)
    )


async def log(tx: Tx, org_id: Id, wanted: Wanted, cut: Cut) -> Part:
    """Messages, the newest first, with the names of their people; `by_name` is whose word it took."""
    query = _rows(org_id)
    if wanted.states is not None:
        query = query.where(_m.state.in_([s.value for s in sorted(wanted.states)]))
    for column, value in (
        (_m.channel, wanted.channel),
        (_m.reason, wanted.reason),
        (_m.guardian_id, wanted.guardian_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.find:
        part = f"%{wanted.find.replace('/', '//').replace('%', '/%').replace('_', '/_')}%"
        query = query.where(or_(*(name.ilike(part, escape="/") for name in (_g.name, _p.name, _s.name))))
    return await listing.part(tx, query, [_m.created_at, _m.id], cut, newest_first=True)


async def one(tx: Tx, org_id: Id, message_id: Id) -> Row[Any]:
    """One message with the names of its people. Raises NotFound."""
    found: Row[Any] | None = (await tx.execute(_rows(org_id).where(_m.id == message_id))).one_or_none()
    if found is None:
        raise NotFound("message_unknown", f"there is no message with the id {message_id}; list the messages to find it")
    return found


async def by_day(tx: Tx, org_id: Id, zone: str, now: datetime) -> Sequence[Row[Any]]:
    """How many messages of each local day of the last two weeks stand where: rows of day, state and number."""
    day = cast(func.timezone(zone, _m.created_at), Date)
    query = (
        select(day.label("day"), _m.state, func.count().label("number"))
        .where(_m.org_id == org_id, _m.created_at >= now - DAYS)
        .group_by(day, _m.state)
    )
    return (await tx.execute(query)).all()


async def held(tx: Tx, org_id: Id) -> Sequence[Row[Any]]:
    """What waits for a person's word about all of it: reason, number, since when, and when the first is of no use."""
    query = (
        select(
            _m.reason,
            func.count().label("number"),
            func.min(_m.created_at).label("since"),
            func.min(_m.expires_at).label("until"),
        )
        .where(_m.org_id == org_id, _m.state == MessageState.HELD.value, _m.reason.in_(GUARDS))
        .where(text("messages.state in ('queued', 'held')"))  # word for word, so that the partial index is taken
        .group_by(_m.reason)
        .order_by(_m.reason)
    )
    return (await tx.execute(query)).all()


async def closed(tx: Tx, org_id: Id) -> Sequence[Row[Any]]:
    """Contacts that cannot be reached on a channel: closed addresses and those who said STOP, the latest first."""
    who = (_g.id.label("guardian_id"), _g.name)
    of_address = or_(
        and_(_a.channel == Channel.EMAIL.value, _a.address == func.lower(_g.email)),
        and_(_a.channel == Channel.SMS.value, _a.address == _g.phone),
    )
    shut = (
        select(*who, _a.channel, _a.address, _a.reason, _a.since, _a.message_id)
        .select_from(suppressed_addresses.join(guardians, and_(_g.org_id == _a.org_id, of_address)))
        .where(_a.org_id == org_id, _a.lifted_at.is_(None))
    )
    stopped = select(
        *who,
        literal(Channel.SMS.value).label("channel"),
        _g.phone.label("address"),
        literal(OPTED_OUT).label("reason"),
        _g.sms_opted_out_at.label("since"),
        cast(null(), _m.id.type).label("message_id"),
    ).where(_g.org_id == org_id, _g.sms_opted_out_at.is_not(None), _g.phone.is_not(None))
    both = union_all(shut, stopped).subquery("closed")
    child = (
        select(func.min(_s.name))
        .select_from(student_guardians.join(students, and_(_s.org_id == _c.org_id, _s.id == _c.student_id)))
        .where(_c.org_id == org_id, _c.guardian_id == both.c.guardian_id)
        .scalar_subquery()
        .label("student_name")
    )
    query = select(both, child).order_by(both.c.since.desc(), both.c.guardian_id).limit(MOST_CLOSED)
    return (await tx.execute(query)).all()
