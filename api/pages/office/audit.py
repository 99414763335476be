"""Audit: who did what, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import Response

from api.audit import AuditedAct, list_audited_acts
from api.pages.rendering import render
from api.pages.shell import staff_pages
from api.pages.visiting import Lead
from api.values import Listing, RowId
from db import pages_people
from db.audit_log import Topic
from domain.tasks import Role

router = staff_pages()
HOME = "/admin/audit"
AT_ONCE = 40
TOPICS: Mapping[Topic, tuple[str, str]] = {
    "student": ("Students", "people"),
    "session": ("Lessons", "calendar"),
    "calendar": ("Calendar", "calendar"),
    "task": ("Tasks of the operation", "task"),
    "message": ("Held messages", "mail"),
    "policy": ("Policies", "sliders"),
    "template": ("Templates", "pen"),
    "staff": ("Staff", "people"),
    "login": ("Signing in", "key"),
    "key": ("API keys", "key"),
    "webhook": ("Webhooks", "out"),
    "import": ("Imports", "up"),
    "settings": ("The organization", "sliders"),
}
"""What an act is about: what it is called, and its icon."""
_PAGES = {"session": "/lessons/{}", "staff": "/admin/people/{}", "webhook": "/admin/integrations/webhooks/{}"}

_ADMINS = ("staff", "webhook")
"""Pages of these are an admin's."""


def _open(act: AuditedAct, role: Role) -> str | None:
    """The page of what an act is about, where there is one that this role may open."""
    if act.student_id:
        return f"/students/{act.student_id}"
    if act.topic == "policy":
        return f"/admin/policies/{act.numbers.get('version', '')}"
    if act.topic == "template":
        return "/admin/templates/{purpose}/{channel}/{language}".format_map(act.numbers)
    if act.topic in _ADMINS and role is not Role.ADMIN:
        return None
    return _PAGES[act.topic].format(act.about) if act.topic in _PAGES and act.about else None


@router.get(HOME)
async def audit(
    request: Request,
    here: Lead,
    by: RowId | Literal[""] = "",
    topic: Topic | Literal[""] = "",
    since: date | Literal[""] = "",
    until: date | Literal[""] = "",
    cursor: str | None = None,
) -> Response:
    """Acts of people that fit the filters, newest first."""
    filters = {"by": by, "topic": topic, "since": str(since), "until": str(until)}
    chosen = {name: value for name, value in filters.items() if value}
    found = await list_audited_acts(
        here,
        Listing(request, Response(), AT_ONCE, cursor),
        by=by or None,
        topic=topic or None,
        since=_begins(since, here.zone) if since else None,
        until=_begins(until + timedelta(days=1), here.zone) if until else None,
    )
    async with here.transaction() as tx:
        people = await pages_people.everybody(tx, here.org_id)
    return render(
        request,
        "audit/page.html",
        acts=found.items,
        open_at=partial(_open, role=here.me.role),
        filters=filters,
        chosen=chosen,
        people=people,
        topics=TOPICS,
        more=f"{HOME}?{urlencode(chosen)}&cursor=",
        next_cursor=found.next_cursor,
        cursor=cursor,
    )


def _begins(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
