"""What the page of integrations counts beside the keys and endpoints themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from db.engine import Tx
from db.webhook_tables import webhook_deliveries
from domain.deliveries import DeliveryState
from domain.value import Id

_d = webhook_deliveries.c


async def deliveries_since(tx: Tx, org_id: Id, since: datetime) -> dict[Id, Row[Any]]:
    """For each endpoint, of the deliveries made since then: how many `delivered`, `failed` and wait (`queued`); and
    the time of the `newest`. Endpoints without any are left out."""
    counted = [func.count().filter(_d.state == s.value).label(s.value) for s in DeliveryState]
    rows = await tx.execute(
        select(_d.endpoint_id, *counted, func.max(_d.created_at).label("newest"))
        .where(_d.org_id == org_id, _d.created_at >= since)
        .group_by(_d.endpoint_id)
    )
    return {row.endpoint_id: row for row in rows}
