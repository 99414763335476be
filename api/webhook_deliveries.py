"""The log of webhooks: what was sent where, what came of each attempt, and sending it again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from api.access import Here
from api.once import router as doors
from api.values import Listed, Lister, RowId, Told
from db import webhook_deliveries
from domain.announcements import AnnouncementType
from domain.deliveries import DeliveryState
from domain.tasks import Role

router = doors("webhooks")


class WebhookAttempt(BaseModel):
    """One attempt: an HTTP status, or a problem in one word; how long it took; the beginning of the answer."""

    at: datetime
    status: int | None
    problem: str | None
    ms: int
    excerpt: str


class WebhookDelivery(Told):
    """An event on its way to an endpoint. `event_id` is its `webhook-id`; `due_at` the next attempt while `queued`."""

    id: str
    endpoint_id: str
    event_id: str
    type: AnnouncementType
    payload: dict[str, Any]
    state: DeliveryState
    reason: str | None
    due_at: datetime
    attempts: list[WebhookAttempt]
    created_at: datetime


@router.get("/webhook-deliveries")
async def list_webhook_deliveries(
    here: Here,
    listing: Lister,
    endpoint_id: RowId | None = None,
    state: DeliveryState | None = None,
    event: AnnouncementType | None = None,
) -> Listed[WebhookDelivery]:
    """List deliveries, newest first; for an admin's eyes."""
    here.person(Role.ADMIN)
    async with here.transaction() as tx:
        part = await webhook_deliveries.listed(
            tx, here.org_id, listing.cut, endpoint_id=endpoint_id, state=state, event=event
        )
    return listing.answer(part, WebhookDelivery.of)


@router.get("/webhook-deliveries/{delivery_id}")
async def get_webhook_delivery(here: Here, delivery_id: RowId) -> WebhookDelivery:
    """One delivery with its payload and attempts."""
    here.person(Role.ADMIN)
    async with here.transaction() as tx:
        return WebhookDelivery.of(await webhook_deliveries.one(tx, here.org_id, delivery_id))


@router.post("/webhook-deliveries/{delivery_id}/replay", status_code=202)
async def replay_webhook_delivery(here: Here, delivery_id: RowId) -> WebhookDelivery:
    """Try a delivery again now, with the same `webhook-id`; should it fail, with all the waits anew."""
    here.person(Role.ADMIN)
    async with here.transaction() as tx:
        now = await here.now(tx)
        return WebhookDelivery.of(await webhook_deliveries.replay(tx, here.org_id, delivery_id, now))
