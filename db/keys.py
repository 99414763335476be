"""API keys: which organization a bearer key opens, and the staff member it acts for. Only a key's hash is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, Text, cast, func, insert, or_, select, update

from db import listing
from db.engine import Tx
from db.listing import Cut, Part
from db.tables import api_keys, staff
from domain.tasks import Role
from domain.value import Id

SECRET_BYTES = 32
USE_IS_NOTED = timedelta(hours=1)
"""Writing it down with each request would make every read a write."""
_SHOWN = [c for c in api_keys.c if c.name not in ("org_id", "secret_hash")]


@dataclass(frozen=True)
class Actor:
    """The staff member somebody acts as."""

    id: Id
    name: str
    role: Role


def hash_of(key: str) -> str:
    """What the books keep of a key. The secret is random, so a plain SHA-256 is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


async def create(tx: Tx, org_id: Id, name: str, by: Id | None = None) -> tuple[Id, str]:
    """Make a key; returns its id and the key itself, which cannot be read again."""
    key_id = str(uuid4())
    key = f"bw_{UUID(key_id).hex}_{secrets.token_urlsafe(SECRET_BYTES)}"
    row = {"org_id": org_id, "id": key_id, "name": name, "secret_hash": hash_of(key), "created_by": by}
    await tx.execute(insert(api_keys).values(row))
    return key_id, key


async def revoke(tx: Tx, org_id: Id, key_id: Id, by: Id | None = None) -> bool:
    """The key opens nothing from now on; False when there is no such key that still does."""
    done = await tx.execute(
        update(api_keys)
        .where(api_keys.c.org_id == org_id, api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=func.now(), revoked_by=by)
        .returning(api_keys.c.id)
    )
    return done.one_or_none() is not None


async def one(tx: Tx, org_id: Id, key_id: Id) -> Row[Any]:
    """A key as it is listed. The caller knows that it is there."""
    return (await tx.execute(select(*_SHOWN).where(api_keys.c.org_id == org_id, api_keys.c.id == key_id))).one()


async def listed(tx: Tx, org_id: Id, cut: Cut) -> Part:
    """Keys, newest first, those that were revoked as well; never what they are made of."""
    query = select(*_SHOWN).where(api_keys.c.org_id == org_id)
    return await listing.part(tx, query, [api_keys.c.created_at, api_keys.c.id], cut, newest_first=True)


async def organization_of(tx: Tx, key: str) -> Id | None:
    """The organization a key opens; None for an unknown or revoked one. Notes about once an hour that it is used."""
    wanted, k = hash_of(key), api_keys.c
    is_stale = or_(k.last_used_at.is_(None), k.last_used_at < func.now() - USE_IS_NOTED)
    found = await tx.execute(
        select(k.org_id, k.id, k.secret_hash, is_stale.label("is_stale")).where(
            k.secret_hash == wanted, k.revoked_at.is_(None)
        )
    )
    row = found.one_or_none()
    # The index has compared hashes, which an attacker cannot steer; this repeats it in constant time.
    if row is None or not hmac.compare_digest(row.secret_hash, wanted):
        return None
    if row.is_stale:
        # Whoever else is noting it at this moment is not waited for.
        mine = select(k.id).where(k.org_id == row.org_id, k.id == row.id).with_for_update(skip_locked=True)
        await tx.execute(update(api_keys).where(k.id.in_(mine)).values(last_used_at=func.now()))
    return str(row.org_id)


async def actor(tx: Tx, org_id: Id, named: str) -> Actor | None:
    """The active staff member of this id, ref or e-mail address."""
    s = staff.c
    found = await tx.execute(
        select(s.id, s.name, s.role)
        .where(s.org_id == org_id, s.active)
        .where(or_(cast(s.id, Text) == named.lower(), s.ref == named, func.lower(s.email) == named.lower()))
        .order_by(s.id)
        .limit(1)
    )
    row = found.one_or_none()
    return Actor(id=row.id, name=row.name, role=Role(row.role)) if row else None
