"""An SMS whose answer was lost is looked up at the provider, twice: what it has is adopted, nothing is sent again.

So is one that is sent and of which no more is reported, after an hour and after a day: the report may have been lost.

When to look stands in the message's row (`look_up_at`), so a restart forgets none; `advance` hands the message out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from activities.inputs import DeliverOut
from db import messages, reports
from db.engine import Tx
from domain.delivery import LOOK_UP_AGAIN_AFTER, NOT_AT_PROVIDER, Report, Standing, next_check, next_look_up
from domain.sending import Channel, MessageState
from domain.value import Id
from messaging.sender import AtProvider, LooksUp, Sender

CLOCKS_APART = timedelta(minutes=5)
"""The provider dates messages by its own clock."""


@dataclass(frozen=True)
class Question:
    """What the provider is asked: whether it has this text to this number since then or, by its own id, where it is."""

    to: str
    body: str
    since: datetime
    provider_id: str | None = None


def first_check(row: Row[Any], sender: Sender, provider_id: str | None) -> datetime | None:
    """When a text that has been sent is looked up for a report that may be lost; None when nobody can be asked."""
    can = row.channel == Channel.SMS and isinstance(sender, LooksUp) and provider_id is not None
    return next_check(row.handed_over_at, row.handed_over_at) if can else None


def first_look_up(row: Row[Any], sender: Sender, now: datetime) -> datetime | None:
    """When a message that has become unknown is looked up; None when its provider cannot be asked."""
    can = row.channel == Channel.SMS and isinstance(sender, LooksUp) and row.provider == sender.name
    return next_look_up(now, now) if can else None


def question(row: Row[Any], now: datetime) -> Question | None:
    """What to ask about this message now, if anything."""
    if row.state not in (MessageState.UNKNOWN, MessageState.SENT) or row.look_up_at is None or row.look_up_at > now:
        return None
    known = row.provider_id if row.state == MessageState.SENT else None
    return Question(row.address, row.body, row.handed_over_at - CLOCKS_APART, known)


async def checked(tx: Tx, org_id: Id, message_id: Id, found: Report | None, now: datetime) -> DeliverOut:
    """Write where a sent text stands by the provider's word; None says that it gave no answer."""
    row = await _locked(tx, org_id, message_id)
    if row is None or row.state != MessageState.SENT:  # a report came meanwhile
        return DeliverOut(state=row.state if row else "gone")
    if found is None or found.state is MessageState.SENT:
        await reports.note(tx, org_id, row, look_up_at=next_check(row.handed_over_at, now))
        return DeliverOut(state=row.state, changes_plan=True)
    await reports.take(tx, org_id, row, [found], now)
    return DeliverOut(state=found.state, changes_plan=True)


async def _locked(tx: Tx, org_id: Id, message_id: Id) -> Row[Any] | None:
    """The message, its recipient locked before it; None when it is gone."""
    whose = await messages.recipient_of(tx, org_id, message_id)
    if whose is None:
        return None
    await messages.lock_recipient(tx, org_id, whose.guardian_id, whose.staff_id)
    return await messages.lock_message(tx, org_id, message_id)


async def answered(
    tx: Tx, org_id: Id, message_id: Id, found: tuple[AtProvider, ...] | None, now: datetime
) -> DeliverOut:
    """Write what the look-up came to; None says that the provider gave no answer."""
    row = await _locked(tx, org_id, message_id)
    if row is None or row.state != MessageState.UNKNOWN or row.look_up_at is None:  # a report came meanwhile
        return DeliverOut(state=row.state if row else "gone")
    if found is None:
        later = now + max(LOOK_UP_AGAIN_AFTER, now - _unknown_since(row))  # ever more rarely, until it is of no use
        await reports.note(tx, org_id, row, look_up_at=later if later < row.expires_at else None)
        return DeliverOut(state=row.state, changes_plan=True)
    others = await reports.known_ids(tx, [f.provider_id for f in found])  # the same words may have left before
    mine = next((f for f in found if f.provider_id not in others), None)
    if mine is not None:
        check_at = next_check(row.handed_over_at, now)
        adopted = {"provider_id": mine.provider_id, "reason": None, "look_up_at": check_at}
        await messages.record(tx, org_id, row, MessageState.SENT, now, **adopted)
        row = await messages.lock_message(tx, org_id, message_id)
        await reports.take(tx, org_id, row, [mine.report], now)
        return DeliverOut(state=MessageState.SENT, changes_plan=True)
    again = next_look_up(_unknown_since(row), now)
    if again is not None:
        await reports.note(tx, org_id, row, look_up_at=again)
    else:
        await reports.note(tx, org_id, row, look_up_at=None, reason=NOT_AT_PROVIDER)
        stands = Standing(state=MessageState.UNKNOWN, reason=NOT_AT_PROVIDER)
        await reports.carry_over(tx, org_id, row, stands, now)
    return DeliverOut(state=row.state, changes_plan=True)


def _unknown_since(row: Row[Any]) -> datetime:
    return max(datetime.fromisoformat(h["at"]) for h in row.history if h["state"] == MessageState.UNKNOWN)
