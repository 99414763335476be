"""The clock of a session in the books: when it next does something by itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, select, update

from db.engine import Tx
from db.expected import enrolled_then
from db.journal_tables import outcomes
from db.student_facts import newest_policy
from db.tables import enrollments, schedules, sessions
from domain.attendance import Thresholds
from domain.policy import Policy
from domain.session_plan import Timing, steps
from domain.value import Id

_SET_DUE = (
    update(sessions)
    .where(sessions.c.org_id == bindparam("org"), sessions.c.id == bindparam("this"))
    .values(next_due=bindparam("due"))
)


_open = (
    select(enrollments.c.id)
    .select_from(enrollments)
    .outerjoin(
        outcomes,
        and_(
            outcomes.c.org_id == enrollments.c.org_id,
            outcomes.c.session_id == sessions.c.id,
            outcomes.c.student_id == enrollments.c.student_id,
        ),
    )
    .where(enrolled_then(), outcomes.c.id.is_(None))
    .correlate(sessions)
)
_free = (
    select(sessions.c.id)
    .where(sessions.c.org_id == bindparam("org"), sessions.c.id == bindparam("this"))
    .with_for_update(skip_locked=True, key_share=True)
)
_not_begun = func.coalesce(sessions.c.state["running"].as_boolean(), False).is_(False)
_TOLD = update(sessions).where(sessions.c.org_id == bindparam("org"), sessions.c.id.in_(_free))
_REST = (
    _TOLD.where(sessions.c.status == "scheduled", sessions.c.next_due.is_not(None), _not_begun)
    .where(~_open.exists())
    .values(next_due=None, status="settled")
)
_LOOK_AGAIN = _TOLD.where(sessions.c.status == "unrecorded").values(next_due=bindparam("now"))


def thresholds(policy: Policy, schedule: Row[Any]) -> Thresholds:
    """The policy's numbers with those the schedule changes (its column `attendance`)."""
    return Thresholds.model_validate(policy.attendance.model_dump() | schedule.attendance)


def timing(row: Row[Any]) -> Timing:
    """When a session is. The row has its columns and `schedule_link`."""
    return Timing(
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        created_at=row.created_at,
        changed_at=row.changed_at,
        has_link=bool(row.join_url or row.schedule_link),
    )


async def wind(tx: Tx, org_id: Id, session_ids: Iterable[Id], now: datetime) -> None:
    """Set when these sessions first do something from now on. To be called for each that was made or moved."""
    s, c = sessions.c, schedules.c
    rows = await tx.execute(
        select(sessions, c.attendance, c.join_url.label("schedule_link"))
        .join(schedules, and_(c.org_id == s.org_id, c.id == s.schedule_id))
        .where(s.org_id == org_id, s.id.in_(list(session_ids)), s.status != "called_off")
    )
    policy = await newest_policy(tx, org_id)
    for row in rows.all():
        ahead = [d.due_at for d in steps(timing(row), policy, thresholds(policy, row)) if d.due_at >= now]
        await set_due(tx, org_id, [row.id], min(ahead, default=None))


async def told(tx: Tx, org_id: Id, session_id: Id, now: datetime) -> bool:
    """An outcome of a session that is over was told: it may need no clock any more, or nobody to be chased.

    True when its process is to be woken. One that is locked is in the hands of its own process; waiting for it could
    end in a deadlock.
    """
    this = {"org": org_id, "this": session_id}
    await tx.execute(_REST, this)
    return (await tx.execute(_LOOK_AGAIN, this | {"now": now})).rowcount > 0


async def set_due(tx: Tx, org_id: Id, session_ids: Iterable[Id], due_at: datetime | None) -> None:
    """Set when these sessions next do something; None for those that are at rest."""
    rows = [{"org": org_id, "this": session_id, "due": due_at} for session_id in sorted(session_ids)]
    if rows:
        await tx.execute(_SET_DUE, rows)
