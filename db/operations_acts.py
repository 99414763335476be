"""What people do with tasks of no student. There is no process to decide it, so it is decided in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from db import audit_log
from db.engine import Tx
from db.journal_tables import tasks
from db.student_facts import calendar, newest_policy, team
from domain.events import OutreachLogged, TaskClaimed, TaskCompleted, TaskDismissed, TaskReassigned, TaskSnoozed
from domain.explaining import refusal
from domain.follow_up import Verb
from domain.refusals import Conflict, Invalid
from domain.tasks import UNFINISHED, TaskKind, TaskStatus
from domain.value import Id


async def act(tx: Tx, org_id: Id, verb: Verb, now: datetime) -> None:
    """Claim, complete, snooze, reassign or dismiss. Raises Conflict with the reason, as a student's process would."""
    t = tasks.c
    found = await tx.execute(select(tasks).where(t.org_id == org_id, t.id == verb.task_id).with_for_update())
    row = found.one()
    if row.status not in UNFINISHED:
        raise Conflict("task_not_open", refusal("task_not_open"))
    changes = await _changes(tx, org_id, row, verb, now)
    await tx.execute(update(tasks).where(t.org_id == org_id, t.id == verb.task_id).values(changes))
    told = {"task": row.kind, "to": getattr(verb, "to", None)}
    reason_id = getattr(verb, "note_id", None)
    await audit_log.write(tx, org_id, verb.by, "task", verb.kind, now, about=verb.task_id, reason_id=reason_id, **told)


async def _changes(tx: Tx, org_id: Id, row: Row[Any], verb: Verb, now: datetime) -> dict[str, Any]:
    match verb:
        case TaskClaimed():
            policy = await newest_policy(tx, org_id)
            days = await calendar(tx, org_id, now)
            until = days.after_working_hours(now, policy.claim_working_hours)
            return {"claimed_by": verb.by, "claimed_until": until, "status": "open", "snoozed_until": None}
        case TaskSnoozed(until=until):
            if until <= now:
                raise Conflict("snooze_in_the_past", refusal("snooze_in_the_past"))
            return {"status": TaskStatus.SNOOZED.value, "snoozed_until": until}
        case TaskReassigned():
            if all(c.id != verb.to for c in await team(tx, org_id)):
                raise Conflict("not_on_the_team", refusal("not_on_the_team"))
            return {"owner_id": verb.to, "claimed_by": None, "claimed_until": None}
        case TaskCompleted():
            done = {
                "outcome": verb.outcome.value,
                "channels": [*row.channels, *([verb.channel] if verb.channel else [])],
            }
            return _finished(TaskStatus.DONE, verb.by, verb.note_id, now) | done
        case TaskDismissed():
            return _finished(TaskStatus.NOT_NEEDED, verb.by, verb.note_id, now) | {"reason": verb.reason}
        case OutreachLogged():
            raise Invalid("no_family", "this task is about no student, so there is no family to reach; complete it")


def _finished(status: TaskStatus, by: Id, note_id: Id | None, now: datetime) -> dict[str, Any]:
    return {"status": status.value, "finished_at": now, "finished_by": by, "note_id": note_id}


async def finish_all(tx: Tx, org_id: Id, kind: TaskKind, by: Id, note_id: Id | None, now: datetime) -> list[Id]:
    """Finish every open operations task of a kind as done; returns their ids."""
    t = tasks.c
    done = await tx.execute(
        update(tasks)
        .where(t.org_id == org_id, t.student_id.is_(None), t.kind == kind.value, t.finished_at.is_(None))
        .values(_finished(TaskStatus.DONE, by, note_id, now) | {"outcome": "done"})
        .returning(t.id)
    )
    return [r.id for r in done]
