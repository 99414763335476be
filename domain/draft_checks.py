"""What is checked of a draft before it may leave; each check is shown to the person who reads it, with its sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import cache
from typing import Literal

from babel.dates import get_day_names, get_month_names

from domain.claims import claims
from domain.phrases import said
from domain.said import Names
from domain.segments import measured
from domain.sending import Channel, Message, Purpose, RecipientFacts, address_problem
from domain.sentences import CODES
from domain.templates import Template
from domain.value import Value
from domain.wording import SMS_LIMIT, WORD_LIMIT, compose
from domain.working_time import local

_CLOCK = re.compile(
    r"(?<![\d:])(\d{1,2})[:h](\d{2})(?!\d)(?:\s*([ap])\.?\s?m\b)?|(?<![\d:])(\d{1,2})\s?([ap])\.?m\b", re.I
)
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_SHORT_DATE = re.compile(r"(?<!\d)(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d{2})(?!\d)")


class Check(Value):
    """One check. A blocking one that has not passed keeps the draft from leaving."""

    name: str
    passed: bool
    blocking: bool = True
    sentence: str


class Worded(Value):
    """A message of a draft with the words that stand for it, and what it may say."""

    message: Message
    names: Names
    words: Template

    @property
    def text(self) -> str:
        """All of its words, as one text."""
        return "\n".join(filter(None, (self.words.subject, self.words.story, self.words.ask)))

    @property
    def composed(self) -> str:
        """The body as it would leave."""
        return compose(self.message, self.names.model_copy(update={"written": self.words})).body


def checks(texts: Sequence[Worded], to: RecipientFacts, texts_in_7_days: int) -> tuple[Check, ...]:
    """Everything that is checked of a draft's texts, whose recipient is `to`.

    What a person has written himself need not name the child or the session again.
    """
    own = texts[0].message.purpose is Purpose.PERSONAL
    found = [_names_the_child(texts, own), _agrees_in_time(texts, own), _can_be_reached(texts, to)]
    found += [_has_words(texts), *(_length(t) for t in texts), _claims_nothing(texts)]
    had = f"{texts_in_7_days} text{'' if texts_in_7_days == 1 else 's'}"
    return (*found, Check(name="texts", passed=True, blocking=False, sentence=f"The contact had {had} in 7 days."))


def stand_in_the_way(found: Sequence[Check]) -> str:
    """The sentences of what keeps a draft from leaving; empty when nothing does."""
    return " ".join(c.sentence for c in found if c.blocking and not c.passed)


def _names_the_child(texts: Sequence[Worded], own: bool) -> Check:
    missing = [t for t in texts if said(t.message, t.names, 40).first not in t.text]
    child = said(texts[0].message, texts[0].names, 40).first
    told = f"The {_called(missing)} does not name {child}." if missing else f"It names {child}."
    return Check(name="name", passed=not missing, blocking=not own, sentence=told)


def _called(texts: Sequence[Worded]) -> str:
    return " and the ".join("SMS" if t.message.channel is Channel.SMS else "e-mail" for t in texts)


def _has_words(texts: Sequence[Worded]) -> Check:
    empty = [t for t in texts if not t.words.story.strip()]
    empty += [t for t in texts if t.message.channel is Channel.EMAIL and not t.words.subject.strip()]
    told = f"The {_called(list(empty))} lacks words or a subject." if empty else "Nothing is left empty."
    return Check(name="words", passed=not empty, sentence=told)


def _can_be_reached(texts: Sequence[Worded], to: RecipientFacts) -> Check:
    closed = {t.message.channel: why for t in texts if (why := address_problem(t.message, to))}
    if not closed:
        return Check(name="consent", passed=True, sentence="The contact can be reached and has not opted out.")
    why = "; ".join(f"{_WAY[channel]}: {CODES.get(code, code.replace('_', ' '))}" for channel, code in closed.items())
    nobody = len(closed) == len(texts)
    rest = "Nothing can leave." if nobody else "The rest leaves."
    return Check(name="consent", passed=False, blocking=nobody, sentence=f"{why}. {rest}")


_WAY = {Channel.SMS: "SMS", Channel.EMAIL: "E-mail"}


def _length(text: Worded) -> Check:
    s = said(text.message, text.names, 40)
    if text.message.channel is Channel.EMAIL:
        words = len(text.composed.split())
        told = f"E-mail: {words} words, at most {WORD_LIMIT}."
        return Check(name="length", passed=words <= WORD_LIMIT, sentence=told)
    body = " ".join(filter(None, (f"{s.operator}:", text.words.story, text.words.ask)))
    travels = measured(body)
    segments = f"{travels.segments} segment{'' if travels.segments == 1 else 's'}"
    told = f"SMS: {len(body)} characters, at most {SMS_LIMIT}; {segments} in {travels.encoding}."
    return Check(name="length", passed=len(body) <= SMS_LIMIT, sentence=told)


def _claims_nothing(texts: Sequence[Worded]) -> Check:
    names = texts[0].names
    people = (names.student_name, names.guardian_name, names.subject, names.instructor_name, names.coordinator_name)
    own = [part for name in people if name for part in (name, *name.split())]
    found = {c.words.lower(): c.sentence for t in texts for c in claims(t.text, names.language, own)}
    told = " ".join(found.values()) or "Nothing in it blames, threatens, promises or presses."
    return Check(name="claims", passed=not found, sentence=told)


# --- days and clocks -------------------------------------------------------------------------------------------------


def _agrees_in_time(texts: Sequence[Worded], own: bool) -> Check:
    """A day or a clock that is not the session's. What the operator's own template says beside is its own matter."""
    names = texts[0].names
    if names.starts_at is None:
        return Check(
            name="time", passed=True, blocking=False, sentence="It is about no session, so no time is checked."
        )
    wall = local(names.starts_at, names.zone)
    wrong: list[str] = []
    for t in texts:
        s = said(t.message, t.names, 40)
        ours = "\n".join((s.template.subject, s.template.story, s.template.ask))
        usual = {told for told, _ in _times(ours, s.LOCALE, wall)}
        wrong += [told for told, agrees in _times(t.text, s.LOCALE, wall) if not agrees and told not in usual]
    when = f"{s.date}, {wall:%H:%M} in the contact's zone"
    if not wrong:
        return Check(name="time", passed=True, blocking=not own, sentence=f"Days and times agree with {when}.")
    told = ", ".join(dict.fromkeys(wrong))
    return Check(name="time", passed=False, blocking=not own, sentence=f"{told}: the session was on {when}.")


def _times(text: str, locale: str, wall: datetime) -> list[tuple[str, bool]]:
    """Every day and clock in a text as it is read, each with whether it is that of the local time."""
    return [(m[0].strip(), agrees) for m, agrees in sorted(_found(text, locale, wall), key=lambda f: f[0].start())]


def _found(text: str, locale: str, wall: datetime) -> Iterator[tuple[re.Match[str], bool]]:
    for m in _CLOCK.finditer(text):
        hour, minute, half = int(m[1] or m[4]), int(m[2] or 0), (m[3] or m[5] or "").lower()
        if half:
            hour = hour % 12 + (12 if half == "p" else 0)
        yield m, (hour, minute) == (wall.hour, wall.minute)
    for m in _ISO.finditer(text):
        yield m, m[0] == wall.date().isoformat()
    for m in _SHORT_DATE.finditer(text):
        year = int(m[3]) % 100 == wall.year % 100
        yield m, year and (int(m[1]), int(m[2])) in ((wall.day, wall.month), (wall.month, wall.day))
    pattern, months, days = _calendar_words(locale)
    for m in pattern.finditer(text):
        month = months[(m["month"] or m["month_first"]).lower()]
        weekday = days.get((m["weekday"] or "").lower().rstrip("."))
        fits = (int(m["day"] or m["day_last"]), month) == (wall.day, wall.month)
        yield m, fits and weekday in (None, date.weekday(wall))


_WIDTHS: tuple[Literal["wide", "abbreviated"], ...] = ("wide", "abbreviated")


@cache
def _calendar_words(locale: str) -> tuple[re.Pattern[str], dict[str, int], dict[str, int]]:
    """How days are written in a language: "Tue 3 Mar", "March 3", "3 de marzo"."""
    months = {n.lower().rstrip("."): k for w in _WIDTHS for k, n in get_month_names(w, locale=locale).items()}
    days = {n.lower().rstrip("."): k for w in _WIDTHS for k, n in get_day_names(w, locale=locale).items()}

    def any_of(names: dict[str, int]) -> str:
        return "|".join(re.escape(n) for n in sorted(names, key=len, reverse=True))

    day = r"(\d{1,2})(?:st|nd|rd|th)?"
    month = rf"(?:{any_of(months)})"
    written = (
        rf"(?:\b(?P<weekday>{any_of(days)})\.?,?\s+(?:the\s+)?)?(?<![\d:])"
        rf"(?:{day.replace('(', '(?P<day>', 1)}\.?\s+(?:of\s+|de\s+)?(?P<month>{month})\b"
        rf"|\b(?P<month_first>{month})\.?\s+{day.replace('(', '(?P<day_last>', 1)}(?![\d:]))"
    )
    return re.compile(written, re.IGNORECASE), months, days
