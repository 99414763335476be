"""What families' and students' pages say, by language. Another language is a module like these and a line here.

No catalogue to compile and no tool between: the words of a language are read in one place, and a test holds that all
languages say the same things.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.family_words_en import ENGLISH
from domain.family_words_es import SPANISH

WORDS: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "es": SPANISH}
CALLED: Mapping[str, str] = {"en": "English", "es": "Español"}
"""What a language calls itself."""


def sentence(language: str, key: str, n: object = None) -> str:
    """The sentence of a key, with its names in braces; the one for no or one thing where there is such a one.

    Raises KeyError for a key nobody has written, so that a page never shows a gap.
    """
    words = WORDS[language]
    special = words.get(f"{key}:{n}") if n in (0, 1) else None
    return special or words[key]


def preferred(asked: str, otherwise: str = "en") -> str:
    """The first of our languages in an Accept-Language header, by its weights (RFC 9110)."""
    weighed = []
    for place, part in enumerate(asked.split(",")):
        tag, _, weight = part.strip().partition(";q=")
        spoken = tag.partition("-")[0].strip().lower()
        if spoken in WORDS:
            weighed.append((-_number(weight), place, spoken))
    best = min(weighed, default=None)
    return best[2] if best and best[0] < 0 else otherwise


def _number(weight: str) -> float:
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0
