"""The API over real books. Students decide in this process: the same `advance`, without Temporal between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import insert, update
from temporalio.client import Client

from activities.advance import advance
from api.app import create_app
from api.pages.entering import passwords as hashing
from api.students_gateway import StudentsGateway
from db import clock, keys
from db.engine import Books
from db.tables import enrollments, organizations, staff
from domain.value import Id
from settings import Settings
from tests.academy import Academy, open_academy

MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)


class InProcess(StudentsGateway):
    """Nudges that run `advance` here and now; `asleep` loses them, as with the workers away."""

    def __init__(self, books: Books, academy: Academy) -> None:
        super().__init__(no_temporal, books)
        self.academy, self.asleep = academy, False
        self.nudged: list[Id] = []

    def nudge(self, org_id: Id, student_id: Id, event_id: Id) -> None:
        """Decide what waits for the student."""
        self.nudged.append(student_id)
        if not self.asleep:
            task = asyncio.get_running_loop().create_task(self._advance(org_id, student_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _advance(self, org_id: Id, student_id: Id) -> None:
        async with self._books.transaction() as tx:
            await advance(tx, org_id, student_id, self.academy.now + await clock.ahead(tx))


async def no_temporal() -> Client:
    """A server that is away."""
    raise RuntimeError("there is no Temporal server")


@dataclass
class House:
    """The running API, its academy, and everybody's way in. Alice, Bob and Lea are staff; Charlie is elsewhere."""

    app: FastAPI
    academy: Academy
    gateway: InProcess
    key: str
    elsewhere: str
    foreign_key: str
    admin_id: str

    def client(self, key: str | None = None, actor: str | None = None) -> httpx.AsyncClient:
        """A client with this key, acting as this staff member."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        headers |= {"Bellwether-Actor": actor} if actor else {}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://bellwether.test", headers=headers)

    @property
    def anonymous(self) -> httpx.AsyncClient:
        """Nobody."""
        return self.client()

    @property
    def integration(self) -> httpx.AsyncClient:
        """A system of this organization."""
        return self.client(self.key)

    @property
    def alice(self) -> httpx.AsyncClient:
        """A coordinator."""
        return self.client(self.key, "alice@northstar.example")

    @property
    def bob(self) -> httpx.AsyncClient:
        """Her colleague."""
        return self.client(self.key, self.academy.bob)

    @property
    def lea(self) -> httpx.AsyncClient:
        """The lead."""
        return self.client(self.key, self.academy.lea)

    @property
    def admin(self) -> httpx.AsyncClient:
        """The admin."""
        return self.client(self.key, self.admin_id)

    @property
    def charlie(self) -> httpx.AsyncClient:
        """Somebody of another organization, who must see nothing."""
        return self.client(self.foreign_key, "charlie@elsewhere.example")

    async def rest(self) -> None:
        """Wait until every nudge has been heard."""
        while self.gateway._tasks:
            await self.gateway.drain()


@pytest.fixture
async def academy(books: Books) -> Academy:
    """An academy on a Monday, 15:00. Sam had begun before, so no session here is his very first."""
    opened = await open_academy(books, MONDAY)
    async with books.transaction() as tx:
        await tx.execute(update(enrollments).values(imported=True))
    return opened


@pytest.fixture
async def house(database_url: str, books: Books, academy: Academy) -> AsyncIterator[House]:
    """The API, open."""
    foreign, charlie, admin_id = str(uuid4()), str(uuid4()), str(uuid4())
    async with books.transaction() as tx:
        await tx.execute(insert(organizations).values(id=foreign, name="Elsewhere", zone="UTC"))
        people: list[dict[str, Any]] = [
            {
                "org_id": foreign,
                "id": charlie,
                "name": "Charlie",
                "email": "charlie@elsewhere.example",
                "role": "admin",
            },
            {"org_id": academy.org, "id": admin_id, "name": "Ada", "email": "ada@northstar.example", "role": "admin"},
        ]
        await tx.execute(insert(staff), people)
        _, key = await keys.create(tx, academy.org, "ours")
        _, foreign_key = await keys.create(tx, foreign, "theirs")
    app = create_app(Settings(_env_file=None), database_url, no_temporal, lambda: academy.now)
    async with app.router.lifespan_context(app):
        gateway = app.state.gateway = InProcess(app.state.books, academy)
        opened = House(app, academy, gateway, key, foreign, foreign_key, admin_id)
        yield opened
        await opened.rest()


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same argon2, made cheap: what it costs is what makes it good, and no rule of ours."""
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    monkeypatch.setattr(hashing, "_hasher", lambda: quick)
    monkeypatch.setattr(hashing, "_nobodys", lambda: quick.hash("nobody"))
