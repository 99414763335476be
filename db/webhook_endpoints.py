"""Who wants to hear: endpoints of webhooks, their secrets and whether they are active."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from db import listing, operations
from db.engine import Tx
from db.listing import Cut, Part
from db.webhook_tables import webhook_deliveries, webhook_endpoints
from domain.deliveries import OLD_SECRET_SIGNS_FOR, DeliveryState
from domain.refusals import Conflict, NotFound
from domain.value import Id

MOST = 20
"""Endpoints of one organization: every event is written down once for each."""
_e, _d = webhook_endpoints.c, webhook_deliveries.c


async def one(tx: Tx, org_id: Id, endpoint_id: Id, *, lock: bool = False) -> Row[Any]:
    """An endpoint that was not deleted. Raises NotFound."""
    query = select(webhook_endpoints).where(_e.org_id == org_id, _e.id == endpoint_id, _e.deleted_at.is_(None))
    found = (await tx.execute(query.with_for_update(key_share=True) if lock else query)).one_or_none()
    if found is None:
        raise NotFound(
            "webhook_endpoint_unknown", f"there is no endpoint {endpoint_id}; list /v1/webhook-endpoints to find it"
        )
    return found


async def listed(tx: Tx, org_id: Id, cut: Cut) -> Part:
    """A part of the endpoints, the oldest first."""
    query = select(webhook_endpoints).where(_e.org_id == org_id, _e.deleted_at.is_(None))
    return await listing.part(tx, query, [_e.created_at, _e.id], cut)


async def add(tx: Tx, org_id: Id, endpoint_id: Id, values: Mapping[str, Any], secret: str, now: datetime) -> Row[Any]:
    """Make an endpoint with this sealed secret. Raises Conflict when there are too many.

    The same id again, from a request whose answer was lost with its secret, gives the one that stands this secret.
    """
    await tx.execute(text("select pg_advisory_xact_lock(hashtextextended(:org, 0))"), {"org": f"webhooks:{org_id}"})
    count = select(func.count()).where(_e.org_id == org_id, _e.deleted_at.is_(None))
    if (await tx.execute(count)).scalar_one() >= MOST:
        raise Conflict("too_many_endpoints", f"there are {MOST} endpoints already; delete one that nobody needs")
    about = {"org_id": org_id, "id": endpoint_id, "secret": secret, "active_since": now, "created_at": now}
    new = insert(webhook_endpoints).values({**values, **about}).on_conflict_do_nothing()
    row: Row[Any] | None = (await tx.execute(new.returning(webhook_endpoints))).one_or_none()
    return row or await rotate(tx, org_id, endpoint_id, secret, now)


async def change(tx: Tx, org_id: Id, endpoint_id: Id, values: Mapping[str, Any], now: datetime) -> Row[Any]:
    """Change an endpoint. Becoming active it hears of what happens from now on; inactive, what waits is cancelled."""
    row = await one(tx, org_id, endpoint_id, lock=True)
    changes = dict(values)
    if changes.get("active") and not row.active:
        changes |= {"active_since": now, "disabled_because": None}
    if changes.get("active") is False and row.active:
        changes |= {"disabled_because": "by_hand"}
        await cancel_waiting(tx, org_id, endpoint_id, "endpoint_inactive")
    return await _write(tx, org_id, endpoint_id, changes) if changes else row


async def rotate(tx: Tx, org_id: Id, endpoint_id: Id, secret: str, now: datetime) -> Row[Any]:
    """Give it a new sealed secret; the old one signs beside it for 24 hours, one older still no more."""
    row = await one(tx, org_id, endpoint_id, lock=True)
    old = {"old_secret": row.secret, "old_secret_until": now + OLD_SECRET_SIGNS_FOR}
    return await _write(tx, org_id, endpoint_id, {"secret": secret, **old})


def must_be_active(endpoint: Row[Any]) -> None:
    """Raise Conflict for an endpoint that nothing is sent to."""
    if not endpoint.active:
        raise Conflict("webhook_endpoint_inactive", "the endpoint is not active; make it active first")


async def disable(tx: Tx, org_id: Id, endpoint_id: Id, because: str) -> None:
    """Send nothing there any more, until a person makes it active again."""
    await _write(tx, org_id, endpoint_id, {"active": False, "disabled_because": because})
    await cancel_waiting(tx, org_id, endpoint_id, "endpoint_inactive")


async def delete(tx: Tx, org_id: Id, endpoint_id: Id, now: datetime) -> None:
    """Delete it: its secrets are emptied, what waits is cancelled, and the log of its deliveries stays for a while.

    Nobody has to mend it any more.
    """
    await one(tx, org_id, endpoint_id, lock=True)
    gone = {"active": False, "deleted_at": now, "secret": "", "old_secret": None, "old_secret_until": None}
    await _write(tx, org_id, endpoint_id, gone)
    await cancel_waiting(tx, org_id, endpoint_id, "endpoint_deleted")
    await operations.close_webhook_failing(tx, org_id, endpoint_id, "endpoint_deleted", now)


async def cancel_waiting(tx: Tx, org_id: Id, endpoint_id: Id, reason: str) -> None:
    """What waits for this endpoint is not sent, and says why."""
    await tx.execute(
        update(webhook_deliveries)
        .where(_d.org_id == org_id, _d.endpoint_id == endpoint_id, _d.state == DeliveryState.QUEUED.value)
        .values(state=DeliveryState.CANCELLED.value, reason=reason)
    )


async def _write(tx: Tx, org_id: Id, endpoint_id: Id, changes: Mapping[str, Any]) -> Row[Any]:
    query = update(webhook_endpoints).where(_e.org_id == org_id, _e.id == endpoint_id).values(dict(changes))
    row: Row[Any] = (await tx.execute(query.returning(webhook_endpoints))).one()
    return row
