"""Keys by which other systems come in: made, listed with their last use, revoked."""

from __future__ import annotations

from datetime import datetime

from fastapi import Response
from pydantic import ConfigDict, Field

from api.access import Here
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import Asked, Listed, Lister, Name, RowId, Told
from db import audit_log, keys
from domain.refusals import NotFound
from domain.tasks import Role

router = doors("keys")


class ApiKeyIn(Asked):
    """A key to make. The name says who uses it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "the CRM"}]})
    name: Name


class ApiKey(Told):
    """A key. `last_used_at` is right to an hour."""

    id: str
    name: str
    created_at: datetime
    created_by: str | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None


class ApiKeyWithSecret(ApiKey):
    """A key as it was made: what opens the doors is shown this once."""

    key: str = Field(examples=["bw_0b0e1d3c6f0e4d0e9a5b2f2c0b8a7d11_3q2-7w"])


@router.post("/api-keys", status_code=201)
async def create_api_key(here: Here, asked: ApiKeyIn, response: Response) -> ApiKeyWithSecret:
    """Make a key; an admin's act. It is shown this once."""
    by = here.person(Role.ADMIN).id
    async with here.transaction() as tx:
        now = await here.now(tx)
        key_id, key = await keys.create(tx, here.org_id, asked.name, by)
        await audit_log.write(tx, here.org_id, by, "key", "key_made", now, about=key_id)
        made = await keys.one(tx, here.org_id, key_id)
    response.headers["Location"] = "/v1/api-keys"
    response.headers["Cache-Control"] = "no-store"
    return ApiKeyWithSecret.of(made, key=key)


@router.get("/api-keys")
async def list_api_keys(here: Here, listing: Lister) -> Listed[ApiKey]:
    """List keys, newest first, revoked ones as well; for an admin's eyes."""
    here.person(Role.ADMIN)
    async with here.transaction() as tx:
        part = await keys.listed(tx, here.org_id, listing.cut)
    return listing.answer(part, ApiKey.of)


@router.delete("/api-keys/{key_id}", status_code=204)
async def revoke_api_key(here: Here, key_id: RowId) -> None:
    """Revoke a key: it opens nothing from now on. It stays in the list."""
    by = here.person(Role.ADMIN).id
    async with here.transaction() as tx:
        if not await keys.revoke(tx, here.org_id, key_id, by):
            raise NotFound("api_key_unknown", OWN["api_key_unknown"])
        await audit_log.write(tx, here.org_id, by, "key", "key_revoked", await here.now(tx), about=key_id)
