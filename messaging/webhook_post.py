"""One webhook on its way: signed, posted to a checked address, and what came of it.

The name is resolved here, every address it has is checked, and the connection goes to the checked address itself: a
name that answers differently a moment later leads nowhere else. No redirect is followed and no proxy is used.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Self

import httpx
from standardwebhooks import Webhook

from domain.addresses import is_public
from domain.deliveries import Answered

WITHIN = 10.0
"""Seconds for everything: the name, the connection, the answer."""
LOOK_UP_WITHIN = 3.0
LARGEST_BODY = 64 * 1024
EXCERPT, READ_AT_MOST = 500, 4096
"""Characters of an answer that are kept, and bytes of it that are read."""
_LOOK_UPS = ThreadPoolExecutor(max_workers=16, thread_name_prefix="webhook-names")
"""Threads of their own: a name server that is slow must not keep SMS and e-mail waiting for a thread."""
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class PrivateAddressError(httpx.TransportError):
    """The name leads to an address that is not public."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a name, in the system's order. Raises OSError when it has none."""
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_LOOK_UPS, look_up)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


async def addresses_of(host: str, port: int) -> Sequence[str]:
    """Every address of a name, none when it has none or nobody says so within a few seconds."""
    try:
        async with asyncio.timeout(LOOK_UP_WITHIN):
            return await resolve(host, port)
    except (OSError, UnicodeError, TimeoutError):
        return []


def headers_of(event_id: str, body: str, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks, signed with every secret. `now` is the time of this machine, in UTC."""
    signatures = [Webhook(secret).sign(event_id, now, body) for secret in secrets]
    return {
        "content-type": "application/json",
        "user-agent": "Bellwether-Webhooks/1",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


class CheckedTransport(httpx.AsyncHTTPTransport):
    """Connects to the address that was checked; `Host`, SNI and the certificate's check keep the name.

    No connection is kept: two names may share an address, and a connection of one must not serve the other.
    """

    def __init__(self, resolve: Resolve, *, to_private: bool, verify: ssl.SSLContext | bool = True) -> None:
        super().__init__(verify=verify, limits=httpx.Limits(max_keepalive_connections=0))
        self._resolve, self._to_private = resolve, to_private

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Resolve, check, and send to the first address that answers the call."""
        name = request.url.host
        addresses = await self._checked(request)
        request.extensions = {**request.extensions, "sni_hostname": name}
        url, problem = request.url, httpx.ConnectError(f"{name} has no address")
        for address in addresses:
            request.url = url.copy_with(host=address)
            try:
                return await super().handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as refused:
                problem = refused if isinstance(refused, httpx.ConnectError) else problem
        raise problem

    async def _checked(self, request: httpx.Request) -> Sequence[str]:
        url = request.url
        try:
            addresses = await self._resolve(url.host, url.port or (443 if url.scheme == "https" else 80))
        except (OSError, UnicodeError) as unknown:
            raise _UnknownHostError(f"{url.host} has no address") from unknown
        if not self._to_private and not all(map(is_public, addresses)):
            raise PrivateAddressError(f"{url.host} leads to an address that is not public")
        return addresses


class _UnknownHostError(httpx.TransportError):
    """The name has no address."""


_WORDS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (PrivateAddressError, "private_address"),
    (_UnknownHostError, "unknown_host"),
    ((TimeoutError, httpx.TimeoutException), "timeout"),
    (httpx.ConnectError, "refused"),
    (httpx.TransportError, "broken"),
    ((httpx.InvalidURL, ValueError), "url"),
)


class WebhookPost:
    """Posts webhooks. `to_private` lets them go to private addresses: for development and tests only."""

    def __init__(
        self,
        *,
        to_private: bool = False,
        resolve: Resolve = resolve,
        verify: ssl.SSLContext | bool = True,
        within: float = WITHIN,
    ) -> None:
        self._within = within
        self._client = httpx.AsyncClient(
            transport=CheckedTransport(resolve, to_private=to_private, verify=verify),
            follow_redirects=False,
            timeout=within,
        )

    async def post(self, url: str, headers: dict[str, str], body: str) -> Answered:
        """One attempt. Never raises for what the receiver does: a status, or a problem in one word."""
        began = time.monotonic()
        status, problem, excerpt = None, None, ""
        try:
            async with asyncio.timeout(self._within):
                async with self._client.stream("POST", url, content=body.encode(), headers=headers) as response:
                    status = response.status_code
                    excerpt = await _excerpt(response)
        except Exception as trouble:
            # An answer whose status has come counts, also when the rest of it never does.
            problem = None if status is not None else _in_one_word(trouble)
        return Answered(status=status, problem=problem, ms=round((time.monotonic() - began) * 1000), excerpt=excerpt)

    async def close(self) -> None:
        """Give back what is held."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()


async def _excerpt(response: httpx.Response) -> str:
    """The beginning of the answer as it came over the wire, in characters that the books can hold."""
    read = b""
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) >= READ_AT_MOST:
            break
    text = read[:READ_AT_MOST].decode(errors="replace")
    return "".join(c if c.isprintable() else " " for c in text)[:EXCERPT].strip()


def _in_one_word(trouble: Exception) -> str:
    if isinstance(trouble, httpx.ConnectError) and isinstance(_root(trouble), ssl.SSLError):
        return "certificate"
    return next((word for kinds, word in _WORDS if isinstance(trouble, kinds)), "unexpected")


def _root(trouble: BaseException) -> BaseException:
    """What first went wrong."""
    while (cause := trouble.__cause__ or trouble.__context__) is not None:
        trouble = cause
    return trouble
