"""What answers to texts say, by language: short, in letters an SMS has room for (Spanish with no á, í, ó, ú)."""

from __future__ import annotations

from collections.abc import Mapping

ANSWERS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "ill": "Thank you. We have noted that {first} is ill. Get well soon!",
        "clash": "Thank you. We have noted that the time did not suit {first}.",
        "call_me": "Thank you. {who} will call you.",
        "stop": "You will get no more texts from us. Reply START to get them again.",
        "start": "You will get texts from us again. Reply STOP to end them.",
        "help": "These texts are about the sessions of {first}. Reply in your own words and {who} will read it. "
        "Reply STOP to end them.",
        "ill:several": "Thank you. We have noted that your children are ill. Get well soon!",
        "clash:several": "Thank you. We have noted that the time did not suit your children.",
        "unclear": "Thank you. {who} will read your message.",
    },
    "es": {
        "ill": "Gracias. Hemos anotado que {first} no se encuentra bien. ¡Que se mejore pronto!",
        "clash": "Gracias. Hemos anotado que la hora no le convino a {first}.",
        "call_me": "Gracias. {who} va a llamarle.",
        "stop": "Ya no le enviaremos mensajes. Responda ALTA para recibirlos de nuevo.",
        "start": "Le enviaremos mensajes de nuevo. Responda BAJA para dejar de recibirlos.",
        "help": "Estos mensajes tratan de las clases de {first}. Responda con sus palabras y {who} las lee. "
        "Responda BAJA para dejar de recibirlos.",
        "ill:several": "Gracias. Hemos anotado que sus hijos no se encuentran bien. ¡Que se mejoren pronto!",
        "clash:several": "Gracias. Hemos anotado que la hora no les convino a sus hijos.",
        "unclear": "Gracias. {who} va a leer su mensaje.",
    },
}
NOBODY_NAMED: Mapping[str, tuple[str, str]] = {
    "en": ("your child", "One of us"),
    "es": ("su hijo o hija", "Alguien de nuestro equipo"),
}
"""What stands for a child and for a coordinator without a name."""


def answer_in(language: str, meaning: str, children: int) -> str:
    """An answer's template in the guardian's language, else in English; for several children where that differs."""
    phrases = ANSWERS.get(spoken(language), ANSWERS["en"])
    several = phrases.get(f"{meaning}:several") if children > 1 else None
    return several or phrases.get(meaning, phrases["unclear"])


def spoken(language: str) -> str:
    """The language without its region: "es-MX" is "es"; English when we have no words in it."""
    plain = language.partition("-")[0].lower()
    return plain if plain in ANSWERS else "en"
