"""Endpoints of webhooks: where other systems want to hear of what happens, and the secrets that sign it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Request, Response
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from sqlalchemy import Row

from api.access import Caller, Here
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import Asked, Listed, Lister, RowId, Told
from api.webhook_deliveries import WebhookDelivery
from db import announcing, audit_log, webhook_deliveries, webhook_endpoints
from db.engine import Tx
from domain.addresses import is_public
from domain.announcements import Announcement, AnnouncementType
from domain.refusals import Invalid
from domain.tasks import Role
from domain.value import Id
from messaging.sealing import Seal, new_secret
from messaging.webhook_post import addresses_of
from settings import Settings

router = doors("webhooks")


def _wanted(events: list[AnnouncementType]) -> list[AnnouncementType]:
    if AnnouncementType.ENDPOINT_TEST in events:
        raise ValueError("endpoint.test needs no asking for: it comes when an endpoint is tested")
    return sorted(set(events))


Events = Annotated[list[AnnouncementType], AfterValidator(_wanted), Field(max_length=len(AnnouncementType))]
"""What is announced there; none means everything, also kinds that are yet to come."""
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class EndpointIn(Asked):
    """An endpoint to make. `events` empty: all."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://crm.example.com/hooks/bellwether",
                    "description": "the CRM",
                    "events": ["outcome.settled", "case.opened", "case.closed"],
                }
            ]
        }
    )
    url: Url
    description: Description | None = None
    events: Events = []
    active: bool = True


class EndpointChange(Asked):
    """What to change of an endpoint; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"events": ["balance.low"], "active": True}]})
    url: Url | None = None
    description: Description | None = None
    events: Events | None = None
    active: bool | None = None


class WebhookEndpoint(Told):
    """An endpoint. `disabled_because`: `gone` (it answered 410) or `by_hand`."""

    id: str
    url: str
    description: str | None
    events: list[AnnouncementType]
    active: bool
    active_since: datetime
    disabled_because: str | None
    old_secret_until: datetime | None
    created_at: datetime


class EndpointWithSecret(WebhookEndpoint):
    """An endpoint with its secret, which is shown this once."""

    secret: str = Field(examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"])


def _shown(row: Row[object], secret: str, response: Response) -> EndpointWithSecret:
    response.headers["Cache-Control"] = "no-store"
    return EndpointWithSecret.of(row, secret=secret)


@router.post("/webhook-endpoints", status_code=201)
async def create_webhook_endpoint(
    here: Here, asked: EndpointIn, request: Request, response: Response
) -> EndpointWithSecret:
    """Make an endpoint; an admin's act. Its secret is shown this once. It hears of what happens from now on."""
    by = here.person(Role.ADMIN).id
    settings = _settings(request)
    await _check(asked.url, settings)
    secret = new_secret()
    async with here.transaction() as tx:
        now = await here.now(tx)
        values = asked.model_dump(mode="json") | {"disabled_because": None if asked.active else "by_hand"}
        row = await webhook_endpoints.add(tx, here.org_id, here.new_id(), values, Seal(settings).close(secret), now)
        await audit_log.write(tx, here.org_id, by, "webhook", "webhook_added", now, about=row.id)
    response.headers["Location"] = f"/v1/webhook-endpoints/{row.id}"
    return _shown(row, secret, response)


@router.get("/webhook-endpoints")
async def list_webhook_endpoints(here: Here, listing: Lister) -> Listed[WebhookEndpoint]:
    """List endpoints, the oldest first; for an admin's eyes."""
    here.person(Role.ADMIN)
    async with here.transaction() as tx:
        part = await webhook_endpoints.listed(tx, here.org_id, listing.cut)
    return listing.answer(part, WebhookEndpoint.of)


@router.get("/webhook-endpoints/{endpoint_id}")
async def get_webhook_endpoint(here: Here, endpoint_id: RowId) -> WebhookEndpoint:
    """One endpoint, without its secret."""
    here.person(Role.ADMIN)
    async with here.transaction() as tx:
        return WebhookEndpoint.of(await webhook_endpoints.one(tx, here.org_id, endpoint_id))


