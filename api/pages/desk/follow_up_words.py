"""A follow-up in words: why it is here, the reasons as a table, how a contact can be reached, what checks say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from babel import Locale, UnknownLocaleError
from markupsafe import Markup
from sqlalchemy import Row

from domain.conversation import Who
from domain.drivers import LEAST, Driver, Share
from domain.explaining import code_in_words
from domain.outcomes import Code, Outcome
from domain.plain_words import capital, counted, day, listed
from domain.run_words import Letter, letters_in_words
from domain.sending import BEFORE_IT_IS_OVER, HANDED_OVER, Message
from domain.value import Id
from domain.working_time import QUIET_HOURS, in_quiet_hours, local

_RULES: Mapping[str, str] = {
    "unannounced_in_row": "Missed in a row, without notice",
    "unannounced_in_days": "Missed within {last} days, without notice",
    "misses_of_last": "Missed of the last {last}",
    "many_misses": "Missed of the last {last}, for tier 3",
}
_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True)
class Reason:
    """One row of the table of reasons. `limit` is None for what no rule counts."""

    words: str
    now: str
    usual: str
    count: int = 0
    limit: int | None = None


def spelled(number: int) -> str:
    """A small number as a word: "two"."""
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def lessons(text: str) -> str:
    """The words of the rules as people read them: a session is a lesson on pages."""
    return text.replace("session", "lesson").replace("Session", "Lesson")


def first_name(name: str | None) -> str:
    """What a student is called within a sentence."""
    return (name or "").split()[0] if (name or "").split() else "the student"


def lead(
    first: str,
    missed: Sequence[tuple[Outcome, str]],
    before: Sequence[Outcome],
    letters: Sequence[Message],
    answered: datetime | None,
    zone: str,
) -> str:
    """What happened, in some sentences: which lessons, whether anybody wrote, and how it was until then.

    `missed` are the case's lessons with their subjects, `before` those that came before them.
    """
    told = [_missed(first, missed, zone, wrote=answered is not None)] if missed else []
    about_it = [m for m in letters if m.state in HANDED_OVER and m.purpose not in BEFORE_IT_IS_OVER]
    sent = [Letter(m.channel, m.state, m.offers_replies) for m in about_it]
    if words := letters_in_words(sent, answered=answered is not None):
        told.append(f"The family was sent {words}.")
    if len(before) >= LEAST // 2:
        number = sum(o.is_miss for o in before)
        often = "no lesson" if not number else counted(spelled(number), "lesson").replace("one lessons", "one lesson")
        told.append(f"Until then {first} had missed {often} in {spelled(len(before))}.")
    return " ".join(told)


def _missed(first: str, missed: Sequence[tuple[Outcome, str]], zone: str, *, wrote: bool) -> str:
    by_code: dict[Code, list[tuple[Outcome, str]]] = {}
    for outcome, subject in missed:
        by_code.setdefault(outcome.code, []).append((outcome, subject))
    parts = []
    for code, of in by_code.items():
        subjects = listed(list(dict.fromkeys(s for _, s in of)))
        days = [day(local(o.starts_at, zone)) for o, _ in of]
        if code is Code.NO_SHOW:
            parts.append(f"Nobody joined {subjects} on {listed(days).replace(' and ', ' or ')}")
        else:
            parts.append(f"{subjects} on {listed(days)}: {code_in_words(code)}")
    return "; ".join(parts) + (", and nobody wrote." if not wrote else ". The family has answered.")


def reasons(
    found: Sequence[Driver], shown: Share | None, asked_at: datetime | None, answered: datetime | None, now: datetime
) -> list[Reason]:
    """The rules with their numbers; then the share attended and whether the family answers, which no rule counts."""
    rows = [
        Reason(_RULES[d.rule].format(last=d.last), str(d.now), "" if d.usual is None else str(d.usual), d.now, d.limit)
        for d in found
    ]
    if shown:
        before = "" if shown.before is None else f"{shown.before:.0%}".replace("%", "\u00a0%")
        rows.append(Reason(f"Attendance, last {shown.of} lessons", f"{shown.now:.0%}".replace("%", "\u00a0%"), before))
    if asked_at:
        waits = now - asked_at
        silent = f"none in {waits.days} days" if waits >= timedelta(days=2) else "none yet"
        rows.append(Reason("Family answers", silent if answered is None else "answered", ""))
    return rows


def language(code: str) -> str:
    """A language in English: "es" is "Spanish"."""
    try:
        return Locale.parse(code, sep="-").get_display_name("en") or code
    except (UnknownLocaleError, ValueError):
        return code


def texts(contact: Row[Any], cap: int) -> str:
    """Whether texts may be sent to a contact, and how many he had."""
    if not contact.phone:
        return "no number on file"
    if contact.sms_opted_out_at:
        return "does not want any"
    if contact.phone_closed:
        return code_in_words(contact.phone_closed)
    return f"{contact.texts} of {cap} in 7 days"


def emails(contact: Row[Any]) -> str:
    """Whether e-mail reaches a contact."""
    if not contact.email:
        return "no address on file"
    return code_in_words(contact.email_closed) if contact.email_closed else "goes through"


def broken(contact: Row[Any]) -> bool:
    """That an address of this contact needs mending."""
    return bool(contact.phone_closed or contact.email_closed or not (contact.phone or contact.email))


def hours(contact: Row[Any], now: datetime) -> str:
    """Until when he can be written to, by his own clock."""
    if in_quiet_hours(now, contact.zone):
        return f"texts from {QUIET_HOURS.ends:%H:%M}"
    return f"texts until {QUIET_HOURS.begins:%H:%M}"


def theirs(at: datetime, zone: str, now: datetime) -> str:
    """An instant by the family's clock: "16:00", with the day where it is another one than today."""
    wall = local(at, zone)
    return f"{wall:%H:%M}" if wall.date() == local(now, zone).date() else f"{day(wall)} {wall:%H:%M}"


def before(rows: Sequence[Row[Any]], zone: str) -> list[str]:
    """Follow-ups that came before, each in a line: when, what it led to, how it ended."""
    told = []
    for r in rows:
        led_to = f"{code_in_words(r.led_to)}, " if r.led_to else ""
        lasted = (r.closed_at - r.opened_at).days
        took = f" in {counted(str(lasted), 'day')}" if lasted else " the same day"
        told.append(f"{day(local(r.opened_at, zone))}: {led_to}{code_in_words(r.outcome)}{took}")
    return told


def who_of(called: Mapping[Id, str], me: Id, contacts: Sequence[Row[Any]]) -> Who:
    """Names by id: "you" for the viewer, and first names for contacts where no two have the same."""
    firsts = [first_name(c.name) for c in contacts]
    short = {c.id: f for c, f in zip(contacts, firsts, strict=True) if firsts.count(f) == 1}
    known = {**called, **short, me: "you"}
    return lambda of: known.get(of, "somebody no longer here")


def sentence(text: str) -> str:
    """A line that begins large, its direction kept safe."""
    return capital(lessons(text))


def quoted(text: str | None, most: int = 160) -> Markup | None:
    """Somebody's own words in quotes, cut where they are long."""
    if not text:
        return None
    short = text if len(text) <= most else text[: most - 1].rstrip() + "…"
    return Markup("“<bdi>{}</bdi>”").format(short)
