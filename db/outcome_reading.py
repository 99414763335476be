"""An outcome with all its versions, as people look at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, func, select

from db import listing
from db.engine import Tx
from db.journal_tables import notes, outcome_versions, outcomes
from db.listing import Cut, Part
from db.tables import schedules, sessions
from domain.refusals import NotFound
from domain.value import Id


async def one(tx: Tx, org_id: Id, outcome_id: Id) -> Row[Any]:
    """An outcome as it stands, with who taught the session. Raises NotFound."""
    o, s = outcomes.c, sessions.c
    taught_by = func.coalesce(s.instructor_id, schedules.c.instructor_id).label("taught_by")
    found = await tx.execute(
        select(outcomes, taught_by)
        .join(sessions, and_(s.org_id == o.org_id, s.id == o.session_id))
        .join(schedules, and_(schedules.c.org_id == o.org_id, schedules.c.id == s.schedule_id))
        .where(o.org_id == org_id, o.id == outcome_id)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("outcome_unknown", f"there is no outcome with the id {outcome_id}; list the outcomes to find it")
    return row


async def versions(tx: Tx, org_id: Id, outcome_id: Id) -> Sequence[Row[Any]]:
    """Its versions, the first one first, each with its reason."""
    v = outcome_versions.c
    rows = await tx.execute(
        select(outcome_versions, notes.c.text.label("reason"))
        .outerjoin(notes, and_(notes.c.org_id == v.org_id, notes.c.id == v.reason_id))
        .where(v.org_id == org_id, v.outcome_id == outcome_id)
        .order_by(v.version)
    )
    return rows.all()


async def list_outcomes(
    tx: Tx, org_id: Id, cut: Cut, *, student_id: Id | None = None, session_id: Id | None = None
) -> Part:
    """Outcomes as they stand, by when they were received."""
    o = outcomes.c
    query = select(outcomes).where(o.org_id == org_id)
    if student_id is not None:
        query = query.where(o.student_id == student_id)
    if session_id is not None:
        query = query.where(o.session_id == session_id)
    return await listing.part(tx, query, [o.received_at, o.id], cut)
