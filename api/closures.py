"""Closures: days on which the organization holds no sessions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Self

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, model_validator

from api.access import Here
from api.calendar_rights import actor_of, may_plan, wake_all
from api.once import router as doors
from api.values import Asked, Day, Listed, Lister, Name, Told
from db import audit_log, closing, session_changes
from domain.outcomes import Code
from domain.refusals import Conflict

router = doors("calendar")
LONGEST = 366


class ClosureIn(Asked):
    """A day without sessions, or a span of days up to and including `until`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"day": "2026-12-24", "until": "2026-12-31", "name": "Winter break"}]}
    )
    day: Day
    until: Day | None = None
    name: Name | None = None

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if not 0 <= ((self.until or self.day) - self.day).days < LONGEST:
            raise ValueError(f"until must not come before day; a span has {LONGEST} days at most")
        return self

    @property
    def days(self) -> list[date]:
        """Every day of it."""
        return [self.day + timedelta(days=n) for n in range(((self.until or self.day) - self.day).days + 1)]


class Closure(Told):
    """A day without sessions."""

    day: date
    name: str | None


class Closed(BaseModel):
    """The days as they stand, and the sessions that were called off because of them."""

    items: list[Closure]
    called_off: list[str]


@router.post("/closures", status_code=201)
async def close_days(here: Here, asked: ClosureIn) -> Closed:
    """Close a day or a span. Sessions on it that have not begun are called off by the operator: families hear it.

    Asked again it does what is left to do, and nothing twice.
    """
    may_plan(here)
    async with here.transaction() as tx:
        now = await here.now(tx)
        rows = await closing.close(tx, here.org_id, asked.days, asked.name)
        span = {"from": asked.days[0].isoformat(), "to": asked.days[-1].isoformat()}
        await audit_log.write(tx, here.org_id, here.by, "calendar", "days_closed", now, **span)
        standing = await closing.sessions_on(tx, here.org_id, asked.days, now)
    called_off, by = [], actor_of(here)
    for session_id in standing:  # each alone: a week of a large academy is too much for one transaction
        try:
            async with here.transaction() as tx:
                changed = await session_changes.call_off(
                    tx, here.org_id, session_id, Code.CANCELLED_BY_OPERATOR, by, now
                )
                wake_all(here, changed)
        except Conflict:  # somebody called it off in this moment, or it took place after all
            continue
        called_off.append(session_id)
    return Closed(items=[Closure.of(r) for r in rows], called_off=called_off)


@router.get("/closures")
async def list_closures(
    here: Here,
    listing: Lister,
    since: Annotated[Day | None, Query(alias="from", description="on or after")] = None,
    until: Annotated[Day | None, Query(alias="to", description="before")] = None,
) -> Listed[Closure]:
    """List closures by day."""
    async with here.transaction() as tx:
        part = await closing.listed(tx, here.org_id, listing.cut, since, until)
    return listing.answer(part, Closure.of)


@router.delete("/closures/{day}", status_code=204)
async def reopen_day(here: Here, day: Day) -> Response:
    """Take a closure back. Lessons that were left out are made again; what was called off stays called off."""
    may_plan(here)
    async with here.transaction() as tx:
        now = await here.now(tx)
        made = await closing.reopen(tx, here.org_id, day, now)
        await audit_log.write(tx, here.org_id, here.by, "calendar", "day_reopened", now, **{"from": day.isoformat()})
        for student_id in made.students:
            here.wake(student_id, student_id)
    return Response(status_code=204)
