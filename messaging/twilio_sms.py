"""SMS by Twilio. One attempt is one request: Twilio has no idempotency key, so nothing is ever repeated here."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
import urllib3.exceptions as lines
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from domain.delivery import Report
from messaging import verdicts
from messaging.sender import AT_ONCE, AtProvider, Letter, Receipt, Result
from messaging.twilio_codes import MEANING
from messaging.twilio_reports import report_of

_Found = TypeVar("_Found")
TIMEOUT = timedelta(seconds=10)  # to connect, and again to answer; the library's own default is to wait for ever
# Twilio's message resource takes whole seconds from 1 to 36000.
SHORTEST_VALIDITY, LONGEST_VALIDITY = timedelta(seconds=1), timedelta(hours=10)

MOST_LOOKED_AT = 100
"""Texts to one number that a look-up reads: one page, many times what anybody gets in a quarter of an hour."""
STATUS_PATH = "/v1/webhooks/twilio/status"

_TROUBLE: verdicts.TroubleTable = (
    (lines.NameResolutionError, "dns", verdicts.NOT_CONNECTED),
    (lines.NewConnectionError, "refused", verdicts.NOT_CONNECTED),
    (lines.ConnectTimeoutError, "connect_timeout", verdicts.NOT_CONNECTED),
    (lines.ProxyError, "proxy", verdicts.NOT_CONNECTED),
    (ssl.SSLCertVerificationError, "certificate", verdicts.NO_CERTIFICATE),
    (lines.ReadTimeoutError, "timeout", verdicts.NO_ANSWER),
    (TimeoutError, "timeout", verdicts.NO_ANSWER),
)


class _Wire(TwilioHttpClient):  # type: ignore[misc]  # the library carries no types
    """Twilio's HTTP client sent to another base address, keeping what its exceptions drop: status and headers.

    One wire serves one attempt. A connection kept from an earlier one could die under the request, and a broken
    connection is ambiguous; besides, a requests session is not made for several threads.
    """

    def __init__(self, base: str, timeout: timedelta) -> None:
        logger = logging.getLogger("twilio.http_client")
        logger.setLevel(logging.WARNING)  # it tells each request in ten lines of INFO
        super().__init__(timeout=timeout.total_seconds(), max_retries=0, logger=logger)
        self._base = base
        self.answer: Response | None = None

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        # The host is replaced whatever it is: TWILIO_EDGE and TWILIO_REGION in the environment change it.
        self.answer = super().request(method, self._base + urlsplit(url).path, *args, **kwargs)
        return self.answer


class TwilioSms:
    """Sends SMS from a number or, when given, a messaging service.

    `public_url` is where Twilio reaches us; without it no delivery reports are asked for. Raises ValueError for a
    base address that is none, or when there is nothing to send from.
    """

    name = "twilio"

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        from_number: str | None = None,
        messaging_service_sid: str | None = None,
        api_url: str = "https://api.twilio.com",
        public_url: str | None = None,
        timeout: timedelta = TIMEOUT,
    ) -> None:
        if not (from_number or messaging_service_sid):
            raise ValueError("SMS need a sending number or a messaging service")
        self._account = (account_sid, auth_token)
        self._origin = (
            {"messaging_service_sid": messaging_service_sid} if messaging_service_sid else {"from_": from_number}
        )
        self._base = verdicts.base_address(api_url)
        self._public_url = verdicts.base_address(public_url) if public_url else None
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=self.name)

    async def send(self, letter: Letter) -> Receipt:
        """One attempt, in a thread of its own channel: the library blocks."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._attempt, letter)

    async def look_up(self, to: str, body: str, since: datetime, now: datetime) -> tuple[AtProvider, ...] | None:
        """Texts to this number since then, compared by a hash of their words: the list has no other filter."""
        run = asyncio.get_running_loop().run_in_executor
        return await run(self._threads, self._look_up, to, body, since, now)

    async def standing(self, provider_id: str, now: datetime) -> Report | None:
        """Where the text with this sid stands."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._standing, provider_id, now)

    async def close(self) -> None:
        """Let go of the threads; an attempt under way ends by its own time-out."""
        self._threads.shutdown(wait=False)

    def _attempt(self, letter: Letter) -> Receipt:
        wire = _Wire(self._base, self._timeout)
        try:
            message = Client(*self._account, http_client=wire).messages.create(**self._fields(letter))
            return Receipt(Result.accepted, provider_id=message.sid)
        except TwilioException as refusal:
            if wire.answer is None:
                raise
            return _judge(wire.answer, getattr(refusal, "code", None))
        except requests.RequestException as trouble:
            return verdicts.by_trouble(trouble, _TROUBLE)
        except Exception:
            if wire.answer is None:  # nothing left: a fault of ours, not an answer
                raise
            return verdicts.UNREADABLE_ANSWER.receipt(wire.answer.status_code)
        finally:
            wire.session.close()

    def _look_up(self, to: str, body: str, since: datetime, now: datetime) -> tuple[AtProvider, ...] | None:
        wanted = _hash(body)

        def ask(client: Client) -> tuple[AtProvider, ...]:
            listed = client.messages.list(to=to, date_sent_after=since, limit=MOST_LOOKED_AT, page_size=MOST_LOOKED_AT)
            same = [m for m in listed if _hash(m.body or "") == wanted]
            same.sort(key=lambda m: m.date_created or datetime.max.replace(tzinfo=UTC))
            return tuple(AtProvider(m.sid, report_of(m.status, m.error_code, now)) for m in same)

        return self._asked(ask)

    def _standing(self, provider_id: str, now: datetime) -> Report | None:
        def ask(client: Client) -> Report:
            text = client.messages(provider_id).fetch()
            return report_of(text.status, text.error_code, now)

        return self._asked(ask)

    def _asked(self, ask: Callable[[Client], _Found]) -> _Found | None:
        """What Twilio says; None when it gave no usable answer."""
        wire = _Wire(self._base, self._timeout)
        try:
            return ask(Client(*self._account, http_client=wire))
        except (TwilioException, requests.RequestException):
            return None
        except Exception:
            if wire.answer is None:  # nothing left: a fault of ours, not an answer
                raise
            return None
        finally:
            wire.session.close()

    def _fields(self, letter: Letter) -> dict[str, Any]:
        validity = min(max(letter.valid_for, SHORTEST_VALIDITY), LONGEST_VALIDITY)
        fields = {
            **self._origin,
            "to": letter.to,
            "body": letter.body,
            "validity_period": int(validity.total_seconds()),
        }
        if self._public_url:
            # Signed by Twilio with its query, so the id finds our row even when the answer with the sid was lost.
            fields["status_callback"] = f"{self._public_url}{STATUS_PATH}?{urlencode({'nid': letter.nid})}"
        return fields


def _hash(body: str) -> str:
    """The words alone: spaces around them may get lost on the way."""
    return hashlib.sha256(body.strip().encode()).hexdigest()


def _judge(answer: Response, code: object) -> Receipt:
    """5xx first: whatever the body says, the message may have been taken."""
    status = answer.status_code
    number = code if isinstance(code, int) else status
    meaning = verdicts.by_status(status)
    if meaning.result is not Result.ambiguous:
        meaning = MEANING.get(number, meaning)
    return meaning.receipt(number, verdicts.wait_asked_for(answer.headers) if meaning.result is Result.retry else None)
