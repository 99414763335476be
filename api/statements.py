"""A student's statement: balance in words, what was bought and used, every lesson. As JSON, CSV or PDF."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import Query
from fastapi.responses import JSONResponse, Response

from api.access import Caller, Here
from api.exports import csv_line, plain_cell
from api.once import router as doors
from api.statement_pdf import pdf_of
from api.values import Day, RowId
from db import statements
from domain.refusals import Invalid
from domain.statement import Statement
from domain.statement_words import WORDS
from domain.value import Id
from domain.working_time import local

router = doors("statements")
LONGEST, USUAL = timedelta(days=366), timedelta(days=90)
Language = Literal["en", "es"]
Format = Literal["json", "csv", "pdf"]
COLUMNS = (
    *("kind", "date", "time", "zone", "subject", "words", "teacher", "minutes", "scheduled_minutes"),
    *("units", "balance"),
)
_FORMS: dict[str, Any] = {"content": {"application/json": {}, "text/csv": {}, "application/pdf": {}}}


@router.get("/students/{student_id}/statement", response_model=Statement, responses={200: _FORMS})
async def get_statement(
    here: Here,
    student_id: RowId,
    form: Annotated[Format, Query(alias="format")] = "json",
    since: Annotated[Day | None, Query(alias="from", description="first day; 90 days before `to` by default")] = None,
    until: Annotated[Day | None, Query(alias="to", description="last day; today by default")] = None,
    language: Annotated[Language | None, Query(description="the family's by default")] = None,
) -> Response:
    """The statement of a student for a span of days, as the family's zone counts them; a year at most."""
    return await answer(here, student_id, form, since, until, language)


async def answer(
    here: Caller, student_id: Id, form: Format, since: date | None, until: date | None, language: str | None
) -> Response:
    """The statement in the form asked for. Raises NotFound, Invalid for a span that is empty or too long."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        zone, spoken = await statements.family_of(tx, here.org_id, student_id)
        last = until or local(now, zone).date()
        first = since or last - USUAL
        if first > last:
            raise Invalid("span_empty", "`from` comes after `to`; name the first day first")
        if last - first > LONGEST:
            raise Invalid("span_too_long", f"a statement has {LONGEST.days} days at most; ask for it in parts")
        tongue = language or spoken.split("-")[0]
        made = await statements.statement(
            tx, here.org_id, student_id, first, last, now, zone=zone, language=tongue if tongue in WORDS else "en"
        )
    if form == "json":
        return JSONResponse(made.model_dump(mode="json"), headers={"Cache-Control": "no-store"})
    if form == "pdf":
        return _file(made, "pdf", await asyncio.to_thread(pdf_of, made), "application/pdf")
    return _file(made, "csv", "".join(_lines(made)).encode(), "text/csv; charset=utf-8; header=present")


def _file(made: Statement, form: str, content: bytes, media_type: str) -> Response:
    name = quote(f"{made.student} {made.since} {made.until}.{form}")
    told = f"attachment; filename=\"statement-{made.since}-{made.until}.{form}\"; filename*=UTF-8''{name}"
    return Response(content, media_type=media_type, headers={"Content-Disposition": told, "Cache-Control": "no-store"})


def _lines(made: Statement) -> Iterator[str]:
    """One line for each lesson, then for each movement of each balance. Words are in the statement's language."""
    yield csv_line(COLUMNS)
    for lesson in made.lessons:
        starts = local(lesson.starts_at, made.zone)
        there = "" if lesson.minutes is None else round(lesson.minutes)
        length = (lesson.ends_at - lesson.starts_at) // timedelta(minutes=1)
        yield csv_line(
            [
                *("lesson", starts.date().isoformat(), f"{starts:%H:%M}", made.zone, plain_cell(lesson.subject)),
                *(plain_cell(lesson.words), plain_cell(lesson.teacher or ""), there, length, "", ""),
            ]
        )
    for account in made.accounts:
        for entry in account.entries:
            at, subject = local(entry.at, made.zone), plain_cell(account.subject)
            yield csv_line(
                [
                    *("entry", at.date().isoformat(), f"{at:%H:%M}", made.zone, subject),
                    *(plain_cell(entry.words), "", "", "", entry.units, entry.balance_after),
                ]
            )
