"""What a guardian's reply means, by rules that can be shown. What they do not cover is for a person, never guessed.

Pieces of sentences (`domain.reply_words`) must cover every word: "1 of us can come" is no illness, "please stop by" no
opt-out, "she is not sick" says nothing. Two meanings in one reply are for a person as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

from domain.reply_words import FILLERS, PIECES, WHOLE, WHY
from domain.value import Value

Meaning = Literal["ill", "clash", "call_me", "stop", "start", "help", "nothing", "unclear"]
"""What `domain.events.ReplyReceived` can carry. `nothing` is said by a person only: read, and nothing to do."""
ABOUT_A_CHILD = frozenset({"ill", "clash", "call_me"})
"""Count for each child the text was about; the others are about the guardian's own phone, or for a person."""
CARRIER_WORDS = frozenset(
    {"stop", "stopall", "unsubscribe", "end", "quit", "revoke", "optout", "cancel", "start", "unstop", "help", "info"}
)
"""Whole replies that Twilio answers by itself, unless that is switched off. (source: Twilio docs, opt-out keywords)"""
ANSWERS_A_DAY = 3
"""Answers to one number in 24 hours: two machines must not talk to each other for ever."""
LONGEST = 600
"""Characters; a longer reply is a letter, and for a person."""


class Understood(Value):
    """What a reply means, the rule that says so, and the children (as they were given) whose names are in it."""

    meaning: Meaning
    rule: str
    named: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """The rule in words."""
        return WHY.get(self.rule, "")


def understand(text: str, children: Sequence[str] = ()) -> Understood:
    """The meaning of a reply, whatever its case, accents, spaces and punctuation. `children` are first names."""
    said = _words(text)
    firsts = {child: _words(child) for child in children if _words(child)}
    named = tuple(child for child, first in firsts.items() if f" {first} " in f" {said} ")
    for first in sorted(firsts.values(), key=len, reverse=True):
        said = re.sub(rf"(?<![^ ]){re.escape(first)}(?![^ ])", "NAME", said)
    meaning, rule = _read(said)
    return Understood(meaning=meaning, rule=rule, named=named)


def is_carrier_word(text: str) -> bool:
    """True when Twilio's own opt-out handling knows the reply."""
    return _words(text) in CARRIER_WORDS


def _read(said: str) -> tuple[Meaning, str]:
    if not said:
        return "unclear", "empty"
    if said in WHOLE:
        meaning, rule = WHOLE[said]
        return _MEANINGS[meaning], rule
    found = _pieces(said) if len(said) <= LONGEST else None
    if not found:
        return "unclear", "nothing_matches"
    meanings = {meaning for meaning, _ in found}
    if meanings & {"ill", "clash"}:
        meanings.discard("absent")
    if len(meanings) > 1:
        return "unclear", "two_meanings"
    (only,) = meanings
    rule = next(rule for meaning, rule in found if meaning == only)
    return _MEANINGS[only], rule


_MEANINGS: dict[str, Meaning] = {
    **{"ill": "ill", "clash": "clash", "absent": "clash", "call_me": "call_me"},
    **{"stop": "stop", "start": "start", "help": "help", "late": "unclear"},
}


_ALL: list[tuple[str, tuple[str, str] | None]] = [(piece, (meaning, rule)) for meaning, rule, piece in PIECES]
_ALL += [(filler, None) for filler in FILLERS]
_GRAMMAR = [(re.compile(rf"(?:{piece})(?= |$)"), of) for piece, of in _ALL]


def _pieces(said: str) -> list[tuple[str, str]] | None:
    """Meaning and rule of each piece, from left to right, the longest first; None when some word is in no piece."""
    at, found = 0, []
    while at < len(said):
        fits = [(m.end(), of) for pattern, of in _GRAMMAR if (m := pattern.match(said, at))]
        if not fits:
            return None
        end, of = max(fits, key=lambda fit: fit[0])
        if of is not None:
            found.append(of)
        at = end + 1
    return found


def _words(text: str) -> str:
    """Plain words: digits of any script, lower case, no accents; punctuation and invisible signs are spaces.

    A question mark stays a word of its own, and so does the "=" of a choice that was copied ("1=ill"); any other sign
    that may change the sense stays as well ("+1", "1/2").
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join("".join(_letter(c) for c in plain).split())


def _letter(char: str) -> str:
    if (digit := unicodedata.decimal(char, None)) is not None:
        return str(digit)
    if char in "?=":
        return f" {char} "
    if unicodedata.category(char) == "Mn":
        return ""
    return " " if char in _HARMLESS or unicodedata.category(char) in _HARMLESS_KINDS else char


_HARMLESS = frozenset(".,;:!¡¿()[]{}\"'*_\U0001f44d\U0001f64f")
"""The two emoji are the thumb up and the folded hands; others may say the opposite."""
_HARMLESS_KINDS = frozenset({"Pi", "Pf", "Pd", "Sk", "Me", "Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
"""Unicode categories: quotes, dashes, what modifies an emoji or a keycap, controls and spaces."""
