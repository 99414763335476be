"""The pages behind a real server: uvicorn in a thread of its own, with the books and the test clock beside it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Page
from sqlalchemy import insert, update

from api.app import create_app
from cli.serving import listen, url_of
from db import keys, logins
from db.engine import Books, open_books
from db.tables import enrollments, organizations, staff
from domain.outcomes import Code
from domain.value import Id
from settings import Settings
from tests.academy import Academy, open_academy
from tests.api.conftest import MONDAY, InProcess, no_temporal

T = TypeVar("T")


@dataclass
class Served:
    """The running pages. `do` lets something happen in the academy, on the server's own loop."""

    url: str
    app: FastAPI
    academy: Academy
    loop: asyncio.AbstractEventLoop
    people: dict[str, tuple[Id, Id]]
    """Staff by first name: organization and id."""
    key: str

    def do(self, happening: Coroutine[Any, Any, T]) -> T:
        """Wait for something to happen."""
        return asyncio.run_coroutine_threadsafe(happening, self.loop).result(30)

    def sign_in(self, page: Page, who: str) -> Page:
        """Give the browser a login of this staff member: alice, bob, lea, ada, ivan, charlie."""
        org_id, person_id = self.people[who]

        async def login() -> str:
            async with self.academy.books.transaction() as tx:
                return await logins.begin(tx, org_id, "staff", person_id, None, self.academy.now)

        page.context.add_cookies([{"name": "bellwether", "value": self.do(login()), "url": self.url}])
        return page

    def missed(self, times: int = 2) -> None:
        """Sam misses his last lessons without a word; with two, a case with a follow-up for Alice opens."""
        self.do(self._missed(times))

    async def _missed(self, times: int) -> None:
        for ago in range(times, 0, -1):
            session = await self.academy.session(self.academy.now - timedelta(days=ago, hours=2))
            await self.academy.outcome(session, Code.NO_SHOW)
        await self.academy.settle()

    def wait_for_listeners(self) -> None:
        """Wait until open pages hear of whatever happens from now on."""
        self.do(self._listened())

    async def _listened(self) -> None:
        while not self.app.state.live.is_ready:  # noqa: ASYNC110  the hub tells browsers, not tests
            await asyncio.sleep(0.01)

    async def rest(self) -> None:
        """Wait until every nudge has been heard."""
        gateway: InProcess = self.app.state.gateway
        while gateway._tasks:
            await gateway.drain()


@contextmanager
def open_house(database_url: str, **app_options: Any) -> Iterator[Served]:
    """Serve the pages of a small academy until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def do(happening: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(happening, loop).result(30)

    books = Books(open_books(database_url))
    try:
        academy, people, key = do(_academy(books))
        app = create_app(Settings(_env_file=None), database_url, no_temporal, lambda: academy.now, **app_options)
        listener = listen("127.0.0.1", 0)
        server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=1)
        )
        running = asyncio.run_coroutine_threadsafe(server._serve(sockets=[listener]), loop)
        do(_started(server))
        app.state.gateway = InProcess(app.state.books, academy)
        house = Served(url_of(listener), app, academy, loop, people, key)
        yield house
        do(house.rest())
        server.should_exit = True
        running.result(10)
        listener.close()
    finally:
        do(books.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _started(server: uvicorn.Server) -> None:
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.005)


async def _academy(books: Books) -> tuple[Academy, dict[str, tuple[Id, Id]], str]:
    academy = await open_academy(books, MONDAY)
    foreign, charlie, ada = str(uuid4()), str(uuid4()), str(uuid4())
    async with books.transaction() as tx:
        await tx.execute(update(enrollments).values(imported=True))
        await tx.execute(insert(organizations).values(id=foreign, name="Elsewhere", zone="UTC"))
        rows: list[dict[str, Any]] = [
            {
                "org_id": foreign,
                "id": charlie,
                "name": "Charlie",
                "email": "charlie@elsewhere.example",
                "role": "admin",
            },
            {"org_id": academy.org, "id": ada, "name": "Ada", "email": "ada@northstar.example"},
        ]
        await tx.execute(insert(staff), [r | {"role": "admin"} for r in rows])
        _, key = await keys.create(tx, academy.org, "ours")
    ours = {"alice": academy.alice, "bob": academy.bob, "lea": academy.lea, "ada": ada, "ivan": academy.instructor}
    return academy, {n: (academy.org, i) for n, i in ours.items()} | {"charlie": (foreign, charlie)}, key
