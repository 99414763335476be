"""Integrations: keys by which other systems come in, webhooks by which they hear of us, and what comes in from them."""

from __future__ import annotations

from datetime import timedelta

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from api.api_keys import ApiKeyIn, create_api_key, revoke_api_key
from api.pages.forms import Filled, read, sent
from api.pages.office import webhook_lines
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Admin, StaffVisit
from api.raw_events import show_webhooks
from api.values import RowId
from db import audit_log, clock, keys, pages_integrations, webhook_endpoints
from db.listing import LONGEST, Cut
from domain.refusals import NotFound

router = staff_pages()
AT_ONCE = 50
LOOKED_BACK = timedelta(days=7)


@router.get("/admin/integrations")
async def integrations_page(request: Request, here: Admin, cursor: str | None = None) -> Response:
    """Keys, webhooks and what comes in."""
    return await _page(request, here, cursor=cursor)


async def _page(
    request: Request, here: StaffVisit, *, filled: Filled | None = None, cursor: str | None = None, status: int = 200
) -> Response:
    async with here.transaction() as tx:
        ahead = await clock.ahead(tx)
        part = await keys.listed(tx, here.org_id, Cut(AT_ONCE, cursor))
        people = [i for row in part.rows for i in (row.created_by, row.revoked_by)]
        names = await audit_log.called(tx, here.org_id, people, here.zone)
        endpoints = await webhook_endpoints.listed(tx, here.org_id, Cut(LONGEST))
        since = await here.now(tx) - LOOKED_BACK
        sent_there = await pages_integrations.deliveries_since(tx, here.org_id, since)
    came = await show_webhooks(here, request)
    refused = {one.source: sum(r.times for r in came.refused if r.source == one.source) for one in came.received}
    return render(
        request,
        "integrations/page.html",
        status=status,
        filled=filled or Filled(),
        keys=part.rows,
        names=names,
        ahead=ahead,
        cursor=cursor,
        next_cursor=part.next_cursor,
        endpoints=endpoints.rows,
        most_endpoints=webhook_endpoints.MOST,
        sent_there=sent_there,
        came=sorted(came.received, key=webhook_lines.place),
        refused=refused,
        event=webhook_lines.event,
        source=webhook_lines.source,
    )


@router.get("/admin/integrations/keys")
async def to_the_keys(here: Admin) -> RedirectResponse:
    """A key is shown where it was made, once; who comes back finds the list."""
    return RedirectResponse("/admin/integrations", 303)


@router.post("/admin/integrations/keys")
async def make_key(request: Request, here: Admin) -> Response:
    """Make a key and show it, this once."""
    filled = await sent(request)
    asked = read(ApiKeyIn, filled)
    if asked is None:
        return await _page(request, here, filled=filled, status=422)
    made = await create_api_key(here, asked, Response())
    return render(
        request,
        "integrations/secret.html",
        status=201,
        kind="key",
        called=made.name,
        secret=made.key,
        back="/admin/integrations",
        until=None,
    )


@router.post("/admin/integrations/keys/{key_id}/revoke")
async def revoke_key(here: Admin, key_id: RowId) -> Response:
    """The key opens nothing from now on."""
    try:
        await revoke_api_key(here, key_id)
    except NotFound as gone:
        return go("/admin/integrations", gone.kind)
    return go("/admin/integrations", "key_revoked")
