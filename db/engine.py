"""Connections to the books. Attempts fail fast, so that a database away never fills a workflow task with waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Tx = AsyncConnection
"""A transaction on the books. Functions of this room take one and never commit it."""

_GUARDS = "-c statement_timeout=4000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000 -c timezone=UTC"


def open_books(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine on the books. Waits 2 s for a connection and 4 s for a statement, then raises."""
    return create_async_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=2,
        connect_args={"connect_timeout": 2, "options": _GUARDS},
    )


class Books:
    """The books as the floors above hold them: one way to begin a transaction."""

    def __init__(self, engine: AsyncEngine, *, pool_size: int = 10) -> None:
        self.engine, self.pool_size = engine, pool_size

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """One transaction: committed at the end, rolled back by any exception.

        The first use of a connection that a restarted server has closed is tried once more on a fresh one.
        """
        tx = await self._begin()
        try:
            yield tx
            await tx.commit()
        finally:
            await tx.close()

    async def _begin(self) -> Tx:
        for last in (False, True):
            tx = await self.engine.connect()
            try:
                await tx.exec_driver_sql("select 1")
            except DBAPIError as problem:
                await tx.close()
                if last or not problem.connection_invalidated:
                    raise
            else:
                return tx
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
