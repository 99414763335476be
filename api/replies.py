"""Guardians' replies: taken in from other systems, listed for people, matched and read by them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from fastapi import Response
from pydantic import BaseModel, ConfigDict, model_validator
from sqlalchemy import Row

from api.access import Caller, Here
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import Asked, FreeText, Listed, Lister, RowId, Told
from db import answers, families, inbox, operations_acts, roster
from db.answers import Said, Which
from db.engine import Tx
from db.tables import guardians, students
from domain.events import ReplyReceived
from domain.refusals import Conflict, Invalid
from domain.replies import ABOUT_A_CHILD, understand
from domain.reply_words import WHY
from domain.tasks import Role, TaskKind

router = doors("replies")
Meant = Literal["ill", "clash", "call_me", "stop", "start", "help", "nothing", "unclear"]


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


class MatchIn(Asked):
    """Whose reply it is, and about whom."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "guardian_id": "0b0e1d3c-6f0e-4d0e-9a5b-2f2c0b8a7d11",
                    "student_id": "5f1c2a70-93a1-4b1e-8a44-0c7b2c1d9e02",
                }
            ]
        }
    )
    guardian_id: RowId
    student_id: RowId


class ReadIn(Asked):
    """What a person reads in a reply; `nothing`: there is nothing to do."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"meaning": "ill"}]})
    meaning: Literal["ill", "clash", "call_me", "stop", "start", "nothing"]


class ReplyAccepted(BaseModel):
    """How the reply was understood, and every student it counts for."""

    id: str
    meaning: Meant
    students: list[str]


class Reply(Told):
    """A reply as it came, one for each student it counts for. `why` is the rule that understood it."""

    id: str
    student_id: str | None
    student_name: str | None
    guardian_id: str | None
    guardian_name: str | None
    channel: Literal["api", "sms", "email"]
    sender: str | None
    text: str
    meaning: Meant
    why: str
    message_id: str | None
    received_at: datetime
    read_by: str | None
    read_at: datetime | None

    @classmethod
    def shown(cls, row: Row[Any]) -> Reply:
        """The reply of a row, with its rule in words."""
        return cls.of(row, why=WHY.get(row.rule or "", ""))


@router.post("/students/{student_id}/replies", status_code=202)
async def receive_reply(here: Here, student_id: RowId, asked: ReplyIn, response: Response) -> ReplyAccepted:
    """Take in a guardian's reply. STOP and START count at once; a coded answer counts for each child it is about."""
    text = asked.text or asked.code or ""
    reply_id, guardian_id = here.new_id(), asked.guardian_id
    async with here.transaction() as tx:
        now = await here.now(tx)
        student = await roster.one(tx, students, here.org_id, student_id)
        await answers.check_guardian(tx, here.org_id, student.id, guardian_id)
        family = await families.children(tx, here.org_id, guardian_id)
        understood = understand(text, [child.first_name for child in family])
        meaning = understood.meaning
        if asked.code is not None and meaning == "unclear":
            raise Invalid("not_understood", OWN["not_understood"])
        message_id, told_of = await families.told_of(tx, here.org_id, guardian_id, None, now)
        children = [student.id]
        if meaning in ABOUT_A_CHILD and student.id in told_of and not understood.named:
            children += [child for child in told_of if child != student.id]
        if await answers.known(tx, here.org_id, reply_id) is None:
            await answers.opt(tx, here.org_id, guardian_id, meaning, reply_id, now)
            said = Said(text, meaning, understood.rule, message_id=message_id if student.id in told_of else None)
            for number, child in enumerate(children):
                own_id = here.new_id() if number else reply_id
                here.wake(child, await answers.receive(tx, here.org_id, child, guardian_id, own_id, said, now))
    response.headers["Location"] = f"/v1/students/{student.id}/replies"
    return ReplyAccepted(id=reply_id, meaning=meaning, students=children)


