"""Telling messages: one line for the SMS and the e-mail of one notice, as the phone shows it, or why none left.

Ordinary reminders are not told: there are hundreds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from cli.demo.parts import Part
from cli.demo.screen import Screen
from db.engine import Tx
from db.journal_tables import messages
from db.tables import guardians
from domain.explaining import code_in_words
from domain.sending import MessageState, Purpose
from domain.value import Id
from domain.wording import capital, listed

_UNDER_WAY = frozenset({MessageState.QUEUED, MessageState.SENDING, MessageState.HELD})
_WAYS = {"sms": "SMS", "email": "e-mail"}
LONGEST_LIFE = timedelta(days=4)
"""Every message has come to its end by then."""
PREVIEW = 120
"""Characters of a text that a locked phone shows, about."""


@dataclass(frozen=True)
class Letter:
    """What became of one notice to one person."""

    at: datetime
    part: Part
    lines: tuple[tuple[str, str], ...]
    """Each with its style; the first one stands beside the time."""

    def tell(self, screen: Screen) -> Callable[[datetime], None]:
        """The way to write it."""

        def write(at: datetime) -> None:
            (first, style), *more = self.lines
            screen.line(at, self.part.first_name, first, style)
            for words, its_style in more:
                screen.below(words, its_style)

        return write


class Letters:
    """The cast's messages that have come to an end and were not told yet."""

    def __init__(self, who: Callable[[Id], str], parts: Mapping[Id, Part]) -> None:
        self.who, self.parts = who, parts
        self._told: set[str] = set()
        self._waits: set[str] = set()
        self._shown: set[str] = set()
        self._carriers: set[Id] = set()

    async def news(self, tx: Tx, now: datetime) -> list[Letter]:
        """What there is to tell now."""
        m, g = messages.c, guardians.c
        found = await tx.execute(
            select(messages, g.zone)
            .outerjoin(guardians, (g.org_id == m.org_id) & (g.id == m.guardian_id))
            .where(m.student_id.in_(self.parts), m.purpose != Purpose.REMINDER.value, m.created_at > now - LONGEST_LIFE)
            .order_by(m.channel.desc(), m.id)
        )
        rows = [r for r in found if r.id not in self._told]
        self._carriers = {r.merged_into for r in rows}
        pairs: defaultdict[str, list[Row[Any]]] = defaultdict(list)
        for row in rows:
            pairs[row.key.rsplit(":", 1)[0]].append(row)
        return [letter for pair in pairs.values() if (letter := self._letter(pair))]

    def _letter(self, pair: list[Row[Any]]) -> Letter | None:
        if any(r.state in _UNDER_WAY for r in pair):
            return self._waiting(pair)
        self._told.update(r.id for r in pair)
        part, to = self.parts[pair[0].student_id], self.who(pair[0].guardian_id or pair[0].staff_id)
        lines = [*self._left(pair, to), *self._stayed(pair, to)]
        return Letter(max(_at(r) for r in pair), part, tuple(lines))

    def _waiting(self, pair: list[Row[Any]]) -> Letter | None:
        """Told once: that the family's night is respected."""
        quiet = [r for r in pair if r.reason == "quiet_hours" and r.id not in self._waits]
        if not quiet:
            return None
        self._waits.update(r.id for r in quiet)
        row, until = quiet[0], quiet[0].due_at.astimezone(ZoneInfo(quiet[0].zone))
        place = row.zone.rsplit("/", 1)[-1].replace("_", " ")
        began = _at(row).astimezone(ZoneInfo(row.zone))
        to = self.who(row.guardian_id)
        words = f"It is {began:%H:%M} in {place}: the message to {to} waits until {until:%H:%M}."
        return Letter(_at(row), self.parts[row.student_id], ((words, "cyan"),))

    def _left(self, pair: list[Row[Any]], to: str) -> Iterable[tuple[str, str]]:
        gone = [r for r in pair if r.state not in _STAYS]
        if gone:
            yield f"{capital(_ways(gone))} to {to}: “{self._shown_of(gone[0])}”", "cyan"

    def _shown_of(self, row: Row[Any]) -> str:
        """An e-mail's subject; the first text of a kind whole, later ones as far as a locked phone shows them."""
        text = str((row.body if row.channel == "sms" else row.subject) or "")
        if row.purpose not in self._shown or row.id in self._carriers or len(text) <= PREVIEW:
            self._shown.add(row.purpose)
            return text
        start = text[:PREVIEW]
        ends = max(start.rfind(sign) + 1 for sign in (". ", "? "))
        return start[:ends] if ends else f"{start.rsplit(' ', 1)[0]} …"

    def _stayed(self, pair: list[Row[Any]], to: str) -> Iterable[tuple[str, str]]:
        for row in pair:
            if row.state == MessageState.MERGED:
                yield f"The SMS to {to} is the one about both children.", "cyan"
            elif row.state in _STAYS:
                reason = code_in_words(row.reason or row.state)
                yield f"{capital(_WAYS[row.channel])} to {to} {_STAYS[row.state]}: {reason}.", "dim"


_STAYS = {
    MessageState.SUPPRESSED: "not sent",
    MessageState.CANCELLED: "cancelled",
    MessageState.EXPIRED: "not sent any more",
    MessageState.FAILED: "failed",
    MessageState.MERGED: "merged",
}


def _at(row: Row[Any]) -> datetime:
    """When the message came to where it is."""
    return datetime.fromisoformat(row.history[-1]["at"])


def _ways(rows: list[Row[Any]]) -> str:
    return listed([_WAYS[r.channel] for r in rows])
