"""The stand-in's server: takes each request to its provider, plays what is scripted, remembers everything."""

from __future__ import annotations

import dataclasses
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from tests.stand_in.faults import Ending, Fault
from tests.stand_in.request import Answer, Provider, Received
from tests.stand_in.sendgrid_api import SendGridApi
from tests.stand_in.twilio_api import TwilioApi


@dataclasses.dataclass
class _Scripted:
    fault: Fault
    to: str | None
    times: int | None  # left; None: always
    is_look_up: bool


class StandIn:
    """Both providers on one port of 127.0.0.1, running from construction until `stop` (or the end of a `with`).

    Safe to use from any thread. `twilio` and `sendgrid` hold the credentials it accepts. `statuses` is where texts
    stand at Twilio, by sid: (status, error code); without an entry one is sent. `clock` dates what it takes.
    `before_answer` is called in each request's own thread when the provider has judged it: it may take its time.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.clock = clock
        self.statuses: dict[str, tuple[str, int | None]] = {}
        self.twilio, self.sendgrid = TwilioApi(), SendGridApi()
        self.before_answer: Callable[[Received], None] = lambda _: None
        self._script: list[_Scripted] = []
        self._received: list[Received] = []
        self._news = threading.Condition()
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler_for(self))
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True, name="stand-in").start()

    @property
    def url(self) -> str:
        """The base address of both providers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def settings(self) -> dict[str, str]:
        """What `Settings` needs to send through the stand-in; add `public_url` for delivery reports."""
        return {
            "twilio_account_sid": self.twilio.account_sid,
            "twilio_auth_token": self.twilio.auth_token,
            "twilio_from": self.twilio.number,
            "twilio_api_url": self.url,
            "sendgrid_api_key": self.sendgrid.api_key,
            "sendgrid_from": self.sendgrid.sender,
            "sendgrid_api_url": self.url,
        }

    def environment(self) -> dict[str, str]:
        """The same as environment variables for another process, which must not go through a proxy to get here."""
        names = {f"BELLWETHER_{name.upper()}": value for name, value in self.settings().items()}
        return {**names, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}

    def fail(self, fault: Fault, *, to: str | None = None, times: int | None = 1, is_look_up: bool = False) -> None:
        """Let the next `times` (None: all) right requests fail, only those to `to` when given: letters, or look-ups.

        What was scripted first is used first, and what names a recipient goes before what does not.
        """
        with self._news:
            self._script.append(_Scripted(fault, to, times, is_look_up))

    @property
    def received(self) -> list[Received]:
        """Every request so far, in the order of arrival."""
        with self._news:
            return list(self._received)

    @property
    def taken(self) -> list[Received]:
        """The requests whose message the provider has, whatever it answered."""
        return [received for received in self.received if received.provider_id]

    def wait_for(self, count: int, seconds: float = 5.0) -> list[Received]:
        """The requests, once there are at least `count`. Raises TimeoutError when there are fewer after `seconds`."""
        with self._news:
            if not self._news.wait_for(lambda: len(self._received) >= count, seconds):
                raise TimeoutError(f"{len(self._received)} of {count} requests came in {seconds} s")
            return list(self._received)

    def forget(self) -> None:
        """Start afresh: nothing received, nothing scripted."""
        with self._news:
            self._received.clear()
            self._script.clear()

    def stop(self) -> None:
        """Close the port and every connection that hangs."""
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _play(self, received: Received, provider: Provider | None) -> tuple[Answer, Ending]:
        """Judge and record one request; recorded before it is answered, so that a hanging one is seen."""
        answer = Answer(404) if provider is None else provider.refusal(received)
        ending = Ending.answer
        with self._news:
            if provider and answer is None and received.method == "GET":
                fault = self._next_fault(received.to, is_look_up=True)
                ending = fault.ending if fault else ending
                answer = provider.failure(fault, fault.status) if fault and fault.status else self._looked_up(received)
            elif provider and answer is None:
                fault = self._next_fault(received.to, is_look_up=False) or Fault(takes=True)
                provider_id, ending = provider.new_id(), fault.ending
                answer = _scripted_answer(provider, received, provider_id, fault)
                if fault.takes:
                    received = dataclasses.replace(received, provider_id=provider_id, at=self.clock())
            assert answer is not None
            status = answer.status if ending is Ending.answer else None
            self._received.append(dataclasses.replace(received, status=status))
            self._news.notify_all()
        return answer, ending

    def _looked_up(self, received: Received) -> Answer:
        texts = [r for r in self._received if r.provider == "twilio" and r.provider_id]
        if sid := self.twilio.sid_in(received.path):
            text = next((t for t in texts if t.provider_id == sid), None)
            return self.twilio.fetched(text, self.statuses.get(sid, ("sent", None)))
        return self.twilio.listed(received, texts, self.statuses)

    def _next_fault(self, to: str | None, *, is_look_up: bool) -> Fault | None:
        script = [scripted for scripted in self._script if scripted.is_look_up is is_look_up]
        fitting = [scripted for scripted in script if scripted.to in {None, to}]
        if not fitting:
            return None
        chosen = min(fitting, key=lambda scripted: scripted.to is None)
        if chosen.times is not None:
            chosen.times -= 1
            if chosen.times == 0:
                self._script.remove(chosen)
        return chosen.fault


def _scripted_answer(provider: Provider, received: Received, provider_id: str, fault: Fault) -> Answer:
    if fault.text is not None:
        return Answer(fault.status or 200, fault.text.encode(), fault.headers)
    if fault.status is not None:
        return provider.failure(fault, fault.status)
    usual = provider.accept(received, provider_id)
    return dataclasses.replace(usual, headers={**usual.headers, **fault.headers})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what the tests are about, not news."""


def _handler_for(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            provider = self._provider()
            if provider is None:
                received = Received("nobody", self.command, self.path, headers, {})
            else:
                received = provider.read(self.command, self.path, headers, body)
            answer, ending = stand_in._play(received, provider)
            stand_in.before_answer(received)
            if ending is Ending.hang:
                stand_in._stopping.wait()
            elif ending is not Ending.drop:
                self._write(answer, whole=ending is Ending.answer)
            if ending is not Ending.answer:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815  # the names http.server looks for

        def _provider(self) -> Provider | None:
            if self.path.startswith("/2010-04-01/"):
                return stand_in.twilio
            return stand_in.sendgrid if self.path.startswith("/v3/") else None

        def _write(self, answer: Answer, *, whole: bool) -> None:
            # Half an answer promises more than it holds, also where there is no body to cut.
            half = answer.body[: len(answer.body) // 2]
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body) + (0 if whole else 1)))
            self.end_headers()
            self.wfile.write(answer.body if whole else half)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet: `received` is the log."""

    return Handler
