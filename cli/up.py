"""`bellwether up`: the whole system on this machine until Ctrl-C."""

from __future__ import annotations

import asyncio

from cli import organizations
from cli.configured import settings
from cli.stack import Stack, run_stack
from cli.terminal import log_to_stderr, say, show
from db import keys

KEY_NAME = "first key"


def up(organization: str, zone: str, country: str | None) -> int:
    """Run until a signal; the exit code. The three describe the first organization, made on empty books."""
    log_to_stderr()

    async def stay(stack: Stack) -> None:
        found = await _first_organization(stack, organization, zone, country)
        _tell(stack, found)
        await asyncio.Event().wait()

    run_stack(settings(), stay, say=say)
    say("stopped; the data are kept")
    return 0


async def _first_organization(stack: Stack, name: str, zone: str, country: str | None) -> tuple[str, str | None]:
    """The name of an organization, and its key when both were made now."""
    async with stack.books.transaction() as tx:
        made = await organizations.first(tx, name, zone, country)
        if made is None:
            return "", None
        _, key = await keys.create(tx, made.id, KEY_NAME)
        return made.name, key


def _tell(stack: Stack, made: tuple[str, str | None]) -> None:
    name, key = made
    rows = [
        ("API", f"{stack.api_url}/v1"),
        ("API documentation", f"{stack.api_url}/docs"),
        ("API description", f"{stack.api_url}/openapi.json"),
        ("Temporal", stack.temporal_ui or stack.temporal_address),
    ]
    if key:
        rows += [("organization", f"{name} (made now, with an admin)"), ("API key", f"{key}   shown this once")]
    else:
        rows += [("API key", "made before; `bellwether api-key create --name N` makes another")]
    show("")
    for what, where in rows:
        show(f"  {what:<18} {where}")
    show("")
    say("Bellwether is up. Ctrl-C ends it.")
