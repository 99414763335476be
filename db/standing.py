"""Which shape the books have."""

from __future__ import annotations

from sqlalchemy import text

from db.engine import Tx


async def revision(tx: Tx) -> str | None:
    """The newest migration the books have seen; None for books without any."""
    if (await tx.execute(text("select to_regclass('alembic_version')"))).scalar_one() is None:
        return None
    found: str | None = (await tx.execute(text("select version_num from alembic_version"))).scalar_one_or_none()
    return found
