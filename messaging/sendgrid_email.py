"""E-mail by SendGrid. One attempt is one request; whether an ambiguous one is repeated is not decided here."""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parseaddr
from typing import Any
from urllib.error import URLError

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from messaging import verdicts
from messaging.sender import AT_ONCE, Letter, Receipt, Result
from messaging.verdicts import Verdict

TIMEOUT = timedelta(seconds=10)  # to connect, and again to answer; the library's own default is to wait for ever

# While connecting and sending, urllib wraps what goes wrong in URLError. A request that did not leave whole cannot
# have been processed; only where the connection broke we are not sure that it did not.
_WHILE_SENDING: verdicts.TroubleTable = (
    (ssl.SSLCertVerificationError, "certificate", verdicts.NO_CERTIFICATE),
    (ConnectionRefusedError, "refused", verdicts.NOT_CONNECTED),
    (ConnectionError, "broken", verdicts.BROKEN_ANSWER),
    (socket.gaierror, "dns", verdicts.NOT_CONNECTED),
    (TimeoutError, "connect_timeout", verdicts.NOT_CONNECTED),
    (OSError, "refused", verdicts.NOT_CONNECTED),  # no route, network down, a proxy that refuses
)
_WHILE_WAITING: verdicts.TroubleTable = ((TimeoutError, "timeout", verdicts.NO_ANSWER),)

# Which field a 400 complains of (SendGrid's mail-send error page); the first that fits counts.
_BY_FIELD: tuple[tuple[str, Verdict], ...] = (
    ("from", Verdict(Result.misconfigured, "sender_not_allowed")),
    ("personalizations", Verdict(Result.failed, "invalid_address")),
)


class SendGridEmail:
    """Sends plain-text e-mail from one address (or "Name <address>").

    Answers go to `reply_address`, with the message's id after a plus so that they find it: replies+<id>@host.

    Raises ValueError for a base address, a sender or a reply address that is none.
    """

    name = "sendgrid"

    def __init__(
        self,
        *,
        api_key: str,
        from_address: str,
        reply_address: str | None = None,
        api_url: str = "https://api.sendgrid.com",
        timeout: timedelta = TIMEOUT,
    ) -> None:
        name, address = parseaddr(from_address)
        if "@" not in address:
            raise ValueError(f"{from_address!r} is no e-mail address to send from")
        self._from = {"email": address, "name": name} if name else {"email": address}
        if reply_address is not None and "@" not in reply_address:
            raise ValueError(f"{reply_address!r} is no e-mail address to answer to")
        self._replies = tuple(reply_address.rsplit("@", 1)) if reply_address else None
        # At DEBUG it logs the whole letter and the key.
        logging.getLogger("python_http_client").setLevel(logging.WARNING)
        self._client = SendGridAPIClient(api_key, host=verdicts.base_address(api_url)).client
        self._timeout = timeout.total_seconds()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=self.name)

    async def send(self, letter: Letter) -> Receipt:
        """One attempt, in a thread of its own channel: the library blocks."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._attempt, letter)

    async def close(self) -> None:
        """Let go of the threads; an attempt under way ends by its own time-out."""
        self._threads.shutdown(wait=False)

    def _attempt(self, letter: Letter) -> Receipt:
        try:
            answer = self._client.mail.send.post(request_body=self._mail(letter), timeout=self._timeout)
        except HTTPError as refusal:
            return _judge(refusal)
        except URLError as trouble:
            return verdicts.by_trouble(trouble, _WHILE_SENDING)
        except (OSError, http.client.HTTPException) as trouble:
            return verdicts.by_trouble(trouble, _WHILE_WAITING)
        if answer.status_code != http.HTTPStatus.ACCEPTED:
            return verdicts.by_status(answer.status_code).receipt(answer.status_code)
        return Receipt(Result.accepted, provider_id=answer.headers.get("X-Message-Id"))

    def _where_to_answer(self, letter: Letter) -> dict[str, Any]:
        if self._replies is None:
            return {}
        name, host = self._replies
        return {"reply_to": {"email": f"{name}+{letter.nid}@{host}"}}

    def _mail(self, letter: Letter) -> dict[str, Any]:
        # Written out as SendGrid publishes it: the library's own Mail drops an address it cannot parse.
        return {
            # One person per mail. SendGrid keeps custom_args for long and shows them, so they hold the id alone.
            "personalizations": [{"to": [{"email": letter.to}], "custom_args": {"nid": letter.nid}}],
            "from": self._from,
            **self._where_to_answer(letter),
            "subject": letter.subject,
            "content": [{"type": "text/plain", "value": letter.body}],
            **_how_to_stop(letter),
            # Nobody follows what a family reads. How to stop it is ours to say: the family's wish stands in our books.
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": {"enable": False},
                "subscription_tracking": {"enable": False},
            },
        }


def _how_to_stop(letter: Letter) -> dict[str, Any]:
    """The headers by which a mail program shows its own button (RFC 2369, RFC 8058). They ask for https."""
    if letter.stop_link is None or not letter.stop_link.startswith("https://"):
        return {}
    return {
        "headers": {
            "List-Unsubscribe": f"<{letter.stop_link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    }


def _judge(refusal: HTTPError) -> Receipt:
    status = refusal.status_code
    meaning = verdicts.by_status(status)
    if status == http.HTTPStatus.BAD_REQUEST:
        fields = _fields_at_fault(refusal.body)
        found = (verdict for start, verdict in _BY_FIELD if any(field.startswith(start) for field in fields))
        meaning = next(found, meaning)
    return meaning.receipt(status, verdicts.wait_asked_for(refusal.headers) if meaning.result is Result.retry else None)


def _fields_at_fault(body: bytes) -> list[str]:
    """The `field` of each entry in SendGrid's {"errors": [{"message", "field", "help"}]}; [] for anything else."""
    try:
        errors = json.loads(body)["errors"]
        return [str(error.get("field") or "") for error in errors]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []
