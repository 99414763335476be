"""Pages for families and students in their language: which one, and its words for the templates (`t("next")`)."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from api.pages.families import family_lines
from api.pages.rendering import render
from api.pages.saying import Said
from domain.family_words import CALLED, WORDS, preferred, sentence
from domain.phrases import spoken

_FOR_TEMPLATES: dict[str, Any] = {
    "languages": CALLED,
    "badge_of": family_lines.badge_of,
    "length_of": family_lines.length_of,
    "state_of": family_lines.state_of,
    "tally": family_lines.tally,
    "why_not": family_lines.why_not,
}
NOT_DONE = frozenset({"absence_over", "dates_wrong", "span_too_long"})
"""Codes in an address that tell of something that was not done."""


class Say:
    """The words of one language. What is put into a sentence is escaped unless it is markup already."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, n: object = None, **values: object) -> Markup:
        """The sentence of a key; `n` chooses the one for no or one thing. Raises KeyError for an unknown key."""
        return Markup(escape(sentence(self.language, key, n))).format(n=n, **values)

    def has(self, key: str) -> bool:
        """Whether there are words for this key."""
        return key in WORDS[self.language]


def asked_language(request: Request, otherwise: str | None = None) -> str:
    """The language the address asks for (`?lang=es`), else `otherwise`, else the browser's."""
    asked = request.query_params.get("lang", "")
    if asked in WORDS:
        return asked
    return spoken(otherwise) if otherwise else preferred(request.headers.get("Accept-Language", ""))


def others(language: str) -> list[tuple[str, str]]:
    """The other languages: code, and what each calls itself."""
    return [(code, name) for code, name in CALLED.items() if code != language]


def speak(request: Request, template: str, language: str, **values: Any) -> HTMLResponse:
    """A page in this language. Its template also knows `t`, `others` (languages) and the line `said` in its words."""
    say = Say(language)
    spoken_in: dict[str, Any] = {"lang": language, "t": say, "others": others(language), "said": _said(request, say)}
    return render(request, template, **_FOR_TEMPLATES | spoken_in | values)


def _said(request: Request, say: Say) -> Said | None:
    code = request.query_params.get("said", "")
    if request.method != "GET" or not say.has(f"said:{code}"):
        return None
    return Said(say(f"said:{code}"), bad=code in NOT_DONE)
