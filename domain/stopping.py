"""What the page says by which a family ends its e-mails: what stops, what goes on, and how to take it back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from domain.phrases import spoken
from domain.value import Value

_SECRET = re.compile(r"(/stop/)[\w-]+")


def without_secret(text: str) -> str:
    """A text without what makes a stop link in it work (".../stop/..."): only its reader may end his e-mails by it."""
    return _SECRET.sub(r"\1...", text)


class StopPage(Value):
    """The page in words. `button` does what the page is about; an unknown link has none."""

    language: str
    title: str
    paragraphs: tuple[str, ...]
    button: str | None = None
    skip: str = "Skip to content"


def stop_page(language: str, operator: str, address: str, *, stopped: bool, gets_texts: bool) -> StopPage:
    """The page of a link: before (`stopped` false) and after, in the family's language."""
    language = spoken(language)
    said = _WORDS[language]
    who = operator.strip() or said["us"]
    state, texts = ("stopped" if stopped else "open"), ("texts" if gets_texts else "no_texts")
    told = (said[state], said[f"{state}:{texts}"], *((said["back"],) if stopped else ()))
    return StopPage(
        language=language,
        title=said[f"{state}:title"].format(who=who),
        paragraphs=tuple(sentence.format(who=who, address=masked(address)) for sentence in told),
        button=said[f"{state}:button"],
        skip=said["skip"],
    )


def unknown_link(language: str) -> StopPage:
    """The page of a link that is not ours, in the language a browser asks for: whose it was, nobody knows."""
    language = spoken(language)
    said = _WORDS[language]
    title, paragraphs = said["unknown:title"], (said["unknown"],)
    return StopPage(language=language, title=title, paragraphs=paragraphs, skip=said["skip"])


def masked(address: str) -> str:
    """An e-mail address that its owner knows again and nobody else learns: "m***@example.com"."""
    name, _, host = address.rpartition("@")
    return f"{name[:1]}***@{host}"


_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "us": "your tutors",
        "skip": "Skip to content",
        "unknown:title": "This link is not known",
        "unknown": "Please open the link at the end of a newer e-mail, or reply to one of them and say what you want.",
        "open:title": "Stop e-mails from {who}",
        "open": "No more e-mails will go to {address}: no notices of missed lessons, no reminders, no changes.",
        "open:texts": "Texts to your phone go on. To end those, reply STOP to one of them.",
        "open:no_texts": "You get no texts from {who}, so nothing will tell you of a missed or changed lesson.",
        "open:button": "Stop e-mails",
        "stopped:title": "E-mails from {who} are stopped",
        "stopped": "No more e-mails go to {address}.",
        "stopped:texts": "Texts to your phone go on. To end those, reply STOP to one of them.",
        "stopped:no_texts": "You get no texts from {who} either, so nothing tells you of a missed or changed lesson.",
        "back": "Was it a mistake, or did you change your mind? You can take it back here at any time.",
        "stopped:button": "Get e-mails again",
    },
    "es": {
        "us": "sus tutores",
        "skip": "Ir al contenido",
        "unknown:title": "No conocemos este enlace",
        "unknown": "Por favor, abra el enlace al final de un correo más nuevo, o responda a uno y diga qué desea.",
        "open:title": "Dejar de recibir correos de {who}",
        "open": "No se enviará ningún correo más a {address}: ni avisos de faltas, ni recordatorios, ni cambios.",
        "open:texts": "Los mensajes de texto a su teléfono siguen. Para no recibirlos, responda BAJA a uno.",
        "open:no_texts": "No recibe mensajes de texto de {who}, así que nada le avisará de faltas o cambios.",
        "open:button": "No recibir más correos",
        "stopped:title": "Ya no recibe correos de {who}",
        "stopped": "No se envía ningún correo más a {address}.",
        "stopped:texts": "Los mensajes de texto a su teléfono siguen. Para no recibirlos, responda BAJA a uno.",
        "stopped:no_texts": "Tampoco recibe mensajes de texto de {who}, así que nada le avisa de faltas o cambios.",
        "back": "¿Fue un error o cambió de idea? Puede volver a recibirlos aquí cuando quiera.",
        "stopped:button": "Recibir correos otra vez",
    },
}
"""By language: a title, a sentence and a button for each state, and what of texts."""
