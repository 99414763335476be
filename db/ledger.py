"""An enrollment's book as people read it: each entry with the balance after it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, and_, func, select

from db import listing
from db.engine import Tx
from db.journal_tables import entries, outcome_versions, outcomes
from db.listing import Cut, Part
from db.tables import enrollments
from domain.value import Id


async def balance(tx: Tx, org_id: Id, enrollment_id: Id) -> int:
    """The sum of the entries."""
    found = await tx.execute(
        select(func.coalesce(func.sum(entries.c.units), 0)).where(
            entries.c.org_id == org_id, entries.c.enrollment_id == enrollment_id
        )
    )
    return int(found.scalar_one())


async def balances(tx: Tx, org_id: Id, student_id: Id) -> list[Row[Any]]:
    """The student's enrollments, each with its balance."""
    e = enrollments.c
    total = (
        select(func.coalesce(func.sum(entries.c.units), 0))
        .where(entries.c.org_id == e.org_id, entries.c.enrollment_id == e.id)
        .scalar_subquery()
        .label("balance")
    )
    rows = await tx.execute(
        select(enrollments, total).where(e.org_id == org_id, e.student_id == student_id).order_by(e.started_at, e.id)
    )
    return list(rows.all())


async def book(tx: Tx, org_id: Id, enrollment_id: Id, cut: Cut) -> Part:
    """The entries, newest first, each with the balance after it and the session and code it is about."""
    after = func.sum(entries.c.units).over(order_by=entries.c.seq).label("balance_after")
    lines = (
        select(entries, after).where(entries.c.org_id == org_id, entries.c.enrollment_id == enrollment_id).subquery()
    )
    o, v = outcomes.c, outcome_versions.c
    query = (
        select(lines, o.session_id, v.code)
        .outerjoin(outcomes, and_(o.org_id == lines.c.org_id, o.id == lines.c.outcome_id))
        .outerjoin(
            outcome_versions,
            and_(v.org_id == lines.c.org_id, v.outcome_id == o.id, v.version == lines.c.outcome_version),
        )
    )
    return await listing.part(tx, query, [lines.c.seq], cut, newest_first=True)
