"""The ways a provider fails, as data. `takes` says whether it has the message all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Ending(StrEnum):
    """What becomes of the connection."""

    answer = "answer"  # a whole answer
    break_off = "break_off"  # half an answer, then the connection closes
    drop = "drop"  # the connection closes without a byte
    hang = "hang"  # nothing, until the stand-in stops


@dataclass(frozen=True)
class Fault:
    """One failure. Without `status` the answer is the usual one; without `text` a failure has the provider's shape.

    `code` is Twilio's error number, `field_at_fault` what SendGrid complains of; `wait_seconds` is told in the
    provider's own header (Retry-After, X-RateLimit-Reset). `headers` are added to the answer.
    """

    takes: bool = False
    ending: Ending = Ending.answer
    status: int | None = None
    code: int | None = None
    field_at_fault: str | None = None
    message: str = "scripted"
    wait_seconds: int | None = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def hang(*, takes: bool = True) -> Fault:
    """Reads the request and never answers."""
    return Fault(takes=takes, ending=Ending.hang)


def drop(*, takes: bool = True) -> Fault:
    """Reads the request and closes the connection."""
    return Fault(takes=takes, ending=Ending.drop)


def break_off(*, takes: bool = True, status: int | None = None) -> Fault:
    """Closes the connection in the middle of its answer: the usual one, or one with `status`."""
    return Fault(takes=takes, ending=Ending.break_off, status=status)


def server_error(status: int = 500, *, takes: bool = True) -> Fault:
    """A 5xx in the provider's error shape."""
    return Fault(takes=takes, status=status, code=20000 + status, message="internal error")


def html_gateway(status: int = 502, *, takes: bool = True) -> Fault:
    """A 5xx by something in between that speaks HTML."""
    return Fault(
        takes=takes, status=status, text="<html><h1>Bad Gateway</h1></html>", headers={"Content-Type": "text/html"}
    )


def unreadable_success(status: int = 201) -> Fault:
    """A success whose body is not what the provider publishes."""
    return Fault(takes=True, status=status, text="<html>fine</html>", headers={"Content-Type": "text/html"})


def too_many_requests(wait_seconds: int | None = None) -> Fault:
    """429, with the provider's way of saying how long to wait when `wait_seconds` is given."""
    return Fault(status=429, code=20429, message="too many requests", wait_seconds=wait_seconds)


def unauthorized() -> Fault:
    """401, as for a revoked key."""
    return Fault(status=401, code=20003, message="Authenticate")


def forbidden() -> Fault:
    """403."""
    return Fault(status=403, code=20006, field_at_fault="from", message="access denied")


def twilio_error(code: int, status: int = 400) -> Fault:
    """Twilio refuses with this error number."""
    return Fault(status=status, code=code)


def sendgrid_error(field_at_fault: str | None, status: int = 400) -> Fault:
    """SendGrid refuses and names this field."""
    return Fault(status=status, field_at_fault=field_at_fault)
