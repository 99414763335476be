"""Templates as they are shown: what each is for, and where an operator's own words stand in one language only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.message_templates import Standing
from api.pages.desk.draft_lines import language
from domain.drafts import Difference, differences
from domain.phrases import LANGUAGES
from domain.sending import Channel, Purpose
from domain.templates import Template

PURPOSES: Mapping[Purpose, tuple[str, str]] = {
    Purpose.ABSENCE_NOTICE: ("Missed lesson", "Minutes after a lesson that somebody missed without a word"),
    Purpose.CONCERN: ("Concern", "When a case opens, in place of the notice, and at each later step of the case"),
    Purpose.CALLED_OFF: ("Called off by us", "When we call a lesson off"),
    Purpose.CANCELLATION_CONFIRMATION: ("Cancellation confirmed", "When a family cancels a lesson, with what it costs"),
    Purpose.ALL_CLEAR: ("All clear", "When a miss we told of turns out to be none"),
    Purpose.REMINDER: ("Reminder", "Ahead of a lesson"),
    Purpose.LIVE_RESCUE: ("Call into the room", "While a lesson runs and somebody is not there yet"),
}
"""What a template is called, and when a family gets it."""
CHANNELS: Mapping[Channel, tuple[str, str]] = {Channel.SMS: ("Text", "sms"), Channel.EMAIL: ("E-mail", "mail")}
"""What a channel is called, and its icon."""
PARTS: Mapping[str, str] = {"subject": "Subject", "story": "What happened", "ask": "What to do next"}


@dataclass(frozen=True)
class Cell:
    """One template in the grid; `lacks` when the operator's own words stand in another language but not in this."""

    standing: Standing
    lacks: bool


@dataclass(frozen=True)
class Line:
    """A purpose with its templates in the order of `columns`; None where it does not travel so."""

    called: str
    sent: str
    cells: Sequence[Cell | None]


def columns() -> list[tuple[Channel, str]]:
    """Channel by language, as the grid has them."""
    return [(channel, tag) for channel in CHANNELS for tag in LANGUAGES]


def grid(items: Sequence[Standing]) -> list[Line]:
    """The templates by purpose."""
    of = {(s.purpose, s.channel, s.language): s for s in items}
    own = {(s.purpose, s.channel) for s in items if s.own}

    def cell(purpose: Purpose, channel: Channel, tag: str) -> Cell | None:
        found = of.get((purpose, channel, tag))
        return Cell(found, not found.own and (purpose, channel) in own) if found else None

    return [Line(*PURPOSES[p], [cell(p, *column) for column in columns()]) for p in PURPOSES]


def title(purpose: Purpose, channel: Channel, tag: str) -> str:
    """ "Missed lesson, text in Spanish"."""
    how = "text" if channel is Channel.SMS else "e-mail"
    return f"{PURPOSES[purpose][0]}, {how} in {language(tag)}"


def changes(before: Template, after: Template) -> list[tuple[str, Sequence[Difference]]]:
    """The parts that differ, each with what was taken out and put in."""
    return [
        (words, differences(getattr(before, part), getattr(after, part)))
        for part, words in PARTS.items()
        if getattr(before, part) != getattr(after, part)
    ]
