"""API keys: which organization a bearer key opens, and the staff member it acts for. Only a key's hash is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import Text, cast, func, insert, or_, select, update

from db.engine import Tx
from db.tables import api_keys, staff
from domain.tasks import Role
from domain.value import Id

SECRET_BYTES = 32


@dataclass(frozen=True)
class Actor:
    """The staff member somebody acts as."""

    id: Id
    name: str
    role: Role


def hash_of(key: str) -> str:
    """What the books keep of a key. The secret is random, so a plain SHA-256 is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


async def create(tx: Tx, org_id: Id, name: str) -> tuple[Id, str]:
    """Make a key; returns its id and the key itself, which cannot be read again."""
    key_id = str(uuid4())
    key = f"bw_{UUID(key_id).hex}_{secrets.token_urlsafe(SECRET_BYTES)}"
    await tx.execute(insert(api_keys).values(org_id=org_id, id=key_id, name=name, secret_hash=hash_of(key)))
    return key_id, key


async def revoke(tx: Tx, org_id: Id, key_id: Id) -> bool:
    """The key opens nothing from now on; False when there is no such key that still does."""
    done = await tx.execute(
        update(api_keys)
        .where(api_keys.c.org_id == org_id, api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(api_keys.c.id)
    )
    return done.one_or_none() is not None


async def organization_of(tx: Tx, key: str) -> Id | None:
    """The organization a key opens; None for an unknown or revoked one."""
    wanted = hash_of(key)
    found = await tx.execute(
        select(api_keys.c.org_id, api_keys.c.secret_hash).where(
            api_keys.c.secret_hash == wanted, api_keys.c.revoked_at.is_(None)
        )
    )
    row = found.one_or_none()
    # The index has compared hashes, which an attacker cannot steer; this repeats it in constant time.
    return row.org_id if row and hmac.compare_digest(row.secret_hash, wanted) else None


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
