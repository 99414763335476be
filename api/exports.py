"""Attendance as files, CSV and NDJSON: read and sent a thousand rows at a time, never held whole."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import StreamingResponse
from sqlalchemy import Row

from api.access import Caller, Here
from api.attendance_boards import check_span
from api.once import router as doors
from api.session_boards import in_local_time, local
from api.values import Instant, RowId
from db import attendance_board, roster
from db.attendance_board import Span
from db.listing import Cut, Part
from db.tables import schedules, students
from domain import ed_fi

router = doors("exports")
ROWS_AT_ONCE = 1000
Line = Callable[[Row[Any]], str]
Begin = Annotated[Instant, Query(alias="from", description="starts at or after")]
End = Annotated[Instant, Query(alias="to", description="starts before; a year after `from` at most")]
EdFi = Annotated[bool, Query(description="only what Ed-Fi has an attendance event for; NDJSON in its shape")]
COLUMNS = (
    *("session_id", "session_ref", "local_date", "local_start", "local_end", "zone", "subject"),
    *("instructor_id", "instructor_name", "student_id", "student_ref", "student_name", "enrollment_id"),
    *("code", "ed_fi_category", "minutes", "ratio", "engagement", "version", "recorded_at", "source"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula (OWASP, CSV injection)."""


@router.get("/exports/attendance.csv", response_class=StreamingResponse)
async def export_attendance_csv(
    here: Here,
    since: Begin,
    until: End,
    schedule_id: RowId | None = None,
    student_id: RowId | None = None,
    ed_fi_only: Annotated[EdFi, Query(alias="ed_fi")] = False,
) -> StreamingResponse:
    """Attendance as CSV, with a header in any case. A text that looks like a formula begins with an apostrophe."""
    span = _span(since, until, schedule_id, student_id, ed_fi_only)
    return await _file(here, span, "csv", "text/csv; charset=utf-8; header=present", _csv, csv_line(COLUMNS))


@router.get("/exports/attendance.ndjson", response_class=StreamingResponse)
async def export_attendance_ndjson(
    here: Here,
    since: Begin,
    until: End,
    schedule_id: RowId | None = None,
    student_id: RowId | None = None,
    ed_fi_only: Annotated[EdFi, Query(alias="ed_fi")] = False,
) -> StreamingResponse:
    """Attendance as one JSON object a line; with `ed_fi` each like an Ed-Fi StudentSectionAttendanceEvent."""
    span = _span(since, until, schedule_id, student_id, ed_fi_only)
    return await _file(here, span, "ndjson", "application/x-ndjson", _event if ed_fi_only else _object)


def _span(since: datetime, until: datetime, schedule_id: str | None, student_id: str | None, ed_fi_only: bool) -> Span:
    check_span(since, until)
    codes = ed_fi.CATEGORY if ed_fi_only else None
    return Span(since, until, schedule_id=schedule_id, student_id=student_id, codes=codes)


async def _file(here: Caller, span: Span, kind: str, media_type: str, line: Line, head: str = "") -> StreamingResponse:
    """The file. Its first part is read before the answer begins, so that what goes wrong can still be told."""
    async with here.transaction() as tx:
        for table, row_id in ((schedules, span.schedule_id), (students, span.student_id)):
            if row_id is not None:
                await roster.one(tx, table, here.org_id, row_id)
        now = await here.now(tx)
        first = await attendance_board.attendance(tx, here.org_id, span, Cut(ROWS_AT_ONCE), now)
    name = f"attendance-{span.since:%Y-%m-%d}-{span.until:%Y-%m-%d}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(_lines(here, span, now, first, line, head), headers=headers, media_type=media_type)


async def _lines(here: Caller, span: Span, now: datetime, part: Part, line: Line, head: str) -> AsyncIterator[str]:
    """Each part in a transaction of its own: a slow reader keeps none open."""
    yield head
    while True:
        yield "".join(map(line, part.rows))
        if part.next_cursor is None:
            return
        async with here.books.transaction() as tx:
            part = await attendance_board.attendance(tx, here.org_id, span, Cut(ROWS_AT_ONCE, part.next_cursor), now)


def _cells(row: Row[Any]) -> dict[str, Any]:
    known = {**row._mapping, **in_local_time(row), "ed_fi_category": ed_fi.category_of(row.code)}
    known["local_date"] = known["local_date"].isoformat()
    known["recorded_at"] = f"{row.recorded_at:%Y-%m-%dT%H:%M:%SZ}" if row.recorded_at else None
    return {name: known[name] for name in COLUMNS}


def csv_line(cells: Sequence[Any]) -> str:
    """One line of a CSV file."""
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def plain_cell(cell: Any) -> Any:
    """The cell; a text that a spreadsheet may take for a formula begins with an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _csv(row: Row[Any]) -> str:
    return csv_line([plain_cell(cell) for cell in _cells(row).values()])


def _object(row: Row[Any]) -> str:
    return _json(_cells(row))


def _event(row: Row[Any]) -> str:
    """The row in Ed-Fi's shape. Durations: minutes present, and the part of the session the event is about."""
    event: dict[str, Any] = {
        "attendanceEventCategoryDescriptor": ed_fi.descriptor_of(ed_fi.CATEGORY[row.code]),
        "eventDate": in_local_time(row)["local_date"].isoformat(),
        "studentReference": {"studentUniqueId": row.student_ref or row.student_id},
        "sectionReference": {"sectionIdentifier": row.schedule_ref or row.schedule_id},
    }
    if row.code in ed_fi.ABSENCES:
        event["eventDuration"] = 1.0
    elif row.ratio is not None:
        event["eventDuration"] = round(row.ratio, 4)
        event["sectionAttendanceDuration"] = round(row.minutes)
    for name, at in (("arrivalTime", row.joined_at), ("departureTime", row.left_at)):
        if at is not None and row.code not in ed_fi.ABSENCES:
            event[name] = f"{local(at, row.zone):%H:%M:%S}"
    return _json(event)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
