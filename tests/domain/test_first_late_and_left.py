"""The edges of a student's time with us: the first session, what comes in late, who has left (rules, 2 and 3)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.events import Enrolled, Withdrawn
from domain.facts import Facts
from tests.builders import a_student_facts, an_enrollment, an_outcome, on
from tests.domain.books import Books, two_missed


def new_student(**changes: Any) -> Facts:
    """Sam begins: no session held yet, the first one is on Monday."""
    new: dict[str, Any] = {"earlier_places": 0, "started_at": on(0), **changes}
    return a_student_facts(enrollments=(an_enrollment(**new),), first_session_id="maths@03-02T16:00")


# --- the first session ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["no_show", "late_cancelled"])
def test_a_missed_first_session_is_a_welcome_call_the_same_day(code: str) -> None:
    books = Books(new_student())
    books.records(code, on(0, 16), told=on(0, 14) if code == "late_cancelled" else None)
    books.advance_to(on(0, 17))
    assert (books.task.kind, books.task.due_at, books.task.case_id) == ("welcome_call", on(1, 12), None)
    assert not books.cases


@pytest.mark.parametrize("code", ["attended", "partial", "cancelled_by_student"])
def test_any_other_first_session_asks_for_no_call(code: str) -> None:
    books = Books(new_student())
    books.records(code, on(0))
    assert books.state.tasks == ()


def test_an_imported_enrollment_has_had_its_first_session() -> None:
    books = Books(new_student(imported=True))
    books.records("no_show", on(0))
    assert books.state.tasks == ()


def test_an_open_welcome_call_joins_the_case() -> None:
    books = Books(new_student())
    books.records("no_show", on(0))
    books.records("no_show", on(7))
    assert (books.task.kind, books.task.case_id, books.task.tier) == ("welcome_call", books.case.id, 2)
    assert books.task.due_at == on(1, 12)


def test_a_finished_welcome_call_leaves_the_case_its_own_task() -> None:
    books = Books(new_student())
    books.records("no_show", on(0))
    books.completes("reached")
    books.records("no_show", on(7))
    assert books.open_kinds() == ["follow_up"]


def test_a_first_session_told_last_is_still_one_task_with_its_case() -> None:
    books = Books(new_student())
    books.records("no_show", on(1), session_id="second")
    books.records("no_show", on(0), session_id="maths@03-02T16:00")
    assert (books.task.kind, books.task.case_id) == ("welcome_call", books.case.id)


# --- backfill ---------------------------------------------------------------------------------------------------------


def test_a_backfill_settles_the_books_and_tells_nobody() -> None:
    books = Books()
    books.advance_to(on(10))
    books.records("no_show", on(0))
    assert books.facts.enrollments[0].balance == 17
    assert books.facts.messages == ()
    assert books.rules()[-1] == "backfill_tells_nobody"


def test_a_backfill_of_the_last_14_days_opens_a_silent_case_with_its_task() -> None:
    books = Books()
    books.advance_to(on(20))
    books.records("no_show", on(0))
    books.records("no_show", on(7))
    assert books.case.silent
    assert books.open_kinds() == ["follow_up"]
    books.advance_to(on(27))
    assert books.letters("concern") == []


def test_an_older_backfill_opens_nothing() -> None:
    books = Books()
    books.advance_to(on(30))
    books.records("no_show", on(0))
    books.records("no_show", on(7))
    assert not books.cases


def test_an_import_opens_nothing_but_counts_later() -> None:
    books = Books()
    books.advance_to(on(10))
    books.records("no_show", on(0), imported=True)
    books.records("no_show", on(3), imported=True)
    assert not books.cases
    books.records("no_show", on(10))
    assert books.case.tier == 3


def test_an_import_does_not_hide_a_session_that_has_just_ended() -> None:
    books = Books()
    books.records("no_show", on(0))
    books.records("late_cancelled", on(7), told=on(7, 8))
    books.now = on(7, 17, 5)
    books.receives(an_outcome("attended", on(1), received_at=books.now, imported=True))
    assert not books.cases
    books.advance_to(on(7, 17, 6))
    assert books.case.rule == "unannounced_in_days"


def test_a_backfill_does_not_silence_a_session_that_has_just_ended() -> None:
    books = Books()
    books.records("no_show", on(0))
    books.records("late_cancelled", on(7), told=on(7, 8))
    books.now = on(7, 17, 5)
    books.receives(an_outcome("attended", on(1), received_at=books.now))
    assert not books.case.silent


# --- who has left -----------------------------------------------------------------------------------------------------


def test_after_a_withdrawal_the_books_are_settled_and_nobody_is_bothered() -> None:
    books = two_missed()
    books.happens(Withdrawn())
    assert (books.case.outcome, books.state.tasks) == ("withdrawn", ())
    made = len(books.facts.messages)
    books.records("no_show", on(8))
    assert books.facts.enrollments[0].balance == 15
    assert (len(books.facts.messages), books.state.case, books.state.tasks) == (made, None, ())


def test_who_comes_back_is_looked_after_again() -> None:
    books = Books()
    books.happens(Withdrawn())
    books.happens(Enrolled(enrollment_id="maths"))
    books.records("no_show", on(7))
    books.records("no_show", on(8))
    assert books.case.tier == 2
