"""Answers to texts: in the family's language, short enough for one SMS, and never in the wrong words."""

from __future__ import annotations

from typing import get_args

import pytest

from domain.phrases import LANGUAGES, spoken
from domain.replies import Meaning, understand
from domain.segments import Measured, measured
from domain.sending import Channel, Message, Purpose
from domain.wording import Names, compose
from tests.builders import on

ANSWERS = {language: words.ANSWERS for language, words in LANGUAGES.items()}


def said(meaning: str, language: str, children: int = 1, **names: str) -> str:
    """The text of an answer."""
    answer = Message(
        id="m",
        key="answer:r:g:sms",
        purpose=Purpose.ANSWER,
        channel=Channel.SMS,
        recipient_id="g",
        due_at=on(0),
        expires_at=on(0, 23),
        created_at=on(0),
        numbers={"meaning": meaning, "children": children},
    )
    return compose(answer, Names(operator_name="Northstar", language=language, **names)).body


@pytest.mark.parametrize("language", sorted(ANSWERS))
@pytest.mark.parametrize("children", [1, 2])
def test_every_answer_fits_one_text(language: str, children: int) -> None:
    for meaning in set(get_args(Meaning)) - {"nothing"}:
        body = said(meaning, language, children, student_name="Maximiliana Reed", coordinator_name="Ana Alvarado")
        assert measured(body) == Measured(encoding="GSM-7", segments=1), (language, meaning, body)
        assert "{" not in body


def test_every_language_has_the_same_answers() -> None:
    assert {language: set(phrases) for language, phrases in ANSWERS.items()} == {
        language: set(ANSWERS["en"]) for language in ANSWERS
    }


def test_a_region_is_no_language_and_what_we_do_not_speak_is_answered_in_english() -> None:
    assert {spoken(tag) for tag in ("es", "es-MX", "ES-us")} == {"es"}
    assert {spoken(tag) for tag in ("en-GB", "pt-BR", "")} == {"en"}
    assert said("ill", "es-MX", student_name="Sam Reed").startswith("Northstar: Gracias.")
    assert said("ill", "fr", student_name="Sam Reed").startswith("Northstar: Thank you.")
    assert "su hijo o hija" in said("ill", "es")
    assert said("ill", "en", 2) != said("ill", "en", 1)
    assert said("call_me", "en", 2) == said("call_me", "en", 1)


@pytest.mark.parametrize("language", sorted(ANSWERS))
def test_the_words_an_answer_asks_for_are_understood(language: str) -> None:
    stop = {"en": "STOP", "es": "BAJA"}[language]
    start = {"en": "START", "es": "ALTA"}[language]
    assert stop in ANSWERS[language]["start"]
    assert stop in ANSWERS[language]["help"]
    assert start in ANSWERS[language]["stop"]
    offered = {"en": ("ill", "clash", "please call me"), "es": ("enferma", "no podía", "llámeme")}[language]
    assert [understand(words).meaning for words in offered] == ["ill", "clash", "call_me"]
    assert (understand(stop).meaning, understand(start).meaning) == ("stop", "start")
