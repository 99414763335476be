"""Scenes that several groups of tests begin with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from domain.outcomes import Code
from tests.api.conftest import MONDAY, House


async def missed(house: House, *days: int) -> None:
    """Sam misses the sessions of these days without a word; what is due is decided and delivered."""
    academy = house.academy
    for day in days:
        session = await academy.session(MONDAY + timedelta(days=day))
        await academy.until(MONDAY + timedelta(days=day, hours=1, minutes=10))
        await academy.outcome(session, Code.NO_SHOW)
        await academy.settle()
    await academy.until(academy.now + timedelta(minutes=5))


async def open_task(house: House) -> dict[str, Any]:
    """Two no-shows have opened a case; its task."""
    await missed(house, 0, 1)
    found: list[dict[str, Any]] = (await house.alice.get("/v1/tasks?status=unfinished")).json()["items"]
    return next(t for t in found if t["case_id"])
