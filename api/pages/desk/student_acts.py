"""What a coordinator does on a student's page: notes, a follow-up, planned absences, pause, leaving."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, model_validator

from api.absences import AbsenceIn, Reason, declare_absence, withdraw_absence
from api.draft_acts import undo_draft
from api.follow_ups import FollowUpIn, start_follow_up
from api.leaving import PauseIn, pause_student, withdraw_student
from api.pages.desk.student import Doing, page
from api.pages.forms import read, sent
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator, StaffVisit
from api.student_notes import StudentNoteIn, write_student_note
from api.values import FreeText, RowId
from db import roster, statements
from db.session_tables import planned_absences
from db.tables import students
from domain.refusals import Refusal
from domain.value import Id

router = staff_pages()
M = TypeVar("M", bound=BaseModel)
Done = Callable[[M], Awaitable[Response]]


class AwayIn(BaseModel):
    """The first and the last day a student is away, by the family's clocks."""

    first: date
    last: date
    reason: Reason = "other"
    told: FreeText | None = None

    @model_validator(mode="after")
    def _is_a_span(self) -> AwayIn:
        if self.last < self.first:
            raise ValueError("The last day comes before the first.")
        return self


class BackIn(BaseModel):
    """The day a student comes back, by the family's clocks."""

    back: date


class LeaveIn(BaseModel):
    """That it is meant."""

    sure: Literal["yes"]


async def _do(
    request: Request, here: StaffVisit, student_id: Id, doing: Doing, kind: type[M], act: Done[M]
) -> Response:
    """Do what a form asks for, or show the page again with what stands in the way beside the form."""
    filled = await sent(request)
    asked = read(kind, filled)
    if asked is not None:
        try:
            return await act(asked)
        except Refusal as refused:
            filled.refused(refused)
    return await page(request, here, student_id, doing=doing, filled=filled, status=422)


def _home(student_id: Id, mark: str = "") -> str:
    return f"/students/{student_id}{mark}"


def decided_as(answer: object, code: str) -> str:
    """`stored` while nobody has decided the act."""
    return "stored" if isinstance(answer, JSONResponse) else code


@router.post("/students/{student_id}/notes")
async def note(request: Request, here: Coordinator, student_id: RowId) -> Response:
    """Write a note."""

    async def keep(asked: StudentNoteIn) -> Response:
        answer = await write_student_note(here, student_id, asked, Response())
        return go(_home(student_id, "#notes"), decided_as(answer, "noted"))

    return await _do(request, here, student_id, "note", StudentNoteIn, keep)


@router.post("/students/{student_id}/follow-up")
async def follow_up(request: Request, here: Coordinator, student_id: RowId) -> Response:
    """Start a follow-up, and go on with it."""

    async def start(asked: FollowUpIn) -> Response:
        answer = await start_follow_up(here, student_id, asked, Response())
        if isinstance(answer, JSONResponse):
            return go(_home(student_id), "stored")
        return go(f"/tasks/{answer.task.id}", "follow_up_started")

    return await _do(request, here, student_id, "follow_up", FollowUpIn, start)


async def _midnight(here: StaffVisit, student_id: Id, day: date) -> datetime:
    """When a day begins for the family. Raises NotFound."""
    async with here.transaction() as tx:
        await roster.one(tx, students, here.org_id, student_id)
        zone, _ = await statements.family_of(tx, here.org_id, student_id)
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@router.post("/students/{student_id}/absences")
async def absence(request: Request, here: Coordinator, student_id: RowId) -> Response:
    """Note a planned absence: whole days, the last one included."""

    async def declare(asked: AwayIn) -> Response:
        begins = await _midnight(here, student_id, asked.first)
        ends = await _midnight(here, student_id, asked.last + timedelta(days=1))
        told = AbsenceIn.model_validate({"from": begins, "to": ends, "reason": asked.reason, "note": asked.told})
        made = await declare_absence(here, student_id, told, Response())
        return go(_home(student_id, "#away"), "absence_noted", len(made.sessions))

    return await _do(request, here, student_id, "absence", AwayIn, declare)


@router.post("/students/{student_id}/absences/{absence_id}/withdraw")
async def comes_after_all(here: Coordinator, student_id: RowId, absence_id: RowId) -> Response:
    """Take a planned absence back."""
    async with here.transaction() as tx:
        row = await roster.one(tx, planned_absences, here.org_id, absence_id)
    if row.student_id != student_id:
        raise roster.unknown(planned_absences, "id", absence_id)
    await withdraw_absence(here, absence_id)
    return go(_home(student_id, "#away"), "absence_withdrawn")


@router.post("/students/{student_id}/pause")
async def pause(request: Request, here: Coordinator, student_id: RowId) -> Response:
    """Pause until the day the student comes back."""

    async def hold(asked: BackIn) -> Response:
        until = await _midnight(here, student_id, asked.back)
        answer = await pause_student(here, student_id, PauseIn(until=until))
        return go(_home(student_id, "#away"), decided_as(answer, "paused"))

    return await _do(request, here, student_id, "pause", BackIn, hold)


@router.post("/students/{student_id}/leave")
async def leave(request: Request, here: Coordinator, student_id: RowId) -> Response:
    """The student leaves for good."""

    async def end(asked: LeaveIn) -> Response:
        answer = await withdraw_student(here, student_id)
        return go(_home(student_id), decided_as(answer, "student_left"))

    return await _do(request, here, student_id, "leave", LeaveIn, end)


@router.post("/students/{student_id}/take-back/{draft_id}")
async def take_back(here: Coordinator, student_id: RowId, draft_id: RowId) -> Response:
    """Take back a message of one's own before it leaves."""
    try:
        answer = await undo_draft(here, draft_id)
    except Refusal as refused:
        return go(_home(student_id, "#conversation"), refused.kind)
    return go(_home(student_id, "#conversation"), decided_as(answer, "taken_back"))