@router.get("/students/{student_id}/replies")
async def list_replies(here: Here, student_id: RowId, listing: Lister) -> Listed[Reply]:
    """The replies about a student, newest first."""
    async with here.transaction() as tx:
        student = await roster.one(tx, students, here.org_id, student_id)
        part = await answers.list_replies(tx, here.org_id, student.id, listing.cut)
    return listing.answer(part, Reply.shown)


@router.get("/replies")
async def list_reply_inbox(here: Here, listing: Lister, which: Which = "unclear") -> Listed[Reply]:
    """Replies that need a person, the oldest first: `unclear`, or `unmatched` to any student. `all`: newest first."""
    here.person(Role.COORDINATOR)
    async with here.transaction() as tx:
        part = await answers.waiting(tx, here.org_id, which, listing.cut)
    return listing.answer(part, Reply.shown)


@router.post("/replies/{reply_id}/match")
async def match_reply(here: Here, reply_id: RowId, asked: MatchIn) -> Reply:
    """Say whose reply it is and which student it is about; from then on it counts as if it had come so."""
    person = here.person(Role.COORDINATOR)
    async with here.transaction() as tx:
        now = await here.now(tx)
        reply = await answers.one(tx, here.org_id, reply_id)
        if reply.student_id is not None and (reply.student_id, reply.guardian_id) != (
            asked.student_id,
            asked.guardian_id,
        ):
            raise Conflict("reply_matched", OWN["reply_matched"])
        student = await roster.one(tx, students, here.org_id, asked.student_id)
        guardian = await roster.one(tx, guardians, here.org_id, asked.guardian_id)
        await answers.check_guardian(tx, here.org_id, student.id, guardian.id)
        if reply.student_id is None:
            await answers.change(tx, here.org_id, reply.id, student_id=student.id, guardian_id=guardian.id)
            if reply.read_at is None:
                await answers.opt(tx, here.org_id, guardian.id, reply.meaning, reply.id, now, person.id)
                event = ReplyReceived(
                    reply_id=reply.id, guardian_id=guardian.id, meaning=reply.meaning, at=reply.received_at
                )
                here.wake(student.id, await inbox.put(tx, here.org_id, student.id, event, now))
            await _close_task(here, tx, person.id, now)
        return Reply.shown(await answers.shown(tx, here.org_id, reply.id))


@router.post("/replies/{reply_id}/understand")
async def understand_reply(here: Here, reply_id: RowId, asked: ReadIn) -> Reply:
    """Say what an unclear reply means; the student's process takes it as if it had been understood."""
    person = here.person(Role.COORDINATOR)
    async with here.transaction() as tx:
        now = await here.now(tx)
        reply = await answers.one(tx, here.org_id, reply_id)
        if reply.student_id is None and asked.meaning != "nothing":
            raise Conflict("reply_unmatched", OWN["reply_unmatched"])
        if reply.read_at is not None or (reply.meaning != "unclear" and reply.student_id is not None):
            if reply.meaning == asked.meaning:
                return Reply.shown(await answers.shown(tx, here.org_id, reply.id))
            raise Conflict("reply_read", OWN["reply_read"])
        read = {"meaning": asked.meaning, "rule": "read_by_a_person", "read_by": person.id, "read_at": now}
        await answers.change(tx, here.org_id, reply.id, **read)
        if reply.student_id is None:
            await _close_task(here, tx, person.id, now)
        else:
            await answers.opt(tx, here.org_id, reply.guardian_id, asked.meaning, reply.id, now, person.id)
            event = ReplyReceived(
                reply_id=reply.id, guardian_id=reply.guardian_id, meaning=asked.meaning, at=now, by=person.id
            )
            here.wake(reply.student_id, await inbox.put(tx, here.org_id, reply.student_id, event, now))
        return Reply.shown(await answers.shown(tx, here.org_id, reply.id))


async def _close_task(here: Caller, tx: Tx, by: str, now: datetime) -> None:
    """With the last unmatched reply gone, the task about them is done."""
    if not await answers.is_anything_unmatched(tx, here.org_id):
        await operations_acts.finish_all(tx, here.org_id, TaskKind.READ_REPLY, by, None, now)
