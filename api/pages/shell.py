"""What stands around every page of staff: the counts beside the tabs, and the time it is drawn for."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api.pages.navigation import areas_of
from api.pages.rendering import render
from api.pages.visiting import Staff, StaffVisit, staff_of
from db import pages_shell, pages_teaching
from db.engine import Tx
from domain.tasks import Role


async def counted(request: Request) -> None:
    """Count what waits for the visitor, unless only a fragment is asked for. Nobody signed in: nothing to count."""
    visit = await staff_of(request)
    if visit is None:
        return
    async with visit.transaction() as tx:
        request.state.now = await visit.now(tx)
        if not request.headers.get("HX-Request") and request.method == "GET":
            now = request.state.now
            request.state.counts = await _counts(visit, tx, now)


async def _counts(visit: StaffVisit, tx: Tx, now: datetime) -> dict[str, int]:
    if visit.me.role is Role.INSTRUCTOR:
        return await pages_teaching.counts(tx, visit.org_id, visit.me.id, now)
    return await pages_shell.counts(tx, visit.org_id, visit.me.id, visit.zone, now)


def staff_pages() -> APIRouter:
    """A router for pages of staff."""
    return APIRouter(include_in_schema=False, dependencies=[Depends(counted)])


router = staff_pages()


@router.get("/")
async def home(here: Staff) -> RedirectResponse:
    """To the page on which one's role starts its day."""
    return RedirectResponse(here.home, 303)


@router.get("/more")
async def more(request: Request, here: Staff) -> Response:
    """Everything one can open: for phones, where only a few tabs fit."""
    return render(request, "system/more.html", areas=areas_of(here.me.role))


@router.get("/nav")
async def nav(request: Request, here: Staff, at: str = "/") -> Response:
    """The tabs with fresh counts, as they stand beside the page `at`."""
    async with here.transaction() as tx:
        request.state.counts = await _counts(here, tx, await here.now(tx))
    return render(request, "system/_tab_links.html", at=at)
