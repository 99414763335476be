"""The whole system in one process: embedded servers where no others are set, worker, API.

    async def body(stack: Stack) -> int: ...
    code = run_stack(configured.settings(), body, clock_jumps=True, say=terminal.say)

Servers start from the main thread before the event loop and end after it; the loop ends within seconds whatever hangs.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from temporalio.client import Client

from api.app import create_app
from cli import readiness, running
from cli.configured import changed
from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.temporal import EmbeddedTemporal
from cli.interruption import Interruption
from cli.problems import CommandError
from cli.reaching import check_reachable, temporal
from cli.serving import ApiServer, listen, url_of
from db.engine import Books, open_books
from db.migrate import upgrade
from settings import Settings
from worker import work

T = TypeVar("T")
Say = Callable[[str], None]
ENDING = 2.5
"""Seconds that worker and API get to end; deliveries that hang longer are `unknown` in the books at the next start."""
STOPPING = 2.0
"""Seconds that each embedded server gets, side by side, before it is ended harder."""


@dataclass(frozen=True)
class Parts:
    """What is there before the event loop: the port of the API, and the servers that no setting names."""

    settings: Settings
    listener: socket.socket
    postgres: EmbeddedPostgres | None = None
    temporal: EmbeddedTemporal | None = None

    @property
    def database_url(self) -> str:
        """The books."""
        return self.postgres.url() if self.postgres else str(self.settings.database_url)

    @property
    def temporal_address(self) -> str:
        """host:port of Temporal."""
        return self.temporal.address if self.temporal else str(self.settings.temporal_address)

    def noted(self, *, is_served: bool) -> running.Running:
        """What other commands may know; addresses that the settings name they know themselves."""
        return running.Running(
            pid=os.getpid(),
            database_url=self.postgres.url() if self.postgres else None,
            temporal_address=self.temporal.address if self.temporal else None,
            temporal_ui=self.temporal.ui_url if self.temporal else None,
            api_url=url_of(self.listener) if is_served else None,
        )


@dataclass(frozen=True)
class Stack:
    """The running system. `settings` name the parts that run, embedded or not; `client` and `books` are open."""

    settings: Settings
    database_url: str
    temporal_address: str
    temporal_ui: str | None
    api_url: str
    client: Client
    books: Books


def run_stack(
    settings: Settings,
    body: Callable[[Stack], Awaitable[T]],
    *,
    data_dir: Path | None = None,
    clock_jumps: bool = False,
    port: int | None = None,
    one_click: bool = False,
    say: Say = lambda text: None,
) -> T | None:
    """Run `body` beside the whole system and return what it returns; None when Ctrl-C or SIGTERM ended it.

    Call it from the main thread, outside any event loop, and leave the process by `cli.leaving`. `data_dir`,
    `clock_jumps` and `port` (0: any free one) replace the settings; `say` is told what starts. `one_click` is for the
    demo alone: anybody may then sign in as anybody.
    Raises CommandError and EmbeddedServerError, each with a sentence for the user.
    """
    replaced: dict[str, Any] = {"data_dir": data_dir, "clock_jumps": clock_jumps or None, "port": port}
    settings = changed(settings, **{name: value for name, value in replaced.items() if value is not None})

    async def main(parts: Parts, note: running.Note) -> T:
        async with running_stack(parts, say, one_click=one_click) as (stack, tasks):
            note.write(parts.noted(is_served=True))
            return await _beside(tasks, body(stack))

    with (
        Interruption() as interruption,
        running.noted(settings.data_dir) as note,
        started_parts(settings, say) as parts,
    ):
        note.write(parts.noted(is_served=False))
        say("starting worker and API")
        return interruption.run(main(parts, note))


@contextmanager
def started_parts(settings: Settings, say: Say) -> Iterator[Parts]:
    """Start the embedded servers that the settings call for, and bring the books to the newest shape."""
    with ExitStack() as holding:
        listener = listen(settings.host, settings.port, or_any_free="port" not in settings.model_fields_set)
        holding.callback(listener.close)
        if settings.port and listener.getsockname()[1] != settings.port:
            say(f"port {settings.port} is taken by another program: the API takes a free one")
        ending = holding.enter_context(_side_by_side())
        postgres, temporal_server = None, None
        if settings.database_url is None:
            say(f"starting PostgreSQL, data in {settings.data_dir / 'postgres'}")
            postgres = EmbeddedPostgres.start(settings.data_dir)
            ending.append(partial(postgres.stop, patience=STOPPING))
        else:
            check_reachable(settings.database_url)
        if settings.temporal_address is None:
            say(f"starting Temporal, data in {settings.data_dir / 'temporal'}")
            temporal_server = EmbeddedTemporal.start(settings.data_dir)
            ending.append(partial(temporal_server.stop, patience=STOPPING))
        parts = Parts(settings, listener, postgres, temporal_server)
        before, after = upgrade(parts.database_url)
        if before != after:
            say(f"books brought from revision {before or 'none'} to {after}")
        yield parts


@contextmanager
def _side_by_side() -> Iterator[list[Callable[[], None]]]:
    """Functions that end servers, called at the same time at the end: each takes its second or two."""
    ending: list[Callable[[], None]] = []
    try:
        yield ending
    finally:
        with ThreadPoolExecutor(max_workers=2) as threads:
            for done in [threads.submit(end) for end in ending]:
                done.result()


@asynccontextmanager
async def running_stack(
    parts: Parts, say: Say = lambda text: None, *, one_click: bool = False
) -> AsyncIterator[tuple[Stack, list[asyncio.Task[None]]]]:
    """Worker and API beside the started parts, both ready; with the tasks whose end would be a failure."""
    url, address, stop = parts.database_url, parts.temporal_address, asyncio.Event()
    pages = parts.temporal.ui_url if parts.temporal else parts.settings.temporal_ui_url
    settings = changed(parts.settings, database_url=url, temporal_address=address, temporal_ui_url=pages)
    if one_click:  # nothing leaves the machine, so its own address is how everybody reaches it
        settings = changed(settings, public_url=url_of(parts.listener))
    client = await temporal(settings)

    async def connected() -> Client:
        return client

    books = Books(open_books(url, pool_size=5), pool_size=5)
    server = ApiServer(create_app(settings, url, connected, one_click=one_click), parts.listener)
    tasks = [
        asyncio.create_task(work(settings, url, address, stop), name="worker"),
        asyncio.create_task(server.run_until_stopped(stop), name="API"),
    ]
    api_url = url_of(parts.listener)
    try:
        await _beside(tasks, readiness.all_ready(client, api_url, parts.temporal))
        yield Stack(settings, url, address, pages, api_url, client, books), tasks
    finally:
        # A delivery that is cut off here is told by the books as `unknown`; its traceback would only frighten.
        logging.getLogger("temporalio").setLevel(logging.CRITICAL)
        stop.set()
        _, hanging = await asyncio.wait(tasks, timeout=ENDING)
        for task in hanging:
            task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await books.close()


async def _beside(tasks: list[asyncio.Task[None]], body: Awaitable[T]) -> T:
    """Await `body` while the tasks run. Raises what ended one of them."""
    main = asyncio.ensure_future(body)
    try:
        await asyncio.wait([main, *tasks], return_when=asyncio.FIRST_COMPLETED)
        if not main.done():
            ended = next(task for task in tasks if task.done())
            await ended
            raise CommandError(f"the {ended.get_name()} ended by itself")
        return await main
    finally:
        if not main.done():
            main.cancel()
            await asyncio.wait([main], timeout=1)
