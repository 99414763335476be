"""Health: are families being reached, what is in the way right now, and whether the parts of the house are up.

What is counted at once is drawn at once; the report over eight weeks and the parts that must be asked come apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Query, Request, Response

from api.health import readiness
from api.pages.office.health_lines import Lamp, Obstacle, lamps, obstacles, step_grid, trend
from api.pages.rendering import render
from api.pages.shell import staff_pages
from api.pages.visiting import Lead, StaffVisit
from api.reaching import get_reaching
from db import pages_health, reaching
from db.run_history import STUCK_AFTER

router = staff_pages()
Days = Annotated[int, Query(ge=1, le=92)]
LOOK_BACK = timedelta(days=28)
"""How far back messages and lessons count as being in the way now."""
LATELY = timedelta(hours=24)
"""What the lamps of the ways out look at."""


async def _now(here: StaffVisit) -> Sequence[Obstacle]:
    """What keeps families from being reached at this moment, the gravest first."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        since, late = now - LOOK_BACK, now - STUCK_AFTER
        counts = await reaching.in_the_way(tx, here.org_id, since, now, late)
        worst = await pages_health.worst(tx, here.org_id, since, now, late)
        lacking = await pages_health.unrecorded(tx, here.org_id, since, now)
    return obstacles(counts, worst, lacking, here.zone)


async def _lamps(request: Request, here: StaffVisit) -> Sequence[Lamp]:
    settings = request.app.state.settings
    found = await readiness(here.books, here.gateway)
    async with here.transaction() as tx:
        now = await here.now(tx)
        ways = await pages_health.ways_out(tx, here.org_id, now - LATELY)
        troubles = await pages_health.troubles(tx, here.org_id)
    return lamps(found, ways, troubles, {"sms": settings.sends_sms, "email": settings.sends_email})


async def _report(here: StaffVisit, days: int) -> dict[str, Any]:
    """The report as the page draws it."""
    report = await get_reaching(here, days)
    return {"report": report, "trend": trend(report.weeks), "grid": step_grid(report), "days": days}


@router.get("/admin")
async def health(
    request: Request, here: Lead, days: Days = 28, whole: Annotated[bool, Query(description="without waiting")] = False
) -> Response:
    """The page; with `whole` everything at once, for browsers without script."""
    found = await _now(here)
    apart: dict[str, Any] = {"lamps": None, "report": None, "days": days}
    if whole:
        apart = {"lamps": await _lamps(request, here), **await _report(here, days)}
    return render(request, "health/page.html", obstacles=found, **apart)


@router.get("/admin/now")
async def what_is_in_the_way(request: Request, here: Lead) -> Response:
    """What is in the way now, drawn alone."""
    return render(request, "health/_now.html", obstacles=await _now(here))


@router.get("/admin/lamps")
async def which_parts_are_up(request: Request, here: Lead) -> Response:
    """The lamps, drawn alone."""
    return render(request, "health/_lamps.html", lamps=await _lamps(request, here))


@router.get("/admin/reaching")
async def are_families_reached(request: Request, here: Lead, days: Days = 28) -> Response:
    """The report, drawn alone."""
    return render(request, "health/_reaching.html", **await _report(here, days))
