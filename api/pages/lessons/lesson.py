"""One lesson: who was in the room and when, what is recorded of whom, and what the office can do about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Literal
from zlib import crc32
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from sqlalchemy import Row

from api.corrections import CorrectionIn, correct_outcome
from api.marks import MarkIn, MarksIn, mark_students
from api.outcomes import OutcomeIn, record_outcome
from api.pages.forms import Filled, read, sent
from api.pages.lessons import lesson_parts
from api.pages.lessons.lesson_lines import OFF, STATES, state_of, word_of
from api.pages.lessons.lesson_parts import Seat, choices_for, doable, options_for_guest, room_of, tracks
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator, StaffVisit
from api.participants import MatchIn, match_participant
from api.session_changes import (
    CallOffIn,
    MoveIn,
    SubstituteIn,
    call_session_off,
    move_session,
    substitute_instructor,
)
from api.values import FreeText, RowId
from db import attendance_board, boards, evidence, pages_lessons, student_facts, unmatched
from db.attendance_board import Span
from db.listing import Cut
from domain.evidence import MARKABLE
from domain.outcomes import Code
from domain.refusals import Refusal

router = staff_pages()
EVERYBODY = Cut(1000)


class SaidIn(BaseModel):
    """What is said of a student, and why it is changed."""

    code: Code
    reason: FreeText | None = None


class MovedIn(BaseModel):
    """Where a lesson is moved to, by the clocks of who moves it."""

    day: date
    begins: time
    ends: time


class CalledOffIn(BaseModel):
    """Who calls a lesson off, and why."""

    by_whom: Literal[Code.CANCELLED_BY_INSTRUCTOR, Code.CANCELLED_BY_OPERATOR]
    why: FreeText | None = None


async def _lesson(here: StaffVisit, session_id: str) -> dict[str, Any]:
    """What the page of a lesson shows. Raises NotFound."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        row = await boards.one(tx, here.org_id, session_id, now)
        found = (await attendance_board.attendance(tx, here.org_id, Span(session_id=row.id), EVERYBODY, now)).rows
        seats = sorted(found, key=lambda s: s.student_name.casefold())
        seen = await evidence.load(tx, here.org_id, row.id)
        numbers = (await student_facts.newest_policy(tx, here.org_id)).attendance
        guests = await unmatched.listed(tx, here.org_id, Cut(50), unmatched=True, session_id=row.id)
        suggested = await unmatched.suggestions(tx, here.org_id, guests.rows)
        said = await pages_lessons.said(tx, here.org_id, row.id)
        asked = await pages_lessons.asked(tx, here.org_id, [row.id])
        could_teach = await pages_lessons.could_teach(tx, here.org_id)
    room = room_of(row, seen, numbers)
    drawn = tracks(room, row, seats, guests.rows, now)
    of_person = {t.id: t for t in drawn}
    everybody = [Seat(s, said.get(s.student_id), t if (t := of_person[s.student_id]).segments else None) for s in seats]
    return {
        "now": now,
        "r": row,
        "badge_of": STATES[state_of(row, now)],
        "state": state_of(row, now),
        "room": room,
        "tracks": [t for t in drawn if t.segments or t.kind != "guest"] if room.was_seen else [],
        "seats": everybody,
        "guests": [
            (g, options_for_guest(g, suggested.get(g.id, []), seats, row), of_person[g.id]) for g in guests.rows
        ],
        "doable": doable(row, everybody, now),
        "waiting": sum(s.said is None for s in everybody),
        "asked_at": asked.get(row.id),
        "could_teach": could_teach,
        "off": OFF,
        "tone_of": word_of,
        "seen": _digest(row, everybody),
        "choices_for": lambda seat: choices_for(seat.said, row, now),
        "minutes": lesson_parts.lasted(row.starts_at, row.ends_at),
        "day": row.starts_at.astimezone(ZoneInfo(here.zone)).date(),
    }


def _digest(row: Row[Any], seats: Sequence[Seat]) -> str:
    """What stands for a lesson and its outcomes as they were shown."""
    stand = [f"{s.said.id}{s.said.version}" for s in seats if s.said]
    told = (row.status, row.starts_at.isoformat(), row.ends_at.isoformat(), row.instructor_id, *stand)
    return f"{crc32('|'.join(map(str, told)).encode()):x}"


async def page(
    request: Request,
    here: StaffVisit,
    session_id: str,
    *,
    edit: str | None = None,
    doing: str | None = None,
    filled: Filled | None = None,
    status: int = 200,
) -> Response:
    """The lesson. `edit` is the student whose outcome is being said, `doing` the change whose form is open."""
    values = await _lesson(here, session_id)
    if filled is None:
        begins, ends = (at.astimezone(ZoneInfo(here.zone)) for at in (values["r"].starts_at, values["r"].ends_at))
        filled = Filled.with_values({"day": begins.date(), "begins": f"{begins:%H:%M}", "ends": f"{ends:%H:%M}"})
    seat = next((s for s in values["seats"] if s.row.student_id == edit), None)
    return render(request, "lessons/lesson.html", status=status, **values, editing=seat, doing=doing, filled=filled)


@router.get("/lessons/{session_id}")
async def lesson(request: Request, here: Coordinator, session_id: RowId, edit: RowId | None = None) -> Response:
    """One lesson."""
    return await page(request, here, session_id, edit=edit)


