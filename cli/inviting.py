"""`bellwether staff invite`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from sqlalchemy import func, select

from cli import organizations
from cli.configured import settings
from cli.problems import UnusableInputError
from cli.reaching import books_url, opened
from cli.terminal import say, show, show_json
from db import sign_in_links
from db.tables import staff
from settings import Settings


def invite(email: str, org: str | None, *, as_json: bool) -> None:
    """Make the link and print it. Invitations before it end. Raises UnusableInputError for an unknown address."""
    given = settings()
    with books_url(given) as url:
        asyncio.run(_invite(url, given, email, org, as_json=as_json))


async def _invite(url: str, given: Settings, email: str, org: str | None, *, as_json: bool) -> None:
    now = datetime.now(UTC)
    async with opened(url) as books, books.transaction() as tx:
        organization = await organizations.chosen(tx, org)
        found = await tx.execute(
            select(staff.c.id, staff.c.name).where(
                staff.c.org_id == organization.id, staff.c.active, func.lower(staff.c.email) == email.lower()
            )
        )
        person = found.first()
        if person is None:
            raise UnusableInputError(f"{organization.name} has no active staff member with the address {email}")
        await sign_in_links.revoke(tx, organization.id, "staff", person.id, now)
        _, token = await sign_in_links.make(tx, organization.id, "welcome", "staff", person.id, now)
    base = given.public_url or f"http://localhost:{given.port}"
    link = f"{base.rstrip('/')}/welcome/{token}"
    if as_json:
        show_json({"staff_id": person.id, "name": person.name, "url": link})
    else:
        show(link)
        say(f"{person.name} sets a password there and is signed in. It opens once, within 7 days.")
