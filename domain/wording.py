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
from domain.templates import Template
from domain.value import Value

__all__ = [
    "SMS_LIMIT",
    "WORD_LIMIT",
    "Names",
    "Text",
    "capital",
    "compose",
    "counted",
    "in_words",
    "listed",
    "task_in_words",
    "when",
]

SMS_LIMIT = 300
"""Characters. Two joined GSM-7 segments hold 306."""
WORD_LIMIT = 150
"""Words of an e-mail."""
Told = tuple[tuple[Message, Names], ...]
"""Messages that travel together, each with what it may say."""


class Text(Value):
    """A message in words. An SMS has no subject. `template_version` is that of the operator's words, if these are."""

    subject: str | None = None
    body: str
    template_version: int | None = None


def compose(message: Message, names: Names, also: Told = ()) -> Text:
    """The text of a message. `also` are siblings' absence messages that travel in it; every child is named.

    Words of the operator's that no version fits give way to the shipped ones; what a person wrote is cut at last.
    """
    told = ((message, names), *also)
    own = None if names.written else names.words_version
    if message.channel is Channel.EMAIL:
        return _email(told).model_copy(update={"template_version": own})
    body = ""
    for body in _own_versions(told):
        if len(body) <= SMS_LIMIT:
            return Text(body=body, template_version=own)
    for body in () if names.written else _shorter_versions(told):
        if len(body) <= SMS_LIMIT:
            return Text(body=body)
    return Text(body=f"{body[: SMS_LIMIT - 3].rpartition(' ')[0] or body[: SMS_LIMIT - 3]}...")


def in_words(message: Message, names: Names) -> Template:
    """The parts of a message as an e-mail or a roomy SMS says them, without what stands around them."""
    subject, story, ask = said(message, names, 40).parts()
    return Template(subject="" if message.channel is Channel.SMS else subject, story=story, ask=ask)


def _own_versions(told: Told) -> Iterator[str]:
    """An SMS in the words that stand for it: with full names, then with shorter ones."""
    for limit in (40, 24, 16):
        yield _whole([said(m, n, limit) for m, n in told])


def _shorter_versions(told: Told) -> Iterator[str]:
    """An SMS in fewer and fewer of the shipped words, the last of which always helps.

    That is the children's names alone where they are told of absences, and a text without its link elsewhere.
    """
    told = tuple((m, n.model_copy(update={"words": None})) for m, n in told)
    yield _whole([said(m, n, 16) for m, n in told])
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


def _email(told: Told) -> Text:
    all_said = [said(m, n, 40) for m, n in told]
    s = all_said[0]
    subject, _, ask = s.parts()
    to_staff = s.message.recipient_kind == "staff"
    paragraphs = [
        s.greeting(),
        *(x.parts()[1] for x in all_said),
        ask,
        s.operator if to_staff or not s.coordinator else f"{s.coordinator}\n{s.operator}",
        "" if to_staff else _why(all_said),
    ]
    return Text(subject=subject, body="\n\n".join(filter(None, paragraphs)))


def _why(all_said: list[Said]) -> str:
    """Why the family gets it, and where it can stop that."""
    s = all_said[0]
    link = s.names.stop_link
    return "\n".join(filter(None, (s.why([x.first for x in all_said]), s.how_to_stop(link) if link else "")))
