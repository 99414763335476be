"""Follow-ups that a person begins, without any rule asking for one."""

from __future__ import annotations

from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import ConfigDict

from api.access import Here
from api.acts import NOT_YET, is_decided, not_yet, put
from api.once import router as doors
from api.tasks import TaskDetail, detail
from api.values import Asked, FreeText, RowId
from db import notes, roster
from db.tables import students
from domain.desk_events import FollowUpStarted
from domain.tasks import Role, TaskKind, task_id

router = doors("tasks")


class FollowUpIn(Asked):
    """Why, for whoever works on it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "The teacher says that Sam wants to give up"}]})
    note: FreeText | None = None


@router.post("/students/{student_id}/follow-ups", status_code=201, responses=NOT_YET, response_model=TaskDetail)
async def start_follow_up(
    here: Here, student_id: RowId, asked: FollowUpIn, response: Response
) -> TaskDetail | JSONResponse:
    """Start a follow-up with a family: a task of yours, due in one business day. Refused while one is open."""
    by = here.person(Role.COORDINATOR).id
    act_id, note_id = here.new_id(), here.new_id()
    async with here.transaction() as tx:
        now = await here.now(tx)
        student = await roster.one(tx, students, here.org_id, student_id)
        note = await notes.write(tx, here.org_id, note_id, asked.note, by, now)
        await put(here, tx, student.id, act_id, FollowUpStarted(act_id=act_id, by=by, note_id=note), now)
    if not await is_decided(here, act_id):
        return not_yet(act_id)
    made = task_id(TaskKind.FOLLOW_UP, act_id)
    response.headers["Location"] = f"/v1/tasks/{made}"
    async with here.transaction() as tx:
        return await detail(here, tx, made)
