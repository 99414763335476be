"""Pauses: nothing counts, nothing is sent, the books go on (rules, section 3)."""

from __future__ import annotations

import pytest

from domain.events import ToppedUp
from domain.plan import plan
from tests.builders import a_student_facts, an_enrollment, on
from tests.domain.books import Books, two_missed


def test_a_pause_closes_the_case_and_its_tasks_and_cancels_what_waits() -> None:
    books = two_missed()
    books.pauses(on(30))
    assert books.case.outcome == "paused"
    assert [(t.status, t.reason) for t in books.tasks.values()] == [("closed", "paused")]
    assert {m.state.value for m in books.facts.messages if m.purpose == "concern"} == {"cancelled"}


def test_a_pause_leaves_tasks_that_are_not_about_absence() -> None:
    books = Books(a_student_facts(enrollments=(an_enrollment(balance=3),)))
    books.records("attended", on(0))
    books.pauses(on(30))
    assert books.open_kinds() == ["low_balance"]


def test_a_return_date_in_the_past_is_refused() -> None:
    books = two_missed()
    assert books.pauses(on(3)).refused == "return_date_in_the_past"
    assert books.case.outcome is None


def test_entries_are_posted_as_always_and_nobody_is_told() -> None:
    books = Books()
    books.pauses(on(30))
    books.records("no_show", on(3))
    assert books.facts.enrollments[0].balance == 17
    assert books.facts.messages == ()
    assert books.rules()[-1] == "paused_tells_nobody"


def test_windows_skip_the_span() -> None:
    books = Books()
    books.records("no_show", on(0))
    books.pauses(on(10))
    for day in (3, 5):
        books.records("no_show", on(day))
    books.records("attended", on(11))
    books.records("no_show", on(13))
    assert not books.cases
    books.records("no_show", on(14))
    assert books.case.rule == "unannounced_in_row"


def test_it_ends_on_its_return_date() -> None:
    books = Books()
    books.pauses(on(10, 9))
    assert [(s.act, s.due_at) for s in plan(books.state, books.facts, books.now)] == [("pause_ends", on(10, 9))]
    books.advance_to(on(10, 9))
    assert books.rules()[-1] == "pause_ended"
    assert plan(books.state, books.facts, books.now) == ()


def test_an_attended_session_ends_it() -> None:
    books = Books()
    books.pauses(on(30))
    books.records("attended", on(7))
    assert "attended_in_pause" in books.rules()
    books.records("no_show", on(14))
    books.records("no_show", on(15))
    assert books.case.tier == 2


def test_an_attendance_that_was_none_does_not_end_it() -> None:
    books = Books()
    books.pauses(on(30))
    books.records("attended", on(7))
    books.corrects("no_show", on(7))
    books.records("no_show", on(14))
    assert not books.cases
    assert books.letters("absence_notice") == []


@pytest.mark.parametrize("until", [on(20), on(9)])
def test_moving_the_return_date_keeps_the_days_already_paused(until: object) -> None:
    books = Books()
    books.pauses(on(10))
    books.records("no_show", on(3))
    books.advance_to(on(8))
    books.pauses(until)  # type: ignore[arg-type]
    assert [(p.began_at, p.until) for p in books.state.pauses] == [(on(0, 0), until)]


def test_a_second_pause_leaves_the_first_as_it_was() -> None:
    books = Books()
    books.pauses(on(10))
    books.records("attended", on(3))
    books.advance_to(on(5))
    books.pauses(on(20))
    assert [(p.began_at, p.until) for p in books.state.pauses] == [(on(0, 0), on(5)), (on(5), on(20))]
    books.records("no_show", on(6))
    assert books.letters("absence_notice") == []


def test_money_moves_during_a_pause() -> None:
    books = Books()
    books.pauses(on(10))
    assert books.happens(ToppedUp(act_id="a", enrollment_id="maths", units=5)).refused is None
