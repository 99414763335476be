"""What an answer, or the lack of one, means: the part both providers share, as tables.

The line that matters is whether the provider may have the message. Only what was certainly never taken up is `retry`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

from messaging.sender import Receipt, Result


@dataclass(frozen=True)
class Verdict:
    """A result with its reason, not yet a receipt."""

    result: Result
    reason: str

    def receipt(self, code: int | str, retry_after: timedelta | None = None) -> Receipt:
        """The receipt of an attempt that did not succeed."""
        return Receipt(self.result, provider_code=str(code), retry_after=retry_after, reason=self.reason)


NOT_CONNECTED = Verdict(Result.retry, "not_connected")
NO_CERTIFICATE = Verdict(Result.misconfigured, "certificate")
NO_ANSWER = Verdict(Result.ambiguous, "no_answer")
BROKEN_ANSWER = Verdict(Result.ambiguous, "broken_answer")
UNREADABLE_ANSWER = Verdict(Result.ambiguous, "unreadable_answer")

_BY_STATUS: Mapping[int, Verdict] = {
    HTTPStatus.UNAUTHORIZED: Verdict(Result.misconfigured, "not_authorized"),
    HTTPStatus.FORBIDDEN: Verdict(Result.misconfigured, "not_allowed"),
    HTTPStatus.NOT_FOUND: Verdict(Result.misconfigured, "wrong_address"),
    HTTPStatus.METHOD_NOT_ALLOWED: Verdict(Result.misconfigured, "wrong_address"),
    # A gateway says 408 also when the server behind it was too slow to answer.
    HTTPStatus.REQUEST_TIMEOUT: NO_ANSWER,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Verdict(Result.failed, "too_long"),
    HTTPStatus.TOO_MANY_REQUESTS: Verdict(Result.retry, "too_many_requests"),
}
_BY_HUNDRED: Mapping[int, Verdict] = {
    2: UNREADABLE_ANSWER,
    3: Verdict(Result.misconfigured, "wrong_address"),
    4: Verdict(Result.failed, "rejected"),
    5: Verdict(Result.ambiguous, "provider_error"),
}


def by_status(status: int) -> Verdict:
    """What an HTTP status other than the expected success means when nothing more exact is known."""
    return _BY_STATUS.get(status) or _BY_HUNDRED.get(status // 100, UNREADABLE_ANSWER)


TroubleTable = Iterable[tuple[type[BaseException], str, Verdict]]


def by_trouble(trouble: BaseException, table: TroubleTable) -> Receipt:
    """The first row of `table` (kind of error, code, verdict) that the innermost cause of `trouble` fits."""
    cause = _innermost(trouble)
    for kind, code, verdict in table:
        if isinstance(cause, kind):
            return verdict.receipt(code)
    return BROKEN_ANSWER.receipt("broken")


def _innermost(trouble: BaseException) -> BaseException:
    # requests, urllib3 and urllib wrap in `reason` or as the first argument, never in `__cause__` alone.
    inner = getattr(trouble, "reason", None)
    if not isinstance(inner, BaseException):
        inner = trouble.args[0] if trouble.args else None
    return _innermost(inner) if isinstance(inner, BaseException) else trouble


class Headers(Protocol):
    """Response headers of either library; looking up is blind to case."""

    def get(self, name: str, /) -> str | None: ...


def wait_asked_for(headers: Headers) -> timedelta | None:
    """How long the provider asks us to wait, never negative; None when it does not say or cannot be understood.

    Reads Retry-After (seconds or a date; RFC 9110) and X-RateLimit-Reset (Unix seconds; SendGrid's rate-limit page).
    Moments are counted from the answer's own Date header: our clock may differ from theirs, and may even be set ahead.
    """
    asked, reset, date = (headers.get(name) for name in ("Retry-After", "X-RateLimit-Reset", "Date"))
    try:
        if asked and asked.strip().isdecimal():
            return timedelta(seconds=int(asked))
        if not date or not (asked or reset):
            return None
        until = parsedate_to_datetime(asked) if asked else datetime.fromtimestamp(int(reset or ""), UTC)
        return max(until - parsedate_to_datetime(date), timedelta(0))
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def base_address(url: str) -> str:
    """`url` without a trailing slash. Raises ValueError unless it is http(s)://host[:port][/path]."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{url!r} is no base address; it should look like https://api.example.com")
    return url.rstrip("/")
