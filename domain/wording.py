"""The words of every message, made from values: short, plain, in the reader's local time, with one thing to do next.

An SMS has at most 300 characters, in the GSM-7 alphabet unless a name leaves it (one typographic quote would double
its segments); an e-mail at most 150 words. A family is written to in its language (`domain.phrases`). Texts are plain:
who shows one inside HTML escapes it there.
"""

from __future__ import annotations

from collections.abc import Iterator

from domain.phrases import said
from domain.plain_words import capital, counted, listed, task_in_words, when
from domain.said import Names, Said
from domain.sending import ABOUT_ABSENCE, Channel, Message
from domain.value import Value

__all__ = ["SMS_LIMIT", "Names", "Text", "capital", "compose", "counted", "listed", "task_in_words", "when"]

SMS_LIMIT = 300
"""Characters. Two joined GSM-7 segments hold 306."""


class Text(Value):
    """A message in words. An SMS has no subject."""

    subject: str | None = None
    body: str


def compose(message: Message, names: Names, also: tuple[tuple[Message, Names], ...] = ()) -> Text:
    """The text of a message. `also` are siblings' absence messages that travel in it; every child is named."""
    told = ((message, names), *also)
    if message.channel is Channel.EMAIL:
        return _email(told)
    return Text(body=next(text for text in _versions(told) if len(text) <= SMS_LIMIT))


def _versions(told: tuple[tuple[Message, Names], ...]) -> Iterator[str]:
    """An SMS from the most telling version on: full names, then shorter ones, then the least that still helps.

    That is the children's names alone where they are told of absences, and a text without its link elsewhere.
    """
    for limit in (40, 24, 16):
        yield _whole([said(m, n, limit) for m, n in told])
    if told[0][0].purpose not in ABOUT_ABSENCE:
        yield _whole([said(m, n, 16, with_links=False) for m, n in told])
        return
    for limit, shown in ((16, len(told)), (9, len(told)), (9, 8)):
        all_said = [said(m, n, limit) for m, n in told]
        children = [s.first for s in all_said]
        date = all_said[0].date if len({s.date for s in all_said}) == 1 else ""
        yield _signed(all_said, all_said[0].missed_sessions(children[:shown], len(children[shown:]), date))


def _whole(all_said: list[Said]) -> str:
    return _signed(all_said, " ".join(dict.fromkeys(s.parts()[1] for s in all_said)))


def _signed(all_said: list[Said], story: str) -> str:
    s = all_said[0]
    ask = s.parts()[2]
    for_all = s.put(s.FOR_EACH_CHILD) if len(all_said) > 1 and s.message.offers_replies else ""
    return " ".join(filter(None, (f"{s.operator}:", story, ask, for_all)))


def _email(told: tuple[tuple[Message, Names], ...]) -> Text:
    all_said = [said(m, n, 40) for m, n in told]
    s = all_said[0]
    subject, _, ask = s.parts()
    to_staff = s.message.recipient_kind == "staff"
    paragraphs = [
        s.greeting(),
        *(x.parts()[1] for x in all_said),
        ask,
        s.operator if to_staff or not s.coordinator else f"{s.coordinator}\n{s.operator}",
        "" if to_staff else s.why([x.first for x in all_said]),
    ]
    return Text(subject=subject, body="\n\n".join(filter(None, paragraphs)))
