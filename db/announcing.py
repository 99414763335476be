"""Writing announcements down: one delivery for each endpoint that wants to hear, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Table, and_, bindparam, exists, extract, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from db.engine import Tx
from db.journal_tables import tasks
from db.tables import sessions, staff, students
from db.webhook_tables import webhook_deliveries, webhook_endpoints
from domain.announcements import Announcement, AnnouncementType, Plain, is_overdue, task_overdue
from domain.deliveries import DeliveryState
from domain.tasks import Task, TaskStatus
from domain.value import Id, id_of

OVERDUE_SINCE = timedelta(days=3)
"""How long ago a task may have become overdue and still be announced: as long as a delivery is tried."""
TASKS_AT_ONCE = 200
_e, _d, _t = webhook_endpoints.c, webhook_deliveries.c, tasks.c
_NAMED: dict[str, Table] = {"student_id": students, "session_id": sessions, "owner_id": staff}
"""Whose own reference of the operator's is told beside the id."""
_LISTENING = select(_e.id, _e.events).where(_e.org_id == bindparam("org"), _e.active)
_NEW = insert(webhook_deliveries).on_conflict_do_nothing(index_elements=["org_id", "endpoint_id", "key"])


def _wants(kind: AnnouncementType) -> ColumnElement[bool]:
    return or_(_e.events == [], _e.events.contains([kind.value]))


def _told_already(since: ColumnElement[Any]) -> ColumnElement[bool]:
    """A delivery of this task's due time stands, under the key that `domain.announcements.task_overdue` gives it."""
    seconds = func.floor(extract("epoch", since)).cast(BigInteger)
    key = func.concat(AnnouncementType.TASK_OVERDUE.value, ":", _t.id, ":", seconds)
    return exists(select(_d.id).where(_d.org_id == _t.org_id, _d.endpoint_id == _e.id, _d.key == key))


_since = func.greatest(_t.due_at, func.coalesce(_t.snoozed_until, _t.due_at))
_OVERDUE = (
    select(tasks, _e.id.label("listener"))
    .join(webhook_endpoints, and_(_e.org_id == _t.org_id, _e.active, _wants(AnnouncementType.TASK_OVERDUE)))
    .where(_t.status == TaskStatus.OPEN.value, _t.finished_at.is_(None))  # the second for the index
    .where(_since <= bindparam("now"), _since > bindparam("back"), _since >= _e.active_since)
    .where(~_told_already(_since))
    .order_by(_since, _t.id)
    .limit(TASKS_AT_ONCE)
)


async def announce(tx: Tx, org_id: Id, told: Iterable[Announcement], now: datetime) -> int:
    """Write a delivery for each announcement and each active endpoint that wants it; returns how many there are.

    With nobody listening this costs one look at a small table.
    """
    told = list(told)
    if not told:
        return 0
    listening = (await tx.execute(_LISTENING, {"org": org_id})).all()
    wanted = [(e.id, a) for e in listening for a in told if not e.events or a.type in e.events]
    return await deliver_to(tx, org_id, wanted, now)


async def deliver_to(tx: Tx, org_id: Id, wanted: Sequence[tuple[Id, Announcement]], now: datetime) -> int:
    """Write these deliveries, each to its endpoint. One that stands already under its key stays as it is."""
    if not wanted:
        return 0
    refs = await _refs(tx, org_id, [a for _, a in wanted])
    rows = [_row(org_id, endpoint_id, announcement, refs, now) for endpoint_id, announcement in wanted]
    await tx.execute(_NEW, rows)
    return len(rows)


def delivery_id(endpoint_id: Id, key: str) -> Id:
    """The id of the delivery of what has this key to this endpoint."""
    return id_of("webhook", endpoint_id, key)


def _row(org_id: Id, endpoint_id: Id, told: Announcement, refs: dict[Id, str], now: datetime) -> dict[str, Any]:
    data: dict[str, Plain] = {}
    for name, value in told.data.items():
        data[name] = value
        if name in _NAMED:
            data[f"{name.removesuffix('_id')}_ref"] = refs.get(str(value))
    at = told.at.isoformat().replace("+00:00", "Z")
    return {
        "org_id": org_id,
        "id": delivery_id(endpoint_id, told.key),
        "endpoint_id": endpoint_id,
        "event_id": told.event_id,
        "key": told.key,
        "type": told.type.value,
        "payload": {"type": told.type.value, "timestamp": at, "data": data},
        "state": DeliveryState.QUEUED.value,
        "due_at": now,
        "created_at": now,
    }


async def _refs(tx: Tx, org_id: Id, told: Sequence[Announcement]) -> dict[Id, str]:
    """The operator's own references of what is named, by id; what has none is left out."""
    found: dict[Id, str] = {}
    for name, table in _NAMED.items():
        named = {str(a.data[name]) for a in told if a.data.get(name)}
        if named:
            c = table.c
            query = select(c.id, c.ref).where(c.org_id == org_id, c.id.in_(named), c.ref.is_not(None))
            found |= {r.id: r.ref for r in await tx.execute(query)}
    return found


async def announce_overdue(tx: Tx, now: datetime) -> int:
    """Announce open tasks whose time has passed to those who listen; returns how many deliveries were written.

    Each endpoint hears of what became overdue since it is active, and of each due time once.
    """
    written = 0
    for row in (await tx.execute(_OVERDUE, {"now": now, "back": now - OVERDUE_SINCE})).all():
        written += await _announce_overdue(tx, row, now)
    return written


async def _announce_overdue(tx: Tx, row: Row[Any], now: datetime) -> int:
    task = Task.model_validate(dict(row._mapping))
    if not is_overdue(task, now):
        return 0
    return await deliver_to(tx, row.org_id, [(row.listener, task_overdue(task, row.student_id, now))], now)
