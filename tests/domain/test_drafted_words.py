"""Words of a language model are shown only when they say what the facts say, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.drafted_words import fault_in
from domain.drafting_reasons import FAULTS, NO_WORDS, in_words
from domain.drafts import FactSheet
from domain.sending import Channel, Purpose
from domain.templates import Template

ENGLISH = FactSheet(
    purpose=Purpose.CONCERN,
    language="en",
    facts={"subject": "Maths", "when": "Tue 3 Mar, 17:00 CET", "missed": "3 of the last 8"},
    placeholders={
        "first": "the child's first name",
        "session": "the session in a sentence",
        "on": "when it was",
        "total": "the running total",
        "ask": "how to answer",
    },
    like={Channel.SMS: Template(story="{first} missed {total}, the latest {on}.", ask="How can we help? {ask}")},
)
SPANISH = ENGLISH.model_copy(
    update={
        "language": "es-MX",
        "facts": {"subject": "Maths", "missed": "3 de las últimas 8"},
        "like": {
            Channel.SMS: Template(story="{first} no vino a {total}, la última {on}.", ask="¿Cómo ayudamos? {ask}")
        },
    }
)
EMAIL = ENGLISH.model_copy(
    update={
        "like": {
            Channel.EMAIL: Template(subject="{first} missed {total}", story="{first} missed {total} {on}.", ask="{ask}")
        }
    }
)


def sms(story: str, ask: str = "How can we help? {ask}", subject: str = "") -> dict[Channel, Template]:
    return {Channel.SMS: Template(subject=subject, story=story, ask=ask)}


GOOD = "We are sorry that {first} missed {total}, the latest {on}."


@pytest.mark.parametrize(
    "story",
    [
        GOOD,
        "{first} missed {total}, and we would like to see {first} again. The latest was {on}.",
        "{first} has missed 3 of the last 8 of {total} in Maths. It was {on}. You may tell us what is best for you.",
        "We missed {first} {on}. That makes three of the last 8: {total}.",
        "We missed {first} on Tuesday, {on}: {total}. I'd be glad if we found a better time.",
    ],
)
def test_words_that_say_what_the_facts_say_are_shown(story: str) -> None:
    assert fault_in(ENGLISH, sms(story)) is None


def test_spanish_words_are_shown_to_a_spanish_family() -> None:
    assert (
        fault_in(SPANISH, sms("Echamos de menos a {first}: no vino a {total}, la última {on}.", "¿Todo bien? {ask}"))
        is None
    )


@pytest.mark.parametrize(
    ("fault", "story"),
    [
        ("placeholder_missing", " "),
        ("placeholder_unknown", GOOD + " {phone}"),
        ("placeholder_unknown", GOOD + " {first.__class__}"),
        ("placeholder_unknown", GOOD + " {first!r}"),
        ("placeholder_unknown", GOOD + " {0}"),
        ("placeholder_unknown", GOOD + " {"),
        ("placeholder_missing", "We are sorry that we missed {total}, the latest {on}."),
        ("placeholder_missing", "We missed {first}: {total}."),
        ("placeholder_missing", "We missed {first} {on}."),
        ("too_long", GOOD + " We would be glad to see you in the next lesson." * 5),
        ("odd_characters", GOOD + " **Please** reply."),
        ("odd_characters", GOOD + " <b>Please</b> reply."),
        ("odd_characters", GOOD + " Pl\u0435ase reply."),  # a Cyrillic letter that looks like ours
        ("odd_characters", GOOD + " Please\u202e reply."),
        ("odd_characters", GOOD + " Please reply. 🙂\u200b"),
        ("link", GOOD + " See http://evil"),
        ("link", GOOD + " See www.evil.com"),
        ("link", GOOD + " See evil.com for more."),
        ("link", GOOD + " See evil dot com for more."),
        ("odd_characters", GOOD + " See ｅｖｉｌ．ｃｏｍ for more."),
        ("link", GOOD + " Write to me@evil.example."),
        ("phone_number", GOOD + " Call 0900 123 456."),
        ("phone_number", GOOD + " Call +34 600."),
        ("number_invented", GOOD + " That was 4 times."),
        ("number_invented", GOOD + " That was four times."),
        ("number_invented", GOOD + " That is 38%."),
        ("number_invented", GOOD + " It was the 3rd."),
        ("number_invented", GOOD + " It began at 18:00."),
        ("number_invented", GOOD + " It was 3/4."),
        ("date_invented", GOOD + " See you on Friday."),
        ("date_invented", GOOD + " See you tomorrow."),
        ("date_invented", GOOD + " See you at 8."),
        ("date_invented", GOOD + " It was in April."),
        ("name_invented", GOOD + " We told Maria about it."),
        ("name_invented", "Hello Ana, we are sorry that {first} missed {total}, the latest {on}."),
        ("data_asked", GOOD + " Please tell us your password."),
        ("data_asked", GOOD + " Please pay the rest."),
        ("claim_forbidden", GOOD + " You failed to tell us."),
        ("claim_forbidden", GOOD + " We guarantee better grades."),
        ("wrong_language", "Echamos de menos a {first} en la clase: {total}, por ahora {on}."),
        ("wrong_language", "Wir haben {first} vermisst, {on} zuletzt: {total}. Das tut uns leid."),
    ],
)
def test_other_words_are_refused_with_the_reason(fault: str, story: str) -> None:
    assert fault_in(ENGLISH, sms(story)) == fault


@pytest.mark.parametrize(
    ("fault", "story"),
    [
        ("date_invented", "Echamos de menos a {first} el viernes: {total}, la última {on}."),
        ("number_invented", "Echamos de menos a {first}: van cinco de {total}, la última {on}."),
        ("claim_forbidden", "La falta de {first} es su culpa: {total}, la última {on}."),
        ("wrong_language", GOOD),
    ],
)
def test_spanish_words_are_read_as_strictly(fault: str, story: str) -> None:
    assert fault_in(SPANISH, sms(story, "{ask}")) == fault


def test_every_channel_is_worded_and_each_in_its_own_shape() -> None:
    email = Template(subject="We missed {first}", story="We missed {first} {on}: {total}.", ask="{ask}")
    assert fault_in(EMAIL, {Channel.EMAIL: email}) is None
    assert fault_in(EMAIL, sms(GOOD)) == "channel_missing"
    wide = email.model_copy(update={"story": f"{email.story} See ｅｖｉｌ．ｃｏｍ for more."})
    assert fault_in(EMAIL, {Channel.EMAIL: wide}) == "link"
    assert fault_in(EMAIL, {}) == "channel_missing"
    assert fault_in(EMAIL, {Channel.EMAIL: email.model_copy(update={"subject": ""})}) == "subject_misplaced"
    assert (
        fault_in(EMAIL, {Channel.EMAIL: email.model_copy(update={"subject": "Hello\nBcc: all"})}) == "subject_misplaced"
    )
    assert fault_in(EMAIL, {Channel.EMAIL: email.model_copy(update={"subject": "Win 500 now"})}) == "number_invented"
    assert fault_in(ENGLISH, sms(GOOD, subject="We missed {first}")) == "subject_misplaced"


def test_a_language_we_cannot_read_is_left_to_the_template() -> None:
    assert (
        fault_in(
            ENGLISH.model_copy(update={"language": "de"}),
            sms("Wir haben {first} {on} vermisst: {total}.", "Alles gut bei euch? {ask}"),
        )
        == "wrong_language"
    )


def test_every_reason_is_a_sentence_and_in_the_documentation() -> None:
    documented = (Path(__file__).parents[2] / "docs" / "language-model.md").read_text()
    assert all(in_words(code).endswith(".") for code in (*FAULTS, *NO_WORDS, "something_old"))
    assert [code for code in (*FAULTS, *NO_WORDS) if f"`{code}`" not in documented] == []
