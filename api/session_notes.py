"""Notes about a session: what whoever teaches it wants the office to know, or asks it to put right."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from api.access import Here
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import Asked, FreeText, RowId
from db import boards, session_notes
from domain.refusals import Conflict, Forbidden
from domain.tasks import Role

router = doors("plans")


class SessionNoteIn(Asked):
    """What the office is to know."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "Max lost his connection twice. Please ask the family about it."}]}
    )
    text: FreeText


class SessionNote(BaseModel):
    """The task that has a coordinator read it."""

    task_id: str


@router.post("/sessions/{session_id}/notes", status_code=201)
async def note_session(here: Here, session_id: RowId, asked: SessionNoteIn) -> SessionNote:
    """Write to the office about a session: a task for the coordinator of most of its students.

    By the session's instructor, or staff from coordinator up. The same words again change nothing.
    """
    me = here.person()
    async with here.transaction() as tx:
        now = await here.now(tx)
        session = await boards.one(tx, here.org_id, session_id, now)
        if me.role is Role.INSTRUCTOR and me.id != session.instructor_id:
            raise Forbidden("not_your_session", OWN["not_your_session"])
        made = await session_notes.tell_office(tx, here.org_id, session, asked.text, me.id, now)
    if made is None:
        raise Conflict("nobody_in_the_office", OWN["nobody_in_the_office"])
    return SessionNote(task_id=made)
