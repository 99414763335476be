"""Watching whether a follow-up worked (rules, section 3)."""

from __future__ import annotations

import pytest

from tests.builders import on
from tests.domain.books import Books, two_missed


def followed_up(outcome: str = "reached") -> Books:
    """Sam's case of 9 March; Ana talked to the family the next morning."""
    books = two_missed()
    books.advance_to(on(8, 10))
    books.completes(outcome)
    return books


@pytest.mark.parametrize("outcome", ["reached", "message_left", "plan_changed"])
def test_a_finished_follow_up_begins_the_watch(outcome: str) -> None:
    books = followed_up(outcome)
    assert books.case.watch_since == on(8, 10)
    assert books.state.tasks == ()


def test_three_present_in_a_row_is_recovered() -> None:
    books = followed_up()
    for day in (9, 11):
        books.records("attended", on(day))
    assert books.state.case
    books.records("late", on(13))
    assert (books.case.outcome, books.case.closed_at) == ("recovered", on(13, 17))


def test_three_present_in_a_row_close_the_case_even_if_nobody_followed_up() -> None:
    books = two_missed()
    for day in (8, 9, 10):
        books.records("attended", on(day, 10))
    assert books.case.outcome == "recovered"
    assert [t.status for t in books.tasks.values()] == ["closed"]


def test_fourteen_days_without_a_miss_is_recovered() -> None:
    books = followed_up()
    books.records("attended", on(14))
    books.advance_to(on(22, 9, 59))
    assert books.case.outcome is None
    books.advance_to(on(22, 10))
    assert books.case.outcome == "recovered"


def test_an_unannounced_miss_opens_the_task_again_one_tier_up() -> None:
    books = followed_up()
    books.records("attended", on(9))
    books.records("no_show", on(11))
    assert (books.case.tier, books.case.watch_since, books.case.outcome) == (3, None, None)
    assert (books.task.kind, books.task.tier, books.task.owner_id) == ("follow_up", 3, "ana")
    assert len(books.letters("absence_notice")) == 4, "the first miss and this one"


def test_from_tier_3_it_goes_to_the_lead() -> None:
    books = two_missed()
    books.records("no_show", on(8, 9))
    books.completes("reached")
    books.records("no_show", on(9))
    assert (books.case.tier, books.task.owner_id, books.task.escalation) == (3, "lea", "lead")


def test_an_announced_miss_leaves_the_watch_running() -> None:
    books = followed_up()
    books.records("cancelled_by_student", on(9), told=on(8, 12))
    books.advance_to(on(10))
    assert books.case.watch_since == on(8, 10)


@pytest.mark.parametrize("sessions", [["cancelled_by_student"], ["attended", "partial", "attended"]])
def test_a_watch_that_ends_with_announced_misses_gives_the_case_back_at_its_tier(sessions: list[str]) -> None:
    books = followed_up()
    for n, code in enumerate(sessions):
        books.records(code, on(10 + n))
    books.advance_to(on(22, 10))
    assert (books.case.tier, books.case.outcome) == (2, None)
    assert books.open_kinds() == ["follow_up"]


def test_the_task_given_back_has_14_days_of_its_own() -> None:
    books = followed_up()
    books.records("cancelled_by_student", on(10))
    books.advance_to(on(22, 10))
    books.advance_to(on(36, 9))
    assert books.case.tier == 2
    books.advance_to(on(36, 10))
    assert books.case.tier == 3


def test_without_a_session_the_watch_waits_for_the_first() -> None:
    books = followed_up()
    books.advance_to(on(23))
    assert books.case.watch_since == on(8, 10)
    assert books.rules()[-1] == "watch_waits_for_a_session"
    books.records("attended", on(25))
    assert books.case.outcome == "recovered"


def test_no_sessions_held_for_28_days_is_a_task() -> None:
    books = followed_up()
    books.advance_to(on(36, 10))
    assert books.open_kinds() == ["no_sessions_held"]
    assert (books.case.tier, books.case.watch_since) == (2, None)


def test_a_session_that_ends_while_the_watch_ends_is_not_overlooked() -> None:
    books = followed_up()
    books.records("late_cancelled", on(22, 9), told=on(22, 8))
    books.advance_to(on(22, 10))
    assert books.case.tier == 3


def test_a_further_miss_after_the_watch_failed_is_told_and_kept_as_evidence() -> None:
    books = followed_up()
    books.records("no_show", on(9))
    assert books.case.evidence[-1] == "maths@03-11T16:00"


def test_a_case_on_the_same_follow_up_is_shown_in_time() -> None:
    assert followed_up().case.follow_up == "in_time"
