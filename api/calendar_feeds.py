"""Calendars for whoever has their private address: no key, since calendar programs send none."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from api.calendar_document import calendar
from api.problem_kinds import OWN
from db import calendar_feeds, clock
from domain.refusals import NotFound

router = APIRouter(prefix="/v1/calendars", tags=["calendars"])
MEDIA_TYPE = "text/calendar; charset=utf-8"


@router.head("/{token}.ics", include_in_schema=False)
@router.get(
    "/{token}.ics",
    response_class=Response,
    responses={200: {"content": {"text/calendar": {}}}, 304: {"description": "As the ETag in If-None-Match"}},
)
async def read_calendar(request: Request, token: str) -> Response:
    """A person's sessions as iCalendar, from 30 days ago to as far as sessions are made."""
    app = request.app.state
    async with app.books.transaction() as tx:
        feed = await calendar_feeds.opened_by(tx, token)
        if feed is None:
            raise NotFound("calendar_unknown", OWN["calendar_unknown"])
        entries = await calendar_feeds.entries(tx, feed, app.clock() + await clock.ahead(tx))
    host = urlsplit(app.settings.public_url or "").hostname or "bellwether"
    body = calendar(f"{feed.person_name} · {feed.organization_name}", host, entries)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
    if _is_known(etag, request.headers.get("If-None-Match", "")):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="sessions.ics"'
    return Response(body, headers=headers, media_type=MEDIA_TYPE)


def _is_known(etag: str, asked: str) -> bool:
    """RFC 9110: any of the tags, compared without their weakness, or a star."""
    return asked.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in asked.split(",")}
