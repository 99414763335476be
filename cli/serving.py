"""The HTTP API in this process's event loop, on a port that is ours before anything starts."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from cli.embedded.errors import PortTakenError
from cli.problems import CommandError, UnusableInputError

if TYPE_CHECKING:
    from fastapi import FastAPI

GRACE = 1
"""Seconds that open requests get at the end; a page that listens for events would hold us for ever."""
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}


class ApiServer(uvicorn.Server):
    """The API on an open socket. Signals are the business of whoever runs it."""

    def __init__(self, app: FastAPI, listener: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=GRACE)
        )
        self._listener = listener

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's handlers alone."""
        yield

    async def run_until_stopped(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set. Raises CommandError when the application cannot start."""
        waiting = asyncio.create_task(stop.wait())
        waiting.add_done_callback(lambda _: setattr(self, "should_exit", True))
        try:
            await self.serve(sockets=[self._listener])
        except SystemExit as problem:  # uvicorn's way to say that the application did not start
            raise CommandError("the API did not start; the reason stands above") from problem
        finally:
            waiting.cancel()


def listen(host: str, port: int, *, or_any_free: bool = False) -> socket.socket:
    """A listening socket; port 0 takes a free one, and so does a taken port when that is allowed.

    Raises PortTakenError, UnusableInputError for an address that is not this machine's.
    """
    try:
        family, kind, number, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, number)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(2048)
        except OSError:
            listener.close()
            raise
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            if or_any_free:
                return listen(host, 0)
            raise PortTakenError(port) from problem
        raise UnusableInputError(
            f"the API cannot listen on {host}:{port} ({problem.strerror}): set BELLWETHER_HOST and BELLWETHER_PORT"
        ) from problem
    return listener


def url_of(listener: socket.socket) -> str:
    """Where this machine reaches the socket."""
    host, port = listener.getsockname()[:2]
    return f"http://{_EVERYWHERE.get(host, f'[{host}]' if ':' in host else host)}:{port}"
