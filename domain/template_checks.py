"""Whether a template may be used: what it has to say, what it must not, and how long it gets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from domain.claims import claims
from domain.phrases import LANGUAGES, said, spoken
from domain.segments import measured
from domain.sending import ABOUT_ABSENCE, Channel, Purpose
from domain.template_samples import EMAIL_AT_ITS_LONGEST, LONGEST_NAME, SMS_AT_ITS_LONGEST, every_kind
from domain.templates import VARIABLE, VARIABLES, Template
from domain.value import Value
from domain.wording import SMS_LIMIT, WORD_LIMIT, compose

Part = Literal["subject", "story", "ask"]
P = Purpose
SUBJECT_LIMIT = 200
"""Characters of an e-mail's subject; a mail program shows about 60."""
_LINK = re.compile(r"https?:|www\.|\w\.(?:com|org|net|io|me|ly|link|app|edu)\b", re.IGNORECASE)
_CHILD = ("first", "what")
_SUBJECT = ("session", "lesson", "a_session", "total", "total_and_latest", "what")
_DATE = ("on", "day", "soon", "total_and_latest", "what")
_STORY: Mapping[Purpose, Mapping[str, tuple[str, ...]]] = {
    **{p: {"the child": _CHILD, "the session": _SUBJECT, "the date": _DATE} for p in VARIABLES},
    P.CONCERN: {
        "the child": ("first",),
        "the running total": ("total", "total_and_latest"),
        "the date": ("on", "day", "total_and_latest"),
    },
    P.LIVE_RESCUE: {"the child": ("first",), "the session": ("session", "lesson")},
}
"""What a story names, and the variables that name it. It alone stands for a child in a text about several."""
_SOMEWHERE: Mapping[Purpose, Mapping[str, tuple[str, ...]]] = {
    P.CANCELLATION_CONFIRMATION: {"the charge": ("charge",)},
    P.LIVE_RESCUE: {"the way into the room": ("join_now",)},
}
"""What the story or the ask says."""


class Flaw(Value):
    """Something about a template: in which part, a code, a sentence for a person, and whether it stands in the way."""

    part: Part
    code: str
    sentence: str
    blocking: bool = True


def problems(template: Template, purpose: Purpose, channel: Channel, language: str) -> tuple[Flaw, ...]:
    """Everything about a template that its author should know, what stands in the way first.

    A purpose without variables has no template. Lengths are measured on the longest sample, once the rest is sound.
    """
    found = [
        *_braces(template, purpose),
        *_missing(template, purpose, channel),
        *_forbidden(template, language),
    ]
    if not any(flaw.blocking for flaw in found):
        found += _too_long(template, purpose, channel, language)
    found += _dear(template, channel, language)
    return tuple(sorted(found, key=lambda flaw: not flaw.blocking))


def _parts(template: Template) -> tuple[tuple[Part, str], ...]:
    return ("subject", template.subject), ("story", template.story), ("ask", template.ask)


def _variables(text: str) -> set[str]:
    return set(VARIABLE.findall(text))


def _braces(template: Template, purpose: Purpose) -> Iterator[Flaw]:
    known = VARIABLES.get(purpose, {})
    for part, text in _parts(template):
        for name in sorted(_variables(text) - known.keys()):
            told = f"There is no {{{name}}} in this message. It may have {', '.join(f'{{{k}}}' for k in known)}."
            yield Flaw(part=part, code="unknown_variable", sentence=told)
        if re.search(r"[{}]", VARIABLE.sub("", text)):
            told = "Braces hold a variable's name and nothing else, such as {first}. Write other signs without them."
            yield Flaw(part=part, code="braces", sentence=told)
        if any(not c.isprintable() and c != "\n" for c in text):
            told = "There are signs in it that nobody sees. Type the words anew instead of pasting them."
            yield Flaw(part=part, code="invisible", sentence=told)


def _missing(template: Template, purpose: Purpose, channel: Channel) -> Iterator[Flaw]:
    everywhere = _variables(template.story + template.ask)
    for part, wanted, there in (
        ("story", _STORY.get(purpose, {}), _variables(template.story)),
        ("ask", _SOMEWHERE.get(purpose, {}), everywhere),
    ):
        for what, any_of in wanted.items():
            if not there & set(any_of):
                told = f"It does not name {what}. Put in {' or '.join(f'{{{name}}}' for name in any_of)}."
                yield Flaw(part="ask" if part == "ask" else "story", code="missing", sentence=told)
    if purpose in ABOUT_ABSENCE:
        if template.ask.count("{ask}") != 1 or "{ask}" in template.subject + template.story:
            told = "Families answer with a number. Put {ask} into what to do next, once, and nowhere else."
            yield Flaw(part="ask", code="missing_answers", sentence=told)
    elif not template.ask.strip():
        yield Flaw(part="ask", code="missing_ask", sentence="It does not say what to do next. Ask for one thing.")
    if channel is Channel.SMS and template.subject:
        yield Flaw(part="subject", code="no_subject", sentence="An SMS has no subject. Leave it empty.")
    if channel is Channel.EMAIL and not template.subject.strip():
        yield Flaw(part="subject", code="missing_subject", sentence="An e-mail needs a subject.")
    if "\n" in template.subject:
        yield Flaw(part="subject", code="several_lines", sentence="A subject is one line.")


def _forbidden(template: Template, language: str) -> Iterator[Flaw]:
    for part, text in _parts(template):
        for claim in claims(VARIABLE.sub(" ", text), language):
            yield Flaw(part=part, code=claim.kind, sentence=claim.sentence)


def _too_long(template: Template, purpose: Purpose, channel: Channel, language: str) -> Iterator[Flaw]:
    longest = SMS_AT_ITS_LONGEST if channel is Channel.SMS else EMAIL_AT_ITS_LONGEST
    names = longest.model_copy(update={"language": language, "words": template})
    kinds = list(every_kind(purpose, channel))
    if channel is Channel.SMS:
        every = [said(kind, names, LONGEST_NAME) for kind in kinds]
        length = max(len(" ".join((f"{s.operator}:", *s.parts()[1:]))) for s in every)
        if length > SMS_LIMIT:
            told = f"With long names it has {length} characters; an SMS has at most {SMS_LIMIT}. Leave something out."
            yield Flaw(part="story", code="too_long", sentence=told)
        return
    texts = [compose(kind, names) for kind in kinds]
    words = max(len(text.body.split()) for text in texts)
    if words > WORD_LIMIT:
        told = f"With long names it has {words} words; an e-mail has at most {WORD_LIMIT}. Leave something out."
        yield Flaw(part="story", code="too_long", sentence=told)
    length = max(len(text.subject or "") for text in texts)
    if length > SUBJECT_LIMIT:
        told = f"With long names it has {length} characters; a subject has at most {SUBJECT_LIMIT}."
        yield Flaw(part="subject", code="too_long", sentence=told)


def _dear(template: Template, channel: Channel, language: str) -> Iterator[Flaw]:
    """What makes a message costly or doubtful, without standing in its way."""
    for part, text in _parts(template):
        if _LINK.search(text):
            told = "A link of your own looks like a trick to families and to carriers. Say where to look in words."
            yield Flaw(part=part, code="link", sentence=told, blocking=False)
        if channel is Channel.SMS:
            plain = LANGUAGES[spoken(language)].in_sms(text)
            outside = sorted({c for c in plain if measured(c).encoding != "GSM-7"})
            if outside:
                told = f"{' '.join(outside)} makes every text of it cost more than twice as much. Write it without."
                yield Flaw(part=part, code="letters", sentence=told, blocking=False)
