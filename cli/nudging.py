"""Waking many students' workflows, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from temporalio.client import Client
from temporalio.service import RPCError

from api.students_gateway import AT_ONCE
from domain.value import Id
from workflows.nudging import nudge


async def nudge_students(
    client: Client, students: Sequence[tuple[Id, Id]], why: str, advance: Callable[[int], None]
) -> int:
    """Nudge each student (organization, id), at most AT_ONCE at a time; returns for how many it failed."""
    waiting = iter(students)
    failed = 0

    async def take() -> None:
        nonlocal failed
        for org_id, student_id in waiting:
            try:
                await nudge(client, org_id, student_id, why)
            except (RPCError, RuntimeError):
                failed += 1
            advance(1)

    await asyncio.gather(*(take() for _ in range(AT_ONCE)))
    return failed
