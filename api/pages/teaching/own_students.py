"""An instructor's own students: alerts about them and what the office does, the list, and a light history of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Row

from api.pages.desk.why import CASE
from api.pages.rendering import render
from api.pages.shell import staff_pages
from api.pages.teaching.sheet_lines import left_in_words
from api.pages.visiting import Staff, StaffVisit
from api.values import RowId
from db import pages_alerts, pages_inbox, pages_teaching
from db.engine import Tx
from db.listing import Cut
from db.roster import unknown
from db.tables import students
from domain.value import Id

router = staff_pages()
AT_ONCE = 50
HISTORY = 20
STRIP = 24


@dataclass(frozen=True)
class Alert:
    """A case of one of his students: why, and what people have tried."""

    row: Row[Any]
    why: str
    tried: Sequence[Row[Any]]
    codes: Sequence[str]


async def _alerts(here: StaffVisit, tx: Tx, now: datetime, student_id: Id | None = None) -> list[Alert]:
    rows = await pages_alerts.alerts(tx, here.org_id, here.me.id, now, student_id)
    tried = await pages_alerts.tried(tx, here.org_id, [r.id for r in rows])
    drawn = await pages_inbox.strips(tx, here.org_id, [r.student_id for r in rows])
    return [Alert(r, _why(r), tried.get(r.id, ()), drawn.get(r.student_id, ())) for r in rows]


def _why(row: Row[Any]) -> str:
    missed = len(row.evidence or ())
    return CASE.get(row.rule, "Missed {n}").format(n=missed if missed else "lessons")


@router.get("/teach/alerts")
async def alerts(request: Request, here: Staff) -> Response:
    """Own students who miss lessons, what the office does about it and how it ended, and own notes to it."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        found = await _alerts(here, tx, now)
        written = await pages_alerts.notes_of(tx, here.org_id, here.me.id, now - pages_alerts.CLOSED_LATELY)
    is_open = [a for a in found if a.row.closed_at is None]
    closed = [a for a in found if a.row.closed_at is not None]
    return render(request, "teach/alerts.html", now=now, open=is_open, closed=closed, notes=written)


@router.get("/teach/students")
async def own(request: Request, here: Staff, cursor: str | None = None) -> Response:
    """Own students by name."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        part = await pages_teaching.students_of(tx, here.org_id, here.me.id, now, Cut(AT_ONCE, cursor))
        drawn = await pages_inbox.strips(tx, here.org_id, [r.id for r in part.rows])
    return render(request, "teach/students.html", now=now, part=part, strips=drawn, first=cursor is None)


@router.get("/teach/students/{student_id}")
async def student(request: Request, here: Staff, student_id: RowId, cursor: str | None = None) -> Response:
    """A light history of one of them: lessons given, what came of each, and what the office does."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        person = await pages_teaching.student_of(tx, here.org_id, here.me.id, student_id, now)
        if person is None:
            raise unknown(students, "id", student_id)
        part = await pages_teaching.history(tx, here.org_id, here.me.id, student_id, now, Cut(HISTORY, cursor))
        drawn = await pages_inbox.strips(tx, here.org_id, [student_id], STRIP)
        found = await _alerts(here, tx, now, student_id)
    return render(
        request,
        "teach/student.html",
        now=now,
        person=person,
        part=part,
        codes=drawn.get(student_id, ()),
        alerts=found,
        left=left_in_words(person.balance),
    )
