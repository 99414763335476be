"""What a guardian's answer means, by one table of words. What is not in it is for a person to read, never guessed.

The whole answer must be one of these phrases: "1 of us can come" is no illness, and "please stop by" is no opt-out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Literal

Meaning = Literal["ill", "clash", "call_me", "stop", "start", "unclear"]
"""What `domain.events.ReplyReceived` can carry."""

PHRASES: Mapping[Meaning, tuple[str, ...]] = {
    "ill": ("1", "1 ill", "1 sick", "ill", "sick", "unwell"),
    "clash": ("2", "2 clash", "clash"),
    "call_me": ("3", "3 call", "3 call me", "3 please call me", "call me", "please call me", "call me please"),
    "stop": ("stop", "stopall", "stop all", "unsubscribe", "end", "quit", "revoke", "optout", "opt out", "cancel"),
    "start": ("start", "unstop"),
}
"""The phrases understood. The stop and start words are Twilio's (docs, "Advanced Opt-Out"), but YES, which answers too
many other questions, starts nothing."""

_MEANINGS: Mapping[str, Meaning] = {phrase: meaning for meaning, said in PHRASES.items() for phrase in said}


def understand(text: str) -> Meaning:
    """The meaning of an answer, whatever its case, spaces and punctuation; `unclear` when the table has no such phrase.

    A question mark or any other sign that may change the sense ("1?", "+1", "1/2") makes an answer unclear.
    """
    return _MEANINGS.get(_words(text), "unclear")


def _words(text: str) -> str:
    """Digits of any script, lower case, and harmless punctuation and invisible characters as spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(_letter(c) for c in plain).split())


def _letter(char: str) -> str:
    if (digit := unicodedata.decimal(char, None)) is not None:
        return str(digit)
    return " " if char in _HARMLESS or unicodedata.category(char) in _HARMLESS_KINDS else char


_HARMLESS = frozenset(".,;:!()[]{}\"'*_\U0001f44d\U0001f64f")
"""The two emoji are the thumb up and the folded hands; others may say the opposite."""
_HARMLESS_KINDS = frozenset({"Pi", "Pf", "Pd", "Sk", "Mn", "Me", "Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
"""Unicode categories: quotes, dashes, what modifies an emoji or a keycap, controls and spaces."""
