"""An enrollment's book on a page: each line with the balance after it; lessons bought, and mistakes put right."""

from __future__ import annotations

from typing import Literal

from fastapi import Request
from fastapi.responses import Response

from api.ledger import AdjustmentIn, TopUpIn, adjust, top_up
from api.pages.desk.student import known_enrollment
from api.pages.desk.student_acts import decided_as
from api.pages.forms import Filled, read, sent
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator, StaffVisit
from api.values import RowId
from db import ledger, pages_student, roster
from db.listing import Cut
from db.tables import students
from domain.refusals import Refusal
from domain.value import Id

router = staff_pages()
AT_ONCE = 40
Doing = Literal["top_up", "adjust"]


async def _page(
    request: Request,
    here: StaffVisit,
    student_id: Id,
    enrollment_id: Id,
    *,
    cursor: str | None = None,
    doing: Doing | None = None,
    filled: Filled | None = None,
    status: int = 200,
) -> Response:
    row = await known_enrollment(here, student_id, enrollment_id)
    async with here.transaction() as tx:
        now = await here.now(tx)
        student = await roster.one(tx, students, here.org_id, student_id)
        part = await pages_student.book(tx, here.org_id, row.id, Cut(AT_ONCE, cursor))
        balance = await ledger.balance(tx, here.org_id, row.id)
    return render(
        request,
        "students/balance.html",
        status=status,
        now=now,
        student=student,
        enrollment=row,
        part=part,
        balance=balance,
        cursor=cursor,
        doing=doing,
        filled=filled or Filled(),
        none_wrong=Filled().errors,
    )


@router.get("/students/{student_id}/balance/{enrollment_id}")
async def balance(
    request: Request, here: Coordinator, student_id: RowId, enrollment_id: RowId, cursor: str | None = None
) -> Response:
    """The book of one enrollment, the newest line first."""
    return await _page(request, here, student_id, enrollment_id, cursor=cursor)


@router.post("/students/{student_id}/balance/{enrollment_id}/top-up")
async def add(request: Request, here: Coordinator, student_id: RowId, enrollment_id: RowId) -> Response:
    """Add lessons that were bought."""
    filled = await sent(request)
    asked = read(TopUpIn, filled)
    if asked is not None:
        await known_enrollment(here, student_id, enrollment_id)
        try:
            answer = await top_up(here, enrollment_id, asked)
            return go(f"/students/{student_id}/balance/{enrollment_id}", decided_as(answer, "topped_up"))
        except Refusal as refused:
            filled.refused(refused, "units")
    return await _page(request, here, student_id, enrollment_id, doing="top_up", filled=filled, status=422)


@router.post("/students/{student_id}/balance/{enrollment_id}/adjust")
async def put_right(request: Request, here: Coordinator, student_id: RowId, enrollment_id: RowId) -> Response:
    """Put a mistake right by hand, with a reason."""
    filled = await sent(request)
    asked = read(AdjustmentIn, filled)
    if asked is not None:
        await known_enrollment(here, student_id, enrollment_id)
        try:
            answer = await adjust(here, enrollment_id, asked)
            return go(f"/students/{student_id}/balance/{enrollment_id}", decided_as(answer, "adjusted"))
        except Refusal as refused:
            filled.refused(refused, "units")
    return await _page(request, here, student_id, enrollment_id, doing="adjust", filled=filled, status=422)
