"""Passwords of staff, as the books keep them: an argon2 hash and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.dialects.postgresql import insert

from db.engine import Tx
from db.login_tables import passwords
from db.tables import organizations, staff
from domain.value import Id

MOST_ORGANIZATIONS = 5
"""How many organizations one address may sign in to: each costs a slow comparison."""


@dataclass(frozen=True)
class Account:
    """An active staff member with this address; without a `hash` he has no password yet."""

    org_id: Id
    staff_id: Id
    name: str
    organization_name: str
    hash: str | None


async def accounts(tx: Tx, email: str) -> list[Account]:
    """Everybody active with this address, in any organization."""
    return await _accounts(tx, func.lower(staff.c.email) == email.strip().lower())


async def account(tx: Tx, org_id: Id, staff_id: Id) -> Account | None:
    """One active staff member."""
    found = await _accounts(tx, and_(staff.c.org_id == org_id, staff.c.id == staff_id))
    return found[0] if found else None


async def _accounts(tx: Tx, which: ColumnElement[bool]) -> list[Account]:
    rows = await tx.execute(
        select(staff.c.org_id, staff.c.id, staff.c.name, organizations.c.name.label("org_name"), passwords.c.hash)
        .join(organizations, organizations.c.id == staff.c.org_id)
        .outerjoin(passwords, and_(passwords.c.org_id == staff.c.org_id, passwords.c.staff_id == staff.c.id))
        .where(staff.c.active, which)
        .order_by(organizations.c.name, staff.c.org_id, staff.c.id)
        .limit(MOST_ORGANIZATIONS)
    )
    return [Account(r.org_id, r.id, r.name, r.org_name, r.hash) for r in rows]


async def keep(tx: Tx, org_id: Id, staff_id: Id, hashed: str, now: datetime) -> None:
    """This is the staff member's password from now on."""
    new = insert(passwords).values(org_id=org_id, staff_id=staff_id, hash=hashed, changed_at=now)
    changed = {"hash": new.excluded.hash, "changed_at": new.excluded.changed_at}
    await tx.execute(new.on_conflict_do_update(index_elements=["org_id", "staff_id"], set_=changed))
