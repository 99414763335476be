"""A message of one's own to the family of a student: to whom, how, in which words; it leaves in 20 seconds."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from sqlalchemy import Row

from api.drafts import Line
from api.own_messages import OwnMessageIn, draft_for_student, write_for_student
from api.pages.desk import follow_up_parts, follow_up_words
from api.pages.forms import Filled, read, sent
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator, StaffVisit
from api.values import FreeText, RowId
from db import pages_follow_up, roster
from db.tables import students
from domain.refusals import Refusal
from domain.sending import Channel
from domain.value import Id

router = staff_pages()


class WriteIn(BaseModel):
    """The words for each channel that is chosen; a channel without words is not used."""

    to: RowId
    sms: FreeText | None = None
    subject: Line | None = None
    email: FreeText | None = None


async def _page(
    request: Request,
    here: StaffVisit,
    student_id: Id,
    to: Id | None,
    filled: Filled | None = None,
    status: int = 200,
) -> Response:
    async with here.transaction() as tx:
        now = await here.now(tx)
        student = await roster.one(tx, students, here.org_id, student_id)
        contacts = await pages_follow_up.contacts(tx, here.org_id, student.id, now)
    whom: Row[Any] | None = next((c for c in contacts if c.id == to), None) or next(iter(contacts), None)
    ways = follow_up_parts.ways(whom) if whom else []
    checks: list[Any] = []
    if whom and filled is None:
        begun = await draft_for_student(here, student.id, whom.id)
        checks = list(begun.checks)
        said = {t.channel: t.words for t in begun.texts}
        values: dict[str, object] = {"to": whom.id}
        if Channel.SMS in ways:
            values["sms"] = " ".join(p for p in (said[Channel.SMS].story, said[Channel.SMS].ask) if p)
        elif Channel.EMAIL in ways:
            mail = said[Channel.EMAIL]
            values |= {"subject": mail.subject, "email": "\n\n".join(p for p in (mail.story, mail.ask) if p)}
        filled = Filled.with_values(values)
    return render(
        request,
        "students/write.html",
        status=status,
        now=now,
        student=student,
        contacts=contacts,
        whom=whom,
        ways=[w.value for w in ways],
        filled=filled or Filled(),
        checks=checks,
        contact_words=follow_up_words,
        leaves_at=follow_up_parts.leaves_at(whom.zone, now) if whom else None,
    )


@router.get("/students/{student_id}/write")
async def write(
    request: Request, here: Coordinator, student_id: RowId, to: Annotated[RowId | None, Query()] = None
) -> Response:
    """Write to a contact; by default to the one who is asked first."""
    return await _page(request, here, student_id, to)


@router.post("/students/{student_id}/write")
async def send(request: Request, here: Coordinator, student_id: RowId) -> Response:
    """Let the words go. Until they leave they can be taken back."""
    filled = await sent(request)
    asked = read(WriteIn, filled)
    if asked is not None:
        channels = [c for c, words in ((Channel.SMS, asked.sms), (Channel.EMAIL, asked.email)) if words]
        if channels:
            return await _let_go(request, here, student_id, asked, channels, filled)
        filled.errors["sms"] = "Write a text, an e-mail, or both."
    return await _page(request, here, student_id, filled.values["to"], filled, 422)


async def _let_go(
    request: Request, here: StaffVisit, student_id: Id, asked: WriteIn, channels: list[Channel], filled: Filled
) -> Response:
    message = OwnMessageIn(
        guardian_id=asked.to,
        channels=channels,
        subject=asked.subject,
        body=asked.email or asked.sms or "",
        sms_body=asked.sms,
    )
    try:
        made = await write_for_student(here, student_id, message, Response())
    except Refusal as refused:
        where = "sms" if asked.sms else "email"
        return await _page(request, here, student_id, asked.to, filled.refused(refused, where), 422)
    home = f"/students/{student_id}"
    return go(home, "stored") if isinstance(made, JSONResponse) else go(home, draft=made.id)
