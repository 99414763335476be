"""A webhook of ours: made, changed, tested, its secret turned over; and its deliveries with every attempt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from zlib import crc32

from fastapi import Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Row

from api.pages.forms import Filled, read, sent
from api.pages.office import webhook_lines
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Admin, StaffVisit
from api.values import RowId
from api.webhook_deliveries import get_webhook_delivery, replay_webhook_delivery
from api.webhook_endpoints import (
    EndpointChange,
    EndpointIn,
    EndpointWithSecret,
    WebhookEndpoint,
    change_webhook_endpoint,
    create_webhook_endpoint,
    delete_webhook_endpoint,
    get_webhook_endpoint,
    rotate_webhook_secret,
    test_webhook_endpoint,
)
from db import webhook_deliveries
from db.listing import Cut
from domain.announcements import AnnouncementType
from domain.deliveries import DeliveryState
from domain.refusals import Conflict, Invalid, NotFound

router = staff_pages()
AT_ONCE = 30
HOME = "/admin/integrations"
BASE = f"{HOME}/webhooks"


def _form(request: Request, filled: Filled, events: list[str], row: WebhookEndpoint | None, status: int) -> Response:
    return render(
        request,
        "integrations/edit.html",
        status=status,
        filled=filled,
        row=row,
        chosen=events,
        events=[(kind, *webhook_lines.EVENTS[kind]) for kind in webhook_lines.ASKED_FOR],
    )


async def _chosen(request: Request, filled: Filled) -> tuple[list[str], list[AnnouncementType]]:
    """The boxes that were ticked, as they were sent and as what they name."""
    ticked = [str(value) for value in (await request.form()).getlist("events")]
    filled.values.pop("events", None)
    known = [kind for kind in webhook_lines.ASKED_FOR if kind in ticked]
    if len(known) < len(set(ticked)):
        filled.errors["events"] = "Choose from the list."
    return ticked, sorted(known)


@router.get(BASE)
async def to_the_list(here: Admin) -> RedirectResponse:
    """Webhooks are listed beside the keys."""
    return RedirectResponse(HOME, 303)


@router.get(f"{BASE}/new")
async def new_page(request: Request, here: Admin) -> Response:
    """Where to send what, to be filled in."""
    return _form(request, Filled(), [], None, 200)


@router.post(BASE)
async def make(request: Request, here: Admin) -> Response:
    """Make a webhook and show its secret, this once."""
    filled = await sent(request)
    ticked, events = await _chosen(request, filled)
    asked = read(EndpointIn, filled)
    if asked is None or filled.errors:
        return _form(request, filled, ticked, None, 422)
    try:
        made = await create_webhook_endpoint(here, asked.model_copy(update={"events": events}), request, Response())
    except (Invalid, Conflict) as refused:
        return _form(request, filled.refused(refused, "url"), ticked, None, 422)
    return _secret(request, made, 201)


def _secret(request: Request, made: EndpointWithSecret, status: int) -> Response:
    return render(
        request,
        "integrations/secret.html",
        status=status,
        kind="webhook",
        called=made.description or made.url,
        secret=made.secret,
        back=f"{BASE}/{made.id}",
        until=made.old_secret_until,
    )


@router.get(f"{BASE}/{{endpoint_id}}")
async def webhook_page(
    request: Request,
    here: Admin,
    endpoint_id: RowId,
    state: DeliveryState | Literal[""] = "",
    event: AnnouncementType | Literal[""] = "",
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """One webhook: what it hears, and what was sent there."""
    return render(request, "integrations/webhook.html", **await _shown(here, endpoint_id, state, event, cursor))


@router.get(f"{BASE}/{{endpoint_id}}/changes")
async def changes(
    request: Request,
    here: Admin,
    endpoint_id: RowId,
    seen: str,
    state: DeliveryState | Literal[""] = "",
    event: AnnouncementType | Literal[""] = "",
) -> Response:
    """A line that says that the list looks different by now; nothing while it does not."""
    shown = await _shown(here, endpoint_id, state, event, None)
    return render(request, "integrations/_changes.html", **shown, changed=shown["seen"] != seen)


async def _shown(here: StaffVisit, endpoint_id: RowId, state: str, event: str, cursor: str | None) -> dict[str, Any]:
    row = await get_webhook_endpoint(here, endpoint_id)
    async with here.transaction() as tx:
        part = await webhook_deliveries.listed(
            tx, here.org_id, Cut(AT_ONCE, cursor), endpoint_id=row.id, state=state or None, event=event or None
        )
    return {
        "row": row,
        "deliveries": part.rows,
        "seen": _digest(part.rows),
        "cursor": cursor,
        "next_cursor": part.next_cursor,
        "state": state,
        "kind": event,
        "events": webhook_lines.EVENTS,
        **_words(),
    }


def _digest(rows: Sequence[Row[Any]]) -> str:
    """What stands for the list as it was shown."""
    return f"{len(rows)}-{crc32(' '.join(f'{r.id}{r.state}{len(r.attempts)}' for r in rows).encode()):x}"


def _words() -> dict[str, Any]:
    return {
        "states": webhook_lines.STATES,
        "event": webhook_lines.event,
        "problem": webhook_lines.problem,
        "disabled": webhook_lines.DISABLED,
        "most_tries": webhook_lines.MOST_TRIES,
    }


@router.get(f"{BASE}/{{endpoint_id}}/edit")
async def edit_page(request: Request, here: Admin, endpoint_id: RowId) -> Response:
    """Another address, name or choice of what it hears."""
    row = await get_webhook_endpoint(here, endpoint_id)
    filled = Filled.with_values({"url": row.url, "description": row.description})
    return _form(request, filled, [kind.value for kind in row.events], row, 200)


@router.post(f"{BASE}/{{endpoint_id}}/edit")
async def edit(request: Request, here: Admin, endpoint_id: RowId) -> Response:
    """Change it."""
    row = await get_webhook_endpoint(here, endpoint_id)
    filled = await sent(request)
    ticked, events = await _chosen(request, filled)
    asked = read(EndpointIn, filled)
    if asked is None or filled.errors:
        return _form(request, filled, ticked, row, 422)
    changes = EndpointChange(url=asked.url, description=asked.description, events=events)
    try:
        await change_webhook_endpoint(here, endpoint_id, changes, request)
    except Invalid as refused:
        return _form(request, filled.refused(refused, "url"), ticked, row, 422)
    return go(f"{BASE}/{endpoint_id}", "webhook_changed")


@router.post(f"{BASE}/{{endpoint_id}}/switch")
async def switch(
    request: Request, here: Admin, endpoint_id: RowId, to: Annotated[Literal["on", "off"], Form()]
) -> Response:
    """Switch it on or off."""
    await change_webhook_endpoint(here, endpoint_id, EndpointChange(active=to == "on"), request)
    return go(f"{BASE}/{endpoint_id}", f"webhook_{to}")


@router.get(f"{BASE}/{{endpoint_id}}/secret")
async def to_the_webhook(here: Admin, endpoint_id: RowId) -> RedirectResponse:
    """A secret is shown where it was made, once."""
    return RedirectResponse(f"{BASE}/{endpoint_id}", 303)


@router.post(f"{BASE}/{{endpoint_id}}/secret")
async def rotate(request: Request, here: Admin, endpoint_id: RowId) -> Response:
    """A new secret, shown this once; the old one signs beside it for a day."""
    return _secret(request, await rotate_webhook_secret(here, endpoint_id, request, Response()), 200)


@router.post(f"{BASE}/{{endpoint_id}}/test")
async def send_test(here: Admin, endpoint_id: RowId) -> Response:
    """Send a test there, and look at what comes of it."""
    try:
        made = await test_webhook_endpoint(here, endpoint_id, Response())
    except Conflict as refused:
        return go(f"{BASE}/{endpoint_id}", refused.kind)
    return go(f"{HOME}/deliveries/{made.id}")


@router.post(f"{BASE}/{{endpoint_id}}/delete")
async def remove(here: Admin, endpoint_id: RowId) -> Response:
    """Delete it; what was sent there stays to be read for a while."""
    await delete_webhook_endpoint(here, endpoint_id)
    return go(HOME, "webhook_deleted")


@router.get(f"{HOME}/deliveries/{{delivery_id}}")
async def delivery_page(request: Request, here: Admin, delivery_id: RowId) -> Response:
    """One delivery: what was told, each attempt, and what the other side answered."""
    return render(request, "integrations/delivery.html", **await _one(here, delivery_id))


@router.get(f"{HOME}/deliveries/{{delivery_id}}/now")
async def delivery_now(request: Request, here: Admin, delivery_id: RowId) -> Response:
    """Where a delivery stands by now."""
    return render(request, "integrations/_delivery.html", **await _one(here, delivery_id))


async def _one(here: StaffVisit, delivery_id: RowId) -> dict[str, Any]:
    made = await get_webhook_delivery(here, delivery_id)
    try:
        row = await get_webhook_endpoint(here, made.endpoint_id)
    except NotFound:
        row = None
    return {"made": made, "row": row, **_words()}


@router.post(f"{HOME}/deliveries/{{delivery_id}}/replay")
async def replay(here: Admin, delivery_id: RowId) -> Response:
    """Send it again now."""
    to = f"{HOME}/deliveries/{delivery_id}"
    try:
        await replay_webhook_delivery(here, delivery_id)
    except Conflict as refused:
        return go(to, refused.kind)
    return go(to, "webhook_replayed")
