"""Messages on their way out: claimed before the provider is called, recorded after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import TIMESTAMP, Row, and_, bindparam, case, cast, exists, func, or_, select, update

from db.engine import Tx
from db.journal_tables import messages, outcomes
from db.tables import guardians, staff, student_guardians
from domain.outcomes import FLAGS, Code
from domain.sending import (
    ABOUT_ABSENCE,
    CAP_SPAN,
    COUNTED,
    Blast,
    Channel,
    Handed,
    Message,
    MessageState,
    RecipientFacts,
)
from domain.value import Id

_COUNTED = [p.value for p in sorted(COUNTED)]
_ABOUT_ABSENCE = [p.value for p in sorted(ABOUT_ABSENCE)]
_PLACES = [c.value for c, f in FLAGS.items() if f.takes_place]
_BLAST_SPAN = timedelta(minutes=30)
_USUAL_SPAN = timedelta(days=28)
_SETTLED = select(
    func.count().label("places"),
    func.count(outcomes.c.session_id.distinct()).label("sessions"),
    func.count(case((outcomes.c.code == Code.NO_SHOW.value, 1))).label("no_shows"),
).where(
    outcomes.c.org_id == bindparam("org"),
    outcomes.c.code.in_(_PLACES),
    outcomes.c.received_at > bindparam("since"),
    outcomes.c.received_at <= bindparam("until"),
)
_m, _c = messages.c, student_guardians.c
_COUNTED_SMS = (
    select(_m.student_id, _m.handed_over_at, _m.merged_into)
    .where(
        _m.org_id == bindparam("org"), _m.guardian_id == bindparam("guardian"), _m.handed_over_at > bindparam("since")
    )
    .where(
        or_(
            _m.merged_into.is_not(None),
            and_(_m.channel == Channel.SMS.value, _m.purpose.in_(_COUNTED), _m.approved_by.is_(None)),
        )
    )
)


async def hand_out(tx: Tx, org_id: Id, ids: Sequence[Id], now: datetime) -> None:
    """The messages are with a delivery now."""
    if ids:
        await tx.execute(
            update(messages).where(messages.c.org_id == org_id, messages.c.id.in_(ids)).values(handed_out_at=now)
        )


async def recipient_of(tx: Tx, org_id: Id, message_id: Id) -> Row[Any, Any] | None:
    """Whom a message is for: its guardian or staff id."""
    m = messages.c
    found = await tx.execute(select(m.guardian_id, m.staff_id).where(m.org_id == org_id, m.id == message_id))
    return found.one_or_none()


async def lock_recipient(tx: Tx, org_id: Id, guardian_id: Id | None, staff_id: Id | None) -> Row[Any]:
    """The person, locked: two deliveries to one guardian are judged one after the other."""
    who, key = (guardians, guardian_id) if guardian_id else (staff, staff_id)
    found = await tx.execute(select(who).where(who.c.org_id == org_id, who.c.id == key).with_for_update(key_share=True))
    return found.one()


async def lock_message(tx: Tx, org_id: Id, message_id: Id) -> Row[Any]:
    """The message's row, locked."""
    found = await tx.execute(
        select(messages).where(messages.c.org_id == org_id, messages.c.id == message_id).with_for_update()
    )
    return found.one()


async def siblings(tx: Tx, org_id: Id, guardian_id: Id, message_id: Id, now: datetime) -> list[Row[Any]]:
    """The guardian's other absence SMS that are due, of students he is a contact of, locked in the order of ids."""
    m = messages.c
    found = await tx.execute(
        select(messages)
        .where(m.org_id == org_id, m.guardian_id == guardian_id, m.id != message_id, m.due_at <= now)
        .where(m.state == MessageState.QUEUED.value, m.channel == Channel.SMS.value, m.purpose.in_(_ABOUT_ABSENCE))
        .where(exists().where(_c.org_id == m.org_id, _c.guardian_id == m.guardian_id, _c.student_id == m.student_id))
        .order_by(m.id)
        .with_for_update()
    )
    return list(found.all())


