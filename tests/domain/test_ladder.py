"""The ladder of a case: timed messages to the family and what stops them (rules, section 3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.plan import plan
from tests.builders import a_guardian, a_student_facts, on
from tests.domain.books import Books, two_missed

OPENED = on(7, 17)
"""A Monday at 17:00: the task is due on Tuesday at 17:00, step 1 on Tuesday, step 2 on Thursday."""


def concerns(books: Books) -> list[tuple[int, str, str]]:
    made = [m for m in books.facts.messages if m.purpose == "concern"]
    return sorted((int(m.numbers["step"] or 0), m.recipient_id, m.channel.value) for m in made)


STEP_0 = [(0, "mother", "email"), (0, "mother", "sms")]
STEP_1 = [(1, "mother", "email"), (1, "mother", "sms")]
STEP_2 = [(2, "father", "email"), (2, "father", "sms")]


def test_nobody_answers_and_every_step_is_taken_in_its_time() -> None:
    books = two_missed()
    books.advance_to(OPENED + timedelta(hours=23, minutes=59))
    assert concerns(books) == STEP_0
    books.advance_to(OPENED + timedelta(hours=24))
    assert concerns(books) == STEP_0 + STEP_1
    books.advance_to(OPENED + timedelta(hours=72))
    assert concerns(books) == STEP_0 + STEP_1 + STEP_2
    assert books.case.step == 2


def test_with_the_last_step_the_task_becomes_same_day() -> None:
    books = two_missed()
    books.facts = books.facts.model_copy(
        update={"calendar": books.facts.calendar.model_copy(update={"closed_on": (on(8).date(), on(10).date())})}
    )
    books.state = books.state.model_copy(
        update={"tasks": (books.task.model_copy(update={"due_at": on(18, 17), "tier": 2}),)}
    )
    books.advance_to(OPENED + timedelta(hours=72))
    assert books.task.due_at == on(11, 12)


def test_without_a_second_guardian_the_first_gets_an_email() -> None:
    books = two_missed(a_student_facts(guardians=(a_guardian(),)))
    books.advance_to(OPENED + timedelta(hours=72))
    assert concerns(books) == [*STEP_0, *STEP_1, (2, "mother", "email")]


@pytest.mark.parametrize("meaning", ["ill", "clash", "call_me"])
def test_an_understood_reply_ends_the_ladder(meaning: str) -> None:
    books = two_missed()
    books.replies(meaning)
    books.advance_to(on(12))
    assert concerns(books) == STEP_0
    assert books.case.stopped == "reply"


@pytest.mark.parametrize("meaning", ["unclear", "stop", "start"])
def test_a_reply_that_excuses_nothing_does_not_end_it(meaning: str) -> None:
    books = two_missed()
    books.replies(meaning)
    books.advance_to(on(12))
    assert concerns(books) == STEP_0 + STEP_1 + STEP_2


def test_an_attended_session_ends_it() -> None:
    books = two_missed()
    books.records("attended", on(8, 10))
    books.advance_to(on(12))
    assert concerns(books) == STEP_0


def test_an_attendance_that_was_none_lets_it_go_on() -> None:
    books = two_missed()
    books.records("attended", on(8, 10))
    books.now = on(8, 12)
    books.corrects("excused_absence", on(8, 10))
    books.advance_to(on(12))
    assert concerns(books) == STEP_0 + STEP_1 + STEP_2


def test_a_booked_make_up_ends_it() -> None:
    books = two_missed()
    books.advance_to(on(8, 9))
    books.books_make_up(on(7))
    books.advance_to(on(12))
    assert concerns(books) == STEP_0


def test_logged_outreach_ends_it() -> None:
    books = two_missed()
    books.advance_to(on(8, 9))
    books.logs_outreach()
    books.advance_to(on(12))
    assert concerns(books) == STEP_0
    assert books.case.stopped == "outreach"


def test_finishing_the_task_ends_it() -> None:
    books = two_missed()
    books.completes("message_left")
    books.advance_to(on(12))
    assert concerns(books) == STEP_0


def test_a_claim_holds_the_steps_until_it_times_out() -> None:
    books = two_missed()
    books.advance_to(on(8, 10))
    books.claims()
    books.advance_to(on(9, 9, 59))
    assert concerns(books) == STEP_0
    books.advance_to(on(9, 10))
    assert concerns(books) == STEP_0 + STEP_1


@pytest.mark.parametrize("ending", ["paused", "withdrawing"])
def test_a_closed_case_cancels_what_still_waits(ending: str) -> None:
    books = two_missed()
    books.advance_to(on(7, 17, 1))
    books.completes(ending)
    books.advance_to(on(12))
    assert concerns(books) == STEP_0
    states = {m.channel: (m.state, m.reason) for m in books.facts.messages if m.purpose == "concern"}
    assert states == {"email": ("sent", None), "sms": ("cancelled", f"case_{books.case.outcome}")}


def test_after_an_outage_a_step_whose_successor_is_due_as_well_does_nothing() -> None:
    books = two_missed()
    books.now = OPENED + timedelta(hours=80)
    books.advance_to(books.now)
    assert concerns(books) == STEP_0 + STEP_2
    assert "overtaken" in books.rules()


def test_the_plan_says_what_will_not_run_and_why() -> None:
    books = two_missed()
    books.replies("ill")
    steps = [s for s in plan(books.state, books.facts, books.now) if s.act == "ladder_step"]
    assert [(s.number, s.due_at) for s in steps] == [
        (1, OPENED + timedelta(hours=24)),
        (2, OPENED + timedelta(hours=72)),
    ]
    assert [s.why_not.numbers for s in steps if s.why_not] == [{"by": "reply"}] * 2


def test_a_later_miss_does_not_begin_the_ladder_anew() -> None:
    books = two_missed()
    books.records("no_show", on(9))
    books.advance_to(on(12))
    assert concerns(books) == STEP_0 + STEP_1 + STEP_2


def test_the_concern_tells_the_running_total_across_closed_cases() -> None:
    books = two_missed()
    books.completes("paused")
    books.records("no_show", on(10))
    latest = max((m for m in books.facts.messages if m.purpose == "concern"), key=lambda m: m.created_at)
    assert latest.numbers["missed"] == 3
