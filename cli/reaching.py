"""Reaching the books and Temporal from a command: those named by the settings, or the embedded ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from cli import running
from cli.embedded.errors import AlreadyRunningError
from cli.embedded.postgres import EmbeddedPostgres
from cli.problems import CommandError, UnreachableError, UnusableInputError
from db.engine import Books, open_books
from db.migrate import newest
from settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Client

CONNECT_WITHIN = 3
"""Seconds for a TCP connection to PostgreSQL."""


@contextmanager
def books_url(settings: Settings) -> Iterator[str]:
    """URL of the books: those of the settings, of the `bellwether up` that runs, or of a server for this command.

    Whether the database answers shows at its first use. Raises UnreachableError, EmbeddedServerError.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    found = running.find(settings.data_dir)
    if found is not None and found.database_url is not None:
        yield found.database_url
        return
    try:
        server = EmbeddedPostgres.start(settings.data_dir)
    except AlreadyRunningError as problem:
        raise UnreachableError(f"{settings.data_dir} is being started or stopped: try again in a moment") from problem
    with server:
        yield server.url()


def check_reachable(url: str) -> None:
    """Ask the database for a sign of life. Raises UnreachableError, UnusableInputError."""
    revision(url)


def revision(url: str) -> str | None:
    """The revision of the books, None when nothing was ever migrated there. Raises as `check_reachable`."""
    try:
        address = make_url(url).set(drivername="postgresql+psycopg")
    except ArgumentError as problem:
        raise UnusableInputError(
            "BELLWETHER_DATABASE_URL is no database URL: write postgresql://user:password@host:5432/database"
        ) from problem
    engine = create_engine(address, connect_args={"connect_timeout": CONNECT_WITHIN})
    try:
        with engine.connect() as connection:
            if connection.scalar(text("select to_regclass('alembic_version')")) is None:
                return None
            found: str | None = connection.scalar(text("select version_num from alembic_version"))
            return found
    except OperationalError as problem:
        said = str(problem.orig).strip().splitlines()[0]
        raise UnreachableError(
            f"PostgreSQL does not answer at {address.render_as_string()}: {said}\n"
            "Start it, or mend BELLWETHER_DATABASE_URL; `bellwether doctor` checks every part."
        ) from problem
    finally:
        engine.dispose()


def check_migrated(url: str) -> None:
    """Raises CommandError with what to do when the books are older or newer than this program."""
    found = revision(url)
    if found != newest():
        raise CommandError(
            f"the books are at revision {found or 'none'}, this program needs {newest()}: run `bellwether db upgrade`"
            if found is None or found < (newest() or "")
            else f"the books are at revision {found}, newer than this program ({newest()}): install the newer one"
        )


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Books]:
    """The books for one command; an answer that does not come is UnreachableError."""
    check_migrated(url)
    books = Books(open_books(url, pool_size=2), pool_size=2)
    try:
        yield books
    except DBAPIError as problem:
        if not problem.connection_invalidated:
            raise
        raise UnreachableError("PostgreSQL went away in the middle; nothing of this step was kept") from problem
    finally:
        await books.close()


def temporal_address(settings: Settings) -> str | None:
    """Where Temporal should be, None when it is the embedded one and that is not running."""
    if settings.temporal_address is not None:
        return settings.temporal_address
    found = running.find(settings.data_dir)
    return found.temporal_address if found else None


async def temporal(settings: Settings) -> Client:
    """A client of that server. Raises UnreachableError."""
    from temporalio.service import RPCError

    from worker import connect

    address = temporal_address(settings)
    if address is None:
        raise UnreachableError(
            "Temporal is not running: start it with `bellwether up`, or set BELLWETHER_TEMPORAL_ADDRESS"
        )
    try:
        return await connect(settings, address)
    except (RuntimeError, RPCError) as problem:
        raise UnreachableError(
            f"Temporal does not answer at {address}: {str(problem).splitlines()[0][:200]}\n"
            "Start it, or mend BELLWETHER_TEMPORAL_ADDRESS; `bellwether doctor` checks every part."
        ) from problem
