"""Real parts for every test: one PostgreSQL and one Temporal server per run, a fresh migrated database per test."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings as hypothesis_settings

from cli.embedded.postgres import EmbeddedPostgres
from db.engine import Books, open_books
from db.migrate import upgrade

hypothesis_settings.register_profile("bellwether", deadline=None, print_blob=True)
hypothesis_settings.load_profile("bellwether")

ROOM = 512 * 1024 * 1024
_numbers = itertools.count(1)
_status: int | None = None


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop all asynchronous tests share."""
    return "asyncio"


@pytest.fixture(scope="session")
def data_folder() -> Iterator[Path]:
    """A folder for the servers, in memory where there is room."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM
    folder = Path(tempfile.mkdtemp(prefix="bw-", dir=memory if roomy else None))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(data_folder: Path) -> Iterator[EmbeddedPostgres]:
    """PostgreSQL with a migrated template that each test copies."""
    with EmbeddedPostgres.start(data_folder, fast_and_loose=True) as server:
        with psycopg.connect(_plain(server.url("postgres")), autocommit=True) as connection:
            connection.execute("create database tmpl")
        upgrade(server.url("tmpl"))
        yield server


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A fresh migrated database of its own."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(_plain(postgres.url("postgres")), autocommit=True) as connection:
        connection.execute(f"create database {name} template tmpl")
        yield postgres.url(name)
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    """Empty books."""
    opened = Books(open_books(database_url))
    yield opened
    await opened.close()


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


# A process that opened a Temporal client may abort at interpreter exit after its work is done: leave at once instead.


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remember how the run went."""
    del session
    global _status  # noqa: PLW0603  the hook after the last one has no other way to know
    _status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave with that status."""
    opened = "temporalio.bridge.temporal_sdk_bridge" in sys.modules
    if _status is None or hasattr(config, "workerinput") or not opened:
        return
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_status)
