"""What an instructor writes to the office about a session: a task for a coordinator to read it.

The note has the id of its task. So it is still found when the task is finished and `note_id` is the answer to it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlalchemy.dialects.postgresql import insert

from db import notes
from db.engine import Tx
from db.journal_tables import tasks
from db.student_facts import calendar, team
from db.tables import enrollments, staff
from domain.tasks import Escalation, TaskKind, TaskStatus, lead_of, task_id
from domain.value import Id


async def tell_office(tx: Tx, org_id: Id, session: Row[Any], text: str, by: Id, now: datetime) -> Id | None:
    """Have the coordinator of most of the session's students read it; the lead where there is none.

    Returns the task's id, None when nobody works in the office. The same words again change nothing.
    """
    people = await team(tx, org_id)
    lead = lead_of(people, besides="")
    owner_id = await _coordinator(tx, org_id, session.schedule_id) or (lead.id if lead else None)
    if owner_id is None:
        return None
    row_id = task_id(TaskKind.READ_NOTE, session.id, by, text)
    await notes.write(tx, org_id, row_id, text, by, now)
    row = {
        "org_id": org_id,
        "id": row_id,
        "kind": TaskKind.READ_NOTE.value,
        "owner_id": owner_id,
        "opened_at": now,
        "due_at": (await calendar(tx, org_id, now)).one_business_day(now),
        "status": TaskStatus.OPEN.value,
        "session_id": session.id,
        "instructor_id": by,
        "escalation": Escalation.NONE.value,
        "attempt": 1,
        "channels": [],
        "note_id": row_id,
    }
    await tx.execute(insert(tasks).values(row).on_conflict_do_nothing())
    return row_id


async def _coordinator(tx: Tx, org_id: Id, schedule_id: Id) -> Id | None:
    e, s = enrollments.c, staff.c
    found = await tx.execute(
        select(e.coordinator_id)
        .join(staff, and_(s.org_id == e.org_id, s.id == e.coordinator_id, s.active))
        .where(e.org_id == org_id, e.schedule_id == schedule_id, e.ended_at.is_(None))
        .group_by(e.coordinator_id)
        .order_by(func.count().desc(), e.coordinator_id)
        .limit(1)
    )
    return found.scalar_one_or_none()
