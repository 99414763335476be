"""Answers to texts: in the family's language, short enough for one SMS, and never in the wrong words."""

from __future__ import annotations

from typing import get_args

import pytest

from domain.answer_phrases import ANSWERS, NOBODY_NAMED, answer_in, spoken
from domain.replies import Meaning, understand
from domain.sending import Channel, Message, Purpose
from domain.wording import Names, compose
from tests.builders import on

GSM_7 = set(
    "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)


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
        assert set(body) <= GSM_7, (language, meaning, set(body) - GSM_7)
        assert len(body) <= 160, (language, meaning, len(body))
        assert "{" not in body


def test_every_language_has_the_same_answers() -> None:
    assert {language: set(phrases) for language, phrases in ANSWERS.items()} == {
        language: set(ANSWERS["en"]) for language in ANSWERS
    }
    assert set(NOBODY_NAMED) == set(ANSWERS)


def test_a_region_is_no_language_and_what_we_do_not_speak_is_answered_in_english() -> None:
    assert {spoken(tag) for tag in ("es", "es-MX", "ES-us")} == {"es"}
    assert {spoken(tag) for tag in ("en-GB", "pt-BR", "")} == {"en"}
    assert said("ill", "es-MX", student_name="Sam Reed").startswith("Northstar: Gracias.")
    assert said("ill", "fr", student_name="Sam Reed").startswith("Northstar: Thank you.")
    assert "su hijo o hija" in said("ill", "es")
    assert answer_in("en", "ill", 2) != answer_in("en", "ill", 1)
    assert answer_in("en", "call_me", 2) == answer_in("en", "call_me", 1)


@pytest.mark.parametrize("language", sorted(ANSWERS))
def test_the_words_an_answer_asks_for_are_understood(language: str) -> None:
    stop = {"en": "STOP", "es": "BAJA"}[language]
    start = {"en": "START", "es": "ALTA"}[language]
    assert stop in ANSWERS[language]["start"]
    assert stop in ANSWERS[language]["help"]
    assert start in ANSWERS[language]["stop"]
    assert (understand(stop).meaning, understand(start).meaning) == ("stop", "start")
