"""The words of a message as data: three short texts with variables in braces.

What stands around them (who writes, the greeting, the signature, why one gets it, how to stop it) is no template's to
change. A variable is a plain name; nothing else in braces means anything, so that no template can reach further.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from domain.sending import Channel, Purpose
from domain.value import Value

VARIABLE = re.compile(r"\{([a-z_]+)\}")


class Template(Value):
    """`subject` of an e-mail (an SMS has none), what happened, and the one thing to do next; variables as `{first}`."""

    subject: str = ""
    story: str
    ask: str = ""


def alike(purpose: Purpose, subject: str, story: str, ask: str) -> Mapping[tuple[Purpose, Channel], Template]:
    """The same words on both channels; the SMS without a subject."""
    return {
        (purpose, Channel.EMAIL): Template(subject=subject, story=story, ask=ask),
        (purpose, Channel.SMS): Template(story=story, ask=ask),
    }


P = Purpose
_BOTH = tuple(Channel)
CHANNELS: Mapping[Purpose, tuple[Channel, ...]] = {
    P.ABSENCE_NOTICE: _BOTH,
    P.CONCERN: _BOTH,
    P.CALLED_OFF: _BOTH,
    P.CANCELLATION_CONFIRMATION: (Channel.EMAIL,),
    P.ALL_CLEAR: _BOTH,
    P.REMINDER: _BOTH,
    P.LIVE_RESCUE: (Channel.SMS,),
}
"""What families are told in an operator's own words, if it has any, and how each travels (rules, section 6)."""

MEANS: Mapping[str, str] = {
    "first": "the child's first name",
    "session": "the session in a sentence: the Maths session",
    "lesson": "the session in one word: Maths",
    "a_session": "what the child has: Maths, or a session",
    "on": "when it was, with the clock: on Tue 3 Mar, 17:00 CET",
    "day": "on which day: on Tue 3 Mar",
    "soon": "when it will be, near as it is: tomorrow at 17:00 CET",
    "total": "the running total: 3 of the last 8 Maths sessions",
    "total_and_latest": "the running total and the latest one: 3 of the last 8 Maths sessions, the latest on Tue 3 Mar",
    "lead_in": "the first words of the ask, other ones each time we write: How can we help?",
    "ask": "how to answer: Reply 1 ill, 2 clash, 3 please call me; or whom to contact",
    "cause": "why we called it off, as far as we say: because of a technical problem",
    "what": "what became of the session, as a whole sentence with child, subject and date",
    "charge": "what it takes from the balance, as a whole sentence; nothing where there is nothing to say",
    "us": "whom to turn to: the coordinator's name, or us",
    "tell_us": "an order to tell the coordinator: tell Alice",
    "teacher": "who teaches: with Sam Reed",
    "join": "the session's link with a word before it; nothing without a link",
    "join_now": "the session's link with a word before it; without a link: Please join now.",
    "began": "when it began, as a whole sentence: It began at 17:00 CET.",
    "notice": "how long ahead we ask to be told, as a whole sentence: We ask for 24 hours of notice.",
}
"""Every variable, in plain words with an example. Where it has nothing to say it is left out."""

OURS = frozenset({"matter"})
"""Variables that shipped words alone have: what a person writes about is in no template of an operator."""
_ALWAYS = ("first", "session", "lesson", "on", "day", "us", "tell_us")
_MORE: Mapping[Purpose, tuple[str, ...]] = {
    P.ABSENCE_NOTICE: ("ask",),
    P.CONCERN: ("total", "total_and_latest", "lead_in", "ask"),
    P.CALLED_OFF: ("cause", "charge"),
    P.CANCELLATION_CONFIRMATION: ("what", "charge"),
    P.ALL_CLEAR: ("what", "charge"),
    P.REMINDER: ("a_session", "teacher", "soon", "join", "notice"),
    P.LIVE_RESCUE: ("began", "join_now"),
}
VARIABLES: Mapping[Purpose, Mapping[str, str]] = {
    purpose: {name: MEANS[name] for name in (*_ALWAYS, *more)} for purpose, more in _MORE.items()
}
"""The variables a template may have, by purpose, each with what it stands for. There are no others."""


def filled(text: str, value: Callable[[str], str]) -> str:
    """The text with each variable's value in its place, and without the gaps that empty ones leave."""
    said = VARIABLE.sub(lambda v: value(v[1]), text)
    said = re.sub(r"[^\S\n]*\n[^\S\n]*", "\n", re.sub(r" {2,}", " ", said))
    return re.sub(r" +(?=[.,](?:\s|$))", "", re.sub(r"\n{3,}", "\n\n", said)).strip()
