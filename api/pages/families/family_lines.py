"""Lessons, accounts and messages as a family reads them: rows of the books with what a template needs beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from domain.outcomes import FLAGS, Code
from domain.plain_words import clean
from domain.sending import CLOSED_FOR, MessageState
from domain.telling_ahead import lasts_until

LATE_COUNTS_FROM = 1
"""Minutes; less is not worth a word."""
_BADGES: dict[str, tuple[str, str]] = {
    Code.ATTENDED: ("check", "ok"),
    Code.LATE: ("clock", "late"),
    Code.LEFT_EARLY: ("clock", "late"),
    Code.PARTIAL: ("clock", "late"),
    Code.NO_SHOW: ("x", "bad"),
    Code.LATE_CANCELLED: ("slash", "bad"),
    Code.CANCELLED_BY_STUDENT: ("slash", ""),
    Code.EXCUSED_ABSENCE: ("ring", ""),
    Code.SCHEDULED: ("calendar", "plan"),
    "unrecorded": ("clock", "plan"),
}
_STATES: dict[str, tuple[str, str, str]] = {
    MessageState.DELIVERED: ("delivered", "check", "ok"),
    MessageState.READ: ("delivered", "check", "ok"),
    MessageState.SENT: ("sent", "check", ""),
    MessageState.SENDING: ("sent", "clock", ""),
    MessageState.UNKNOWN: ("sent", "clock", ""),
    MessageState.QUEUED: ("waiting", "clock", "plan"),
    MessageState.UNDELIVERED: ("undelivered", "x", "bad"),
    MessageState.FAILED: ("undelivered", "x", "bad"),
    MessageState.MERGED: ("merged", "check", ""),
}


def first_name(name: str | None) -> str:
    """What a family calls a student: the first word of the name."""
    return clean(name).partition(" ")[0]


def badge_of(code: str) -> tuple[str, str]:
    """Icon and tone of what became of a lesson. What we called off is nobody's fault in the family."""
    return _BADGES.get(code, ("slash", ""))


def length_of(lesson: Row[Any]) -> int:
    """Minutes a lesson is planned for."""
    return int((lesson.ends_at - lesson.starts_at) / timedelta(minutes=1))


def is_coming(lesson: Row[Any]) -> bool:
    """Whether a lesson that is not over takes place as planned."""
    return bool(lesson.code == Code.SCHEDULED)


@dataclass(frozen=True)
class Account:
    """An enrollment: its subject, the balance, how much of the last top-up is used, and how long it lasts."""

    subject: str
    balance: int
    bought: int | None
    used: int | None
    lasts: datetime | None


def accounts_of(rows: Sequence[Row[Any]], ahead: Sequence[Row[Any]]) -> list[Account]:
    """The accounts with what the lessons ahead say about them."""
    found = []
    for row in rows:
        starts = [x.starts_at for x in ahead if x.enrollment_id == row.id and is_coming(x)]
        fits = row.last_top_up is not None and 0 <= row.balance <= row.last_top_up
        found.append(
            Account(
                subject=row.subject,
                balance=row.balance,
                bought=row.last_top_up if fits else None,
                used=row.last_top_up - row.balance if fits else None,
                lasts=lasts_until(row.balance, row.units_per_session, starts),
            )
        )
    return found


@dataclass(frozen=True)
class Tally:
    """Some lessons counted: how often there, late or in part, missed, cancelled or excused."""

    there: int
    late: int
    missed: int
    excused: int

    @property
    def all(self) -> int:
        """How many took a place."""
        return self.there + self.missed + self.excused


def tally(codes: Sequence[str]) -> Tally:
    """Count what took a place; what we called off is left out."""
    known = Counter(Code(c) for c in codes if c in set(Code) and FLAGS[Code(c)].takes_place)
    late = sum(known[c] for c in (Code.LATE, Code.LEFT_EARLY, Code.PARTIAL))
    missed = known[Code.NO_SHOW]
    return Tally(
        there=known[Code.ATTENDED] + late,
        late=late,
        missed=missed,
        excused=sum(known.values()) - known[Code.ATTENDED] - late - missed,
    )


def state_of(message: Row[Any]) -> tuple[str, str, str]:
    """Words' key, icon and tone of where a message stands."""
    return _STATES.get(message.state, ("not_sent", "slash", ""))


def why_not(message: Row[Any]) -> str | None:
    """The key of why a message did not leave or arrive, or waits; None when there is nothing to say."""
    match message.state:
        case MessageState.MERGED:
            return "not_sent:merged"
        case MessageState.SUPPRESSED | MessageState.FAILED | MessageState.UNDELIVERED:
            if message.reason in CLOSED_FOR and message.reason != "unsubscribed":
                return "not_sent:address"
            return f"not_sent:{message.reason}"
        case MessageState.QUEUED if message.reason in ("quiet_hours", "soft_hours"):
            return "not_sent:quiet_hours"
    return None
