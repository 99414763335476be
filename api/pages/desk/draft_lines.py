"""A draft as a person reads it: which words of it are facts, which facts stand beside it, and when it would leave."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from babel import Locale, UnknownLocaleError
from markupsafe import Markup, escape

from api.drafts import Draft, DraftText, NewWords, WordsIn
from api.pages.forms import Filled
from domain.draft_facts import NAMED, Fact
from domain.explaining import code_in_words
from domain.plain_words import clean
from domain.working_time import end_of_quiet_hours, in_quiet_hours

FIELDS = ("subject", "story", "ask")
_IN_TEXTS = ("student_name", "guardian_name", "operator_name", "coordinator_name", "instructor_name", "subject")
_CALLED = {
    "student_name": "Student",
    "guardian_name": "Contact",
    "operator_name": "From",
    "coordinator_name": "Signed by",
    "instructor_name": "Teacher",
    "subject": "Subject",
    "starts_at": "Lesson began",
    "zone": "Their clocks",
    "language": "Language",
    "missed": "Missed",
    "step": "Message",
    "code": "Outcome",
}
"""What the facts of `domain.draft_facts.NAMED` are called where there is little room."""
SHORTEST = 2
"""Letters of a name that is marked in a text; a shorter one would mark half of it."""


@dataclass(frozen=True)
class Known:
    """A fact beside a draft. `kind` says how it is drawn; `changed` when it is not what it was."""

    called: str
    value: Any
    kind: Literal["text", "name", "time", "zone"]
    changed: bool


def facts(draft: Draft) -> list[Known]:
    """The facts behind a draft, in plain words; the numbers of a running total are one."""
    changed, of = {f.name for f in draft.changed}, {f.name: f for f in draft.facts}
    found = []
    for name in (n for n in NAMED if n in of and n != "last"):
        fact = of[name]
        is_other = bool({name, _beside(name)} & changed)
        found.append(Known(_CALLED.get(name, fact.called), _value(fact, of), _kind(name), is_other))
    return found


def _beside(name: str) -> str:
    return "last" if name == "missed" else name


def _kind(name: str) -> Literal["text", "name", "time", "zone"]:
    if name == "starts_at":
        return "time"
    return "zone" if name == "zone" else "name" if name in _IN_TEXTS else "text"


def _value(fact: Fact, of: dict[str, Fact]) -> Any:
    match fact.name:
        case "starts_at":
            return datetime.fromisoformat(str(fact.value))
        case "language":
            return language(str(fact.value))
        case "missed" if "last" in of:
            return f"{fact.value} of the last {of['last'].value}"
        case "step":
            return f"number {int(fact.value) + 1} of the case"
        case "code":
            return code_in_words(str(fact.value))
        case _:
            return fact.value


def language(tag: str) -> str:
    """What a language is called in English: "es" is "Spanish"."""
    try:
        return Locale.parse(tag.replace("-", "_")).get_language_name("en") or tag
    except (UnknownLocaleError, ValueError):
        return tag


def marked(text: str, draft: Draft) -> Markup:
    """A text with the words that are facts marked in it."""
    of = {f.name: str(f.value) for f in draft.facts}
    known = {clean(of[n]) for n in _IN_TEXTS if n in of}
    known |= {name.split()[0] for n in ("student_name", "guardian_name") if (name := clean(of.get(n)))}
    known |= {f"{of[n]} of the last {of['last']}" for n in ("missed",) if {"missed", "last"} <= of.keys()}
    words = sorted((k for k in known if len(k) >= SHORTEST), key=len, reverse=True)
    if not words:
        return Markup(escape(text))
    pieces = re.split("(" + "|".join(rf"(?<!\w){re.escape(w)}(?!\w)" for w in words) + ")", text)
    return Markup("").join(Markup("<mark>{}</mark>").format(p) if i % 2 else escape(p) for i, p in enumerate(pieces))


def field_of(text: DraftText, part: str) -> str:
    """What the form calls a part of a text: "sms_story"."""
    return f"{text.channel.value}_{part}"


def as_filled(draft: Draft) -> Filled:
    """The form with the words as they stand."""
    words = {field_of(t, part): getattr(t.words, part) for t in draft.texts for part in FIELDS}
    return Filled.with_values(words | {"version": draft.version})


def changed_words(draft: Draft, filled: Filled) -> WordsIn | None:
    """What the form asks to be changed, at the version it was read in; None when nothing is."""
    texts = []
    for text in draft.texts:
        given = {p: filled.values[field_of(text, p)].replace("\r\n", "\n").strip() for p in FIELDS}
        if given != {p: getattr(text.words, p).strip() for p in FIELDS} and field_of(text, "story") in filled.values:
            texts.append(NewWords.model_validate({"channel": text.channel, **given}))
    return WordsIn(version=int(filled.values["version"] or 0), texts=texts) if texts else None


def would_leave(zone: str, leaves: datetime) -> datetime | None:
    """When what is let go for this instant leaves: None for then, else when the night is over where the contact is."""
    return end_of_quiet_hours(leaves, zone) if in_quiet_hours(leaves, zone) else None
