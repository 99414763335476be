"""The words of families' pages: every language says the same things, and every page finds its words."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from domain.family_words import CALLED, WORDS, preferred, sentence
from domain.outcomes import Code
from domain.sending import Purpose

TEMPLATES = Path(__file__).parents[2] / "api" / "templates"
ASKED = re.compile(r"""\bt\("([^"]+)"(?! ~)""")


def _names(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


def test_every_language_has_every_sentence_with_the_same_names_in_it() -> None:
    assert WORDS.keys() == CALLED.keys()
    for words in WORDS.values():
        assert words.keys() == WORDS["en"].keys()
        told = {k: _names(v) for k, v in words.items() if not k.endswith((":0", ":1"))}
        assert told == {k: _names(v) for k, v in WORDS["en"].items() if not k.endswith((":0", ":1"))}
        assert not [v for v in words.values() if "—" in v or "!" in v]


@pytest.mark.parametrize("where", ["family", "me", "door"])
def test_every_page_finds_its_words(where: str) -> None:
    asked = {key for page in (TEMPLATES / where).glob("*.html") for key in ASKED.findall(page.read_text())}
    assert asked, "the pages ask for words this way"
    assert asked - WORDS["en"].keys() == set()


def test_every_outcome_and_every_message_to_a_family_has_words() -> None:
    ours = {Purpose.TASK_REMINDER, Purpose.UNRECORDED, Purpose.SIGN_IN_LINK}
    assert {f"code:{c.value}" for c in Code} <= WORDS["en"].keys()
    assert {f"why:{p.value}" for p in set(Purpose) - ours} <= WORDS["en"].keys()


def test_one_and_none_have_sentences_of_their_own() -> None:
    assert sentence("en", "left_n", 1) == "1 lesson"
    assert sentence("en", "used", 0) == "no lesson used"
    assert sentence("es", "left_n", 3) == "{n} clases"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("de,fr;q=0.9,es;q=0.5,en;q=0.4", "es"),
        ("en-GB,es;q=0.9", "en"),
        ("de", "en"),
        ("", "en"),
        ("es;q=0, en;q=0.1", "en"),
        ("es;q=oops", "en"),
    ],
)
def test_the_browser_says_which_language_it_wants(asked: str, found: str) -> None:
    assert preferred(asked) == found
