"""A receiver of webhooks: checks each signature with the reference library, remembers it, and answers as scripted."""

from __future__ import annotations

import ssl
import threading
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from standardwebhooks import Webhook, WebhookVerificationError

HANG = 0
"""Scripted instead of a status: the request is taken and never answered."""


@dataclass(frozen=True)
class Arrived:
    """One request. `document` is None when no secret that the receiver knows had signed it."""

    id: str
    headers: dict[str, str]
    body: str
    document: dict[str, Any] | None


class Receiver:
    """A server on 127.0.0.1 from construction until the end of a `with`. Safe to use from any thread.

    `secrets`: what it verifies with, any of which may fit. `script`: the next answers, then always `usual`.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.secrets: list[str] = []
        self.script: deque[int] = deque()
        self.usual = 200
        self.headers: dict[str, str] = {}
        self.answer = b"thank you"
        self.arrived: list[Arrived] = []
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler_for(self))
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True, name="receiver").start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The address of its door for webhooks."""
        return f"http://127.0.0.1:{self.port}/hooks"

    @property
    def documents(self) -> list[dict[str, Any]]:
        """What arrived well signed, in order."""
        return [a.document for a in self.arrived if a.document is not None]

    def types(self) -> list[str]:
        """Of which types that was."""
        return [d["type"] for d in self.documents]

    def take(self, headers: dict[str, str], body: str) -> int:
        """Verify and remember one request; what to answer."""
        document = None
        for secret in self.secrets:
            try:
                document = Webhook(secret).verify(body, headers)
                break
            except WebhookVerificationError:
                continue
        self.arrived.append(Arrived(headers.get("webhook-id", ""), headers, body, document))
        return self.script.popleft() if self.script else self.usual

    def hang(self) -> None:
        """Until the end."""
        self._stopping.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what the tests are about, not news."""


def _handler_for(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status = receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
            if status == HANG:
                receiver.hang()
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(receiver.answer)))
            self.end_headers()
            self.wfile.write(receiver.answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet: `arrived` is the log."""

    return Handler
