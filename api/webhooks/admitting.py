"""What every signed door does first: read the body, check the signature, and count what is refused."""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import HTTPException, Request

from api.problems import Unauthorized
from db import clock, raw_events
from db.engine import Books

LARGEST_BODY = 5 * 1024 * 1024


@dataclass(frozen=True)
class Called:
    """A request as it came: path and query raw, as they were signed."""

    headers: Mapping[str, str]
    path: str
    query: str
    body: bytes

    @property
    def text(self) -> str:
        """The body as it can be kept, whatever its bytes are."""
        return self.body.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


async def called(request: Request, largest: int = LARGEST_BODY) -> Called:
    """Read the request. Raises HTTPException 413 for a body over `largest` bytes, 5 MB unless told."""
    path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    path, query = path.partition(b"?")[0], request.scope["query_string"]
    return Called(request.headers, path.decode("latin-1"), query.decode("latin-1"), await _body(request, largest))


async def _body(request: Request, largest: int) -> bytes:
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > largest:
            raise HTTPException(413)
    return bytes(read)


async def verified(request: Request, source: str, verify: Callable[[], None]) -> None:
    """Run the check of a source. What it refuses with Unauthorized leaves a count, and is raised."""
    try:
        verify()
    except Unauthorized as refused:
        books: Books = request.app.state.books
        slots: Semaphore = request.app.state.webhook_slots
        async with slots, books.transaction() as tx:
            now = request.app.state.clock() + await clock.ahead(tx)
            await raw_events.count_refused(tx, source, refused.kind.removeprefix("signature_"), now)
        raise
