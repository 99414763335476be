"""Telling that a child cannot come, with what it takes said before; and that it comes after all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy import Row

from api.absences import LONGEST, AbsenceIn, Reason, declare_absence, withdraw_absence
from api.pages.families.family_child import Choice, ahead_of, choices_of, draw_child, of_the_family, to_tell
from api.pages.families.speaking import speak
from api.pages.saying import go
from api.pages.visiting import Family, FamilyVisit
from api.values import Day, RowId
from db import pages_family, story
from db.engine import Tx
from db.roster import unknown
from db.session_tables import planned_absences
from domain.outcomes import TOLD_AHEAD
from domain.refusals import Conflict
from domain.telling_ahead import costs
from domain.value import Id
from domain.working_time import instant

router = APIRouter(include_in_schema=False)
ONE_LESSON = timedelta(minutes=1)
"""How long an absence from a single lesson is: an absence covers what begins in it."""
FirstDay = Annotated[Day | None, Query(alias="from")]
LastDay = Annotated[Day | None, Query(alias="to")]
ReasonGiven = Annotated[Reason, Form()]
UnitsGiven = Annotated[int, Form(ge=0, le=1000)]


def _span(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    return instant(first, time(), zone), instant(last + timedelta(days=1), time(), zone)


def _is_a_span(first: date, last: date, now: datetime, zone: str) -> bool:
    begin, end = _span(first, last, zone)
    return begin < end <= begin + LONGEST and end > now


async def _within(
    here: FamilyVisit, tx: Tx, student_id: Id, span: tuple[datetime, datetime], now: datetime
) -> list[Row[Any]]:
    """The lessons that telling this span now would cancel."""
    ahead = await pages_family.ahead(tx, here.org_id, [student_id], now, until=span[1])
    return [x for x in to_tell(ahead, now) if x.starts_at >= span[0]]


async def _all_told(
    here: FamilyVisit, tx: Tx, student_id: Id, lessons: Sequence[Row[Any]], now: datetime
) -> list[Choice]:
    """Each lesson with what it takes when all are told together."""
    facts = (await story.present(tx, here.org_id, student_id, now))[1]
    by_id = {c.session_id: c for c in costs(facts, [ahead_of(x) for x in lessons], now)}
    return [Choice(x, by_id[x.session_id]) for x in lessons if x.session_id in by_id]


async def _page(
    request: Request,
    here: FamilyVisit,
    student_id: Id,
    first: date | None,
    last: date | None,
    *,
    status: int = 200,
    changed: bool = False,
) -> Response:
    async with here.transaction() as tx:
        now = await here.now(tx)
        person = await of_the_family(here, tx, student_id)
        wrong = bool(first and last) and not _is_a_span(first, last, now, here.zone)  # type: ignore[arg-type]
        lessons: list[Choice] = []
        if first and last and not wrong:
            within = await _within(here, tx, student_id, _span(first, last, here.zone), now)
            lessons = await _all_told(here, tx, student_id, within, now)
    return speak(
        request,
        "family/away.html",
        here.spoken,
        status=422 if wrong else status,
        now=now,
        person=person,
        first=first,
        last=last,
        wrong=wrong,
        choices=lessons,
        units=sum(c.cost.units for c in lessons),
        changed=changed,
    )


@router.get("/family/{student_id}/away")
async def away(
    request: Request, here: Family, student_id: RowId, first: FirstDay = None, last: LastDay = None
) -> Response:
    """Choose days, and see which lessons they are and what telling them now takes. Changes nothing."""
    return await _page(request, here, student_id, first, last)


@router.post("/family/{student_id}/away")
async def tell_days(
    request: Request,
    here: Family,
    student_id: RowId,
    first: Annotated[Day, Form(alias="from")],
    last: Annotated[Day, Form(alias="to")],
    units: UnitsGiven,
    reason: ReasonGiven = "other",
) -> Response:
    """Tell these days. `units` is what the family was shown; when it takes more by now, it reads that first."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        await of_the_family(here, tx, student_id)
        span = _span(first, last, here.zone)
        fine = _is_a_span(first, last, now, here.zone)
        within = await _within(here, tx, student_id, span, now) if fine else []
        told = [(a.starts_at, a.ends_at) for a in await pages_family.absences(tx, here.org_id, student_id, now)]
        takes = sum(c.cost.units for c in await _all_told(here, tx, student_id, within, now))
    if not fine or takes > units:
        return await _page(request, here, student_id, first, last, status=409, changed=takes > units)
    if span not in told:  # else the button was pressed twice
        await _declare(here, student_id, span[0], span[1], reason)
    return go(f"/family/{student_id}", "told")


@router.post("/family/{student_id}/tell")
async def tell_lesson(
    request: Request,
    here: Family,
    student_id: RowId,
    lesson: Annotated[str, Form(pattern=r"^[0-9a-f-]{36}:[0-9]{1,3}$")],
    reason: ReasonGiven = "other",
) -> Response:
    """Tell the lesson that was chosen: its id and, behind a colon, the units that were shown beside it."""
    session_id, _, shown = lesson.partition(":")
    async with here.transaction() as tx:
        now = await here.now(tx)
        await of_the_family(here, tx, student_id)
        ahead = await pages_family.ahead(tx, here.org_id, [student_id], now)
        told = any(x.session_id == session_id and x.code in TOLD_AHEAD for x in ahead)
        chosen = [x for x in to_tell(ahead, now) if x.session_id == session_id]
        facts = (await story.present(tx, here.org_id, student_id, now))[1]
    offer = next(iter(choices_of(facts, chosen, now)), None)
    if told:  # the button was pressed twice
        return go(f"/family/{student_id}", "told")
    if offer is None or offer.cost.units > int(shown):
        return await draw_child(request, here, student_id, status=409, changed=True)
    starts = offer.lesson.starts_at
    await _declare(here, student_id, starts, starts + ONE_LESSON, reason)
    return go(f"/family/{student_id}", "told")


async def _declare(here: FamilyVisit, student_id: Id, begin: datetime, end: datetime, reason: Reason) -> None:
    asked = AbsenceIn(starts_at=begin, ends_at=end, reason=reason, guardian_id=here.guardian_id)
    await declare_absence(here, student_id, asked, Response())


@router.post("/family/{student_id}/away/{absence_id}/back")
async def comes_after_all(here: Family, student_id: RowId, absence_id: RowId) -> Response:
    """The child comes after all: what was told of lessons ahead is taken back."""
    async with here.transaction() as tx:
        await of_the_family(here, tx, student_id)
        if not await pages_family.absence_of(tx, here.org_id, student_id, absence_id):
            raise unknown(planned_absences, "id", absence_id)
    try:
        await withdraw_absence(here, absence_id)
    except Conflict:
        return go(f"/family/{student_id}", "absence_over")
    return go(f"/family/{student_id}", "comes")
