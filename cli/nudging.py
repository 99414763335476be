"""Waking many workflows, of students or of sessions, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from temporalio.client import Client
from temporalio.service import RPCError

from api.students_gateway import AT_ONCE
from domain.value import Id
from workflows.nudging import nudge


async def nudge_each(
    client: Client,
    rows: Sequence[tuple[Id, Id]],
    why: str,
    advance: Callable[[int], None],
    wake: Callable[[Client, Id, Id, Id], Awaitable[None]] = nudge,
) -> int:
    """Nudge each (organization, id), students unless `wake` says otherwise; returns for how many it failed."""
    waiting = iter(rows)
    failed = 0

    async def take() -> None:
        nonlocal failed
        for org_id, row_id in waiting:
            try:
                await wake(client, org_id, row_id, why)
            except (RPCError, RuntimeError):
                failed += 1
            advance(1)

    await asyncio.gather(*(take() for _ in range(AT_ONCE)))
    return failed
