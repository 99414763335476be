"""Links that open once: to set a password, to choose an organization, to see a family's page. Only hashes are kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import and_, func, insert, or_, select, update

from db.engine import Tx
from db.keys import hash_of
from db.login_tables import sign_in_links
from db.logins import TOKEN_BYTES, Whose
from db.tables import guardians, organizations, staff, students
from domain.signing_in import LASTS, Purpose
from domain.value import Id

State = Literal["open", "used", "revoked", "expired"]
_l = sign_in_links.c


@dataclass(frozen=True)
class Link:
    """A link somebody holds: whom it lets in, and whether it still does."""

    org_id: Id
    id: Id
    purpose: Purpose
    whose: Whose
    person_id: Id
    name: str
    organization_name: str
    email: str | None
    state: State
    language: str | None = None
    """A guardian's; of others nobody has written it down."""


async def make(
    tx: Tx, org_id: Id, purpose: Purpose, whose: Whose, person_id: Id, now: datetime, made_by: Id | None = None
) -> tuple[Id, str]:
    """Make a link; returns its id and its token, which cannot be read again."""
    link_id = await reserve(tx, org_id, purpose, whose, person_id, now, LASTS[purpose], made_by)
    return link_id, await hand_out(tx, org_id, link_id)


async def reserve(
    tx: Tx,
    org_id: Id,
    purpose: Purpose,
    whose: Whose,
    person_id: Id,
    now: datetime,
    lasts: timedelta,
    made_by: Id | None = None,
) -> Id:
    """Make a link without a token, for a message that has one handed out when it leaves."""
    link_id = str(uuid4())
    row = {"org_id": org_id, "id": link_id, "purpose": purpose, f"{whose}_id": person_id, "made_by": made_by}
    await tx.execute(insert(sign_in_links).values(row | {"created_at": now, "expires_at": now + lasts}))
    return link_id


async def hand_out(tx: Tx, org_id: Id, link_id: Id) -> str:
    """A fresh token of this link; one that was handed out before opens nothing any more."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await tx.execute(
        update(sign_in_links).where(_l.org_id == org_id, _l.id == link_id).values(token_hash=hash_of(token))
    )
    return token


async def look(tx: Tx, purpose: Purpose, token: str, now: datetime) -> Link | None:
    """The link with this token, used up or not; None for one nobody made, and for staff who have left."""
    found = await tx.execute(
        select(
            sign_in_links,
            func.coalesce(staff.c.name, guardians.c.name, students.c.name).label("name"),
            organizations.c.name.label("organization_name"),
            staff.c.email,
            guardians.c.language,
        )
        .join(organizations, organizations.c.id == _l.org_id)
        .outerjoin(staff, and_(staff.c.org_id == _l.org_id, staff.c.id == _l.staff_id))
        .outerjoin(guardians, and_(guardians.c.org_id == _l.org_id, guardians.c.id == _l.guardian_id))
        .outerjoin(students, and_(students.c.org_id == _l.org_id, students.c.id == _l.student_id))
        .where(_l.token_hash == hash_of(token), _l.purpose == purpose)
        .where(or_(_l.staff_id.is_(None), staff.c.active))
    )
    row = found.one_or_none()
    if row is None:
        return None
    whose: Whose = "staff" if row.staff_id else "guardian" if row.guardian_id else "student"
    return Link(
        org_id=row.org_id,
        id=row.id,
        purpose=row.purpose,
        whose=whose,
        person_id=row._mapping[f"{whose}_id"],
        name=row.name,
        organization_name=row.organization_name,
        email=row.email,
        state=_state(row, now),
        language=row.language,
    )


def _state(row: Any, now: datetime) -> State:
    if row.revoked_at is not None:
        return "revoked"
    if row.used_at is not None:
        return "used"
    return "expired" if row.expires_at <= now else "open"


async def use(tx: Tx, link: Link, now: datetime) -> bool:
    """Use the link up; False when somebody was quicker."""
    done = await tx.execute(
        update(sign_in_links)
        .where(_l.org_id == link.org_id, _l.id == link.id)
        .where(_l.used_at.is_(None), _l.revoked_at.is_(None), _l.expires_at > now)
        .values(used_at=now)
        .returning(_l.id)
    )
    return done.one_or_none() is not None


async def revoke(tx: Tx, org_id: Id, whose: Whose, person_id: Id, now: datetime, purpose: Purpose | None = None) -> int:
    """No link of this person, or none of one purpose, opens anything from now on. Returns how many still did."""
    query = (
        update(sign_in_links)
        .where(_l.org_id == org_id, _l[f"{whose}_id"] == person_id)
        .where(_l.used_at.is_(None), _l.revoked_at.is_(None), _l.expires_at > now)
    )
    if purpose is not None:
        query = query.where(_l.purpose == purpose)
    done = await tx.execute(query.values(revoked_at=now).returning(_l.id))
    return len(done.all())
