"""Which organization a command is about, and the first one of empty books."""

from __future__ import annotations

from zoneinfo import available_timezones

from sqlalchemy import func, insert, select

from cli.problems import CommandError, UnusableInputError
from db.engine import Tx
from db.organizations import Organization
from db.tables import organizations, staff
from domain.tasks import Role

FIRST_NAME = "My academy"
_ONE_AT_A_TIME = 7_216_005


async def chosen(tx: Tx, name_or_id: str | None) -> Organization:
    """The organization named, or the only one. Raises UnusableInputError with the names there are."""
    o = organizations.c
    query = select(o.id, o.name, o.zone, o.country).order_by(o.created_at)
    every = [Organization.of(row) for row in await tx.execute(query)]
    if not every:
        raise CommandError("there is no organization yet: `bellwether up` and `bellwether api-key create` make one")
    named = [o for o in every if name_or_id is None or name_or_id in (o.id, o.name)]
    if len(named) == 1:
        return named[0]
    known = ", ".join(f"{o.name} ({o.id})" for o in every)
    reason = f"there is no organization {name_or_id!r}" if not named else "there are several organizations"
    raise UnusableInputError(f"{reason}: choose one by --org. Known: {known}")


async def first(tx: Tx, name: str, zone: str, country: str | None) -> Organization | None:
    """Make the organization and its admin if the books hold none; None when they do.

    Raises UnusableInputError for a zone that does not exist.
    """
    if zone not in available_timezones():
        raise UnusableInputError(f"{zone!r} is no time zone: write one such as Europe/Madrid")
    await tx.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    if await tx.scalar(select(func.count()).select_from(organizations)):
        return None
    o = organizations.c
    made = await tx.execute(
        insert(organizations)
        .values(name=name or FIRST_NAME, zone=zone, country=country)
        .returning(o.id, o.name, o.zone, o.country)
    )
    organization = Organization.of(made.one())
    await tx.execute(
        # The address belongs to nobody on purpose: `.invalid` is never delivered to.
        insert(staff).values(
            org_id=organization.id, ref="admin", name="Admin", email="admin@bellwether.invalid", role=Role.ADMIN.value
        )
    )
    return organization
