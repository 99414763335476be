"""Ports on the loopback address: which are free, and which a data folder used last time."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from cli.embedded.errors import PortTakenError

LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """True when nobody listens on the port now. No promise for the next moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections of a server that just ended linger for a minute; they must not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def any_free(but: int | None = None) -> int:
    """A port that is free now, other than `but`."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
        if port != but:
            return port


def choose(wanted: int | None, customary: int | None, but: int | None = None) -> int:
    """The port to use.

    `wanted` > 0 means that one and no other, 0 any free one, None the `customary` one if it is free, else any.
    Never `but`. Raises PortTakenError when the wanted one is taken.
    """
    if wanted:
        if wanted == but or not is_free(wanted):
            raise PortTakenError(wanted)
        return wanted
    if wanted is None and customary is not None and customary != but and is_free(customary):
        return customary
    return any_free(but)


def remembered(file: Path) -> dict[str, int]:
    """The ports noted in the file; empty when there is none or it cannot be read, since a new port does no harm."""
    try:
        noted = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(noted, dict):
        return {}
    return {name: port for name, port in noted.items() if isinstance(port, int) and 0 < port < 65536}


def remember(file: Path, noted: dict[str, int]) -> None:
    """Notes the ports for the next start."""
    file.write_text(json.dumps(noted) + "\n")
