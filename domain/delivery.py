"""What providers report of a message, in any order and any number of times, and what state follows from it.

A state is never taken back by a report that comes late: each has a rank, and the highest one reported stands.

- SMS: sent < failed < undelivered < delivered < read. A receipt from the phone is positive proof, so a text that was
  called undelivered and is delivered after all counts as delivered.
- E-mail: sent < delivered < undelivered < failed < read. A mail server may take a mail and return it minutes later, so
  a bounce counts more than the delivery before it. Only somebody who opened it proves the contrary.

What a provider calls accepted, queued, sending, processed or deferred is `sent` here: the provider has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from domain.sending import CLOSED_FOR, Channel, MessageState
from domain.value import Value

S = MessageState
_RANKS: Mapping[Channel, tuple[MessageState, ...]] = {
    Channel.SMS: (S.UNKNOWN, S.SENT, S.FAILED, S.UNDELIVERED, S.DELIVERED, S.READ),
    Channel.EMAIL: (S.UNKNOWN, S.SENT, S.DELIVERED, S.UNDELIVERED, S.FAILED, S.READ),
}
REPORTABLE = frozenset({S.SENT, S.DELIVERED, S.READ, S.UNDELIVERED, S.FAILED})
ENDED_BADLY = frozenset({S.UNDELIVERED, S.FAILED})
NOT_AT_PROVIDER = "not_at_provider"
"""Reason of an unknown SMS that the provider, asked twice, does not have: nobody was reached by it."""
OURS_TO_MEND = frozenset({"sender_not_registered", "account_suspended"})
"""Reasons that lie with our account at the provider: the same will happen to every message."""
LOOK_UP_AFTER = (timedelta(minutes=2), timedelta(minutes=15))
"""When an SMS with an unknown fate is looked up at the provider (rules, section 6)."""
CHECK_AFTER = (timedelta(hours=1), timedelta(hours=24))
"""When a text that is merely `sent` is looked up, because its report may have been lost: most are reported within
minutes, and Twilio holds no text for longer than its validity, ten hours at most."""
LOOK_UP_AGAIN_AFTER = timedelta(minutes=5)
"""The least wait after a look-up that the provider did not answer."""


class Report(Value):
    """One report. `status` and `code` are the provider's own words, `reason` what they mean; `at` is when it came."""

    status: str
    state: MessageState
    code: str | None = None
    reason: str | None = None
    at: datetime


class Standing(Value):
    """Where a message stands, and why when it did not arrive."""

    state: MessageState
    reason: str | None = None


def standing(channel: Channel, own: MessageState, reason: str | None, reports: Iterable[Report]) -> Standing:
    """The state that follows from what we know ourselves (`own`, for its `reason`) and from all reports.

    A state that no provider knows, such as queued for another try, gives way to any report.
    """
    ranks = _RANKS[channel]
    told = [r for r in reports if r.state in REPORTABLE]
    if not told:
        return Standing(state=own, reason=reason)
    best = max(told, key=lambda r: ranks.index(r.state)).state
    if own in ranks and ranks.index(own) > ranks.index(best):
        return Standing(state=own, reason=reason)
    if best not in ENDED_BADLY:
        return Standing(state=best)
    # Several words for one ending: the same one is kept whatever came first, best one that closes the address.
    reasons = sorted((r.reason for r in told if r.state is best and r.reason), key=lambda r: (r not in CLOSED_FOR, r))
    return Standing(
        state=best, reason=next(iter(reasons), None) or (reason if own is best else None) or "not_delivered"
    )


def of_a_companion(companion: MessageState, carrier: Standing) -> Standing | None:
    """Where a message stands that travelled in another's text, once that one stands so; None for no change.

    A text that arrived leaves it merged. One that did not arrive takes it along: nobody was told of that child either.
    """
    lost = carrier.state in ENDED_BADLY or (carrier.state is S.UNKNOWN and carrier.reason == NOT_AT_PROVIDER)
    if companion is carrier.state or (companion is S.MERGED and not lost):
        return None
    return carrier


def next_look_up(unknown_since: datetime, now: datetime) -> datetime | None:
    """When to look an unknown SMS up; None after the last time."""
    return next((unknown_since + wait for wait in LOOK_UP_AFTER if unknown_since + wait > now), None)


def next_check(handed_over_at: datetime, now: datetime) -> datetime | None:
    """When to look up a text that nobody has reported as delivered or not; None after the last time."""
    return next((handed_over_at + wait for wait in CHECK_AFTER if handed_over_at + wait > now), None)
