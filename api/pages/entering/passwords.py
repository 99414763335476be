"""Hashing passwords with argon2id: slow on purpose, beside the event loop, a few at once."""

from __future__ import annotations

from asyncio import Semaphore
from functools import cache

from anyio import to_thread
from fastapi import Request
from pwdlib import PasswordHash

AT_ONCE = 2
"""Comparisons at a time: each takes 64 MiB and a tenth of a second of one core."""


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys() -> str:
    """A hash that no password fits: an address nobody has takes as long to refuse as a wrong password."""
    return _hasher().hash("nobody has this password")


def _fits(password: str, hashed: str | None) -> bool:
    is_right = _hasher().verify(password, hashed or _nobodys())
    return is_right and hashed is not None


async def fits(request: Request, password: str, hashed: str | None) -> bool:
    """Whether the password is the one; without a hash never, and after the same time."""
    async with _slots(request):
        return await to_thread.run_sync(_fits, password, hashed)


async def hashed(request: Request, password: str) -> str:
    """The password as the books keep it."""
    async with _slots(request):
        return await to_thread.run_sync(_hasher().hash, password)


def _slots(request: Request) -> Semaphore:
    slots: Semaphore = request.app.state.password_slots
    return slots
