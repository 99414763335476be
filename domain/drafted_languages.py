"""What the checks of a language model's words know of a language: words in small letters, as people write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

CLOCK = re.compile(
    r"\b(?:at|by|until|till|around|before|after|las|la) \d+(?:[.:]\d+)?|\b\d+(?:[.:]\d+)? ?(?:am|pm|a\.m|p\.m|h)\b",
    re.IGNORECASE,
)
"""A time of the day, in either language."""


@dataclass(frozen=True)
class Language:
    """Words of one language; without any, no text is taken for the language.

    `days` are names of days and months, `near` words for days near today; `capitals` are written
    large anywhere; `common` are words that hardly a sentence does without and no other language here has; `asking` are
    words of those who want data or money.
    """

    numbers: Mapping[str, int] = field(default_factory=dict)
    days: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    capitals: frozenset[str] = frozenset()
    common: frozenset[str] = frozenset()
    asking: frozenset[str] = frozenset()


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ENGLISH_NUMBERS = "two three four five six seven eight nine ten eleven twelve twenty thirty"
_SPANISH_NUMBERS = "dos tres cuatro cinco seis siete ocho nueve diez once doce veinte treinta"
_COUNTED = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 20, 30)

LANGUAGES: Mapping[str, Language] = {
    "en": Language(
        numbers=dict(zip(_ENGLISH_NUMBERS.split(), _COUNTED, strict=True)),
        # May and March are words of their own as well: with a day before or after them, its number is refused.
        days=_set(
            "monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun "
            "january february april june july august september october november december"
        ),
        near=_set("today tonight tomorrow yesterday noon midnight weekend"),
        capitals=_set("i i'm i'd i'll i've ok sms"),
        common=_set(
            "the was were is are been be not to of and we you your our us this that if please with it have has can for "
            "at how let would she they"
        ),
        asking=_set(
            "password passcode pin bank card account iban birthday birth passport address surname ssn pay payment "
            "transfer refund discount fee"
        ),
    ),
    "es": Language(
        numbers=dict(zip(_SPANISH_NUMBERS.split(), _COUNTED, strict=True)),
        days=_set(
            "lunes martes miércoles miercoles jueves viernes sábado sabado domingo "
            "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre"
        ),
        near=_set("hoy mañana ayer anteayer anoche mediodía medianoche"),
        capitals=_set("sms"),
        common=_set(
            "el la los las de del que en su sus por favor para con una un es está estuvo si se le nos al ha como cómo "
            "qué puede podemos"
        ),
        asking=_set(
            "contraseña clave banco tarjeta iban nacimiento pasaporte dirección apellido apellidos dni pagar "
            "pague pago transferencia reembolso descuento gratis"
        ),
    ),
}
