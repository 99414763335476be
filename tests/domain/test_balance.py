"""The prepaid balance: entries, top-ups, adjustments, alerts (rules, sections 1 and 5)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.balance import BalanceAlerts, alert_due, low_level
from domain.events import Adjusted, OutcomeRecorded, ToppedUp
from domain.outcomes import Charge, Code
from domain.policy import Policy
from tests.builders import a_schedule, a_student_facts, an_enrollment, on
from tests.domain.books import Books


def with_balance(balance: int, **changes: Any) -> Books:
    return Books(a_student_facts(enrollments=(an_enrollment(balance=balance, **changes),)))


def kinds_and_units(books: Books) -> list[tuple[str, int]]:
    return [(e.kind.value, e.units) for e in books.facts.entries]


def test_an_attended_session_takes_one_unit() -> None:
    books = with_balance(18)
    books.records("attended", on(0))
    assert kinds_and_units(books) == [("consume", -1)]
    assert books.facts.enrollments[0].balance == 17


def test_a_held_outcome_leaves_no_entry() -> None:
    books = with_balance(18)
    books.records("cancelled_by_student", on(3), told=on(0))
    assert books.facts.entries == ()


def test_attendance_is_never_refused_for_money() -> None:
    books = with_balance(0)
    books.records("attended", on(0))
    assert books.facts.enrollments[0].balance == -1


def test_a_charge_corrected_to_a_held_outcome_is_credited_back() -> None:
    books = with_balance(18)
    books.records("no_show", on(0))
    books.corrects("technical_failure", on(0))
    assert kinds_and_units(books) == [("consume", -1), ("reverse", 1)]
    assert books.facts.entries[1].reverses == books.facts.entries[0].id
    assert books.decisions[-1].because[1].numbers == {"units": 1}


def test_a_held_outcome_corrected_to_a_charged_one_is_charged() -> None:
    books = with_balance(18, schedule={"charges": {Code.NO_SHOW: Charge.HOLD}})
    books.records("no_show", on(0))
    books.corrects("attended", on(0))
    assert kinds_and_units(books) == [("consume", -1)]


def test_a_charge_corrected_to_another_charge_is_reversed_and_posted_again() -> None:
    books = with_balance(18)
    books.records("no_show", on(0))
    books.corrects("late", on(0))
    assert kinds_and_units(books) == [("consume", -1), ("reverse", 1), ("consume", -1)]


def test_an_outcome_told_twice_is_charged_once() -> None:
    books = with_balance(18)
    books.records("no_show", on(0))
    decision = books.happens(OutcomeRecorded(outcome_id=books.facts.outcomes[0].id))
    assert decision.effects == ()


def test_an_older_version_that_arrives_late_changes_nothing() -> None:
    books = with_balance(18)
    books.records("no_show", on(0))
    books.corrects("technical_failure", on(0))
    decision = books.happens(OutcomeRecorded(outcome_id=books.facts.outcomes[0].id, version=1))
    assert decision.effects == ()
    assert decision.because[0].rule == "superseded"


def test_an_adjustment_is_signed_and_may_be_anything_but_nothing() -> None:
    books = with_balance(18)
    books.happens(Adjusted(act_id="a", enrollment_id="maths", units=-3))
    assert books.happens(Adjusted(act_id="b", enrollment_id="maths", units=0)).refused == "nothing_to_adjust"
    assert kinds_and_units(books) == [("adjust", -3)]


@pytest.mark.parametrize("act", [ToppedUp, Adjusted])
def test_an_act_told_twice_is_booked_once(act: type[ToppedUp] | type[Adjusted]) -> None:
    books = with_balance(18)
    for _ in range(2):
        books.happens(act(act_id="a", enrollment_id="maths", units=10))
    assert books.facts.enrollments[0].balance == 28


@pytest.mark.parametrize("act", [ToppedUp, Adjusted])
def test_money_for_an_unknown_enrollment_is_refused(act: type[ToppedUp] | type[Adjusted]) -> None:
    assert Books().happens(act(act_id="a", enrollment_id="chess", units=1)).refused == "enrollment_unknown"


# --- alerts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last_top_up", "per_week", "upcoming", "level"),
    [
        (20, 1, None, 2),
        (20, 3, None, 6),
        (20, 1, 5, 5),
        (20, 3, 0, 2),
        (4, 3, None, 3),
        (1, 1, None, 0),
    ],
)
def test_the_level_is_two_weeks_of_sessions_but_less_than_a_package(
    last_top_up: int, per_week: int, upcoming: int | None, level: int
) -> None:
    assert low_level(Policy(), a_schedule(sessions_per_week=per_week), last_top_up, upcoming) == level


@pytest.mark.parametrize(
    ("before", "after", "low", "empty", "due"),
    [
        (4, 3, False, False, None),
        (3, 2, False, False, "low"),
        (2, 1, False, False, None),
        (3, 2, True, False, None),
        (1, 0, True, False, "empty"),
        (1, 0, False, False, "empty"),
        (1, 0, True, True, None),
        (0, -1, True, False, None),
        (2, -1, False, False, "empty"),
    ],
)
def test_an_alert_fires_when_a_line_is_crossed(
    before: int, after: int, low: bool, empty: bool, due: str | None
) -> None:
    alerts = BalanceAlerts(enrollment_id="maths", low=low, empty=empty)
    assert alert_due(alerts, level=2, before=before, after=after) == due


def test_low_balance_asks_the_coordinator_once_per_package_and_again_at_nothing() -> None:
    books = with_balance(4)
    opened = []
    for week in range(5):
        before = len(books.tasks)
        books.records("attended", on(7 * week))
        opened.append(len(books.tasks) - before)
        for task in books.state.tasks:
            books.completes("done", task)
    assert opened == [0, 1, 0, 1, 0]
    assert [b.rule for d in books.decisions for b in d.because if "balance_" in b.rule] == [
        "balance_low",
        "balance_empty",
    ]


def test_at_nothing_the_task_that_still_waits_becomes_urgent() -> None:
    books = with_balance(3)
    books.records("attended", on(0))
    assert (books.task.kind, books.task.owner_id, books.task.due_at) == ("low_balance", "ana", on(1, 17))
    books.records("attended", on(0, 18))
    books.records("attended", on(0, 20))
    assert books.task.due_at == on(1, 12)


def test_a_top_up_above_the_level_settles_the_task_and_arms_the_alert_anew() -> None:
    books = with_balance(3)
    books.records("attended", on(0))
    books.happens(ToppedUp(act_id="a", enrollment_id="maths", units=3))
    assert books.state.tasks == ()
    for week in range(1, 4):
        books.records("attended", on(7 * week))
    assert books.open_kinds() == ["low_balance"]


def test_a_top_up_that_stays_under_the_level_arms_nothing() -> None:
    books = with_balance(-8, last_top_up=10)
    books.happens(ToppedUp(act_id="a", enrollment_id="maths", units=10))
    assert not books.state.alerts


def test_corrections_and_adjustments_neither_fire_nor_arm() -> None:
    books = with_balance(4)
    books.records("technical_failure", on(0))
    books.corrects("attended", on(0))
    books.happens(Adjusted(act_id="a", enrollment_id="maths", units=-2))
    assert books.state.tasks == ()
    books.records("attended", on(7))
    assert books.open_kinds() == ["low_balance"], "the balance crossed 0 by consumption"
    books.happens(Adjusted(act_id="b", enrollment_id="maths", units=30))
    assert books.open_kinds() == ["low_balance"]


def test_the_first_outcome_after_one_that_was_taken_back_is_no_correction() -> None:
    books = with_balance(3)
    books.records("cancelled_by_student", on(3), told=on(0))
    books.corrects("scheduled", on(3))
    books.advance_to(on(3, 17))
    (told,) = books.facts.outcomes
    attended = told.model_copy(update={"code": Code.ATTENDED, "version": 3, "received_at": books.now})
    books.facts = books.facts.model_copy(update={"outcomes": (attended,)})
    books.happens(OutcomeRecorded(outcome_id=told.id, version=3, anew=True))
    assert (kinds_and_units(books), books.open_kinds()) == ([("consume", -1)], ["low_balance"])


def test_a_student_who_never_bought_a_package_has_no_level() -> None:
    books = with_balance(3, last_top_up=None)
    books.records("attended", on(0))
    assert books.state.tasks == ()
