"""Guardians' replies, from whatever system received them: understood, kept, and told to the students' workflows."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import Response
from pydantic import BaseModel, ConfigDict, model_validator

from api.access import Here
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import Asked, FreeText, Listed, Lister, RowId, Told
from db import answers, roster
from db.tables import students
from domain.refusals import Invalid
from domain.replies import understand

router = doors("replies")
Meant = Literal["ill", "clash", "call_me", "stop", "start", "unclear"]


class ReplyIn(Asked):
    """What a guardian answered: the text as it came, or one of the coded answers (1, 2, 3, stop, start)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"guardian_id": "0b0e1d3c-6f0e-4d0e-9a5b-2f2c0b8a7d11", "text": "please call me"}]
        }
    )
    guardian_id: RowId
    text: FreeText | None = None
    code: FreeText | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> ReplyIn:
        if (self.text is None) == (self.code is None):
            raise ValueError("give the reply as text or as code, not both")
        return self


class ReplyAccepted(BaseModel):
    """How the reply was understood, and every student it counts for."""

    id: str
    meaning: Meant
    students: list[str]


class Reply(Told):
    """A reply as it came."""

    id: str
    student_id: str
    guardian_id: str
    guardian_name: str
    text: str
    meaning: Meant
    received_at: datetime


@router.post("/students/{student_id}/replies", status_code=202)
async def receive_reply(here: Here, student_id: RowId, asked: ReplyIn, response: Response) -> ReplyAccepted:
    """Take in a guardian's reply. STOP and START count at once; a coded answer counts for each child it is about."""
    said = asked.text or asked.code or ""
    meaning = understand(said)
    if asked.code is not None and meaning == "unclear":
        raise Invalid("not_understood", OWN["not_understood"])
    reply_id, guardian_id = here.new_id(), asked.guardian_id
    async with here.transaction() as tx:
        now = await here.now(tx)
        student = await roster.one(tx, students, here.org_id, student_id)
        await answers.check_guardian(tx, here.org_id, student.id, guardian_id)
        children = [student.id]
        if meaning in answers.ABOUT_EACH_CHILD:
            children = await answers.children_named(tx, here.org_id, student.id, guardian_id)
        if await answers.known(tx, here.org_id, reply_id) is None:
            await answers.opt(tx, here.org_id, guardian_id, meaning, now)
            for number, child in enumerate(children):
                own_id = here.new_id() if number else reply_id
                row_id = await answers.receive(tx, here.org_id, child, guardian_id, own_id, said, meaning, now)
                here.wake(child, row_id)
    response.headers["Location"] = f"/v1/students/{student.id}/replies"
    return ReplyAccepted(id=reply_id, meaning=meaning, students=children)


@router.get("/students/{student_id}/replies")
async def list_replies(here: Here, student_id: RowId, listing: Lister) -> Listed[Reply]:
    """The replies about a student, newest first."""
    async with here.transaction() as tx:
        student = await roster.one(tx, students, here.org_id, student_id)
        part = await answers.list_replies(tx, here.org_id, student.id, listing.cut)
    return listing.answer(part, Reply.of)
