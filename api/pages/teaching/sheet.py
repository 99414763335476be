"""The attendance sheet of a lesson: opened, saved, corrected while that can be done, and then a word to the office."""

from __future__ import annotations

from datetime import datetime

from fastapi import Request
from fastapi.responses import Response

from api.evidence import record_evidence
from api.marks import MarksIn, mark_students
from api.pages.forms import Filled, read, sent
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.teaching.sheet_lines import digest, lines, marks_in, says_the_same
from api.pages.visiting import Staff, StaffVisit
from api.session_notes import SessionNoteIn, note_session
from api.values import RowId
from db import pages_sheet
from db.engine import Tx
from db.pages_sheet import Opened
from db.roster import unknown
from db.tables import sessions
from domain.outcomes import DISPUTE_WINDOW
from domain.refusals import Refusal
from domain.tasks import Role

router = staff_pages()
LONGEST_TEXT = 4000
CHANGED = "Somebody else has changed this sheet since you opened it. Your choices are kept; look again and save."


async def _opened(here: StaffVisit, tx: Tx, session_id: str, now: datetime) -> Opened:
    """The session. An instructor who does not teach it gets the same NotFound as everybody from elsewhere."""
    found = await pages_sheet.opened(tx, here.org_id, session_id, now)
    if here.me.role is Role.INSTRUCTOR and found.lesson.instructor_id != here.me.id:
        raise unknown(sessions, "id", session_id)
    return found


def _phase(opened: Opened, role: Role, now: datetime) -> str:
    """What can be done: nothing yet (ahead, called_off), the sheet (open), or only a word to the office (closed)."""
    lesson = opened.lesson
    if lesson.status == "called_off":
        return "called_off"
    if now < lesson.starts_at:
        return "ahead"
    return "closed" if now - lesson.ends_at > DISPUTE_WINDOW and role is not Role.ADMIN else "open"


def _page(
    request: Request,
    here: StaffVisit,
    opened: Opened,
    now: datetime,
    *,
    filled: Filled | None = None,
    everybody: bool = False,
    status: int = 200,
    seen: str | None = None,
) -> Response:
    lesson = opened.lesson
    return render(
        request,
        "teach/sheet.html",
        status=status,
        now=now,
        lesson=lesson,
        lines=lines(opened, filled, now, everybody=everybody),
        phase=_phase(opened, here.me.role, now),
        until=lesson.ends_at + DISPUTE_WINDOW,
        settles_at=opened.facts.settles_at,
        is_mine=here.me.role is Role.INSTRUCTOR,
        filled=filled or Filled.with_values({"topic": lesson.topic, "catch_up": lesson.catch_up}),
        seen=seen or digest(opened.facts),
    )


@router.get("/teach/lessons/{session_id}")
async def sheet(request: Request, here: Staff, session_id: RowId, all: str | None = None) -> Response:  # noqa: A002
    """The sheet: everybody is there, except where the classroom's record or the family says otherwise."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        opened = await _opened(here, tx, session_id, now)
    return _page(request, here, opened, now, everybody=all == "attended")


@router.get("/teach/lessons/{session_id}/changes")
async def changes(request: Request, here: Staff, session_id: RowId, seen: str) -> Response:
    """A line that says that somebody else has changed the sheet; nothing while nobody did."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        opened = await _opened(here, tx, session_id, now)
    again = f"/teach/lessons/{session_id}"
    return render(request, "teach/_changes.html", now=now, changed=digest(opened.facts) != seen, again=again)


@router.post("/teach/lessons/{session_id}")
async def save(request: Request, here: Staff, session_id: RowId) -> Response:
    """Save the sheet: the marks in one go, then what the lesson was about and the note, each safe to send again."""
    filled = await sent(request)
    async with here.transaction() as tx:
        now = await here.now(tx)
        opened = await _opened(here, tx, session_id, now)
    before = lines(opened, None, now)
    marks = marks_in(filled, before)
    for name in ("topic", "catch_up", "note"):
        if len(filled.values[name]) > LONGEST_TEXT:
            filled.errors[name] = "This is too long."
    if any(filled.errors.values()):
        return _page(request, here, opened, now, filled=filled, status=422, seen=filled.values["seen"])
    if filled.values["seen"] != digest(opened.facts) and not says_the_same(marks, before):
        filled.errors[""] = CHANGED
        return _page(request, here, opened, now, filled=filled, status=409)
    try:
        if marks:
            await mark_students(here, session_id, MarksIn(marks=marks))
        await _tell_more(here, session_id, opened, filled)
    except Refusal as refused:
        return _page(request, here, opened, now, filled=filled.refused(refused), status=422)
    return go("/teach" if here.me.role is Role.INSTRUCTOR else f"/lessons/{session_id}", "sheet_saved")


async def _tell_more(here: StaffVisit, session_id: str, opened: Opened, filled: Filled) -> None:
    lesson = opened.lesson
    about = {n: filled.values[n] for n in ("topic", "catch_up") if filled.values[n] != (getattr(lesson, n) or "")}
    if any(about.values()):
        summary = {"kind": "summary", **{n: text for n, text in about.items() if text}}
        await record_evidence(here, session_id, summary, Response())
    if note := read(SessionNoteIn, Filled.with_values({"text": filled.values["note"]})):
        await note_session(here, session_id, note)


@router.post("/teach/lessons/{session_id}/note")
async def note(request: Request, here: Staff, session_id: RowId) -> Response:
    """Write to the office about the lesson, such as to ask for a correction that cannot be made here any more."""
    filled = await sent(request)
    async with here.transaction() as tx:
        now = await here.now(tx)
        opened = await _opened(here, tx, session_id, now)
    asked = read(SessionNoteIn, filled)
    if asked is None:
        return _page(request, here, opened, now, filled=filled, status=422)
    try:
        await note_session(here, session_id, asked)
    except Refusal as refused:
        return _page(request, here, opened, now, filled=filled.refused(refused, "text"), status=422)
    return go(f"/teach/lessons/{session_id}", "office_told")
