"""A family with a past and lessons ahead, and its members signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
from playwright.sync_api import Page
from sqlalchemy import insert, update

from db import ledger, logins
from db.engine import Tx
from db.logins import Whose
from db.session_tables import attendances
from db.tables import enrollments, guardians, schedules, staff, student_guardians, students
from domain.events import ToppedUp
from domain.outcomes import Code
from domain.value import Id
from tests.pages.serving import Served

LIFE = (
    *(Code.ATTENDED, Code.NO_SHOW, Code.ATTENDED, Code.ATTENDED, Code.EXCUSED_ABSENCE, Code.ATTENDED),
    *(Code.ATTENDED, Code.LATE, Code.NO_SHOW),
)
"""What became of Sam's lessons so far, the oldest first."""
AHEAD = (timedelta(hours=5), timedelta(days=2), timedelta(days=4), timedelta(days=9))


async def token_of(served: Served, whose: Whose, person_id: Id, org_id: Id | None = None) -> str:
    """A login of this guardian or student."""
    a = served.academy
    async with a.books.transaction() as tx:
        return await logins.begin(tx, org_id or a.org, whose, person_id, None, a.now)


def sign_in(served: Served, page: Page, whose: Whose, person_id: Id) -> Page:
    """Give the browser a login of this guardian or student."""
    token = served.do(token_of(served, whose, person_id))
    page.context.add_cookies([{"name": f"bellwether-{whose}", "value": token, "url": served.url}])
    return page


async def live(served: Served) -> list[Id]:
    """Twelve lessons bought, nine held, four ahead: the first today, late to cancel. Returns those ahead."""
    a = served.academy
    async with a.books.transaction() as tx:
        await tx.execute(update(schedules).values(subject="Algebra 2", join_url="https://rooms.example/sam"))
        await tx.execute(update(guardians).values(zone="America/Mexico_City"))
        await tx.execute(update(staff).where(staff.c.id == a.instructor).values(name="Kwame Osei"))
    await a.happens(ToppedUp(act_id=str(uuid4()), enrollment_id=a.enrollment, units=12))
    today = a.now
    for ago, code in zip(range(len(LIFE) * 3, 0, -3), LIFE, strict=True):
        a.now = today - timedelta(days=ago)
        held = await a.session(a.now - timedelta(hours=1))
        await a.outcome(held, code)
        async with a.books.transaction() as tx:
            await _measured(tx, a.org, held, a.student, a.now, code)
        await a.settle()
    a.now = today
    return [await a.session(today + span) for span in AHEAD]


async def _measured(tx: Tx, org: Id, session: Id, student: Id, ended: datetime, code: Code) -> None:
    late = 8 if code is Code.LATE else 0
    if code in (Code.ATTENDED, Code.LATE):
        began = ended - timedelta(minutes=60 - late)
        row = {"minutes": 60 - late, "ratio": 1, "joined_at": began, "left_at": ended, "late_minutes": late}
        row |= {"org_id": org, "session_id": session, "student_id": student, "early_minutes": 0, "measured_at": ended}
        await tx.execute(insert(attendances).values(row))


async def sibling(served: Served, name: str) -> Id:
    """Another child of Sam's mother."""
    a, child = served.academy, str(uuid4())
    async with a.books.transaction() as tx:
        await tx.execute(insert(students).values(org_id=a.org, id=child, name=name))
        link = {"org_id": a.org, "student_id": child, "guardian_id": a.mother, "position": 1}
        await tx.execute(insert(student_guardians).values(link))
        seat = {"org_id": a.org, "student_id": child, "schedule_id": a.schedule, "coordinator_id": a.alice}
        await tx.execute(insert(enrollments).values(seat | {"started_at": a.started_at}))
    return child


@asynccontextmanager
async def browser(served: Served, **cookies: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with these logins, by kind, that follows nothing."""
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    jar = {f"bellwether-{whose}": token for whose, token in cookies.items()}
    transport = httpx.ASGITransport(served.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=served.url, cookies=jar, headers=headers) as client:
        yield client


async def balance(served: Served) -> int:
    """Sam's lessons left, once everything that was told is decided."""
    await served.rest()
    async with served.academy.books.transaction() as tx:
        return await ledger.balance(tx, served.academy.org, served.academy.enrollment)
