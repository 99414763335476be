"""Lessons of a day or a week: what is recorded, what is not, who has joined; and asking an instructor for a sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import Form, Query, Request
from fastapi.responses import Response

from api.pages.lessons.lesson_lines import STATES, Line, line, state_of, totals, week
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator, StaffVisit
from api.session_questions import ask_for_attendance
from api.values import RowId
from db import boards, evidence, pages_lessons
from db.boards import Wanted
from db.engine import Tx
from db.listing import Cut, Part
from db.pages_lessons import CALLED_OFF, GOING_ON, UNRECORDED
from domain.refusals import Conflict

router = staff_pages()
Show = Literal["all", "unrecorded", "scheduled", "settled", "called_off"]
AT_ONCE = 50


def instant(day: date, zone: str) -> datetime:
    """A local day's first instant."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


async def _lines(tx: Tx, here: StaffVisit, part: Part, now: datetime) -> list[Line]:
    ids = [r.id for r in part.rows]
    pupils = await pages_lessons.pupils(tx, here.org_id, ids, now)
    going_on = [r.id for r in part.rows if state_of(r, now) == GOING_ON]
    seen = await evidence.of_sessions(tx, here.org_id, going_on) if going_on else {}
    open_ones = [r.id for r in part.rows if r.status == UNRECORDED]
    asked = await pages_lessons.asked(tx, here.org_id, open_ones)
    return [line(r, pupils[r.id], seen.get(r.id, ()), asked.get(r.id), now) for r in part.rows]


async def _day(
    here: StaffVisit, day: date | None, show: Show, teacher: RowId | None, cursor: str | None
) -> dict[str, Any]:
    """What the board of a day shows."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        today = now.astimezone(ZoneInfo(here.zone)).date()
        day = day or today
        since, until = instant(day, here.zone), instant(day + timedelta(days=1), here.zone)
        wanted = Wanted(since, until, instructor_id=teacher, status=None if show == "all" else show)
        part = await boards.board(tx, here.org_id, wanted, Cut(AT_ONCE, cursor), now)
        found = await _lines(tx, here, part, now)
        numbers = totals(await pages_lessons.tally(tx, here.org_id, since, until, here.zone, now, teacher))
        teachers = await pages_lessons.teachers(tx, here.org_id, since, until)
    return {
        "now": now,
        "day": day,
        "day_at": since + timedelta(hours=12),
        "is_today": day == today,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "show": show,
        "teacher": teacher,
        "teachers": teachers,
        "lines": found,
        "numbers": numbers,
        "total": sum(numbers.values()),
        "unrecorded": numbers.get(UNRECORDED, 0),
        "shown": _shown(numbers),
        "cursor": cursor,
        "next_cursor": part.next_cursor,
        "seen": digest(found),
    }


def _shown(numbers: Mapping[str, int]) -> Sequence[tuple[Show, str, int]]:
    """What a day's board can be narrowed to, with how many there are; what there is none of is left out."""
    waiting = sum(n for s, n in numbers.items() if s not in (UNRECORDED, "settled", CALLED_OFF))
    kinds: tuple[tuple[Show, str, int], ...] = (
        ("all", "All", sum(numbers.values())),
        ("unrecorded", "Not recorded", numbers.get(UNRECORDED, 0)),
        ("scheduled", "Ahead or going on", waiting),
        ("settled", "Recorded", numbers.get("settled", 0)),
        ("called_off", "Called off", numbers.get(CALLED_OFF, 0)),
    )
    return kinds


def digest(found: Sequence[Line]) -> str:
    """What stands for the lessons of a board and how they stand."""
    return f"{len(found)}-{sum(int(f.row.id[:8], 16) * (i + 1) for i, f in enumerate(found)) % 2**32:x}"


def address(day: date, show: str, teacher: str | None) -> str:
    """The board's address with its filters."""
    more = (f"&show={show}" if show != "all" else "") + (f"&teacher={teacher}" if teacher else "")
    return f"/lessons?day={day.isoformat()}{more}"


@router.get("/lessons")
async def lessons(
    request: Request,
    here: Coordinator,
    day: date | None = None,
    show: Show = "all",
    teacher: RowId | Literal[""] | None = None,
    cursor: str | None = None,
) -> Response:
    """A day's lessons, by their start: today's, or any other day's."""
    return render(
        request, "lessons/page.html", **await _day(here, day, show, teacher or None, cursor), states=STATES, url=address
    )


@router.get("/lessons/board")
async def board(
    request: Request,
    here: Coordinator,
    day: date | None = None,
    show: Show = "all",
    teacher: RowId | Literal[""] | None = None,
    seen: str = "",
    cursor: str | None = None,
) -> Response:
    """The board as it is now. Narrowed to some lessons it says that it changed, as rows would go from under a hand."""
    values = await _day(here, day, show, teacher or None, cursor)
    name = "lessons/_changes.html" if show != "all" else "lessons/_board.html"
    return render(request, name, **{**values, "changed": values["seen"] != seen}, states=STATES, url=address)


@router.get("/lessons/week")
async def lessons_of_week(request: Request, here: Coordinator, of: Annotated[date | None, Query()] = None) -> Response:
    """A week's lessons by day and hour, counted by how they stand."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        today = now.astimezone(ZoneInfo(here.zone)).date()
        of = of or today
        monday = of - timedelta(days=of.weekday())
        since, until = instant(monday, here.zone), instant(monday + timedelta(days=7), here.zone)
        tally = await pages_lessons.tally(tx, here.org_id, since, until, here.zone, now)
    days, hours = week(tally, monday)
    return render(
        request,
        "lessons/week.html",
        now=now,
        today=today,
        of=of,
        before=monday - timedelta(days=7),
        after=monday + timedelta(days=7),
        monday_at=since + timedelta(hours=12),
        days=[(d, instant(d, here.zone) + timedelta(hours=12)) for d in days],
        hours=hours,
        numbers=totals(tally),
        states=STATES,
        url=address,
    )


@router.post("/lessons/{session_id}/ask")
async def ask(here: Coordinator, session_id: RowId, back: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Ask the instructor for the attendance, and back to where one was: the day's board, or the lesson."""
    to = back if back.startswith("/lessons?") and back.isprintable() else f"/lessons/{session_id}"
    try:
        await ask_for_attendance(here, session_id)
    except Conflict as refused:
        return go(to, refused.kind)
    return go(to, "instructor_asked")
