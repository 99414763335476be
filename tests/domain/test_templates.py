"""An operator's own words: what they may be made of, what they must say, and what they never say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.claims import FORBIDDEN, claims
from domain.phrases import LANGUAGES, said, shipped
from domain.sending import ABOUT_ABSENCE, Channel, Purpose
from domain.template_checks import Flaw, problems
from domain.template_samples import USUAL, sample
from domain.templates import CHANNELS, MEANS, VARIABLES, Template
from domain.wording import Names, Text, compose, in_words

EVERY = [(p, c, language) for p, on in CHANNELS.items() for c in on for language in sorted(LANGUAGES)]
NOTICE = Template(story="We missed {first} at {session} {on}.", ask="All well? {ask}")
P, C = Purpose, Channel


def a_text(
    words: Template | None, purpose: Purpose = P.ABSENCE_NOTICE, channel: Channel = C.SMS, **names: object
) -> Text:
    named = USUAL.model_copy(update={"words": words, "words_version": 3 if words else None, **names})
    return compose(sample(purpose, channel), named)


def codes(flaws: tuple[Flaw, ...]) -> set[str]:
    return {flaw.code for flaw in flaws}


@pytest.mark.parametrize(("purpose", "channel", "language"), EVERY)
def test_the_shipped_words_stand_up_to_our_own_checks(purpose: Purpose, channel: Channel, language: str) -> None:
    assert problems(shipped(purpose, channel, language), purpose, channel, language) == ()


@pytest.mark.parametrize(
    ("language", "left", "told"),
    [("en", 1, "Ana has 1 session left."), ("en", 4, "Ana has 4 sessions left."), ("es", 1, "A Ana le queda 1 clase.")],
)
def test_what_a_person_writes_about_few_sessions_left_says_how_many(language: str, left: int, told: str) -> None:
    message = sample(Purpose.PERSONAL, Channel.EMAIL).model_copy(update={"numbers": {"left": left}})
    assert said(message, USUAL.model_copy(update={"language": language}), 40).parts()[1] == told


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_variable_says_something_in_every_language(language: str) -> None:
    assert set(MEANS) == {name for allowed in VARIABLES.values() for name in allowed}
    for purpose, allowed in VARIABLES.items():
        for channel in Channel:
            message = said(sample(purpose, channel), USUAL.model_copy(update={"language": language}), 40)
            assert [name for name in allowed if not message.value(name)] == []


def test_what_no_list_allows_has_no_value() -> None:
    message = said(sample(P.REMINDER, C.SMS), USUAL, 40)
    assert [message.value(name) for name in ("names", "message", "__class__", "put")] == ["", "", "", ""]


@pytest.mark.parametrize(
    ("story", "code"),
    [
        ("{firts} was not at {session} {on}.", "unknown_variable"),
        ("{first} was not at {session} {on}. {join}", "unknown_variable"),
        ("{first.__class__.__mro__} {session} {on}", "braces"),
        ("{first!r} {session} {on}", "braces"),
        ("{first:>9999999} {session} {on}", "braces"),
        ("{0} {} {first} {session} {on}", "braces"),
        ("{{first}} {first} {session} {on}", "braces"),
        ("{first} {session} {on} {", "braces"),
        ("{first} {session} {on} \u202e", "invisible"),
        ("Your child was not at {session} {on}.", "missing"),
        ("{first} was not there {on}.", "missing"),
        ("{first} was not at {session}.", "missing"),
        ("{first} was not at {session} {on}. {ask}", "missing_answers"),
        ("{first} failed to come to {session} {on}.", "blame"),
        ("{first} was not at {session} {on}. This is your last  chance.", "pressure"),
        ("{first} was not at {session} {on}. " + "We write to you. " * 12, "too_long"),
    ],
)
def test_words_that_may_not_be_used(story: str, code: str) -> None:
    flaws = problems(NOTICE.model_copy(update={"story": story}), P.ABSENCE_NOTICE, C.SMS, "en")
    assert code in codes(flaws)
    assert all(flaw.blocking for flaw in flaws if flaw.code == code)


def test_format_tricks_are_only_letters_even_where_nobody_checked_them() -> None:
    tricks = Template(story="{first.__class__} {0} {names} {first!r} {first}.", ask="{ask}")
    body = a_text(tricks).body
    assert body.startswith("Bright Path: {first.__class__} {0} {first!r} Ana.")


def test_each_purpose_has_its_must_haves() -> None:
    nothing = Template(subject="Hello", story="Hello.", ask="Bye.")
    for purpose, channels in CHANNELS.items():
        assert "missing" in codes(problems(nothing, purpose, channels[0], "en"))
    concern = Template(subject="{first}", story="{first} was not at {session} {on}.", ask="{ask}")
    assert "the running total" in problems(concern, P.CONCERN, C.EMAIL, "en")[0].sentence
    confirmation = shipped(P.CANCELLATION_CONFIRMATION, C.EMAIL, "en").model_copy(update={"story": "{what}"})
    assert "the charge" in problems(confirmation, P.CANCELLATION_CONFIRMATION, C.EMAIL, "en")[0].sentence


def test_an_email_has_a_subject_of_one_line_and_an_sms_has_none() -> None:
    assert codes(problems(NOTICE, P.ABSENCE_NOTICE, C.EMAIL, "en")) == {"missing_subject"}
    named = NOTICE.model_copy(update={"subject": "About {first}\nBcc: you"})
    assert codes(problems(named, P.ABSENCE_NOTICE, C.EMAIL, "en")) == {"several_lines"}
    assert codes(problems(named, P.ABSENCE_NOTICE, C.SMS, "en")) == {"several_lines", "no_subject"}
    long = NOTICE.model_copy(update={"subject": "About {first}", "story": NOTICE.story + " Word" * 130})
    assert [(f.part, f.code) for f in problems(long, P.ABSENCE_NOTICE, C.EMAIL, "en")] == [("story", "too_long")]


def test_links_and_costly_letters_are_told_but_do_not_stand_in_the_way() -> None:
    costly = NOTICE.model_copy(update={"story": NOTICE.story + " See northstar.example.com 🙂"})
    flaws = problems(costly, P.ABSENCE_NOTICE, C.SMS, "en")
    assert [(f.code, f.blocking) for f in flaws] == [("link", False), ("letters", False)]
    typographic = NOTICE.model_copy(update={"story": NOTICE.story + " It’s fine – really…"})
    assert problems(typographic, P.ABSENCE_NOTICE, C.SMS, "en") == ()
    assert "It's fine - really..." in a_text(typographic).body
    accents = Template(story="{first} no asistió a {session} {on}.", ask="¿Está todo bien? {ask}")
    assert problems(accents, P.ABSENCE_NOTICE, C.SMS, "es") == ()


def test_a_message_is_told_in_the_operators_words_and_says_which_version() -> None:
    text = a_text(NOTICE)
    assert (text.body, text.template_version) == (
        "Bright Path: We missed Ana at the Maths session on Wed 23 Sept, 18:00 CEST. "
        "All well? Reply 1 ill, 2 clash, 3 please call me.",
        3,
    )
    assert a_text(None).template_version is None
    email = a_text(NOTICE.model_copy(update={"subject": "{first}, {lesson} {day}"}), channel=C.EMAIL)
    assert email.subject == "Ana, Maths on Wed 23 Sept"
    assert email.body.startswith("Hello Maria Lopez,\n\nWe missed Ana at the Maths session")
    assert email.body.endswith("You get this because you are a contact for Ana.")


def test_a_variable_with_nothing_to_say_leaves_no_gap() -> None:
    assert "We missed Ana at the session. All well?" in a_text(NOTICE, subject=None, starts_at=None).body


def test_siblings_share_one_text_in_the_operators_words() -> None:
    told = sample(P.ABSENCE_NOTICE, C.SMS)
    ana = USUAL.model_copy(update={"words": NOTICE, "words_version": 3})
    ben = ana.model_copy(update={"student_name": "Ben Lopez", "subject": "Art"})
    assert compose(told, ana, ((told, ben),)).body == (
        "Bright Path: We missed Ana at the Maths session on Wed 23 Sept, 18:00 CEST. "
        "We missed Ben at the Art session on Wed 23 Sept, 18:00 CEST. "
        "All well? Reply 1 ill, 2 clash, 3 please call me. Your answer counts for each child."
    )


def test_own_words_that_do_not_fit_give_way_to_the_shipped_ones() -> None:
    text = a_text(NOTICE.model_copy(update={"story": NOTICE.story + " Word" * 80}))
    assert text.template_version is None
    assert "Ana was not at the Maths session" in text.body


@pytest.mark.parametrize("words", ["Wolfe " * 80, "W" * 400])
def test_there_is_always_a_text(words: str) -> None:
    for purpose in ABOUT_ABSENCE:
        body = a_text(None, purpose, written=Template(story=words)).body
        assert (len(body) <= 300, body.endswith("...")) == (True, True)


def test_what_a_person_wrote_is_taken_literally_in_the_same_frame() -> None:
    written = Template(subject="{first}", story="how is {first} today?", ask="Write to us  – any time.")
    assert a_text(NOTICE, written=written).body == "Bright Path: how is {first} today? Write to us  – any time."
    email = a_text(None, P.PERSONAL, C.EMAIL, written=written)
    assert email.subject == "{first}"
    assert email.body.startswith("Hello Maria Lopez,\n\nhow is {first} today?\n\nWrite to us")
    assert email.template_version is None


def test_the_parts_of_a_message_can_be_had_without_their_frame() -> None:
    assert in_words(sample(P.ABSENCE_NOTICE, C.SMS), USUAL.model_copy(update={"words": NOTICE})) == Template(
        story="We missed Ana at the Maths session on Wed 23 Sept, 18:00 CEST.",
        ask="All well? Reply 1 ill, 2 clash, 3 please call me.",
    )


def test_forbidden_claims_are_found_whole_in_any_case_with_or_without_accents_and_never_in_a_name() -> None:
    found = claims(
        "Ana FAILED again. You  must pay a Penalty. We guarantee better   grades, mustard and failsafe.", "en"
    )
    assert [(c.kind, c.words) for c in found] == [
        ("blame", "FAILED"),
        ("blame", "must"),
        ("threat", "Penalty"),
        ("promise", "guarantee"),
        ("promise", "better   grades"),
    ]
    assert "blames" in found[0].sentence
    assert claims("Mr Must has Maths with Ana Court.", "en", ("Must", "Ana Court")) == ()
    assert [c.words for c in claims("Ultima oportunidad, última oportunidad", "es-MX")] == [
        "Ultima oportunidad",
        "última oportunidad",
    ]
    assert claims("failed", "eo") == ()
    assert set(FORBIDDEN) == set(LANGUAGES)


def test_a_bare_family_still_gets_sentences() -> None:
    for purpose, channel, language in EVERY:
        body = compose(sample(purpose, channel), Names(operator_name="", language=language)).body
        assert not [sign for sign in ("{", "  ", " .", " ,", "None") if sign in body], body


@settings(max_examples=40, deadline=None, database=None)
@given(st.sampled_from(EVERY), st.text("{}first_on.!:0 \nñ’", max_size=400), st.booleans())
def test_no_words_whatever_they_are_keep_a_text_from_fitting(
    which: tuple[Purpose, Channel, str], story: str, by_hand: bool
) -> None:
    purpose, channel, language = which
    words = Template(subject="{first}", story=story, ask="{ask}")
    problems(words, *which)
    names = USUAL.model_copy(update={"language": language, "written" if by_hand else "words": words})
    text = compose(sample(purpose, channel), names)
    assert text.body
    assert channel is Channel.EMAIL or len(text.body) <= 300
