"""Cases: opened, raised, opened again; once per rule and session, one at a time (rules, section 3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.cases import FollowUp
from domain.events import OutcomeRecorded, TaskDismissed
from domain.facts import Facts
from tests.builders import a_student_facts, an_enrollment, on
from tests.domain.books import Books, two_missed


def with_chess() -> Facts:
    return a_student_facts(enrollments=(an_enrollment("maths"), an_enrollment("chess", coordinator_id="ben")))


def test_one_no_show_is_a_notice_and_no_case() -> None:
    books = Books()
    books.records("no_show", on(0))
    assert not books.cases
    assert books.decisions[0].because[0].numbers["tier"] == 1


def test_the_second_in_a_row_opens_a_case_with_a_task() -> None:
    books = two_missed()
    assert (books.case.tier, books.case.rule, books.case.opened_at) == (2, "unannounced_in_row", on(7, 17))
    assert (books.task.kind, books.task.owner_id, books.task.due_at) == ("follow_up", "ana", on(8, 17))
    assert books.task.case_id == books.case.id


def test_a_concern_message_goes_instead_of_the_plain_notice() -> None:
    books = two_missed()
    assert books.letters("absence_notice") == [("mother", "email"), ("mother", "sms")], "of the first miss"
    assert books.letters("concern") == [("mother", "email"), ("mother", "sms")]
    concern = next(m for m in books.facts.messages if m.purpose == "concern")
    assert concern.numbers == {"missed": 2, "last": 2, "step": 0}
    assert concern.offers_replies


def test_a_session_told_ahead_counts_when_it_ends() -> None:
    books = Books()
    books.records("no_show", on(0))
    books.records("late_cancelled", on(7), told=on(7, 8))
    assert not books.cases
    books.advance_to(on(7, 17))
    assert books.case.opened_at == on(7, 17)
    assert books.letters("concern") == [("mother", "email"), ("mother", "sms")]


def test_a_miss_older_than_72_hours_fires_nothing() -> None:
    books = Books()
    books.records("no_show", on(0))
    books.advance_to(on(10, 17, 1))
    books.records("no_show", on(7), received_at=on(10, 17))
    assert not books.cases


def test_a_rule_fires_once_on_a_session() -> None:
    books = two_missed()
    books.happens(TaskDismissed(task_id=books.task.id, by="ana", reason="other"))
    books.happens(OutcomeRecorded(outcome_id=books.facts.outcomes[-1].id))
    assert books.state.case is None
    assert books.rules().count("unannounced_in_row") == 1


def test_a_later_miss_is_evidence_and_gets_its_own_notice() -> None:
    books = two_missed()
    books.records("partial", on(8))
    assert books.case.evidence[-1] == "maths@03-10T16:00"
    books.records("no_show", on(9))
    assert len(books.cases) == 1
    assert len(books.letters("absence_notice")) == 4


def test_a_higher_rule_raises_the_tier_and_redates_the_open_task() -> None:
    books = two_missed()
    books.records("no_show", on(8, 10))
    assert books.case.tier == 3
    assert (books.task.tier, books.task.due_at) == (3, on(8, 17))


def test_a_raise_never_moves_the_task_to_a_later_time() -> None:
    books = two_missed()
    books.records("no_show", on(8))
    assert books.case.tier == 3
    assert books.task.due_at == on(8, 17), "same-day would be tomorrow at noon by now"


def test_an_unfinished_tier_2_case_becomes_tier_3_after_14_days() -> None:
    books = two_missed()
    books.advance_to(on(21, 16, 59))
    assert books.case.tier == 2
    books.advance_to(on(21, 17))
    assert books.case.tier == 3
    assert books.rules()[-1] == "unfinished"


def test_a_finished_follow_up_is_not_raised() -> None:
    books = two_missed()
    books.completes("reached")
    books.advance_to(on(22))
    assert books.case.tier == 2


@pytest.mark.parametrize(("days_after", "openings"), [(6, 2), (8, 1)])
def test_an_unannounced_miss_within_7_days_of_closing_opens_the_case_again(days_after: int, openings: int) -> None:
    books = two_missed()
    books.completes("paused")
    books.records("no_show", on(7 + days_after))
    assert books.case.openings == openings
    if openings == 2:
        assert (books.case.tier, books.case.rule, books.case.outcome) == (2, "missed_after_closing", None)
        assert books.case.follow_up is FollowUp.NEVER
        assert books.task.due_at == on(7 + days_after + 1, 17)


def test_a_case_opens_again_with_a_concern_of_its_own() -> None:
    books = two_missed()
    books.completes("paused")
    books.records("no_show", on(10))
    assert len(books.letters("concern")) == 4
    assert len(books.letters("absence_notice")) == 2


@pytest.mark.parametrize("code", ["cancelled_by_student", "partial", "attended"])
def test_nothing_but_an_unannounced_miss_opens_it_again(code: str) -> None:
    books = two_missed()
    books.completes("paused")
    books.records(code, on(10))
    assert books.state.case is None


@pytest.mark.parametrize("reason", ["duplicate", "false_alarm"])
def test_what_never_was_a_case_is_not_opened_again(reason: str) -> None:
    books = two_missed()
    books.happens(TaskDismissed.model_validate({"task_id": books.task.id, "by": "ana", "reason": reason}))
    assert books.case.outcome == reason
    books.records("no_show", on(10))
    assert books.state.case is None


def test_sessions_up_to_the_end_of_a_case_count_for_no_new_one() -> None:
    books = two_missed()
    books.completes("paused")
    books.records("attended", on(14))
    books.records("no_show", on(21))
    assert books.state.case is None
    books.records("no_show", on(28))
    assert len(books.cases) == 2


def test_two_enrollments_share_one_case() -> None:
    books = Books(with_chess())
    books.records("no_show", on(0))
    books.records("no_show", on(3), "chess")
    assert books.case.rule == "unannounced_in_days"
    assert books.case.evidence == ("maths@03-02T16:00", "chess@03-05T16:00")
    assert (books.case.enrollment_id, books.task.owner_id) == ("chess", "ben")
    assert books.letters("absence_notice") == [("mother", "email"), ("mother", "sms")], "of maths only"


def test_two_enrollments_told_in_the_wrong_order_open_the_case_all_the_same() -> None:
    books = Books(with_chess())
    books.records("no_show", on(3), "chess")
    books.records("no_show", on(2))
    assert (books.case.rule, books.case.enrollment_id) == ("unannounced_in_days", "maths")


def test_the_other_enrollment_alarming_gives_a_watched_case_back_to_people() -> None:
    books = Books(with_chess())
    books.records("no_show", on(0))
    books.records("no_show", on(7))
    books.completes("reached")
    books.records("no_show", on(8), "chess")
    assert books.case.watch_since is None
    assert books.open_kinds() == ["follow_up"]


def test_a_case_keeps_the_policy_it_opened_under() -> None:
    books = two_missed()
    lenient = books.facts.policy.model_copy(update={"version": 2, "unfinished_after": timedelta(days=60)})
    books.facts = books.facts.model_copy(update={"policies": {**books.facts.policies, 2: lenient}})
    books.advance_to(on(21, 17))
    assert books.case.tier == 3
