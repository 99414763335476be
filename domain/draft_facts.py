"""What a draft is made from: the facts a person is shown, what a drafter may know, and whether they still hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.drafts import FactSheet
from domain.phrases import said
from domain.said import Names
from domain.sending import Message
from domain.templates import VARIABLES, Template
from domain.value import Value
from domain.wording import in_words

NAMED: Mapping[str, str] = {
    "student_name": "the student's name",
    "guardian_name": "the contact's name",
    "operator_name": "our name",
    "coordinator_name": "who signs",
    "instructor_name": "who teaches",
    "subject": "the subject",
    "starts_at": "when the session began",
    "zone": "the contact's time zone",
    "language": "the contact's language",
    "missed": "sessions missed",
    "last": "of so many",
    "step": "step of the messages to the family",
    "code": "what became of the session",
}
"""The facts a draft rests on, in plain words. Nothing else is kept of them."""
_NUMBERS = ("missed", "last", "step", "code")
_TOLD = ("session", "lesson", "on", "day", "soon", "total", "total_and_latest", "cause", "charge", "began", "notice")
"""Variables whose values name nobody and lead nowhere: a drafter may read them."""
Facts = dict[str, str | int]


class Fact(Value):
    """One fact, as a person is shown it."""

    name: str
    called: str
    value: str | int


def facts_of(message: Message, names: Names) -> Facts:
    """The facts a message rests on, as plain values."""
    found: Facts = {}
    for name in NAMED:
        value = message.numbers.get(name) if name in _NUMBERS else getattr(names, name)
        if value is not None:
            found[name] = value.isoformat() if isinstance(value, datetime) else value
    return found


def fingerprint(facts: Facts) -> str:
    """The same facts give the same one; nothing can be read from it."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def changed(before: Facts, now: Facts) -> tuple[str, ...]:
    """Which facts are not what they were, in the order in which they are shown."""
    return tuple(name for name in NAMED if before.get(name) != now.get(name))


def shown(facts: Facts) -> tuple[Fact, ...]:
    """The facts for a person to read."""
    return tuple(Fact(name=n, called=called, value=facts[n]) for n, called in NAMED.items() if n in facts)


def what_changed(names: Sequence[str]) -> str:
    """A sentence that tells which facts have changed since a draft was made."""
    told = ", ".join(NAMED.get(n, n.replace("_", " ")) for n in names) or "the facts behind it"
    return f"Changed since the draft was made: {told}. A new draft is made at once; read that one."


def sheet(told: Sequence[tuple[Message, Names]]) -> FactSheet:
    """What a drafter may know of one notice: the same message on each of its channels, with what it may say."""
    first, names = told[0]
    about = said(first, names, 40)
    variables = VARIABLES.get(first.purpose, {})
    facts = {name: value for name in _TOLD if name in variables and (value := about.value(name))}
    return FactSheet(
        purpose=first.purpose,
        language=names.language,
        facts=facts,
        placeholders=dict(variables),
        like={m.channel: said(m, n, 40).template for m, n in told},
    )


def filled_in(message: Message, names: Names, words: Template) -> Template:
    """A drafter's words with the names and facts in their places."""
    return in_words(message, names.model_copy(update={"words": words, "written": None}))
