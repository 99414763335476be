"""The organization itself: its name, zone and country. The country decides its public holidays."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, StringConstraints

from api.access import Here
from api.once import router as doors
from api.values import Asked, Name, Told, Zone
from db import audit_log, holidays, organizations
from domain.tasks import Role

router = doors("people")


def _country(code: str) -> str:
    if not holidays.is_known(code):
        raise ValueError(f"no public holidays are known for {code!r}; write an ISO 3166 code such as PT or US")
    return code


Country = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True), AfterValidator(_country)]


class OrganizationChange(Asked):
    """What is to change; what is left out stays. `country` null: no public holidays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"zone": "Europe/Lisbon", "country": "PT"}]})
    name: Name = ""
    zone: Zone = ""
    country: Country | None = None


class Organization(Told):
    """The organization."""

    id: str
    name: str
    zone: str
    country: str | None


@router.get("/organization")
async def get_organization(here: Here) -> Organization:
    """The organization this key belongs to."""
    async with here.transaction() as tx:
        return Organization.of(await organizations.one(tx, here.org_id))


@router.patch("/organization")
async def change_organization(here: Here, asked: OrganizationChange) -> Organization:
    """Change name, zone or country; an admin's act. Sessions that stand already stay as they are."""
    by = here.person(Role.ADMIN).id
    async with here.transaction() as tx:
        await audit_log.write(tx, here.org_id, by, "settings", "organization_changed", await here.now(tx))
        return Organization.of(await organizations.change(tx, here.org_id, asked.model_dump(exclude_unset=True)))
