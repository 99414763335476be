"""What a family is told before it tells an absence ahead."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from domain.facts import Enrollment, Facts
from domain.grace import Term
from domain.outcomes import Code, Outcome, Schedule, SessionKind
from domain.telling_ahead import Ahead, costs, in_a_row, lasts_until

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
SPRING = Term(id="spring", starts_on=date(2026, 1, 1), ends_on=date(2026, 6, 30))


def _facts(kind: SessionKind = SessionKind.ONE_TO_ONE, *outcomes: Outcome, terms: tuple[Term, ...] = ()) -> Facts:
    maths = Enrollment(id="maths", schedule=Schedule(id="s", kind=kind), coordinator_id="alice", started_at=NOW)
    return Facts(student_id="sam", enrollments=(maths,), outcomes=outcomes, terms=terms)


def _ahead(hours: int) -> Ahead:
    starts = NOW + timedelta(hours=hours)
    return Ahead(session_id=f"in {hours}", enrollment_id="maths", starts_at=starts, ends_at=starts + timedelta(hours=1))


def _late(hours: int) -> Outcome:
    starts = NOW + timedelta(hours=hours)
    return Outcome(
        id=f"o{hours}",
        session_id=f"s{hours}",
        enrollment_id="maths",
        code=Code.LATE_CANCELLED,
        starts_at=starts,
        ends_at=starts + timedelta(hours=1),
        received_at=NOW,
    )


def test_in_time_nothing_is_taken_and_the_last_moment_is_named() -> None:
    (cost,) = costs(_facts(), [_ahead(30)], NOW)
    assert (cost.code, cost.units, cost.late) == (Code.CANCELLED_BY_STUDENT, 0, False)
    assert cost.in_time_until == NOW + timedelta(hours=6)


def test_late_it_takes_a_lesson() -> None:
    (cost,) = costs(_facts(), [_ahead(5)], NOW)
    assert (cost.late, cost.units, cost.spared) == (True, 1, False)


def test_the_first_late_one_of_a_term_is_forgiven_and_of_two_told_at_once_only_one() -> None:
    facts = _facts(terms=(SPRING,))
    assert [(c.units, c.spared) for c in costs(facts, [_ahead(9), _ahead(5)], NOW)] == [(0, True), (1, False)]


def test_an_earlier_one_makes_the_later_one_cost_so_one_more_is_charged_in_all() -> None:
    facts = _facts(SessionKind.ONE_TO_ONE, _late(20), terms=(SPRING,))
    assert [c.units for c in costs(facts, [_ahead(5)], NOW)] == [1]


def test_a_group_excuses_at_any_time() -> None:
    (cost,) = costs(_facts(SessionKind.GROUP), [_ahead(1)], NOW)
    assert (cost.code, cost.units, cost.in_time_until) == (Code.EXCUSED_ABSENCE, 0, None)


def test_lessons_last_until_the_one_that_is_paid_for_last() -> None:
    starts = [NOW + timedelta(days=n) for n in range(5)]
    assert lasts_until(2, 1, starts) == starts[1]
    assert lasts_until(4, 2, starts) == starts[1]
    assert lasts_until(5, 1, starts) is None, "all that are known are paid for"
    assert lasts_until(0, 1, starts) is None
    assert lasts_until(-1, 1, starts) is None


def test_in_a_row_are_those_since_the_last_miss_and_what_we_called_off_breaks_nothing() -> None:
    codes = [Code.LATE, Code.CANCELLED_BY_OPERATOR, Code.ATTENDED, Code.EXCUSED_ABSENCE, Code.ATTENDED]
    assert in_a_row(codes) == 2
