"""Driving the running system through its own API: the import before the term, then the term in the order of time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import httpx

from cli import organizations
from cli.jumping_clock import JumpingClock
from cli.problems import CommandError
from cli.replay.operator import NAME, PACKAGE, ZONE, Item, Operator
from cli.stack import Stack
from db import keys
from domain.value import Id
from workflows.nudging import nudge, nudge_session

TOGETHER = timedelta(seconds=5)
"""Deadlines this close are met by one jump. A crowd's deadlines lie as far apart as its outcomes were decided."""
ITEMS_AT_ONCE = 500
"""In one request; 1,000 are allowed."""
CALLS_AT_ONCE = 8
PATIENCE = 60.0
"""Seconds for one answer: a crowd is decided beside it."""
Moved = Callable[[int], None]
NO_REMINDERS: Item = {"remind_by_email": None, "remind_by_sms": None}
"""The term was never reminded of: what is measured is what follows from outcomes."""


class Drive:
    """One operator's connection: its organization, the API with its key, the jumping clock."""

    def __init__(self, org_id: Id, api: httpx.AsyncClient, clock: JumpingClock) -> None:
        self.org_id, self.api, self.clock = org_id, api, clock
        self._students: dict[str, Id] = {}

    async def bring_in(self, operator: Operator, moved: Moved) -> None:
        """Import people, calendar and packages. Raises CommandError when the API refuses anything."""
        for person in operator.staff():
            await self._post("staff", person)
        await self._post("policies", NO_REMINDERS)
        made = await self._batches("students", operator.students(), moved)
        self._students = {r["item"]["ref"]: r["item"]["id"] for r in made}
        await self._batches("guardians", operator.guardians(), moved)
        await self._batches("schedules", operator.schedules(), moved)
        enrolled = await self._batches("enrollments", operator.enrollments(), moved)
        await self._batches("sessions", operator.sessions(), moved)
        package = {"units": PACKAGE, "reason": "package for the term"}
        await self._each([f"enrollments/{r['item']['id']}/top-ups" for r in enrolled], moved, package)
        await self.clock.settle()

    async def play(self, operator: Operator, moved: Moved) -> int:
        """Report all that happens in its time, meeting all deadlines between; returns how many outcomes stand."""
        accepted = 0
        for moment in operator.moments():
            await self.clock.run_until(moment.at)
            accepted += len(await self._batches("outcomes", moment.outcomes, moved))
            await self._each([f"students/{self._students[ref]}/withdraw" for ref in moment.left])
        await self.clock.run_until(operator.ends_at)
        await self.clock.live_on()
        return accepted

    async def _batches(self, kind: str, items: Sequence[Item], moved: Moved) -> list[Item]:
        """Results in the order of the items, each of which stands."""
        done: list[Item] = []
        for start in range(0, len(items), ITEMS_AT_ONCE):
            part = items[start : start + ITEMS_AT_ONCE]
            results: list[Item] = (await self._post(f"{kind}/batch", {"items": part}))["items"]
            refused = [r for r in results if r["status"] >= httpx.codes.MULTIPLE_CHOICES]
            if refused or len(results) != len(part):
                first = refused[0]["problem"] if refused else "results are missing"
                raise CommandError(f"the API refused {len(refused)} of {len(part)} {kind}, the first one so: {first}")
            done += results
            moved(len(part))
        return done

    async def _each(self, paths: Sequence[str], moved: Moved = lambda by: None, body: Item | None = None) -> None:
        """One act each, a few at a time."""
        left = iter(paths)

        async def take() -> None:
            for path in left:
                await self._post(path, body)
                moved(1)

        await asyncio.gather(*(take() for _ in range(CALLS_AT_ONCE)))

    async def _post(self, path: str, body: Item | None) -> Any:
        answer = await self.api.post(f"/v1/{path}", json=body)
        if not answer.is_success:
            raise CommandError(f"the API answered {answer.status_code} to /v1/{path}: {answer.text[:500]}")
        return answer.json()


@asynccontextmanager
async def driving(stack: Stack) -> AsyncIterator[Drive]:
    """A new organization in empty books, driven by its admin with a key of its own."""
    async with stack.books.transaction() as tx:
        made = await organizations.first(tx, NAME, ZONE, None)
        if made is None:
            raise CommandError("the books of the replay are not empty")
        _, key = await keys.create(tx, made.id, "replay")
    headers = {"Authorization": f"Bearer {key}", "Bellwether-Actor": "admin"}
    clock = JumpingClock(
        stack.books, partial(nudge, stack.client), partial(nudge_session, stack.client), together=TOGETHER
    )
    async with httpx.AsyncClient(base_url=stack.api_url, headers=headers, timeout=PATIENCE) as api:
        yield Drive(made.id, api, clock)
