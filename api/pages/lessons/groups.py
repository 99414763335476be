"""Groups, and the attendance board of a group or a student: lessons as columns, people or subjects as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from zlib import crc32
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import Row

from api.exports import export_attendance_csv
from api.pages.lessons.day import instant
from api.pages.lessons.lesson_lines import STATES, share, state_of, word_of
from api.pages.pictures import MARKS, strip
from api.pages.rendering import render
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator, StaffVisit
from api.values import RowId
from db import attendance_board, boards, pages_groups, pages_lessons, roster
from db.attendance_board import Span
from db.boards import Wanted
from db.listing import Cut
from db.tables import schedules, students
from domain.outcomes import FLAGS, SessionKind
from domain.value import Id

router = staff_pages()
COLUMNS = 20
"""Lessons beside each other; a longer span goes on on the next page."""
CELLS = Cut(5000)
BACK, ON = timedelta(days=28), timedelta(days=7)
"""What a board shows by itself: four weeks back and one ahead."""
LONGEST = timedelta(days=366)
Status = Literal["", "scheduled", "unrecorded", "settled", "called_off"]
Kind = Literal["", "group", "one_to_one"]
Words = Annotated[str, Query(max_length=100)]
Empty = Literal[""]
MISSED = frozenset(c.value for c, f in FLAGS.items() if f.miss)


@router.get("/groups")
async def groups(
    request: Request, here: Coordinator, kind: Kind = "group", q: Words = "", cursor: str | None = None
) -> Response:
    """Groups, or one-to-one series, by subject."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        part = await pages_groups.groups(tx, here.org_id, Cut(50, cursor), now, kind=kind or None, q=q.strip() or None)
    return render(
        request,
        "groups/list.html",
        now=now,
        rows=part.rows,
        next_cursor=part.next_cursor,
        kind=kind,
        q=q,
        group=SessionKind.GROUP,
    )


@dataclass(frozen=True)
class Asked:
    """What a board is narrowed to."""

    since: date
    until: date
    teacher: Id | None
    status: Status
    missed: bool
    q: str

    @property
    def query(self) -> str:
        """The filters as an address has them."""
        given = {"from": self.since, "to": self.until, "teacher": self.teacher, "status": self.status, "q": self.q}
        given["missed"] = "true" if self.missed else None
        return urlencode({k: v for k, v in given.items() if v})


@dataclass(frozen=True)
class Line:
    """A row of a board: whose it is, where its name leads, and a cell for each column (None where he has no seat)."""

    name: str
    small: str
    href: str
    cells: Sequence[Row[Any] | None]
    share: str


async def _asked(
    here: Coordinator,
    since: Annotated[date | Empty | None, Query(alias="from")] = None,
    until: Annotated[date | Empty | None, Query(alias="to")] = None,
    teacher: RowId | Empty | None = None,
    status: Status = "",
    missed: bool = False,
    q: Words = "",
) -> Asked:
    """The filters of a board; without a span four weeks back and one ahead, at most a year."""
    async with here.transaction() as tx:
        today = (await here.now(tx)).astimezone(ZoneInfo(here.zone)).date()
    ends = until or today + ON
    begins = since or ends - BACK - ON
    return Asked(max(min(begins, ends), ends - LONGEST), ends, teacher or None, status, missed, q.strip())


Filters = Annotated[Asked, Depends(_asked)]


async def _board(
    here: StaffVisit, asked: Asked, cursor: str | None, *, schedule_id: Id | None = None, student_id: Id | None = None
) -> dict[str, Any]:
    """The lessons of a group or a student in the span, and what became of each for whom."""
    since, until = instant(asked.since, here.zone), instant(asked.until + timedelta(days=1), here.zone)
    async with here.transaction() as tx:
        now = await here.now(tx)
        wanted = Wanted(since, until, asked.teacher, schedule_id, student_id, asked.status or None)
        part = await boards.board(tx, here.org_id, wanted, Cut(COLUMNS, cursor), now)
        columns = part.rows
        cells: Sequence[Row[Any]] = ()
        if columns:
            upto = columns[-1].starts_at + timedelta(microseconds=1)
            span = Span(columns[0].starts_at, upto, schedule_id=schedule_id, student_id=student_id)
            cells = (await attendance_board.attendance(tx, here.org_id, span, CELLS, now)).rows
        teachers = await pages_lessons.teachers(tx, here.org_id, since, until, schedule_id, student_id)
        in_span = len(columns) or await pages_lessons.any_between(
            tx, here.org_id, since, until, schedule_id=schedule_id, student_id=student_id
        )
    found = _lines(columns, cells, of_student=student_id is not None)
    q = asked.q.casefold()
    kept = [
        f
        for f in found
        if (not q or q in f.name.casefold()) and (not asked.missed or any(c and c.code in MISSED for c in f.cells))
    ]
    return {
        "now": now,
        "asked": asked,
        "columns": [(c, state_of(c, now)) for c in columns],
        "lines": kept,
        "hidden": len(found) - len(kept),
        "in_span": bool(in_span),
        "teachers": teachers,
        "states": STATES,
        "word_of": word_of,
        "mark": lambda code: strip([code], tall=16) if code in MARKS else "",
        "next_cursor": part.next_cursor,
        "since_at": since + timedelta(hours=12),
        "until_at": until - timedelta(hours=12),
        "seen": _digest(columns, cells),
        "missing": sum(state_of(c, now) == "unrecorded" for c in columns),
    }


