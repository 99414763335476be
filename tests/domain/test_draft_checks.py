"""What is checked of a draft: each thing that must not leave, and what must be let alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.draft_checks import Check, Worded, checks, stand_in_the_way
from domain.draft_facts import changed, facts_of, fingerprint, sheet
from domain.drafts import differences
from domain.said import Names
from domain.sending import Channel, Purpose
from domain.templates import Template
from tests.builders import a_message, a_recipient

STARTED = datetime(2026, 3, 3, 16, 40, tzinfo=UTC)
"""A Tuesday; 17:40 in Madrid."""


def names(**changes: Any) -> Names:
    usual = {"student_name": "Sam Reed", "operator_name": "Northstar", "zone": "Europe/Madrid", "subject": "Maths"}
    return Names(**usual | {"starts_at": STARTED} | changes)


def found(story: str, purpose: Purpose = Purpose.CONCERN, language: str = "en", **to: Any) -> dict[str, Check]:
    message = a_message(purpose, Channel.SMS, numbers={"missed": 3, "last": 8})
    text = Worded(message=message, names=names(language=language), words=Template(story=story))
    return {c.name: c for c in checks([text], a_recipient(**to), 2)}


@pytest.mark.parametrize(
    ("told", "language"),
    [
        ("on Tue 3 Mar, 17:40 CET", "en"),
        ("on Tuesday, March 3 at 5:40 pm", "en"),
        ("on the 3rd of March at 17:40", "en"),
        ("on 2026-03-03, or 3/3/2026", "en"),
        ("3 of the last 8, in 2 weeks; reply 1 or 2, or call 555 01 23", "en"),
        ("el martes, 3 de marzo a las 17:40", "es"),
    ],
)
def test_days_and_clocks_of_the_session_are_right_and_other_numbers_are_no_time(told: str, language: str) -> None:
    assert found(f"Sam missed Maths {told}.", language=language)["time"].passed


@pytest.mark.parametrize(
    ("told", "wrong", "language"),
    [
        ("on Wed 3 Mar", "Wed 3 Mar", "en"),
        ("on 4 March", "4 March", "en"),
        ("at 16:40", "16:40", "en"),
        ("at 5:40 am", "5:40 am", "en"),
        ("at 5 pm", "5 pm", "en"),
        ("on 2026-03-04", "2026-03-04", "en"),
        ("on 3/4/26", "3/4/26", "en"),
        ("el 4 de marzo", "4 de marzo", "es"),
    ],
)
def test_another_day_or_clock_is_named_and_keeps_it_from_leaving(told: str, wrong: str, language: str) -> None:
    check = found(f"Sam missed Maths {told}.", language=language)["time"]
    assert (check.passed, check.blocking) == (False, True)
    assert check.sentence.startswith(f"{wrong}: the session was on")


def test_what_a_person_writes_may_name_another_time_and_no_child() -> None:
    told = found("See you on Friday 13 March at 10:00.", Purpose.PERSONAL)
    assert not told["time"].passed
    assert not told["name"].passed
    assert stand_in_the_way(tuple(told.values())) == ""


def test_each_thing_that_stands_in_the_way_is_told() -> None:
    assert "does not name Sam" in stand_in_the_way(tuple(found("Somebody missed Maths.").values()))
    assert "at most 300" in found("Sam " * 80)["length"].sentence
    assert not found("Sam " * 80)["length"].passed
    assert not found("Sam must come. This is unacceptable.")["claims"].passed
    assert "lacks words" in found("")["words"].sentence
    stopped = found("Sam missed Maths.", sms_opted_out=True)["consent"]
    assert (stopped.passed, stopped.blocking) == (False, True)
    assert "opted out of texts" in stopped.sentence
    assert "2 texts in 7 days" in found("Sam missed Maths.")["texts"].sentence


def test_facts_name_what_changed_and_a_sheet_names_nobody() -> None:
    message = a_message(Purpose.CONCERN, Channel.SMS, numbers={"missed": 3, "last": 8, "step": 1})
    before = facts_of(message, names())
    after = facts_of(message, names(zone="Europe/Lisbon", starts_at=STARTED.replace(hour=17)))
    assert changed(before, after) == ("starts_at", "zone")
    assert fingerprint(before) == fingerprint(dict(reversed(before.items()))) != fingerprint(after)
    told = sheet([(message, names(coordinator_name="Ana Diaz", guardian_name="Maria"))])
    assert told.facts["total"] == "3 of the last 8 Maths sessions"
    assert not any(name in str(told.facts) + str(told.like) for name in ("Sam", "Reed", "Ana", "Maria", "Northstar"))


def test_differences_read_like_the_text() -> None:
    found = differences("Sam was not there. Call us.", "Sam was missed. Call us.")
    assert [(d.kind, d.words) for d in found] == [
        ("same", "Sam was"),
        ("taken_out", "not there."),
        ("put_in", "missed."),
        ("same", "Call us."),
    ]
