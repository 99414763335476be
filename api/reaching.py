"""The report "are families being reached": every number with what it means beside it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Row

from api.access import Here
from api.once import router as doors
from db import completeness, reaching, roster
from db.run_history import STUCK_AFTER
from domain.run_words import step_in_words
from domain.tasks import Role

router = doors("reports")
WEEKS = 8
EARLIER = timedelta(weeks=WEEKS - 1)
FEWEST = 5
"""Fewer misses than this in a week could tell a family apart: their number and times are not shown."""
MEANS = {
    "misses": "No-shows and late cancellations settled in the time shown, without imported ones and those told more "
    "than 72 hours after the session.",
    "reached": "Of these, how many were followed by a contact: a message about the session handed to the provider, or "
    "a colleague's attempt to reach the family within 7 days.",
    "p50_minutes": "Half of the families that were reached were reached within so many minutes of settling.",
    "p90_minutes": "Nine in ten of the families that were reached were reached within so many minutes of settling.",
    "overdue": "Tasks about students that are not finished and whose time has passed; by week, those due in it that "
    "were not finished in time.",
    "undelivered": "Messages to families made in the time shown that failed or were reported as not delivered.",
    "held": "Messages made in the time shown that are held now and wait for a person.",
    "stuck": "Students, sessions, facts and messages of which something has waited for more than 15 minutes.",
    "unrecorded": "Sessions that began in the time shown, are over and not settled: somebody has no outcome yet.",
    "steps": "How often each step ran by itself, by day.",
}
"""What each number counts."""


class Contact(BaseModel):
    """How soon families were reached after a miss. Numbers are None where fewer than five misses would show."""

    misses: int | None
    reached: int | None
    p50_minutes: float | None
    p90_minutes: float | None


class InTheWay(BaseModel):
    """What keeps families from being reached."""

    overdue: int
    undelivered: int
    held: int
    stuck: int
    unrecorded: int


class Week(BaseModel):
    """One week, named by its Monday in the organization's zone. The last one is not over yet."""

    week: date
    contact: Contact
    overdue: int
    undelivered: int
    held: int
    unrecorded: int


class StepDay(BaseModel):
    """How often a step ran on a day."""

    step: str
    words: str
    day: date
    times: int


class Reaching(BaseModel):
    """Are families being reached: now, over the days asked for, and week by week."""

    since: datetime
    until: datetime
    zone: str
    contact: Contact
    in_the_way: InTheWay
    weeks: list[Week]
    steps: list[StepDay]
    means: dict[str, str]


@router.get("/reports/reaching")
async def get_reaching(here: Here, days: Annotated[int, Query(ge=1, le=92)] = 28) -> Reaching:
    """How soon families are reached after a miss, and what stands in the way; a lead's or an admin's report."""
    here.person(Role.LEAD)
    async with here.transaction() as tx:
        until = await here.now(tx)
        since = until - timedelta(days=days)
        zone = await roster.zone_of(tx, here.org_id)
        monday = _monday(until, zone)
        in_the_way = await reaching.in_the_way(tx, here.org_id, since, until, until - STUCK_AFTER)
        whole, weeks = await reaching.by_week(tx, here.org_id, zone, since, monday - EARLIER, until)
        steps = await reaching.steps(tx, here.org_id, zone, since, until)
        lacking = await completeness.unrecorded_by_day(tx, here.org_id, zone, min(since, monday - EARLIER), until)
    return Reaching(
        since=since,
        until=until,
        zone=zone,
        contact=_contact(whole),
        in_the_way=InTheWay(
            **dict(in_the_way._mapping), unrecorded=_sum(lacking, since.astimezone(ZoneInfo(zone)).date())
        ),
        weeks=[
            Week(
                week=w.week,
                contact=_contact(w),
                overdue=w.overdue,
                undelivered=w.undelivered,
                held=w.held,
                unrecorded=_sum(lacking, w.week, timedelta(days=7)),
            )
            for w in weeks
        ],
        steps=[StepDay(step=s.step, words=step_in_words(s.step), day=s.day, times=s.times) for s in steps],
        means=MEANS,
    )


def _contact(row: Row[Any]) -> Contact:
    """The numbers, unless they are so few that they tell of single families."""
    if 0 < row.misses < FEWEST:
        return Contact(misses=None, reached=None, p50_minutes=None, p90_minutes=None)
    p50, p90 = (None if row.reached < FEWEST else round(p, 1) for p in (row.p50, row.p90))
    return Contact(misses=row.misses, reached=row.reached, p50_minutes=p50, p90_minutes=p90)


def _sum(by_day: dict[date, int], first: date, span: timedelta | None = None) -> int:
    """What the days from the first on count, as far as the span reaches."""
    return sum(n for day, n in by_day.items() if day >= first and (span is None or day < first + span))


def _monday(now: datetime, zone: str) -> datetime:
    """When this week began there."""
    wall = now.astimezone(ZoneInfo(zone))
    return datetime(wall.year, wall.month, wall.day, tzinfo=ZoneInfo(zone)) - timedelta(days=wall.weekday())
