"""Logins: the browsers that staff, guardians and students are signed in on. Only a token's hash is kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import CursorResult, Row, and_, func, insert, or_, select, update

from db.engine import Tx
from db.keys import hash_of
from db.login_tables import logins, preferences
from db.tables import guardians, organizations, staff, student_guardians, students
from domain.tasks import Role
from domain.value import Id

Whose = Literal["staff", "guardian", "student"]
TOKEN_BYTES = 32
IDLE: dict[Whose, timedelta] = {
    "staff": timedelta(hours=12),
    "guardian": timedelta(minutes=30),
    "student": timedelta(minutes=30),
}
"""How long a login lives without a request: a working day, or one look at the family page."""
LONGEST = timedelta(days=14)
"""How long it lives at most."""
SEEN_EVERY = timedelta(minutes=1)
"""How exactly the last request is kept: not every page view writes."""
BROWSER_CHARS = 200
_l, _p, _g = logins.c, preferences.c, student_guardians.c


@dataclass(frozen=True)
class Login:
    """An open login: whose it is and what a page says about him."""

    id: Id
    org_id: Id
    whose: Whose
    person_id: Id
    name: str
    organization_name: str
    zone: str
    """The zone his times are told in: his own if he has chosen one, else the organization's."""
    language: str
    role: Role | None
    shortcuts: bool


async def begin(tx: Tx, org_id: Id, whose: Whose, person_id: Id, browser: str | None, now: datetime) -> str:
    """A new login of this person; returns its token, which cannot be read again."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    told = browser[:BROWSER_CHARS].replace("\0", "") if browser else None
    times = {"created_at": now, "seen_at": now}
    row = {"org_id": org_id, "id": str(uuid4()), f"{whose}_id": person_id, "token_hash": hash_of(token)}
    await tx.execute(insert(logins).values(row | times | {"browser": told}))
    return token


def _open(whose: Whose, now: datetime) -> Any:
    return and_(
        _l[f"{whose}_id"].is_not(None),
        _l.ended_at.is_(None),
        _l.created_at > now - LONGEST,
        _l.seen_at > now - IDLE[whose],
    )


async def opened_by(tx: Tx, whose: Whose, token: str, now: datetime) -> Login | None:
    """The open login that a token belongs to; None when it ended, timed out, or its staff member has left."""
    first = student_guardians.alias("first")
    theirs = guardians.alias("theirs")
    found = await tx.execute(
        select(
            *(_l[name] for name in ("id", "org_id", "seen_at", "staff_id", "guardian_id", "student_id")),
            func.coalesce(staff.c.name, guardians.c.name, students.c.name).label("name"),
            func.coalesce(_p.zone, guardians.c.zone, theirs.c.zone, organizations.c.zone).label("zone"),
            func.coalesce(guardians.c.language, theirs.c.language, "en").label("language"),
            organizations.c.name.label("organization_name"),
            staff.c.role,
            func.coalesce(_p.shortcuts, True).label("shortcuts"),
        )
        .join(organizations, organizations.c.id == _l.org_id)
        .outerjoin(staff, and_(staff.c.org_id == _l.org_id, staff.c.id == _l.staff_id))
        .outerjoin(preferences, and_(_p.org_id == _l.org_id, _p.staff_id == _l.staff_id))
        .outerjoin(guardians, and_(guardians.c.org_id == _l.org_id, guardians.c.id == _l.guardian_id))
        .outerjoin(students, and_(students.c.org_id == _l.org_id, students.c.id == _l.student_id))
        .outerjoin(first, and_(first.c.org_id == _l.org_id, first.c.student_id == _l.student_id, first.c.position == 1))
        .outerjoin(theirs, and_(theirs.c.org_id == _l.org_id, theirs.c.id == first.c.guardian_id))
        .where(_l.token_hash == hash_of(token), _open(whose, now), or_(_l.staff_id.is_(None), staff.c.active))
    )
    row = found.one_or_none()
    if row is None:
        return None
    if row.seen_at <= now - SEEN_EVERY:
        await tx.execute(update(logins).where(_l.org_id == row.org_id, _l.id == row.id).values(seen_at=now))
    return Login(
        id=row.id,
        org_id=row.org_id,
        whose=whose,
        person_id=row._mapping[f"{whose}_id"],
        name=row.name,
        organization_name=row.organization_name,
        zone=row.zone,
        language=row.language,
        role=Role(row.role) if row.role else None,
        shortcuts=row.shortcuts,
    )


async def children(tx: Tx, org_id: Id, guardian_id: Id) -> tuple[Id, ...]:
    """The students whose contact this guardian is, those he is nearest to first."""
    found = await tx.execute(
        select(_g.student_id)
        .join(students, and_(students.c.org_id == _g.org_id, students.c.id == _g.student_id))
        .where(_g.org_id == org_id, _g.guardian_id == guardian_id)
        .order_by(_g.position, students.c.name, _g.student_id)
    )
    return tuple(found.scalars())


async def of_person(tx: Tx, org_id: Id, whose: Whose, person_id: Id, now: datetime) -> list[Row[Any]]:
    """A person's open logins, the last seen first."""
    found: CursorResult[Any] = await tx.execute(
        select(_l.id, _l.browser, _l.created_at, _l.seen_at)
        .where(_l.org_id == org_id, _l[f"{whose}_id"] == person_id, _open(whose, now))
        .order_by(_l.seen_at.desc(), _l.id)
    )
    return list(found.all())


async def end(
    tx: Tx,
    org_id: Id,
    whose: Whose,
    person_id: Id,
    now: datetime,
    *,
    only: Id | None = None,
    but: Id | None = None,
) -> int:
    """End a person's logins: all, `only` one, or all `but` one. Returns how many ended."""
    query = update(logins).where(_l.org_id == org_id, _l[f"{whose}_id"] == person_id, _l.ended_at.is_(None))
    if only is not None:
        query = query.where(_l.id == only)
    if but is not None:
        query = query.where(_l.id != but)
    done = await tx.execute(query.values(ended_at=now).returning(_l.id))
    return len(done.all())
