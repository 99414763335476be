"""Waiting for what the books will show."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


async def eventually(met: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Wait until it is so, for a bounded time."""
    async with asyncio.timeout(seconds):
        while not await met():  # noqa: ASYNC110  the books have no event to wait for
            await asyncio.sleep(0.02)
