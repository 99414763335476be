"""Policy versions: published, never changed. A case keeps the version it opened under."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert

from db.engine import Tx
from db.tables import policies
from domain.policy import Policy
from domain.refusals import Conflict
from domain.value import Id


async def published(tx: Tx, org_id: Id) -> list[Row[Any]]:
    """Every published version, newest first. The shipped defaults are version 1 and not among them."""
    rows = await tx.execute(select(policies).where(policies.c.org_id == org_id).order_by(policies.c.version.desc()))
    return list(rows.all())


async def publish(tx: Tx, org_id: Id, policy: Policy, by: Id, now: datetime) -> Policy:
    """Make this the newest version; returns it with its number. Raises Conflict when somebody else just did."""
    newest = select(func.coalesce(func.max(policies.c.version), 1)).where(policies.c.org_id == org_id)
    version = (await tx.execute(newest)).scalar_one() + 1
    numbered = policy.model_copy(update={"version": version})
    row = {"org_id": org_id, "version": version, "document": numbered.model_dump(mode="json")}
    made = await tx.execute(
        insert(policies)
        .values(row | {"published_at": now, "published_by": by})
        .on_conflict_do_nothing()
        .returning(policies.c.version)
    )
    if made.one_or_none() is None:
        raise Conflict("policy_changing", "somebody else published a policy in this moment; look at it and try again")
    return numbered
