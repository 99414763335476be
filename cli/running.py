"""Who runs on a data folder, and where its parts listen: `up` writes it down, other commands read it.

The note counts while its writer holds a lock on it, so a killed process leaves nothing that could mislead.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from cli.embedded.errors import AlreadyRunningError, UnusableFolderError

PATIENCE = 0.5
"""Seconds; a reader holds the lock for an instant, another `up` for good."""


@dataclass(frozen=True)
class Running:
    """Addresses of the embedded parts, None where a setting names another one or the part is not up yet."""

    pid: int
    database_url: str | None = None
    temporal_address: str | None = None
    temporal_ui: str | None = None
    api_url: str | None = None


class Note:
    """The right to run on a data folder, and the note of what runs there."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def write(self, running: Running) -> None:
        """Replace what is noted."""
        text = json.dumps(asdict(running)).encode()
        os.pwrite(self._fd, text, 0)
        os.ftruncate(self._fd, len(text))


@contextmanager
def noted(data_dir: Path) -> Iterator[Note]:
    """Hold the data folder for this process. Raises AlreadyRunningError, UnusableFolderError."""
    path = data_dir.absolute() / "running.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise UnusableFolderError(problem) from problem
    try:
        if not _locked(fd):
            other = _read(path)
            raise AlreadyRunningError(data_dir, other.pid if other else None)
        note = Note(fd)
        note.write(Running(os.getpid()))
        yield note
        os.ftruncate(fd, 0)
    finally:
        os.close(fd)


def find(data_dir: Path) -> Running | None:
    """What runs on the data folder now, None when nothing does."""
    path = data_dir / "running.json"
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(path)
    except OSError:
        return None
    return None


def _locked(fd: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        else:
            return True


def _read(path: Path) -> Running | None:
    try:
        return Running(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
