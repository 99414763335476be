"""What the pages of staff ask beside the staff themselves: who can come in, and who did lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from db.engine import Tx
from db.login_tables import logins, passwords, sign_in_links
from db.tables import staff
from domain.tasks import Role
from domain.value import Id

_s, _p, _l, _k = staff.c, passwords.c, logins.c, sign_in_links.c


async def ways_in(tx: Tx, org_id: Id, ids: Sequence[Id], now: datetime) -> dict[Id, Row[Any]]:
    """For each of these: whether there `has_password`, when somebody `last_seen` was signed in, and until when an
    invitation opens (`invited_until`). Times are the engine's, and so is `now`."""
    last = select(func.max(_l.seen_at)).where(_l.org_id == org_id, _l.staff_id == _s.id)
    password = select(_p.staff_id).where(_p.org_id == org_id, _p.staff_id == _s.id)
    until = select(func.max(_k.expires_at)).where(
        *(_k.org_id == org_id, _k.staff_id == _s.id, _k.purpose == "welcome"),
        *(_k.used_at.is_(None), _k.revoked_at.is_(None), _k.expires_at > now),
    )
    rows = await tx.execute(
        select(
            _s.id,
            password.exists().label("has_password"),
            last.scalar_subquery().label("last_seen"),
            until.scalar_subquery().label("invited_until"),
        ).where(_s.org_id == org_id, _s.id.in_(ids))
    )
    return {row.id: row for row in rows}


async def who_own_tasks(tx: Tx, org_id: Id, but: Id) -> Sequence[Row[Any, Any]]:
    """`id` and `name` of active colleagues who can take over tasks and enrollments."""
    rows = await tx.execute(
        select(_s.id, _s.name)
        .where(_s.org_id == org_id, _s.active, _s.role != Role.INSTRUCTOR.value, _s.id != but)
        .order_by(_s.name, _s.id)
    )
    return rows.all()


async def everybody(tx: Tx, org_id: Id) -> Sequence[Row[Any, Any]]:
    """`id` and `name` of all staff, also of those who left: they did things."""
    rows = await tx.execute(select(_s.id, _s.name).where(_s.org_id == org_id).order_by(_s.name, _s.id))
    return rows.all()
