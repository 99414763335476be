"""Reports: how completely and how soon each instructor records lessons, on the page and as a file."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from api.attendance_boards import CompletenessReport, get_completeness
from api.exports import csv_line, plain_cell
from api.pages.rendering import render
from api.pages.shell import staff_pages
from api.pages.visiting import Lead, StaffVisit

router = staff_pages()
SPANS = (7, 28, 90)
COLUMNS = ("instructor", "ended", "recorded", "unrecorded", "share", "median_minutes")
NOBODY = "Nobody teaches them"
Days = Annotated[int, Query(ge=1, le=120)]


async def _found(here: StaffVisit, days: int) -> CompletenessReport:
    async with here.transaction() as tx:
        now = await here.now(tx)
    return await get_completeness(here, now - timedelta(days=days), now)


@router.get("/admin/reports")
async def reports_page(request: Request, here: Lead, days: Days = 28) -> Response:
    """Recording by instructor, whoever lacks most first."""
    found = await _found(here, days)
    ended, recorded = sum(one.ended for one in found.items), sum(one.recorded for one in found.items)
    return render(
        request,
        "reports/page.html",
        found=found,
        days=days,
        spans=SPANS,
        ended=ended,
        recorded=recorded,
        nobody=NOBODY,
    )


@router.get("/admin/reports/recording.csv")
async def recording_csv(here: Lead, days: Days = 28) -> Response:
    """The same as a file."""
    found = await _found(here, days)
    rows = [
        [one.instructor_name or NOBODY, one.ended, one.recorded, one.unrecorded, one.share, one.median_minutes]
        for one in found.items
    ]
    text = csv_line(COLUMNS) + "".join(csv_line([plain_cell(cell) for cell in row]) for row in rows)
    until: date = found.until.date()
    headers = {"Content-Disposition": f'attachment; filename="recording-{until}.csv"', "Cache-Control": "no-store"}
    return Response(text, media_type="text/csv; charset=utf-8; header=present", headers=headers)
