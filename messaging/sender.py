"""What every way out promises: a letter goes in, one attempt is made, a receipt comes back.

It must not know the books: who asks, why, and when to try again are decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable

from domain.delivery import Report

Channel = Literal["sms", "email"]
AT_ONCE = 6
"""Attempts of one channel that may be under way in one process. The vendors' clients block, so this is also how many
threads each has for itself: with one pool for all, a provider that hangs would take the other's."""


class Result(StrEnum):
    """What one attempt came to. Only `accepted` and `ambiguous` count as handed over."""

    accepted = "accepted"  # the provider said that it has the message
    retry = "retry"  # the provider never took it up: the same letter may be sent again, later
    failed = "failed"  # this letter will never leave this way: bad address, opted out
    misconfigured = "misconfigured"  # our account or settings are wrong: hold all letters, tell an admin
    ambiguous = "ambiguous"  # the request left and no usable answer came: the provider may have it


@dataclass(frozen=True)
class Letter:
    """What is to leave, ready in words.

    `nid` is the message's id: opaque, it rides in callback URLs and `custom_args`. `to` is an E.164 number or an
    e-mail address. `valid_for` is the time left until the message would be useless. `stop_link` is where its reader
    ends such e-mails.

    Raises ValueError for an e-mail without a subject.
    """

    nid: str
    channel: Channel
    to: str
    subject: str | None
    body: str
    valid_for: timedelta
    stop_link: str | None = None

    def __post_init__(self) -> None:
        if self.channel == "email" and not self.subject:
            raise ValueError(f"message {self.nid} is an e-mail and needs a subject")


@dataclass(frozen=True)
class Receipt:
    """What is known after one attempt.

    `provider_code` is the provider's error number or HTTP status ("21211", "429"), or, when no answer came, one of
    "refused", "dns", "connect_timeout", "proxy", "certificate" (the request never left), "timeout", "broken" (it may
    have arrived). `retry_after` is the least wait the provider asked for. `reason` is a plain code for people and
    rules; the tables in `verdicts`, `twilio_codes` and `sendgrid_email` name them all.
    """

    result: Result
    provider_id: str | None = None
    provider_code: str | None = None
    retry_after: timedelta | None = None
    reason: str | None = None


class Sender(Protocol):
    """One way out. `name` is what is written beside the attempt in the books."""

    name: str

    async def send(self, letter: Letter) -> Receipt:
        """Make one attempt: at most one request leaves. Never raises for a provider's answer or silence.

        If the caller is cancelled, the request may still leave: the books must then say `unknown`.
        """
        ...

    async def close(self) -> None:
        """Give back what is held. A closed sender is not used again."""
        ...


@dataclass(frozen=True)
class AtProvider:
    """A message that the provider has, and where it stands there."""

    provider_id: str
    report: Report


@runtime_checkable
class LooksUp(Protocol):
    """A way out that can be asked what became of a letter whose answer, or later report, was lost."""

    async def look_up(self, to: str, body: str, since: datetime, now: datetime) -> tuple[AtProvider, ...] | None:
        """What the provider has of this text to this number since then, the oldest first.

        None when it gave no usable answer: that says nothing. Never raises for a provider's answer or silence.
        """
        ...

    async def standing(self, provider_id: str, now: datetime) -> Report | None:
        """Where a letter stands that it has by this id. None and no raising as above."""
        ...
