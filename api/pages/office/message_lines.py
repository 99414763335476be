"""Messages as pages show them: every state with a word and a sign, states in groups, and two weeks as a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape
from sqlalchemy import Row

from domain.explaining import code_in_words
from domain.sending import MessageState

S = MessageState
Chosen = Literal["all", "waiting", "arrived", "failed", "kept"]
GROUPS: Mapping[Chosen, tuple[str, frozenset[MessageState]]] = {
    "waiting": ("Waiting", frozenset({S.QUEUED, S.HELD})),
    "arrived": ("Left", frozenset({S.SENDING, S.SENT, S.DELIVERED, S.READ})),
    "failed": ("Did not arrive", frozenset({S.UNDELIVERED, S.FAILED, S.UNKNOWN})),
    "kept": ("Not sent", frozenset({S.SUPPRESSED, S.MERGED, S.CANCELLED, S.EXPIRED})),
}
"""States that mean the same to who looks for a message."""
STATES: Mapping[str, tuple[str, str, str]] = {
    S.QUEUED: ("Waiting", "clock", "now"),
    S.HELD: ("Held", "hand", "late"),
    S.SENDING: ("Leaving", "clock", "now"),
    S.SENT: ("Sent", "check", "ok"),
    S.DELIVERED: ("Delivered", "check", "ok"),
    S.READ: ("Read", "check", "ok"),
    S.UNDELIVERED: ("Not delivered", "x", "bad"),
    S.FAILED: ("Failed", "x", "bad"),
    S.UNKNOWN: ("Unknown", "alert", "late"),
    S.SUPPRESSED: ("Not sent", "slash", ""),
    S.MERGED: ("In another text", "swap", ""),
    S.CANCELLED: ("Cancelled", "slash", ""),
    S.EXPIRED: ("Too late", "slash", ""),
}
"""A state's word, icon and tone."""
_PLAIN = {
    S.MERGED: "it travelled in one text with a sibling's",
    S.SENDING: "the provider's answer is not known yet",
    S.SENT: "the provider has it",
}


def state_in_words(row: Row[Any]) -> str:
    """Why a message stands where it stands; empty when the state says all."""
    if row.reason:
        return code_in_words(row.reason)
    return _PLAIN.get(row.state, "") if row.state != S.SENT or row.provider != "outbox" else "it is in the outbox"


def excerpt(row: Row[Any], most: int = 90) -> str:
    """The beginning of its words: an e-mail's subject, a text without our name; empty when it has none."""
    words = " ".join((row.subject or row.body or "").split())
    return words if len(words) <= most else words[: most - 1].rsplit(" ", 1)[0] + "…"


def grouped(days: Sequence[Row[Any]]) -> list[tuple[Chosen, str, int]]:
    """The groups of states with their words, and how many messages of two weeks stand in each."""
    of_state: Counter[str] = Counter()
    for row in days:
        of_state[row.state] += row.number
    return [(name, words, sum(of_state[s] for s in states)) for name, (words, states) in GROUPS.items()]


def two_weeks(days: Sequence[Row[Any]], zone: str, now: datetime) -> Markup:
    """A bar for each of the last days, stacked: what left, what did not arrive, what was not sent or waits."""
    last = now.astimezone(ZoneInfo(zone)).date()
    kinds = {s: "a" if s in GROUPS["arrived"][1] else "b" if s in GROUPS["failed"][1] else "c" for s in S}
    of_day: dict[date, Counter[str]] = {last - timedelta(days=n): Counter() for n in range(13, -1, -1)}
    for row in days:
        if row.day in of_day:
            of_day[row.day][kinds[S(row.state)]] += row.number
    most = max((sum(c.values()) for c in of_day.values()), default=0) or 1
    bars = "".join(_bar(i, numbers, most) for i, numbers in enumerate(of_day.values()))
    total = sum(of_day.values(), Counter[str]())
    told = f"Last 14 days: {total['a']} left, {total['b']} did not arrive, {total['c']} not sent or waiting"
    return Markup(
        f'<svg class="days" role="img" aria-label="{escape(told)}" viewBox="0 0 280 60" preserveAspectRatio="none">'
        f"{bars}</svg>"
    )


def _bar(place: int, numbers: Mapping[str, int], most: int) -> str:
    shapes, foot = "", 60.0
    for kind in "abc":
        if numbers[kind]:
            tall = max(58 * numbers[kind] / most, 1)
            foot -= tall
            shapes += f'<rect class="{kind}" x="{place * 20 + 1}" y="{foot:.1f}" width="18" height="{tall:.1f}"/>'
    return shapes
