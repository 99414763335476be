"""Imports by upload: the preview with its files, what became of it, and who did it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from db import listing
from db.engine import Tx
from db.listing import Cut, Part
from db.office_tables import import_files, imports
from domain.refusals import Conflict, NotFound
from domain.value import Id

WAITS_FOR = timedelta(days=7)
"""How long a preview waits: the files hold names and addresses, and the books move on."""
_i = imports.c
_SHOWN = [c for c in _i if c.name not in ("changes", "problems", "digest")]


async def one_at_a_time(tx: Tx, org_id: Id) -> None:
    """Keep other imports of the organization out until the transaction ends. Raises Conflict when one is running."""
    key = func.hashtextextended(f"import:{org_id}", 0)
    if not await tx.scalar(select(func.pg_try_advisory_xact_lock(key))):
        raise Conflict("import_running", "another import of this organization is at work; try again when it is done")
    # Large files are checked inside the transaction, longer than a request may be idle in one.
    await tx.exec_driver_sql("set local idle_in_transaction_session_timeout = '2min'")


async def keep(
    tx: Tx, org_id: Id, import_id: Id, values: Mapping[str, Any], files: Sequence[tuple[str, bytes]]
) -> Row[Any]:
    """Keep what an upload would do, and its files while it waits to be applied. The same id again: what stands."""
    standing = (await tx.execute(select(imports).where(_i.org_id == org_id, _i.id == import_id))).one_or_none()
    if standing is not None:
        return standing
    row: Row[Any] = (
        await tx.execute(insert(imports).values(org_id=org_id, id=import_id, **values).returning(imports))
    ).one()
    if files:
        rows = [{"org_id": org_id, "import_id": import_id, "name": name, "content": held} for name, held in files]
        await tx.execute(insert(import_files), rows)
    return row


async def forget(tx: Tx, org_id: Id, now: datetime) -> None:
    """Previews that nobody has applied for a week are discarded, and their files go."""
    old = update(imports).where(_i.org_id == org_id, _i.state == "previewed", _i.uploaded_at < now - WAITS_FOR)
    rows = await tx.execute(old.values(state="discarded", ended_at=now, digest=None).returning(_i.id))
    f = import_files.c
    await tx.execute(delete(import_files).where(f.org_id == org_id, f.import_id.in_([row.id for row in rows])))


async def one(tx: Tx, org_id: Id, import_id: Id, *, lock: bool = False) -> Row[Any]:
    """One import. Raises NotFound."""
    query = select(imports).where(_i.org_id == org_id, _i.id == import_id)
    found: Row[Any] | None = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    if found is None:
        raise NotFound("import_unknown", f"there is no import with the id {import_id}; list the imports to find it")
    return found


async def files_of(tx: Tx, org_id: Id, import_id: Id) -> list[tuple[str, bytes]]:
    """The files that wait."""
    f = import_files.c
    rows = await tx.execute(
        select(f.name, f.content).where(f.org_id == org_id, f.import_id == import_id).order_by(f.name)
    )
    return [(row.name, row.content) for row in rows]


async def listed(tx: Tx, org_id: Id, cut: Cut) -> Part:
    """Imports, newest first, without their rows."""
    query = select(*_SHOWN).where(_i.org_id == org_id)
    return await listing.part(tx, query, [_i.uploaded_at, _i.id], cut, newest_first=True)


async def end(tx: Tx, org_id: Id, import_id: Id, state: str, by: Id, now: datetime) -> Row[Any]:
    """It was applied or discarded: its files go."""
    f = import_files.c
    await tx.execute(delete(import_files).where(f.org_id == org_id, f.import_id == import_id))
    query = update(imports).where(_i.org_id == org_id, _i.id == import_id)
    done = await tx.execute(query.values(state=state, ended_at=now, ended_by=by, digest=None).returning(imports))
    row: Row[Any] = done.one()
    return row
