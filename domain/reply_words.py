"""The words of replies: pieces of sentences in English and Spanish, each under the name of its rule.

A piece is a regular expression over plain words: lower case, no accents, no punctuation ("can't" is "can t", "está"
is "esta"). NAME is a child's first name. A reply is understood only if pieces cover the whole of it, so
a word that is not here, such as "not" or "maybe", leaves it to a person.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain import reply_english, reply_spanish

_WHOLE_REPLIES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("ill", "code"): ("one", "uno"),
    ("clash", "code"): ("two", "dos"),
    ("call_me", "code"): ("three", "tres"),
    ("stop", "stop_word"): (
        *("stop", "stopall", "stop all", "unsubscribe", "end", "quit", "revoke", "optout", "opt out", "cancel"),
        *("baja", "alto", "parar", "detener", "basta"),
    ),
    ("start", "start_word"): ("start", "unstop", "alta", "iniciar", "reanudar", "comenzar"),
    ("help", "help_word"): ("help", "info", "ayuda", "informacion"),
}
WHOLE: Mapping[str, tuple[str, str]] = {word: of for of, said in _WHOLE_REPLIES.items() for word in said}
"""Words that mean something only as a whole reply. The English stop and start words are Twilio's (docs, "Advanced
Opt-Out"), but YES, which answers too many other questions, starts nothing."""

PIECES: tuple[tuple[str, str, str], ...] = (*reply_english.PIECES, *reply_spanish.PIECES)
"""(meaning, rule, piece). `absent` says that somebody cannot come and not why: alone it counts as a clash."""

FILLERS: tuple[str, ...] = (*reply_english.FILLERS, *reply_spanish.FILLERS)
"""What may stand around a piece and changes nothing. "No" does only before a subject ("no, she is ill"): "no fever" and
"no está enferma" say the opposite. A day that lies ahead is no filler: then a person has something to plan."""

WHY: Mapping[str, str] = {
    "code": "The reply is one of the coded answers.",
    "stop_word": "The whole reply is a word that ends texts.",
    "start_word": "The whole reply is a word that brings texts back.",
    "help_word": "The whole reply is a word that asks what this is.",
    "provider": "The carrier's own opt-out handling read the reply.",
    "is_ill": "It says that somebody is ill.",
    "symptom": "It names an illness.",
    "cannot_come": "It says that somebody cannot come.",
    "appointment": "It names something else at that time.",
    "time_clash": "It says that the time does not suit.",
    "away": "It says that the family is away.",
    "call_asked": "It asks for a call.",
    "stop_asked": "It asks for no more texts.",
    "start_asked": "It asks for texts again.",
    "late": "It says that somebody is late: a person decides.",
    "two_meanings": "It says more than one thing: a person decides.",
    "nothing_matches": "No rule covers the whole reply: a person reads it.",
    "empty": "There are no words in it: a person looks at it.",
    "stop_by_email": "It asks for no more, by e-mail: a person finds out what is meant.",
    "read_by_a_person": "A person has read it.",
}
"""The rules in words."""
