"""Scenes for the pages of runs and of health, and pages asked for without a browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from activities.session import advance_session
from api.pages import static_files
from db import logins
from db.tables import sessions
from domain.outcomes import Code
from tests.pages.serving import Served

AT = "/admin/workflows"
needs_htmx = pytest.mark.skipif(not static_files.has("htmx.min.js"), reason="htmx is missing: npm ci --ignore-scripts")


def case(served: Served) -> str:
    """Sam has missed two lessons with everything that follows in its time; the address of his run."""
    served.do(_two_misses(served))
    return f"{AT}/student/{served.academy.student}"


async def _two_misses(served: Served) -> None:
    academy, end = served.academy, served.academy.now
    for ago in (4, 3):
        session = await academy.session(end - timedelta(days=ago, hours=2))
        academy.now = end - timedelta(days=ago, hours=1)
        await academy.outcome(session, Code.NO_SHOW)
        await academy.settle()
    await academy.until(academy.now + timedelta(minutes=5))


async def write(served: Served, statement: Any) -> None:
    """Change the books by hand."""
    async with served.academy.books.transaction() as tx:
        await tx.execute(statement)


async def clock_of_a_lesson(served: Served) -> str:
    """A lesson that is over and not recorded, its clock gone on until the instructor is asked."""
    academy = served.academy
    session = await academy.session(academy.now)
    created = {"created_at": academy.now, "next_due": academy.now + timedelta(hours=1)}
    await write(served, update(sessions).where(sessions.c.id == session).values(created))
    academy.now += timedelta(hours=1, minutes=45)
    async with academy.books.transaction() as tx:
        await advance_session(tx, academy.org, session, academy.now)
    return session


async def get(served: Served, who: str, path: str) -> httpx.Response:
    """The page as this staff member sees it."""
    org_id, person = served.people[who]
    async with served.academy.books.transaction() as tx:
        token = await logins.begin(tx, org_id, "staff", person, None, served.academy.now)
    transport = httpx.ASGITransport(served.app)
    async with httpx.AsyncClient(transport=transport, base_url=served.url, cookies={"bellwether": token}) as client:
        return await client.get(path, headers={"Accept": "text/html"})
