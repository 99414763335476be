"""A guardian's answer is understood when it is plain, and left to a person when it is not."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import ReplyReceived
from domain.replies import PHRASES, Meaning, understand


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1", "ill"),
        (" 1.\n", "ill"),
        ("1 ill", "ill"),
        ("1) Ill!", "ill"),
        ('"1"', "ill"),
        ("１", "ill"),
        ("١", "ill"),
        ("1\ufe0f\u20e3", "ill"),
        ("1 👍🏽", "ill"),
        ("Sick", "ill"),
        ("2", "clash"),
        ("2 - clash", "clash"),
        ("3", "call_me"),
        ("3, please call me", "call_me"),
        ("Call me.", "call_me"),
    ],
)
def test_coded_answers(text: str, meaning: str) -> None:
    assert understand(text) == meaning


@pytest.mark.parametrize("word", ["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"])
def test_each_stop_word_ends_the_texts(word: str) -> None:
    assert [understand(said) for said in (word, word.lower(), f" {word.title()}. ", f"'{word}'!")] == ["stop"] * 4


@pytest.mark.parametrize("text", ["opt-out", "Stop all"])
def test_stop_words_may_be_spelled_apart(text: str) -> None:
    assert understand(text) == "stop"


@pytest.mark.parametrize("word", ["START", "unstop", "Start!"])
def test_each_start_word_brings_them_back(word: str) -> None:
    assert understand(word) == "start"


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "?", "YES", "no", "thanks", "👍", "👎 1", "4", "0", "11", "1 2", "1/2", "1.5", "+1", "1?", "½"),
        *("1 of us can come", "2 kids ill", "is she ill?", "please stop by at 5", "cancel the lesson", "call me maybe"),
    ],
)
def test_everything_else_is_for_a_person(text: str) -> None:
    assert understand(text) == "unclear"


def test_the_meanings_are_those_an_event_can_carry() -> None:
    carried = get_args(ReplyReceived.model_fields["meaning"].annotation)
    assert set(get_args(Meaning)) == set(carried) == {*PHRASES, "unclear"}


@settings(max_examples=50, deadline=None, database=None)
@given(st.text(max_size=40))
def test_any_text_has_a_meaning(text: str) -> None:
    assert understand(text) in get_args(Meaning)
    assert understand(f" {text}. ") == understand(text)
