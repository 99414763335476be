"""What the page of a template asks beside the template: on whom its words can be tried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, func, select

from db.engine import Tx
from db.journal_tables import messages
from db.tables import students
from domain.value import Id

NEWEST = 200
"""Messages that are looked through for the students they were about."""
_m, _s = messages.c, students.c


async def lately_told(tx: Tx, org_id: Id, limit: int) -> Sequence[Row[Any, Any]]:
    """`id` and `name` of the students whose families were told something last, the latest first."""
    newest = (
        select(_m.student_id, _m.created_at)
        .where(_m.org_id == org_id, _m.student_id.is_not(None), _m.recipient_kind == "guardian")
        .order_by(_m.created_at.desc())
        .limit(NEWEST)
        .subquery()
    )
    rows = await tx.execute(
        select(_s.id, _s.name)
        .join(newest, and_(_s.org_id == org_id, _s.id == newest.c.student_id))
        .group_by(_s.id, _s.name)
        .order_by(func.max(newest.c.created_at).desc(), _s.id)
        .limit(limit)
    )
    return rows.all()
