"""Which words a message is told in: the family's, else English; to staff always English."""

from __future__ import annotations

from collections.abc import Mapping

from domain.phrases_en import English
from domain.phrases_es import Spanish
from domain.phrases_staff import ToStaff
from domain.said import Names, Said
from domain.sending import Channel, Message, Purpose
from domain.templates import Template

LANGUAGES: Mapping[str, type[Said]] = {"en": English, "es": Spanish}
"""The languages families are written to in. Another one is a module like theirs and a line here."""


def said(message: Message, names: Names, limit: int, *, with_links: bool = True) -> Said:
    """The message in its reader's language, no name longer than `limit` characters."""
    words = ToStaff if message.recipient_kind == "staff" else LANGUAGES[spoken(names.language)]
    return words(message, names, limit, with_links=with_links)


def spoken(language: str) -> str:
    """The language without its region: "es-MX" is "es"; English when we have no words in it."""
    plain = language.partition("-")[0].lower()
    return plain if plain in LANGUAGES else "en"


def shipped(purpose: Purpose, channel: Channel, language: str) -> Template:
    """The words this program comes with. Raises KeyError for a purpose that has no template."""
    return LANGUAGES[spoken(language)].WORDS[purpose, channel]
