"""One server per data folder, held by an advisory lock that the server inherits.

Because the server holds the lock as well, it is free only when nothing works in the folder any more: also while a
server whose parent was killed is still shutting down. Temporal needs this, since two of its servers on one file start
without a word of warning.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from pathlib import Path

from cli.embedded.errors import AlreadyRunningError, UnusableFolderError

ORPHAN_PATIENCE = 10.0
"""Seconds a server without a parent gets to shut down before its folder counts as taken."""


class FolderLock:
    """The right to run a server in one folder. `fd` is to be inherited by that server."""

    def __init__(self, path: Path, fd: int) -> None:
        self._path = path
        self.fd = fd

    @classmethod
    def take(cls, folder: Path) -> FolderLock:
        """Makes the folder, for its owner only, and locks it, after stopping a server whose recorded parent is gone.

        Raises AlreadyRunningError at once when the parent lives, after ORPHAN_PATIENCE when the orphan does not go;
        UnusableFolderError when this user may not write there.
        """
        path = folder / "lock"
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise UnusableFolderError(problem) from problem
        try:
            _wait_until_ours(fd, path)
        except BaseException:
            os.close(fd)
            raise
        lock = cls(path, fd)
        lock.record(server=None)
        return lock

    def record(self, server: int | None) -> None:
        """Notes who holds the folder, for the message to a second starter and for the search for orphans."""
        note = {"parent": os.getpid(), "server": server}
        os.pwrite(self.fd, json.dumps(note).ljust(80).encode(), 0)

    def release(self) -> None:
        """Gives the folder back; the server must be gone. May be called again."""
        if self.fd < 0:
            return
        os.ftruncate(self.fd, 0)
        os.close(self.fd)
        self.fd = -1


def _wait_until_ours(fd: int, path: Path) -> None:
    deadline = time.monotonic() + ORPHAN_PATIENCE
    asked: set[int] = set()
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            parent, server = _recorded(path)
        else:
            return
        if (parent is not None and _is_alive(parent)) or time.monotonic() > deadline:
            raise AlreadyRunningError(path.parent, parent or server)
        if server is not None and server not in asked and _is_alive(server):
            # Where the kernel signals the death of a parent this comes second and is harmless.
            os.kill(server, signal.SIGINT)
            asked.add(server)
        time.sleep(0.02)


def _recorded(path: Path) -> tuple[int | None, int | None]:
    """The pids in the lock file; None where it is empty, which it is for the instant between locking and writing."""
    try:
        note = json.loads(path.read_text())
    except (OSError, ValueError):
        return None, None
    return note["parent"], note["server"]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
