"""`bellwether api-key create`."""

from __future__ import annotations

import asyncio

from cli import organizations
from cli.configured import settings
from cli.reaching import books_url, opened
from cli.terminal import say, show, show_json
from db import keys


def create(name: str, org: str | None, *, as_json: bool) -> None:
    """Make a key and print it. On empty books the organization (named by `org`, if given) is made first."""
    with books_url(settings()) as url:
        asyncio.run(_create(url, name, org, as_json=as_json))


async def _create(url: str, name: str, org: str | None, *, as_json: bool) -> None:
    async with opened(url) as books, books.transaction() as tx:
        made = await organizations.first(tx, org or "", "UTC", None)
        organization = made or await organizations.chosen(tx, org)
        key_id, key = await keys.create(tx, organization.id, name)
    if made:
        say(f"made the first organization, {made.name}, with an admin")
    if as_json:
        show_json(
            {"id": key_id, "key": key, "name": name, "org_id": organization.id, "organization": organization.name}
        )
    else:
        show(key)
        say(f"This key acts for {organization.name}. It is shown this once: keep it now.")
