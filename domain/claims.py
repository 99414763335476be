"""What a message to a family never says: blame, threats, promises, pressure, and what is nobody's business.

A short list of words per language that anybody can read and object to. It knows words, not meanings: what it finds is
shown with its reason, and what it misses a person may still see. Names are taken out by whoever asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal

from domain.value import Value

Kind = Literal["blame", "threat", "promise", "pressure", "private"]

WHY: Mapping[Kind, str] = {
    "blame": "it blames the family or the child",
    "threat": "it threatens",
    "promise": "it promises what we may not be able to keep",
    "pressure": "it presses",
    "private": "it is about the child's health or character, or the family's life",
}
"""What is wrong with each kind, to follow "does not belong into a message, as"."""

FORBIDDEN: Mapping[str, Mapping[Kind, tuple[str, ...]]] = {
    "en": {
        "blame": (
            *("fail", "fails", "failed", "failing", "failure", "fault", "faults", "blame", "careless", "unexcused"),
            *("truant", "truancy", "must", "should have", "violated", "violation", "disappointed", "disappointing"),
            *("irresponsible", "unacceptable", "no excuse", "your responsibility"),
        ),
        "threat": (
            *("penalty", "penalties", "expelled", "expel", "police", "court", "lawyer", "legal action", "warning"),
            *("sanction", "sanctions", "fined", "social services", "child services", "or else", "consequences"),
        ),
        "promise": (
            *("guarantee", "guarantees", "guaranteed", "promise", "promises", "refund", "refunded", "refunds"),
            *("for free", "free of charge", "discount", "will pass", "better grades", "compensation"),
        ),
        "pressure": (
            *("last chance", "final notice", "immediately", "urgent", "urgently", "act now", "at once"),
            *("you have to", "you need to", "asap"),
        ),
        "private": (
            *("lazy", "stupid", "adhd", "autism", "autistic", "depressed", "depression", "anxiety", "diagnosis"),
            *("diagnosed", "therapy", "medication", "divorce", "divorced", "unmotivated", "at risk", "risk score"),
        ),
    },
    "es": {
        "blame": (
            *("culpa", "culpable", "faltó", "falto", "falta", "faltas", "faltar", "fracaso", "fracasó", "descuido"),
            *("injustificada", "injustificado", "debe", "debería", "tiene que", "incumplió", "incumplimiento"),
            *("irresponsable", "inaceptable", "sin excusa", "decepcionado", "decepcionada", "su responsabilidad"),
        ),
        "threat": (
            *("sanción", "sanciones", "penalización", "expulsión", "expulsado", "expulsada", "policía", "juzgado"),
            *("abogado", "acciones legales", "advertencia", "multa", "servicios sociales", "consecuencias"),
        ),
        "promise": (
            *("garantía", "garantizamos", "garantizado", "garantizada", "prometemos", "reembolso", "reembolsamos"),
            *("gratis", "descuento", "aprobará", "mejores notas", "compensación"),
        ),
        "pressure": (
            *("última oportunidad", "último aviso", "inmediatamente", "urgente", "urgentemente", "cuanto antes"),
            *("de inmediato", "está obligado", "está obligada"),
        ),
        "private": (
            *("vago", "vaga", "perezoso", "perezosa", "tonto", "tonta", "tdah", "autismo", "autista", "depresión"),
            *("deprimido", "deprimida", "ansiedad", "diagnóstico", "terapia", "medicación", "divorcio"),
            *("desmotivado", "desmotivada", "en riesgo"),
        ),
    },
}
"""Words by language and kind, in small letters. Their accents may be missing, as in an SMS."""


class Claim(Value):
    """Words found in a text, and why they do not belong there."""

    kind: Kind
    words: str

    @property
    def sentence(self) -> str:
        """For a person."""
        return f"“{self.words}” does not belong in a message to a family, as {WHY[self.kind]}."


def claims(text: str, language: str, names: Iterable[str] = ()) -> tuple[Claim, ...]:
    """Every forbidden claim of a text in this language ("es-MX" is "es"), in their order; each once.

    `names` are people's and subjects' own: a family called Must is not blamed. A language without a list has none.
    """
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text)
    found: dict[str, Claim] = {}
    pattern, kinds = _pattern(language.partition("-")[0].lower())
    for match in pattern.finditer(text) if pattern else ():
        kind = kinds[_bare(" ".join(match[0].split()))]
        found.setdefault(match[0].lower(), Claim(kind=kind, words=match[0]))
    return tuple(found.values())


_ACCENTS = str.maketrans("áéíóúÁÉÍÓÚ", "aeiouAEIOU")


def _bare(words: str) -> str:
    return words.lower().translate(_ACCENTS)


@cache
def _pattern(language: str) -> tuple[re.Pattern[str] | None, Mapping[str, Kind]]:
    listed = FORBIDDEN.get(language, {})
    kinds = {_bare(w): kind for kind, all_words in listed.items() for w in all_words}
    if not kinds:
        return None, kinds
    letters = str.maketrans({plain: f"[{plain}{accent}]" for plain, accent in zip("aeiou", "áéíóú", strict=True)})
    longest_first = sorted(kinds, key=len, reverse=True)
    said = "|".join(re.escape(w).translate(letters).replace("\\ ", r"\s+") for w in longest_first)
    return re.compile(rf"(?<!\w)(?:{said})(?!\w)", re.IGNORECASE), kinds