@router.patch("/webhook-endpoints/{endpoint_id}")
async def change_webhook_endpoint(
    here: Here, endpoint_id: RowId, asked: EndpointChange, request: Request
) -> WebhookEndpoint:
    """Change an endpoint. Switched off, what waits for it is cancelled; switched on, it hears of what happens then."""
    by = here.person(Role.ADMIN).id
    if asked.url is not None:
        await _check(asked.url, _settings(request))
    values = asked.model_dump(mode="json", exclude_unset=True)
    values = {name: value for name, value in values.items() if value is not None or name == "description"}
    async with here.transaction() as tx:
        now = await here.now(tx)
        row = await webhook_endpoints.change(tx, here.org_id, endpoint_id, values, now)
        await audit_log.write(tx, here.org_id, by, "webhook", "webhook_changed", now, about=row.id)
        return WebhookEndpoint.of(row)


@router.delete("/webhook-endpoints/{endpoint_id}", status_code=204)
async def delete_webhook_endpoint(here: Here, endpoint_id: RowId) -> None:
    """Delete an endpoint. What waits for it is cancelled; the log of its deliveries stays."""
    by = here.person(Role.ADMIN).id
    async with here.transaction() as tx:
        now = await here.now(tx)
        await webhook_endpoints.delete(tx, here.org_id, endpoint_id, now)
        await audit_log.write(tx, here.org_id, by, "webhook", "webhook_deleted", now, about=endpoint_id)


@router.post("/webhook-endpoints/{endpoint_id}/rotate-secret")
async def rotate_webhook_secret(
    here: Here, endpoint_id: RowId, request: Request, response: Response
) -> EndpointWithSecret:
    """Give an endpoint a new secret, shown this once. For 24 hours the old one signs beside it."""
    by = here.person(Role.ADMIN).id
    secret = new_secret()
    async with here.transaction() as tx:
        now, sealed = await here.now(tx), Seal(_settings(request)).close(secret)
        row = await webhook_endpoints.rotate(tx, here.org_id, endpoint_id, sealed, now)
        await audit_log.write(tx, here.org_id, by, "webhook", "webhook_secret_rotated", now, about=row.id)
    return _shown(row, secret, response)


@router.post("/webhook-endpoints/{endpoint_id}/test", status_code=202)
async def test_webhook_endpoint(here: Here, endpoint_id: RowId, response: Response) -> WebhookDelivery:
    """Send `endpoint.test` there, by the way every event goes. What came of it stands in the delivery."""
    by = here.person(Role.ADMIN).id
    async with here.transaction() as tx:
        delivery_id = await _test(here, tx, endpoint_id, by)
        row = await webhook_deliveries.one(tx, here.org_id, delivery_id)
    response.headers["Location"] = f"/v1/webhook-deliveries/{row.id}"
    return WebhookDelivery.of(row)


async def _test(here: Caller, tx: Tx, endpoint_id: Id, by: Id) -> Id:
    now = await here.now(tx)
    endpoint = await webhook_endpoints.one(tx, here.org_id, endpoint_id)
    webhook_endpoints.must_be_active(endpoint)
    kind = AnnouncementType.ENDPOINT_TEST
    told = Announcement(type=kind, key=f"{kind}:{here.new_id()}", at=now, data={"endpoint_id": endpoint.id, "by": by})
    await announcing.deliver_to(tx, here.org_id, [(endpoint.id, told)], now)
    return announcing.delivery_id(endpoint.id, told.key)


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _check(url: str, settings: Settings) -> None:
    """Raise Invalid for a URL that webhooks may not go to. A name without an address yet is taken."""
    try:
        parts = urlsplit(url)
        plain = bool(parts.hostname) and not parts.username and not parts.fragment and parts.port != 0
    except ValueError:
        plain = False
    schemes = ("https", "http") if settings.webhooks_to_private else ("https",)
    if not plain or parts.scheme not in schemes or not url.isascii() or not url.isprintable() or " " in url:
        raise Invalid("webhook_url_refused", OWN["webhook_url_refused"])
    if settings.webhooks_to_private:
        return
    found: Sequence[str] = await addresses_of(str(parts.hostname), parts.port or 443)
    if not all(map(is_public, found)):
        raise Invalid("webhook_address_refused", OWN["webhook_address_refused"])
