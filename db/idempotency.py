"""Requests that are done once however often they are sent: the key first, the answer after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from db.engine import Tx
from db.tables import idempotency_keys
from domain.value import Id

ABANDONED_AFTER = timedelta(seconds=60)
"""A request in flight for longer than this has died with its process; the same request may be sent again."""


@dataclass(frozen=True)
class Standing:
    """Where a key stands: `mine` to do, `in_flight` elsewhere, `answered` before, or used for `another` request."""

    is_: Literal["mine", "in_flight", "answered", "another"]
    status: int = 0
    response: str = ""


async def claim(tx: Tx, org_id: Id, key: str, request_hash: str) -> Standing:
    """Take a key for a request, or say why not. Commit before doing the work."""
    k = idempotency_keys.c
    new = insert(idempotency_keys).values(org_id=org_id, key=key, request_hash=request_hash)
    abandoned = and_(
        k.status.is_(None), k.created_at < func.now() - ABANDONED_AFTER, k.request_hash == new.excluded.request_hash
    )
    mine = await tx.execute(
        new.on_conflict_do_update(
            index_elements=["org_id", "key"], set_={"created_at": func.now()}, where=abandoned
        ).returning(k.key)
    )
    if mine.one_or_none():
        return Standing("mine")
    found = (await tx.execute(select(idempotency_keys).where(k.org_id == org_id, k.key == key))).one_or_none()
    if found is None:  # released in this moment
        return Standing("in_flight")
    if found.request_hash != request_hash:
        return Standing("another")
    if found.status is None:
        return Standing("in_flight")
    return Standing("answered", found.status, found.response)


async def keep(tx: Tx, org_id: Id, key: str, status: int, response: str) -> None:
    """The answer that the same request gets from now on."""
    k = idempotency_keys.c
    await tx.execute(
        update(idempotency_keys)
        .where(k.org_id == org_id, k.key == key, k.status.is_(None))
        .values(status=status, response=response)
    )


async def release(tx: Tx, org_id: Id, key: str) -> None:
    """The request was not done; its key may be used again."""
    k = idempotency_keys.c
    await tx.execute(delete(idempotency_keys).where(k.org_id == org_id, k.key == key, k.status.is_(None)))
