"""What passes between the server and the two providers it plays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from tests.stand_in.faults import Fault


@dataclass(frozen=True)
class Received:
    """One request as it came, and what became of it.

    `fields` is the form (one text per name) or the JSON body. `status` is None when no whole answer was given.
    `provider_id` is set exactly when the provider has taken the message, `at` is when.
    """

    provider: Literal["twilio", "sendgrid", "nobody"]
    method: str
    path: str
    headers: Mapping[str, str]
    fields: Mapping[str, Any]
    to: str | None = None
    nid: str | None = None
    status: int | None = None
    provider_id: str | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, ready to write."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, status: int, document: object, headers: Mapping[str, str] | None = None) -> Answer:
        """An answer with a JSON body."""
        return cls(status, json.dumps(document).encode(), {"Content-Type": "application/json", **(headers or {})})


class Provider(Protocol):
    """One of the two: reads its own kind of request, refuses wrong ones in its own shape, accepts the rest."""

    def read(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Received:
        """The request in the common shape, before anything is judged."""
        ...

    def refusal(self, received: Received) -> Answer | None:
        """The provider's published answer to what is wrong with it, None when nothing is."""
        ...

    def new_id(self) -> str:
        """An id as the provider makes them."""
        ...

    def accept(self, received: Received, provider_id: str) -> Answer:
        """The provider's published answer to a message it takes."""
        ...

    def failure(self, fault: Fault, status: int) -> Answer:
        """A scripted failure in the provider's error shape."""
        ...