def _digest(columns: Sequence[Row[Any]], cells: Sequence[Row[Any]]) -> str:
    """What stands for a board as it was shown."""
    stands = [(c.id, c.status, c.starts_at.isoformat()) for c in columns]
    return f"{crc32(repr((stands, [(c.session_id, c.student_id, c.code) for c in cells])).encode()):x}"


def _lines(columns: Sequence[Row[Any]], cells: Sequence[Row[Any]], *, of_student: bool) -> list[Line]:
    places = {c.id: i for i, c in enumerate(columns)}
    rows: dict[Id, list[Row[Any] | None]] = {}
    heads: dict[Id, tuple[str, str, str]] = {}
    for cell in cells:
        if cell.session_id not in places:
            continue
        key = cell.enrollment_id
        if of_student:
            heads[key] = (cell.subject, cell.instructor_name or "", f"/groups/{cell.schedule_id}")
        else:
            heads[key] = (cell.student_name, cell.student_ref or "", f"/students/{cell.student_id}/attendance")
        rows.setdefault(key, [None] * len(columns))[places[cell.session_id]] = cell
    made = [Line(*heads[k], rows[k], share([c.code if c and c.outcome_id else None for c in rows[k]])) for k in rows]
    return sorted(made, key=lambda line: line.name.casefold())


@router.get("/groups/{schedule_id}")
async def group(
    request: Request,
    here: Coordinator,
    schedule_id: RowId,
    asked: Filters,
    cursor: str | None = None,
    seen: str | None = None,
) -> Response:
    """A group's board: each lesson is a column, each student a row. With `seen`, whether it has changed since."""
    async with here.transaction() as tx:
        schedule = await roster.one(tx, schedules, here.org_id, schedule_id)
    values = await _board(here, asked, cursor, schedule_id=schedule.id)
    home = f"/groups/{schedule.id}"
    about = {"about": schedule, "whose": "group", "home": home, "csv": f"{home}/attendance.csv"}
    return _drawn(request, {**values, **about, "cursor": cursor}, seen)


@router.get("/students/{student_id}/attendance")
async def student(
    request: Request,
    here: Coordinator,
    student_id: RowId,
    asked: Filters,
    cursor: str | None = None,
    seen: str | None = None,
) -> Response:
    """A student's board: each lesson is a column, each subject a row. With `seen`, whether it has changed since."""
    async with here.transaction() as tx:
        known = await roster.one(tx, students, here.org_id, student_id)
    values = await _board(here, asked, cursor, student_id=known.id)
    home = f"/students/{known.id}/attendance"
    about = {"about": known, "whose": "student", "home": home, "csv": f"{home}.csv"}
    return _drawn(request, {**values, **about, "cursor": cursor}, seen)


def _drawn(request: Request, values: dict[str, Any], seen: str | None) -> Response:
    here = f"{values['home']}?{values['asked'].query}"
    if values["cursor"]:
        here = f"{here}&{urlencode({'cursor': values['cursor']})}"
    changed = seen is not None and values["seen"] != seen
    template = "groups/board.html" if seen is None else "groups/_changes.html"
    return render(request, template, **values, here=here, changed=changed)


@router.get("/groups/{schedule_id}/attendance.csv")
async def group_csv(
    here: Coordinator,
    schedule_id: RowId,
    since: Annotated[date, Query(alias="from")],
    until: Annotated[date, Query(alias="to")],
) -> Response:
    """The group's attendance in the span as a file."""
    return await export_attendance_csv(here, *_span(here, since, until), schedule_id=schedule_id)


@router.get("/students/{student_id}/attendance.csv")
async def student_csv(
    here: Coordinator,
    student_id: RowId,
    since: Annotated[date, Query(alias="from")],
    until: Annotated[date, Query(alias="to")],
) -> Response:
    """The student's attendance in the span as a file."""
    return await export_attendance_csv(here, *_span(here, since, until), student_id=student_id)


def _span(here: StaffVisit, since: date, until: date) -> tuple[Any, Any]:
    return instant(since, here.zone), instant(until + timedelta(days=1), here.zone)