@router.get("/lessons/{session_id}/room")
async def room(request: Request, here: Coordinator, session_id: RowId) -> Response:
    """Who is in the room by now, for a page that is open."""
    return render(request, "lessons/_room.html", **await _lesson(here, session_id))


@router.get("/lessons/{session_id}/changes")
async def changes(request: Request, here: Coordinator, session_id: RowId, seen: str) -> Response:
    """A line that says that the lesson stands differently by now; nothing while it does not."""
    values = await _lesson(here, session_id)
    return render(request, "lessons/_lesson_changes.html", **values, changed=values["seen"] != seen)


@router.post("/lessons/{session_id}/students/{student_id}")
async def say(request: Request, here: Coordinator, session_id: RowId, student_id: RowId) -> Response:
    """Say what became of the lesson for a student: a mark, what the family told ahead, or a correction."""
    filled = await sent(request)
    asked = read(SaidIn, filled)
    if asked is not None:
        try:
            return go(f"/lessons/{session_id}", await _say(here, session_id, student_id, asked))
        except Refusal as refused:
            filled.refused(refused, "reason" if refused.kind == "dispute_window_over" else "code")
    return await page(request, here, session_id, edit=student_id, filled=filled, status=422)


async def _say(here: StaffVisit, session_id: str, student_id: str, asked: SaidIn) -> str:
    async with here.transaction() as tx:
        stands = (await pages_lessons.said(tx, here.org_id, session_id)).get(student_id)
        begun = (await boards.one(tx, here.org_id, session_id, await here.now(tx))).starts_at <= await here.now(tx)
    if stands is not None:
        await correct_outcome(here, stands.id, CorrectionIn(code=asked.code, reason=asked.reason), Response())
        return "corrected"
    if begun and asked.code in MARKABLE:
        await mark_students(here, session_id, MarksIn(marks=[MarkIn(student_id=student_id, code=asked.code)]))
        return "marked"
    outcome = OutcomeIn(session_id=session_id, student_id=student_id, code=asked.code)
    await record_outcome(here, outcome, Response())
    return "outcome_told"


@router.post("/lessons/{session_id}/all-attended")
async def all_attended(here: Coordinator, session_id: RowId) -> Response:
    """Mark everybody as there who has no outcome yet."""
    seats = (await _lesson(here, session_id))["seats"]
    marks = [MarkIn(student_id=s.row.student_id, code=Code.ATTENDED) for s in seats if s.said is None]
    if not marks:
        return go(f"/lessons/{session_id}", "nothing_to_ask")
    await mark_students(here, session_id, MarksIn(marks=marks))
    return go(f"/lessons/{session_id}", "marked")


@router.post("/lessons/{session_id}/people/{participant_id}")
async def match(request: Request, here: Coordinator, session_id: RowId, participant_id: RowId) -> Response:
    """Say who an unknown guest is."""
    filled = await sent(request)
    kind, _, who = filled.values["who"].partition(":")
    try:
        asked = MatchIn.model_validate({"ignore": True} if kind == "ignore" else {f"{kind}_id": who})
    except ValidationError:
        return go(f"/lessons/{session_id}", "not_named")
    await match_participant(here, participant_id, asked)
    return go(f"/lessons/{session_id}", "matched")


@router.post("/lessons/{session_id}/move")
async def move(request: Request, here: Coordinator, session_id: RowId) -> Response:
    """Give the lesson other times, told by the viewer's clocks."""
    filled = await sent(request)
    to = read(MovedIn, filled)
    if to is not None:
        begins, ends = (_instant(to.day, at, here.zone) for at in (to.begins, to.ends))
        if ends <= begins:
            filled.errors["ends"] = "It must end after it begins."
        else:
            try:
                await move_session(here, session_id, MoveIn(starts_at=begins, ends_at=ends))
                return go(f"/lessons/{session_id}", "moved")
            except Refusal as refused:
                filled.refused(refused, "day")
    return await page(request, here, session_id, doing="move", filled=filled, status=422)


def _instant(day: date, at: time, zone: str) -> datetime:
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


@router.post("/lessons/{session_id}/substitute")
async def substitute(request: Request, here: Coordinator, session_id: RowId) -> Response:
    """Give the lesson to another teacher."""
    filled = await sent(request)
    asked = read(SubstituteIn, filled)
    if asked is not None:
        try:
            await substitute_instructor(here, session_id, asked)
            return go(f"/lessons/{session_id}", "substituted")
        except Refusal as refused:
            filled.refused(refused, "instructor_id")
    return await page(request, here, session_id, doing="substitute", filled=filled, status=422)


@router.post("/lessons/{session_id}/call-off")
async def call_off(request: Request, here: Coordinator, session_id: RowId) -> Response:
    """Call the lesson off for everybody."""
    filled = await sent(request)
    asked = read(CalledOffIn, filled)
    if asked is not None:
        try:
            await call_session_off(here, session_id, CallOffIn(code=asked.by_whom, reason=asked.why))
            return go(f"/lessons/{session_id}", "called_off")
        except Refusal as refused:
            filled.refused(refused, "by_whom")
    return await page(request, here, session_id, doing="call_off", filled=filled, status=422)
