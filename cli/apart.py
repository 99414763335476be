"""`bellwether worker` and `bellwether api`: one part alone, for machines and containers of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from temporalio.client import Client

from cli.configured import settings
from cli.interruption import Interruption
from cli.problems import UnusableInputError
from cli.reaching import check_migrated, temporal
from cli.serving import ApiServer, listen, url_of
from cli.terminal import log_to_stderr, say
from settings import Settings


def run_worker() -> None:
    """Work until a signal. Raises CommandError when the books or Temporal cannot be used."""
    from worker import work

    log_to_stderr(logging.INFO)
    given, url, address = _named("worker")
    check_migrated(url)

    async def main() -> None:
        await temporal(given)
        say(f"worker at work for {address}, namespace {given.temporal_namespace}")
        await _until_cancelled(lambda stop: work(given, url, address, stop))

    with Interruption() as interruption:
        interruption.run(main())
    say("worker stopped")


def run_api() -> None:
    """Serve until a signal. It starts without PostgreSQL and Temporal as well: /readyz says what is missing."""
    from api.app import create_app
    from worker import connect

    log_to_stderr(logging.INFO)
    given, url, address = _named("API")

    async def connected() -> Client:
        return await connect(given, address)

    async def main() -> None:
        say(f"API at {url_of(listener)}")
        await _until_cancelled(ApiServer(create_app(given, url, connected), listener).run_until_stopped)

    with Interruption() as interruption, listen(given.host, given.port) as listener:
        interruption.run(main())
    say("API stopped")


async def _until_cancelled(run: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run a part; when cancelled, tell it to stop and let it finish what it does."""
    stop = asyncio.Event()
    task = asyncio.create_task(run(stop))
    try:
        await asyncio.shield(task)
    finally:
        stop.set()
        await task


def _named(what: str) -> tuple[Settings, str, str]:
    given = settings()
    needed = {"BELLWETHER_DATABASE_URL": given.database_url, "BELLWETHER_TEMPORAL_ADDRESS": given.temporal_address}
    missing = [name for name, value in needed.items() if value is None]
    if given.database_url is None or given.temporal_address is None:
        raise UnusableInputError(
            f"the {what} alone needs {' and '.join(missing)}; `bellwether up` runs everything together without them"
        )
    return given, given.database_url, given.temporal_address
