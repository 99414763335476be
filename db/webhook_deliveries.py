"""The log of webhooks: what is due, what came of each attempt, and a replay by a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Integer, Row, Select, bindparam, or_, select, true, tuple_, update

from db import listing, operations, webhook_endpoints
from db.engine import Tx
from db.listing import Cut, Part
from db.webhook_tables import webhook_deliveries
from db.webhook_tables import webhook_endpoints as endpoints
from domain.deliveries import GONE, Answered, DeliveryState, after
from domain.refusals import NotFound
from domain.value import Id

CLAIMED_FOR = timedelta(minutes=1)
"""A claim ends by itself, so that what a lost worker had in hand is tried again: with the same webhook-id."""
_d, _e = webhook_deliveries.c, endpoints.c
_NOW = bindparam("now", type_=DateTime(timezone=True))
_IS_DUE = (
    _d.state == DeliveryState.QUEUED.value,
    _d.due_at <= _NOW,
    or_(_d.claimed_until.is_(None), _d.claimed_until <= _NOW),
)
_WAITING = (
    select(_d.id, _d.due_at)
    .where(_d.org_id == _e.org_id, _d.endpoint_id == _e.id, *_IS_DUE)
    .order_by(_d.due_at, _d.id)
    .limit(bindparam("most", type_=Integer))
    .correlate(endpoints)
    .lateral("waiting")
)
_CANDIDATES = (
    select(endpoints, _WAITING.c.id.label("delivery_id"))
    .join(_WAITING, true())
    .where(_e.active)
    .order_by(_WAITING.c.due_at, _WAITING.c.id)
)
_CANCEL_UNDELIVERABLE = (
    update(webhook_deliveries)
    .where(_d.org_id == _e.org_id, _d.endpoint_id == _e.id, ~_e.active, *_IS_DUE)
    .values(state=DeliveryState.CANCELLED.value, reason="endpoint_inactive")
)


@dataclass(frozen=True)
class Due:
    """One attempt to make: where to, what, and the sealed secrets that sign it."""

    org_id: Id
    delivery_id: Id
    endpoint_id: Id
    event_id: Id
    url: str
    payload: Mapping[str, Any]
    secrets: tuple[str, ...]
    claimed_at: datetime


async def claim(tx: Tx, now: datetime, busy: Mapping[Id, int], *, per_endpoint: int, at_most: int) -> list[Due]:
    """Take what is due, the longest waiting first; `busy` says how many each endpoint has in hand already.

    No endpoint gets more than its share, so one that answers slowly keeps nobody else waiting.
    """
    wanted: dict[Id, Row[Any]] = {}
    hands = Counter(busy)
    for row in (await tx.execute(_CANDIDATES, {"now": now, "most": per_endpoint})).all():
        if hands[row.id] < per_endpoint and len(wanted) < at_most:
            hands[row.id] += 1
            wanted[row.delivery_id] = row
    if not wanted:
        return []
    taken = await tx.execute(
        update(webhook_deliveries)
        .where(tuple_(_d.org_id, _d.id).in_([(row.org_id, i) for i, row in wanted.items()]), *_IS_DUE)
        .values(claimed_until=now + CLAIMED_FOR)
        .returning(_d.id, _d.event_id, _d.payload),
        {"now": now},
    )
    return [_due(wanted[r.id], r, now) for r in taken]


def _due(endpoint: Row[Any], delivery: Row[Any], now: datetime) -> Due:
    old = endpoint.old_secret if endpoint.old_secret_until and endpoint.old_secret_until > now else None
    return Due(
        org_id=endpoint.org_id,
        delivery_id=delivery.id,
        endpoint_id=endpoint.id,
        event_id=delivery.event_id,
        url=endpoint.url,
        payload=delivery.payload,
        secrets=tuple(filter(None, (endpoint.secret, old))),
        claimed_at=now,
    )


async def cancel_undeliverable(tx: Tx, now: datetime) -> None:
    """Cancel what is due at an endpoint that was switched off in the moment it was written."""
    await tx.execute(_CANCEL_UNDELIVERABLE, {"now": now})


async def record(tx: Tx, due: Due, answer: Answered) -> DeliveryState:
    """Write down one attempt and what follows from it; after the last one in vain the lead gets a task.

    The first that arrives again closes it.
    """
    if answer.status == GONE:  # the endpoint is locked before its deliveries, as whoever changes it does
        await webhook_endpoints.disable(tx, due.org_id, due.endpoint_id, "gone")
    row = (await tx.execute(_locked(due.org_id, due.delivery_id))).one()
    ended = due.claimed_at + timedelta(milliseconds=answer.ms)
    attempt = answer.model_dump(mode="json") | {"at": due.claimed_at.isoformat()}
    changes: dict[str, Any] = {"attempts": [*row.attempts, attempt], "tried": row.tried + 1, "claimed_until": None}
    follows = after(answer, row.tried + 1, ended)
    if row.state == DeliveryState.QUEUED or follows.state is not DeliveryState.QUEUED:  # not cancelled meanwhile
        changes |= {"state": follows.state.value, "reason": follows.reason, "due_at": follows.due_at or row.due_at}
    await _write(tx, due.org_id, due.delivery_id, changes)
    if follows.state is DeliveryState.FAILED and answer.status != GONE:
        await operations.open_webhook_failing(tx, due.org_id, due.endpoint_id, ended)
    if follows.state is DeliveryState.DELIVERED:
        await operations.close_webhook_failing(tx, due.org_id, due.endpoint_id, "delivers_again", ended)
    return DeliveryState(changes.get("state", row.state))


async def listed(tx: Tx, org_id: Id, cut: Cut, *, endpoint_id: Id | None, state: str | None, event: str | None) -> Part:
    """A part of the deliveries, newest first."""
    query = select(webhook_deliveries).where(_d.org_id == org_id)
    for column, value in ((_d.endpoint_id, endpoint_id), (_d.state, state), (_d.type, event)):
        if value is not None:
            query = query.where(column == value)
    return await listing.part(tx, query, [_d.created_at, _d.id], cut, newest_first=True)


async def one(tx: Tx, org_id: Id, delivery_id: Id) -> Row[Any]:
    """One delivery, locked. Raises NotFound."""
    found: Row[Any] | None = (await tx.execute(_locked(org_id, delivery_id))).one_or_none()
    if found is None:
        raise NotFound(
            "webhook_delivery_unknown", f"there is no delivery {delivery_id}; list /v1/webhook-deliveries to find it"
        )
    return found


async def replay(tx: Tx, org_id: Id, delivery_id: Id, now: datetime) -> Row[Any]:
    """Try a delivery again now, with the same webhook-id and, should that fail, all the waits anew.

    Raises Conflict when its endpoint is inactive or was deleted.
    """
    row = await one(tx, org_id, delivery_id)
    endpoint = select(_e.active).where(_e.org_id == org_id, _e.id == row.endpoint_id)
    webhook_endpoints.must_be_active((await tx.execute(endpoint)).one())
    again = {"state": DeliveryState.QUEUED.value, "reason": "replayed", "due_at": now, "tried": 0}
    return await _write(tx, org_id, delivery_id, again)


def _locked(org_id: Id, delivery_id: Id) -> Select[Any]:
    return select(webhook_deliveries).where(_d.org_id == org_id, _d.id == delivery_id).with_for_update(key_share=True)


async def _write(tx: Tx, org_id: Id, delivery_id: Id, changes: Mapping[str, Any]) -> Row[Any]:
    query = update(webhook_deliveries).where(_d.org_id == org_id, _d.id == delivery_id).values(dict(changes))
    row: Row[Any] = (await tx.execute(query.returning(webhook_deliveries))).one()
    return row
