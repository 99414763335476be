"""A language model's two APIs, as published: OpenAI's chat completions, Anthropic's messages. It says what is scripted.

(sources: platform.openai.com/docs/api-reference/chat, docs.anthropic.com/en/api/messages)
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Says:
    """The next answer. `arguments` are the form the model fills in; without them it answers `text` instead.

    A `status` is an error of the API; `raw` is the body as it stands; `hangs` takes the request and never answers.
    """

    arguments: Any = None
    text: str = ""
    status: int = 200
    raw: str | None = None
    hangs: bool = False
    tokens: tuple[int, int] = (420, 130)


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: str

    @property
    def document(self) -> dict[str, Any]:
        """The body as JSON."""
        document: dict[str, Any] = json.loads(self.body)
        return document


class LanguageModel:
    """A server on 127.0.0.1 from construction until the end of a `with`. `script`: the next answers, then `usual`."""

    def __init__(self) -> None:
        self.script: deque[Says] = deque()
        self.usual = Says(text="Hello! How can I help you today?")
        self.asked: list[Asked] = []
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler_for(self))
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True, name="language-model").start()

    def url(self, maker: str) -> str:
        """The base address, as the maker's client wants it."""
        address = f"http://127.0.0.1:{self._server.server_address[1]}"
        return f"{address}/v1" if maker == "openai" else address

    def answer(self, asked: Asked) -> tuple[int, str] | None:
        """Remember a request; status and body of what is said to it, None to hang."""
        self.asked.append(asked)
        says = self.script.popleft() if self.script else self.usual
        if says.hangs:
            self._stopping.wait()
            return None
        if says.raw is not None:
            return says.status, says.raw
        if says.status != 200:
            return says.status, json.dumps({"type": "error", "error": {"type": "scripted", "message": "scripted"}})
        shape = _chat_completion if asked.path == "/v1/chat/completions" else _message
        return 200, json.dumps(shape(asked.document, says))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()


def _chat_completion(asked: dict[str, Any], says: Says) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": says.text or None}
    if says.arguments is not None:
        function = {"name": asked["tools"][0]["function"]["name"], "arguments": json.dumps(says.arguments)}
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
    spent, made = says.tokens
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_770_000_000,
        "model": asked["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if says.arguments else "stop"}],
        "usage": {"prompt_tokens": spent, "completion_tokens": made, "total_tokens": spent + made},
    }


def _message(asked: dict[str, Any], says: Says) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": says.text}] if says.text else []
    if says.arguments is not None:
        name = asked["tools"][0]["name"]
        content.append({"type": "tool_use", "id": "toolu_1", "name": name, "input": says.arguments})
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": asked["model"],
        "content": content,
        "stop_reason": "tool_use" if says.arguments is not None else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": says.tokens[0], "output_tokens": says.tokens[1]},
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what the tests are about, not news."""


def _handler_for(model: LanguageModel) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            said = model.answer(Asked(self.path, {n.lower(): v for n, v in self.headers.items()}, body))
            if said is None:
                self.close_connection = True
                return
            status, text = said
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet: `asked` is the log."""

    return Handler
