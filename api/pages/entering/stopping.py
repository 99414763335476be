"""The page by which a family ends its e-mails: no login, one button, taken back on the same page.

Looking at it changes nothing, for mail programs and scanners open every link. A POST does it: the page's own button, or
the mail program by itself (RFC 8058), which follows no redirect and reads no page.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.pages.families.speaking import asked_language
from api.pages.rendering import render
from db import clock, unsubscribing
from db.engine import Tx
from db.unsubscribing import StopLink
from domain.stopping import stop_page, unknown_link

router = APIRouter(prefix="/stop", include_in_schema=False)
PAGE = "door/stop.html"
LONGEST = 100
"""Characters; what is longer is no token of ours."""


@router.get("/{token}")
async def look_at_stop_link(request: Request, token: str) -> Response:
    """What this link would stop, or has stopped. Changes nothing."""
    async with request.app.state.books.transaction() as tx:
        return _page(request, token, await _opened(tx, token))


@router.post("/{token}")
async def stop_emails(request: Request, token: str, by: str | None = None) -> Response:
    """Stop the e-mails. Asked `by` its own button, the page is shown anew; a mail program gets it at once."""
    return await _done(request, token, stop=True, by=by)


@router.post("/{token}/back")
async def take_stop_back(request: Request, token: str, by: str | None = None) -> Response:
    """Get e-mails again."""
    return await _done(request, token, stop=False, by=by)


async def _done(request: Request, token: str, *, stop: bool, by: str | None) -> Response:
    app = request.app.state
    async with app.books.transaction() as tx:
        link = await _opened(tx, token, lock=True)
        if link is not None:
            change = unsubscribing.stop if stop else unsubscribing.take_back
            await change(tx, link, app.clock() + await clock.ahead(tx))
            link = await _opened(tx, token)
    if link is not None and by == "page":
        return RedirectResponse(token if stop else f"../{token}", 303)
    return _page(request, token, link)


async def _opened(tx: Tx, token: str, *, lock: bool = False) -> StopLink | None:
    if len(token) > LONGEST or not token.isascii() or not token.isprintable():
        return None
    return await unsubscribing.opened_by(tx, token, lock=lock)


def _page(request: Request, token: str, link: StopLink | None) -> Response:
    if link is None:
        page = unknown_link(asked_language(request))
        return render(request, PAGE, status=404, page=page, action="", lang=page.language)
    page = stop_page(link.language, link.operator_name, link.address, stopped=link.stopped, gets_texts=link.gets_texts)
    action = f"{token}/back" if link.stopped else token
    return render(request, PAGE, page=page, action=action, lang=page.language)
