"""Why an embedded server could not be started. Each text says what to do next and can be shown as it is."""

from __future__ import annotations

from pathlib import Path


class EmbeddedServerError(Exception):
    """An embedded PostgreSQL or Temporal server cannot be used."""


class AlreadyRunningError(EmbeddedServerError):
    """Another process holds the data folder.

    `pid` is the process that started the server, None when it left no trace.
    """

    def __init__(self, folder: Path, pid: int | None) -> None:
        self.pid = pid
        owner = f"pid {pid}" if pid else "an unknown process"
        super().__init__(
            f"already running ({owner}) on {folder}: stop that one first, or set BELLWETHER_DATA_DIR to another folder"
        )


class UnusableFolderError(EmbeddedServerError):
    """The data folder cannot be made or written."""

    def __init__(self, problem: OSError) -> None:
        super().__init__(
            f"{problem.filename} cannot be used ({problem.strerror}): run as the user whom it belongs to, "
            "or set BELLWETHER_DATA_DIR to a folder that this user may write"
        )


class PortTakenError(EmbeddedServerError):
    """The port that was asked for belongs to another program."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is taken by another program: stop that one, or ask for another port")


class BinaryMissingError(EmbeddedServerError):
    """The wheel that brings the server's program is not installed, or not for this machine."""


class RootRefusedError(EmbeddedServerError):
    """Running as root, and no way was found to give PostgreSQL the ordinary user it insists on."""


class StartFailedError(EmbeddedServerError):
    """The server ended, or was not ready in time; the text ends with the last lines of its log."""

    def __init__(self, what: str, log: Path, since: int = 0) -> None:
        with log.open("rb") as written:
            written.seek(since)
            lines = written.read()[-20_000:].decode(errors="replace").splitlines()
        self.said = "\n".join(lines)
        tail = "".join(f"\n  {line[:300]}" for line in lines[-8:])
        super().__init__(f"{what}. Its log is {log}" + (f" and ends with:{tail}" if tail else ""))
