"""Whether words that a language model wrote may be shown to the person who reviews them.

They must pass the checks of a template, and more: each rule here reads the words alone, against the fact sheet they
were asked for with. Whatever talked the model into them, what the facts do not say does not pass. The rules would
rather refuse good words than let others through: the template's own are always there. Each rule's code has its sentence
in `domain.drafting_reasons`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from domain.drafted_languages import CLOCK, LANGUAGES, Language
from domain.drafts import FactSheet
from domain.sending import Channel
from domain.template_checks import problems
from domain.templates import VARIABLE, Template

_OF_A_TEMPLATE: Mapping[str, str] = {
    "unknown_variable": "placeholder_unknown",
    "braces": "placeholder_unknown",
    "invisible": "odd_characters",
    "letters": "odd_characters",
    "missing": "placeholder_missing",
    "missing_answers": "placeholder_missing",
    "missing_ask": "placeholder_missing",
    "no_subject": "subject_misplaced",
    "missing_subject": "subject_misplaced",
    "several_lines": "subject_misplaced",
    "too_long": "too_long",
}
"""What the checks of a template find, as our codes; the rest of what they find are forbidden claims."""
_LINK = re.compile(
    r"://|\bwww\b|\bhxxp|@|\b(?:dot|punto) ?(?:com|org|net|es|io)\b|[^\W\d_][\w-]*\.[^\W\d_]{2,}|\d\.[^\W\d_]{2,}", re.I
)
_PHONE = re.compile(r"\+ ?\d|\d(?:[ ().-]?\d){5,}")
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*(?:[^\W\d_]+|%)?")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_CAPITAL_INSIDE = re.compile(r"(?<![.!?:\n\"¿¡] )(?<![\n\"¿¡(])(?<!^)\b([^\W\d_][\w'’-]*)", re.MULTILINE)
_NOT_PLAIN = frozenset("<>[]`*#|\\_~^{}")


def fault_in(sheet: FactSheet, words: Mapping[Channel, Template]) -> str | None:
    """The code of the first rule that these words break (`drafting_reasons.FAULTS`), None when they may be shown."""
    if set(words) != set(sheet.like):
        return "channel_missing"
    found = (_fault(sheet, channel, words[channel]) for channel in sheet.like)
    return next(filter(None, found), None)


def _fault(sheet: FactSheet, channel: Channel, template: Template) -> str | None:
    flaws = problems(template, sheet.purpose, channel, sheet.language)
    if flaw := next((f for f in flaws if f.blocking or f.code == "letters"), None):
        return _OF_A_TEMPLATE.get(flaw.code, "claim_forbidden")
    said = _without_placeholders("\n".join(filter(None, (template.subject, template.story, template.ask))))
    known = "\n".join((*sheet.facts.values(), *(p for t in sheet.like.values() for p in (t.subject, t.story, t.ask))))
    language = LANGUAGES.get(sheet.language.partition("-")[0].lower(), Language())
    text, known = unicodedata.normalize("NFKC", said), _without_placeholders(known)
    return next((code for code, breaks in _RULES if breaks(text, known, language)), None)


def _without_placeholders(text: str) -> str:
    """With a small letter where each was, so that what stands beside it stays inside of its sentence."""
    return VARIABLE.sub("x", text)


def _is_odd(text: str, known: str, _: Language) -> bool:
    return any(c in _NOT_PLAIN or not _is_plain(c) for c in text if c != "\n" and not (c.isalpha() and c in known))


def _is_plain(c: str) -> bool:
    """Neither invisible nor a letter of another script, which can look like one of ours."""
    if c.isalpha():
        return unicodedata.name(c, "").startswith(("LATIN ", "FEMININE ", "MASCULINE "))
    return unicodedata.category(c)[0] not in "CM"


def _has_new_number(text: str, known: str, language: Language) -> bool:
    digits, words = set(_NUMBER.findall(known)), _words(known)
    spelt = {w for w in _words(text) & language.numbers.keys() if str(language.numbers[w]) not in digits}
    return not set(_NUMBER.findall(text)) <= digits or not spelt <= words


def _has_new_date(text: str, known: str, language: Language) -> bool:
    named = {w for w in _words(text) if {w, w.removesuffix("s")} & (language.days | language.near)}
    known_words = _words(known)
    new = {w for w in named if not any(w == k or (len(k) > 2 and w.startswith(k)) for k in known_words)}
    clocks = {m.group().lower() for m in CLOCK.finditer(text)}
    return bool(new) or not clocks <= {m.group().lower() for m in CLOCK.finditer(known)}


def _has_new_name(text: str, known: str, language: Language) -> bool:
    inside = {w for w in _CAPITAL_INSIDE.findall(text) if w[0].isupper()}
    return not {w.lower() for w in inside} <= _words(known) | language.capitals | language.days


def _is_in_another_language(text: str, _: str, language: Language) -> bool:
    lines = [[w for w in map(str.lower, _WORD.findall(line)) if len(w) > 1] for line in text.splitlines()]
    mine = [sum(w in language.common for w in words) for words in lines]
    strange = any(len(words) > 3 and not known for words, known in zip(lines, mine, strict=True))
    others = (o.common for o in LANGUAGES.values() if o is not language)
    return strange or any(2 * sum(w in other for words in lines for w in words) > sum(mine) for other in others)


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}


_RULES: tuple[tuple[str, Callable[[str, str, Language], bool]], ...] = (
    ("odd_characters", _is_odd),
    ("link", lambda text, *_: bool(_LINK.search(text))),
    ("phone_number", lambda text, *_: bool(_PHONE.search(text))),
    ("number_invented", _has_new_number),
    ("date_invented", _has_new_date),
    ("name_invented", _has_new_name),
    # Also not when a fact has the word: somebody may have typed it there to have it asked.
    ("data_asked", lambda text, _, language: bool(_words(text) & language.asking)),
    ("wrong_language", _is_in_another_language),
)