async def is_contact(tx: Tx, org_id: Id, student_id: Id | None, guardian_id: Id) -> bool:
    """True when the guardian is a contact of the student, or there is no student to be a contact of."""
    if student_id is None:
        return True
    link = select(_c.position).where(_c.org_id == org_id, _c.student_id == student_id, _c.guardian_id == guardian_id)
    return (await tx.execute(link)).first() is not None


async def counted_sms(tx: Tx, org_id: Id, guardian_id: Id, now: datetime) -> tuple[Handed, ...]:
    """Counted SMS handed over to this guardian in the last seven days, also those that travelled in another's text."""
    given = {"org": org_id, "guardian": guardian_id, "since": now - CAP_SPAN}
    return tuple(
        Handed(student_id=r.student_id, at=r.handed_over_at, counts=r.merged_into is None)
        for r in await tx.execute(_COUNTED_SMS, given)
    )


async def blast(tx: Tx, org_id: Id, now: datetime) -> Blast:
    """The organization's last half hour beside the 28 days before it, over places that settled.

    The 28 days are counted only if the half hour alone could be abnormal: every absence message asks this.
    """
    span = {"org": org_id, "since": now - _BLAST_SPAN, "until": now}
    recent = (await tx.execute(_SETTLED, span)).one()
    found = Blast(places=recent.places, sessions=recent.sessions, no_shows=recent.no_shows)
    if not found.is_abnormal:  # a share of 0 in the 28 days is the strictest reading
        return found
    before = (await tx.execute(_SETTLED, span | {"since": now - _USUAL_SPAN, "until": span["since"]})).one()
    return found.model_copy(update={"share_28_days": before.no_shows / before.places if before.places else 0.0})


async def busy_until(tx: Tx, provider: str, now: datetime) -> datetime | None:
    """Until when this provider asked for nothing more, of any organization: the account is the deployment's.

    It stands in the last attempt of the message that was turned away, which waits longer than that itself.
    """
    m = messages.c
    until = m.attempts[-1]["until"].astext
    found = await tx.execute(
        select(func.max(cast(until, TIMESTAMP(timezone=True)))).where(
            m.state == MessageState.QUEUED.value, m.due_at > now, m.provider == provider, until.is_not(None)
        )
    )
    at: datetime | None = found.scalar_one()
    return at


def facts_of(person: Row[Any], *, is_staff: bool, zone: str, **more: Any) -> RecipientFacts:
    """What the claim knows of a recipient, from his locked row."""
    if is_staff:
        return RecipientFacts(zone=zone, email=True, is_staff=True, **more)
    return RecipientFacts(
        zone=person.zone,
        phone=person.phone is not None,
        email=person.email is not None,
        sms_opted_out=person.sms_opted_out_at is not None,
        **more,
    )


async def record(
    tx: Tx, org_id: Id, message: Row[Any] | Message, state: MessageState, at: datetime, **values: Any
) -> None:
    """Write a message's state, with its line in the history."""
    m = messages.c
    step = [{"state": state.value, "at": at.isoformat()}]
    await tx.execute(
        update(messages)
        .where(m.org_id == org_id, m.id == message.id)
        .values(state=state.value, history=m.history.concat(step), **values)
    )


async def unmerge(tx: Tx, org_id: Id, carrier_id: Id, now: datetime) -> None:
    """Rows that travelled in a text that did not leave go their own way again."""
    m = messages.c
    step = [{"state": MessageState.QUEUED.value, "at": now.isoformat()}]
    free = {"merged_into": None, "handed_over_at": None, "handed_out_at": None, "reason": None}
    await tx.execute(
        update(messages)
        .where(m.org_id == org_id, m.merged_into == carrier_id)
        .values(state=MessageState.QUEUED.value, history=m.history.concat(step), **free)
    )
