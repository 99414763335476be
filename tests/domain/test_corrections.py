"""A correction undoes entries, queued messages, tasks and the case, and tells who was told (rules, section 2)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.events import OutcomeRecorded
from domain.facts import Facts
from domain.sending import Message, MessageState
from tests.builders import a_student_facts, an_enrollment, on
from tests.domain.books import Books, two_missed


def states(books: Books, purpose: str) -> set[str]:
    return {m.state.value for m in books.facts.messages if m.purpose == purpose}


def test_an_all_clear_goes_to_each_guardian_and_channel_that_was_told() -> None:
    books = Books()
    books.records("no_show", on(0))
    books.advance_to(on(0, 18))
    books.corrects("attended", on(0))
    assert books.letters("all_clear") == [("mother", "email"), ("mother", "sms")]


def test_only_who_was_told_gets_an_all_clear() -> None:
    books = Books()
    books.records("no_show", on(0))
    books.advance_to(on(0, 17, 1))
    books.corrects("attended", on(0))
    assert books.letters("all_clear") == [("mother", "email")], "the SMS still waited for siblings"
    assert states(books, "absence_notice") == {"sent", "cancelled"}


def test_nobody_told_nobody_cleared() -> None:
    books = Books()
    books.records("no_show", on(0))
    books.corrects("attended", on(0))
    assert books.letters("all_clear") == []
    assert states(books, "absence_notice") == {"cancelled"}


@pytest.mark.parametrize(
    ("ended", "told"),
    [("sending", True), ("unknown", True), ("undelivered", True), ("merged", True), ("failed", False)],
)
def test_a_notice_the_provider_may_have_is_withdrawn(ended: str, told: bool) -> None:
    books = Books(delivery=lambda _: MessageState(ended))
    books.records("no_show", on(0))
    books.advance_to(on(0, 18))
    books.corrects("attended", on(0))
    assert bool(books.letters("all_clear")) is told


def test_an_all_clear_is_said_once() -> None:
    books = Books()
    books.records("no_show", on(0))
    books.advance_to(on(0, 18))
    books.corrects("attended", on(0))
    books.advance_to(on(0, 19))
    books.corrects("late", on(0))
    assert len(books.letters("all_clear")) == 2


def test_an_all_clear_is_said_again_if_a_notice_went_out_in_between() -> None:
    books = Books()
    for hour, code in ((18, "attended"), (19, "no_show"), (20, "attended")):
        if not books.facts.outcomes:
            books.records("no_show", on(0))
        books.advance_to(on(0, hour))
        books.corrects(code, on(0))
    assert len(books.letters("all_clear")) == 4


def test_a_late_correction_still_tells_who_was_told_something_false() -> None:
    books = Books()
    books.records("no_show", on(0))
    books.advance_to(on(6))
    books.corrects("attended", on(0))
    assert len(books.letters("all_clear")) == 2


def test_a_late_correction_to_a_no_show_tells_nobody() -> None:
    books = Books()
    books.records("attended", on(0))
    books.advance_to(on(6))
    books.corrects("no_show", on(0))
    assert books.facts.messages == ()


def test_a_no_show_that_was_a_late_cancellation_is_cleared_and_not_confirmed_besides() -> None:
    books = Books()
    books.records("no_show", on(0))
    books.advance_to(on(0, 18))
    books.corrects("late_cancelled", on(0))
    assert len(books.letters("all_clear")) == 2
    assert books.letters("cancellation_confirmation") == []


def test_a_case_without_ground_is_a_false_alarm_and_its_task_corrected() -> None:
    books = two_missed()
    books.advance_to(on(7, 18))
    books.corrects("attended", on(7))
    assert books.case.outcome == "false_alarm"
    assert [t.status for t in books.tasks.values()] == ["corrected"]
    assert len(books.letters("all_clear")) == 2


def test_correcting_the_earlier_miss_takes_the_ground_as_well() -> None:
    books = two_missed()
    books.corrects("attended", on(0))
    assert books.case.outcome == "false_alarm"
    assert books.state.tasks == ()


def test_correcting_the_miss_of_the_other_enrollment_takes_the_ground_as_well() -> None:
    books = Books(a_student_facts(enrollments=(an_enrollment("maths"), an_enrollment("chess"))))
    books.records("no_show", on(0))
    books.records("no_show", on(3), "chess")
    books.corrects("attended", on(0))
    assert books.case.outcome == "false_alarm"


def test_a_case_that_still_has_a_ground_stays_open() -> None:
    books = two_missed()
    books.records("no_show", on(8))
    books.corrects("attended", on(8))
    assert books.case.outcome is None
    assert "maths@03-10T16:00" not in books.case.evidence


def test_a_false_alarm_cuts_no_window() -> None:
    books = two_missed()
    books.corrects("attended", on(7))
    books.records("no_show", on(6, 18))
    assert books.state.case is None
    books.records("no_show", on(8))
    assert len(books.cases) == 2
    assert books.state.case
    assert books.state.case.rule == "unannounced_in_days"


def test_a_miss_corrected_there_and_back_is_the_same_case_again() -> None:
    books = two_missed()
    books.corrects("attended", on(7))
    books.now += timedelta(minutes=5)
    books.corrects("no_show", on(7))
    assert (books.case.outcome, books.case.openings) == (None, 2)
    assert books.open_kinds() == ["follow_up"]
    assert len(books.letters("concern", MessageState.QUEUED)) == 2


@pytest.mark.parametrize("day", [0, 7])
def test_rules_that_a_correction_undid_may_fire_again(day: int) -> None:
    books = two_missed()
    books.corrects("attended", on(day))
    assert books.state.case is None
    books.corrects("no_show", on(day))
    assert books.state.case


def first_session() -> Facts:
    mine = an_enrollment(earlier_places=0)
    return a_student_facts(enrollments=(mine,), first_session_id="maths@03-02T16:00")


def test_a_welcome_call_is_corrected_with_its_session() -> None:
    books = Books(first_session())
    books.records("no_show", on(0))
    books.corrects("attended", on(0))
    assert [t.status for t in books.tasks.values()] == ["corrected"]
    books.corrects("no_show", on(0))
    assert books.open_kinds() == ["welcome_call"]


def test_a_welcome_call_stays_while_its_case_has_a_ground() -> None:
    books = Books(first_session())
    for day in (0, 7, 8):
        books.records("no_show", on(day))
    books.corrects("attended", on(0))
    assert books.case.outcome is None
    assert books.task.case_id == books.case.id


def test_a_correction_told_twice_undoes_once() -> None:
    books = Books()
    books.records("attended", on(0))
    books.corrects("no_show", on(0))
    again = OutcomeRecorded(outcome_id=books.facts.outcomes[0].id, version=2)
    assert books.happens(again).effects == ()
    assert states(books, "absence_notice") == {"queued"}


def test_an_attendance_that_closed_a_case_and_was_none_opens_it_again() -> None:
    books = two_missed()
    for day in (8, 9, 10):
        books.records("attended", on(day))
    assert books.case.outcome == "recovered"
    books.corrects("no_show", on(10))
    assert books.state.case
    assert books.state.case.openings == 2
    assert books.open_kinds() == ["follow_up"]
    assert len(books.state.case.evidence) == 3


def test_a_correction_of_another_session_leaves_queued_messages_alone() -> None:
    books = Books()
    books.records("attended", on(0))
    books.records("no_show", on(1))
    books.corrects("late", on(0))
    assert states(books, "absence_notice") == {"queued"}


def test_staff_are_still_reminded_after_a_correction() -> None:
    def is_to_staff(message: Message) -> bool:
        return message.recipient_kind == "staff"

    books = two_missed()
    books.advance_to(on(8, 13))
    books.corrects("attended", on(7))
    assert {m.state for m in books.facts.messages if is_to_staff(m)} <= {MessageState.QUEUED, MessageState.SENT}
