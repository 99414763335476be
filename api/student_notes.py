"""Notes about a student: what the office wants to remember of a family."""

from __future__ import annotations

from datetime import datetime

from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from api.access import Here
from api.acts import NOT_YET, is_decided, not_yet, put
from api.once import router as doors
from api.values import Asked, FreeText, Listed, Lister, RowId, Told
from db import notes, roster, student_notes
from db.tables import students
from domain.desk_events import NoteWritten
from domain.tasks import Role

router = doors("people")


class StudentNoteIn(Asked):
    """What is to be remembered."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "Sam's mother works nights. Call after 15:00, never before noon."}]}
    )
    text: FreeText


class StudentNote(Told):
    """A note, who wrote it and when."""

    id: str
    text: str
    by: str | None
    by_name: str | None
    at: datetime


class NoteKept(BaseModel):
    """The note stands, and the student's history names it."""

    status: str = "done"
    act_id: str
    note_id: str


@router.post("/students/{student_id}/notes", status_code=201, responses=NOT_YET, response_model=NoteKept)
async def write_student_note(
    here: Here, student_id: RowId, asked: StudentNoteIn, response: Response
) -> NoteKept | JSONResponse:
    """Write a note about a student for the office. It decides nothing and no family sees it."""
    by = here.person(Role.COORDINATOR).id
    act_id, note_id = here.new_id(), here.new_id()
    async with here.transaction() as tx:
        now = await here.now(tx)
        student = await roster.one(tx, students, here.org_id, student_id)
        await notes.write(tx, here.org_id, note_id, asked.text, by, now)
        await put(here, tx, student.id, act_id, NoteWritten(act_id=act_id, note_id=note_id, by=by), now)
    if not await is_decided(here, act_id):
        return not_yet(act_id)
    response.headers["Location"] = f"/v1/students/{student_id}/notes"
    return NoteKept(act_id=act_id, note_id=note_id)


@router.get("/students/{student_id}/notes")
async def list_student_notes(here: Here, student_id: RowId, listing: Lister) -> Listed[StudentNote]:
    """The notes about a student, the newest first."""
    async with here.transaction() as tx:
        student = await roster.one(tx, students, here.org_id, student_id)
        part = await student_notes.of_student(tx, here.org_id, student.id, listing.cut)
    return listing.answer(part, StudentNote.of)
