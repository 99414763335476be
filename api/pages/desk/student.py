"""One student: how it goes, what is left, who is told what, and what a coordinator can do about it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from fastapi.responses import Response

from api.pages.desk.student_parts import conversation_of, gather
from api.pages.forms import Filled
from api.pages.rendering import render
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator, StaffVisit
from api.statements import Format, answer
from api.values import Day, RowId
from db import pages_follow_up, pages_student, roster, student_notes
from db.listing import Cut
from db.tables import students
from domain.refusals import NotFound
from domain.value import Id

router = staff_pages()
Doing = Literal["note", "follow_up", "absence", "pause", "leave"]
AT_ONCE = 50
USUAL = timedelta(days=90)


async def page(
    request: Request,
    here: StaffVisit,
    student_id: Id,
    *,
    doing: Doing | None = None,
    filled: Filled | None = None,
    status: int = 200,
    draft: Id | None = None,
) -> Response:
    """The student. `doing` is the form that is open; `draft` was let go a moment ago and may be taken back."""
    shown = await gather(here, student_id)
    sent = None
    if draft:
        async with here.transaction() as tx:
            sent = await pages_follow_up.just_sent(tx, here.org_id, draft, here.me.id)
    return render(
        request,
        "students/student.html",
        status=status,
        **shown,
        doing=doing,
        filled=filled or _empty(shown),
        sent=sent,
        draft=draft,
        since=shown["today"] - USUAL,
        one_second=timedelta(seconds=1),
    )


def _empty(shown: dict[str, Any]) -> Filled:
    return Filled.with_values({"first": shown["today"], "last": shown["today"]})


@router.get("/students/{student_id}")
async def student(
    request: Request,
    here: Coordinator,
    student_id: RowId,
    doing: Doing | None = None,
    draft: RowId | None = None,
) -> Response:
    """One student."""
    return await page(request, here, student_id, doing=doing, draft=draft)


@router.get("/students/{student_id}/changes")
async def changes(request: Request, here: Coordinator, student_id: RowId, seen: str) -> Response:
    """A line that says that something has happened since; nothing while it has not."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        known = await roster.one(tx, students, here.org_id, student_id)
        changed = await pages_student.mark(tx, here.org_id, known.id) != seen
    return render(request, "students/_changes.html", now=now, student=known, changed=changed)


@router.get("/students/{student_id}/conversation")
async def whole_conversation(
    request: Request, here: Coordinator, student_id: RowId, cursor: str | None = None
) -> Response:
    """All that passed between the family and us, the newest part first."""
    shown = await conversation_of(here, student_id, cursor)
    return render(request, "students/conversation.html", **shown, cursor=cursor)


@router.get("/students/{student_id}/notes")
async def all_notes(request: Request, here: Coordinator, student_id: RowId, cursor: str | None = None) -> Response:
    """All notes about the student, the newest first."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        known = await roster.one(tx, students, here.org_id, student_id)
        part = await student_notes.of_student(tx, here.org_id, known.id, Cut(AT_ONCE, cursor))
    return render(request, "students/notes.html", now=now, student=known, notes=part)


@router.get("/students/{student_id}/statement")
async def statement(
    here: Coordinator,
    student_id: RowId,
    form: Annotated[Format, Query(alias="format")] = "pdf",
    since: Annotated[Day | None, Query(alias="from")] = None,
    until: Annotated[Day | None, Query(alias="to")] = None,
) -> Response:
    """The statement of a span of days as a file, in the family's language."""
    first: date | None = since
    return await answer(here, student_id, form, first, until, None)


async def known_enrollment(here: StaffVisit, student_id: Id, enrollment_id: Id) -> Any:
    """One of the student's enrollments. Raises NotFound."""
    async with here.transaction() as tx:
        found = await pages_student.enrollment(tx, here.org_id, student_id, enrollment_id)
    if found is None:
        raise NotFound("enrollment_unknown", "The student has no such enrollment. Go back to the student.")
    return found
