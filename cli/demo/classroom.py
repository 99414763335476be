"""The classroom's side: what happened in the rooms, sent as webhooks signed by the Standard Webhooks rules."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Any

from standardwebhooks import Webhook

from cli.demo.desk import Desk

TWICE_EACH = 10
"""Each so many deliveries one comes a second time, as from a sender that did not get the answer."""


def new_secret() -> str:
    """A secret for one play, in the form that Standard Webhooks has for it."""
    return f"whsec_{b64encode(token_bytes(24)).decode()}"


class Classroom:
    """Where the academy teaches. `sent` counts documents, each once."""

    def __init__(self, desk: Desk, secret: str) -> None:
        self._desk, self._signer = desk, Webhook(secret)
        self.deliveries = self.sent = 0

    async def send(self, documents: Sequence[dict[str, Any]]) -> None:
        """One delivery. It is signed at this machine's time, whatever business time its events bear."""
        self.deliveries += 1
        self.sent += len(documents)
        body, key = json.dumps({"items": documents}), f"delivery-{self.deliveries}"
        for _ in range(2 if self.deliveries % TWICE_EACH == 0 else 1):
            now = datetime.now(UTC)
            headers = {
                "webhook-id": key,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": self._signer.sign(key, now, body),
                "content-type": "application/json",
            }
            await self._desk.deliver("/webhooks/classroom", body, headers)
