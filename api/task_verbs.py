"""What a person does with a task: claim, complete, snooze, reassign, dismiss it, or log an attempt to reach the family.

Each verb is a fact for the student's workflow, which accepts or refuses it. Tasks of no student are decided here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from fastapi.responses import JSONResponse
from pydantic import ConfigDict

from api.access import Caller, Here
from api.acts import NOT_YET, is_decided, not_yet, put
from api.once import router as doors
from api.tasks import TaskDetail, detail
from api.values import Asked, FreeText, Instant, Reference, RowId
from db import follow_ups, notes, operations_acts
from db.roster import Directory
from db.tables import staff
from domain.events import OutreachLogged, TaskClaimed, TaskCompleted, TaskDismissed, TaskReassigned, TaskSnoozed
from domain.follow_up import Verb
from domain.refusals import Invalid
from domain.tasks import Role, TaskOutcome
from domain.value import Id

router = doors("tasks")
Channel = Literal["phone", "sms", "email", "in_person", "chat"]
LONGEST_SNOOZE = timedelta(days=92)
Answer = TaskDetail | JSONResponse


class ClaimIn(Asked):
    """Nothing to say: I'm on it."""


class CompleteIn(Asked):
    """What the task led to; the channel on which the family was tried; a note."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"outcome": "reached", "channel": "phone", "note": "exam week, back on Monday"}]
        }
    )
    outcome: TaskOutcome
    channel: Channel | None = None
    note: FreeText | None = None
    return_at: Instant | None = None


class SnoozeIn(Asked):
    """Until when it is put off."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"until": "2026-03-04T09:00:00+00:00"}]})
    until: Instant


class ReassignIn(Asked):
    """Who gets it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to_ref": "C-2"}]})
    to_id: RowId | None = None
    to_ref: Reference | None = None


class DismissIn(Asked):
    """Why it is not needed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "duplicate"}]})
    reason: Literal["duplicate", "false_alarm", "other"]
    note: FreeText | None = None


class OutreachIn(Asked):
    """How the family was tried."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"channel": "phone", "note": "no answer, mailbox full"}]})
    channel: Channel
    note: FreeText | None = None


async def _do(here: Caller, task_id: Id, verb: Callable[[Id, Id, Id | None], Verb], note: str | None = None) -> Answer:
    """Tell the student's workflow what a person does with a task, and answer as it decides.

    `verb` makes the fact from the act's id, the person and the note's id.
    """
    by = here.person(Role.COORDINATOR).id
    act_id, note_id = here.new_id(), here.new_id()
    async with here.transaction() as tx:
        now = await here.now(tx)
        row = await follow_ups.one_task(tx, here.org_id, task_id)
        act = verb(act_id, by, await notes.write(tx, here.org_id, note_id, note, by, now))
        if isinstance(act, TaskSnoozed) and act.until > now + LONGEST_SNOOZE:
            raise Invalid("too_far_ahead", f"a task can be put off for {LONGEST_SNOOZE.days} days at most")
        if row.student_id is None:
            await operations_acts.act(tx, here.org_id, act, now)
            return await detail(here, tx, task_id)
        await put(here, tx, row.student_id, act_id, act, now)
    if not await is_decided(here, act_id):
        return not_yet(act_id)
    async with here.transaction() as tx:
        return await detail(here, tx, task_id)


@router.post("/tasks/{task_id}/claim", responses=NOT_YET, response_model=TaskDetail)
async def claim_task(here: Here, task_id: RowId, asked: ClaimIn | None = None) -> Answer:
    """I'm on it: stops reminders and the messages to the family until the claim times out."""
    return await _do(here, task_id, lambda act, by, note: TaskClaimed(task_id=task_id, by=by))


@router.post("/tasks/{task_id}/complete", responses=NOT_YET, response_model=TaskDetail)
async def complete_task(here: Here, task_id: RowId, asked: CompleteIn) -> Answer:
    """Finish a task with its outcome; attendance is watched from then on, or the next attempt follows."""

    def done(act: Id, by: Id, note: Id | None) -> Verb:
        said = {"outcome": asked.outcome, "channel": asked.channel, "return_at": asked.return_at}
        return TaskCompleted.model_validate({"act_id": act, "task_id": task_id, "by": by, "note_id": note, **said})

    return await _do(here, task_id, done, asked.note)


@router.post("/tasks/{task_id}/snooze", responses=NOT_YET, response_model=TaskDetail)
async def snooze_task(here: Here, task_id: RowId, asked: SnoozeIn) -> Answer:
    """Put a task off. It opens again on its time, or on a new miss or reply."""
    return await _do(here, task_id, lambda act, by, note: TaskSnoozed(task_id=task_id, by=by, until=asked.until))


@router.post("/tasks/{task_id}/reassign", responses=NOT_YET, response_model=TaskDetail)
async def reassign_task(here: Here, task_id: RowId, asked: ReassignIn) -> Answer:
    """Give a task to a colleague."""
    async with here.transaction() as tx:
        colleague = await Directory(tx, here.org_id).find(staff, asked.to_id, asked.to_ref, called="to")
    return await _do(here, task_id, lambda act, by, note: TaskReassigned(task_id=task_id, by=by, to=colleague.id))


@router.post("/tasks/{task_id}/dismiss", responses=NOT_YET, response_model=TaskDetail)
async def dismiss_task(here: Here, task_id: RowId, asked: DismissIn) -> Answer:
    """Say that a task is not needed, and why. It closes the case so."""

    def dismissed(act: Id, by: Id, note: Id | None) -> Verb:
        return TaskDismissed(task_id=task_id, by=by, reason=asked.reason, note_id=note)

    return await _do(here, task_id, dismissed, asked.note)


@router.post("/tasks/{task_id}/outreach", responses=NOT_YET, response_model=TaskDetail)
async def log_outreach(here: Here, task_id: RowId, asked: OutreachIn) -> Answer:
    """Log an attempt to reach the family; the first one stops the messages of the case."""

    def logged(act: Id, by: Id, note: Id | None) -> Verb:
        return OutreachLogged(act_id=act, task_id=task_id, by=by, channel=asked.channel, note_id=note)

    return await _do(here, task_id, logged, asked.note)
