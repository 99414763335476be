"""What every answer carries, and which requests are not heard: the browser's own protections, asked for.

No page has a token for its forms: a browser says where a request comes from (`Sec-Fetch-Site`, or `Origin` where the
address is neither https nor localhost), and a form of another site is refused by that.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HSTS = "max-age=31536000; includeSubDomains"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FOREIGN = (
    "This form came from another site, so nothing was done. "
    "Open the page itself, reload it, and send the form from there."
)


class Guard:
    """Refuses what another site sends in a visitor's name, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp, *, public_url: str | None = None) -> None:
        self.app = app
        self._headers = dict(HEADERS)
        if (public_url or "").startswith("https://"):
            self._headers["Strict-Transport-Security"] = HSTS
        self._public_host = urlsplit(public_url or "").netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for key, value in self._headers.items():
                    headers.setdefault(key, value)
            await send(message)

        answer = self.app if self._is_ours(scope) else PlainTextResponse(FOREIGN, 403)
        await answer(scope, receive, send_guarded)

    def _is_ours(self, scope: Scope) -> bool:
        """True unless another site sent it. `/v1` takes no cookie: who calls there needs a key or a signature.

        Neither does `/stop`: its secret is all it asks for, and other sites' mail programs press its button (RFC 8058).

        A program that is no browser says neither where from, and is heard as long as it brings no cookie.
        """
        if scope["method"] in SAFE or scope["path"].startswith(("/v1/", "/stop/")):
            return True
        headers = Headers(scope=scope)
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None:
            return site in ("same-origin", "none")
        if origin is not None:
            return urlsplit(origin).netloc in {headers.get("host"), self._public_host} - {"", None}
        return "cookie" not in headers
