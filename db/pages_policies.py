"""What the pages of the policy ask beside its versions: which of them open cases still keep."""

from __future__ import annotations

from sqlalchemy import func, select

from db.engine import Tx
from db.journal_tables import cases
from domain.value import Id

_c = cases.c


async def open_cases(tx: Tx, org_id: Id) -> dict[int, int]:
    """How many open cases keep each version; versions without any are left out."""
    rows = await tx.execute(
        select(_c.policy_version, func.count().label("cases"))
        .where(_c.org_id == org_id, _c.closed_at.is_(None))
        .group_by(_c.policy_version)
    )
    return {row.policy_version: row.cases for row in rows}
