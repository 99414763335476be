"""Grace: a term's first late cancellation is not charged, in whatever order things are told (rules, section 1)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import OutcomeRecorded
from domain.grace import Term, term_at
from domain.outcomes import Charge, Code
from domain.policy import Policy
from tests.builders import LESSON, a_student_facts, an_enrollment, an_outcome, on
from tests.domain.books import Books

SPRING = Term(id="spring", starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 31))
SUMMER = Term(id="summer", starts_on=date(2026, 4, 1), ends_on=date(2026, 6, 30))
LATE, TOLD = Code.LATE_CANCELLED, timedelta(hours=5)


def in_term(*terms: Term, grace: int = 1, **changes: Any) -> Books:
    enrollments = (an_enrollment(**changes), an_enrollment("chess"))
    policies = {1: Policy(grace_per_term=grace)}
    return Books(a_student_facts(enrollments=enrollments, terms=terms or (SPRING, SUMMER), policies=policies))


def cancelled_late(books: Books, day: int, enrollment_id: str = "maths") -> None:
    books.records(LATE, on(day), enrollment_id, told=max(books.now, on(day) - TOLD))


def lines(books: Books) -> list[tuple[int, int]]:
    """Day of the session and units, in the order of posting."""
    days = {o.id: (o.starts_at.date() - SPRING.starts_on).days for o in books.facts.outcomes}
    return [(days[e.outcome_id or ""], e.units) for e in books.facts.entries]


def told_units(books: Books) -> list[Any]:
    return [m.numbers["units"] for m in books.facts.messages if m.purpose == "cancellation_confirmation"]


def test_the_first_late_cancellation_of_a_term_is_free_and_the_family_hears_it() -> None:
    books = in_term()
    cancelled_late(books, 2)
    assert (lines(books), told_units(books), "graced" in books.rules()) == ([], [0], True)
    cancelled_late(books, 9)
    assert (lines(books), told_units(books)) == ([(9, -1)], [0, 1])


def test_each_term_and_each_enrollment_has_its_own() -> None:
    books = in_term()
    for day in (2, 30):  # 4 March; 1 April, the first day of summer
        cancelled_late(books, day)
    cancelled_late(books, 32, "chess")
    assert lines(books) == []


def test_without_a_term_there_is_none() -> None:
    books = in_term(SUMMER)
    cancelled_late(books, 2)
    assert (lines(books), told_units(books)) == ([(2, -1)], [1])


def test_an_earlier_one_told_later_takes_it_over() -> None:
    books = in_term()
    cancelled_late(books, 2)
    books.records(LATE, on(1), told=on(2))
    assert lines(books) == [(2, -1)]
    assert books.rules()[-3:] == ["outcome", "graced", "grace_moved"]
    assert told_units(books) == [0, 1], "two cancellations, one session used: no two letters may say none"


def test_a_correction_gives_it_to_the_next_and_back_again() -> None:
    books = in_term()
    cancelled_late(books, 2)
    cancelled_late(books, 9)
    books.advance_to(on(10))
    books.corrects(Code.CANCELLED_BY_STUDENT, on(2))
    assert lines(books) == [(9, -1), (9, 1)]
    books.corrects(LATE, on(2))
    assert lines(books) == [(9, -1), (9, 1), (9, -1)]
    assert len({e.key for e in books.facts.entries}) == 3


def test_an_operator_may_give_two_or_none() -> None:
    books, strict = in_term(grace=2), in_term(grace=0)
    for day in (2, 9, 16):
        cancelled_late(books, day)
        cancelled_late(strict, day)
    assert lines(books) == [(16, -1)]
    assert lines(strict) == [(2, -1), (9, -1), (16, -1)]


def test_where_late_cancelling_costs_nothing_no_grace_is_told() -> None:
    books = in_term(schedule={"charges": {LATE: Charge.HOLD}})
    cancelled_late(books, 2)
    assert "graced" not in books.rules()


def test_dates_are_those_of_the_schedules_zone_and_the_innermost_term_counts() -> None:
    year = Term(id="year", starts_on=date(2025, 9, 1), ends_on=date(2026, 8, 31))
    midnight = on(30, 3)  # 1 April 03:00 UTC is still 31 March in New York
    assert term_at(midnight, "America/New_York", (year, SPRING, SUMMER)) == SPRING
    assert term_at(midnight, "UTC", (year, SPRING, SUMMER)) == SUMMER
    assert term_at(midnight, "UTC", (year, SPRING)) == year
    assert term_at(midnight, "UTC", (SPRING,)) is None


# --- the order of arrival ---------------------------------------------------------------------------------------------

DAYS = [1, 3, 8, 10, 15, 17, 31, 33]
CODES = st.sampled_from([LATE, LATE, LATE, Code.ATTENDED, Code.CANCELLED_BY_STUDENT, Code.SCHEDULED])
Histories = dict[tuple[str, int], list[Code]]


@st.composite
def told(draw: st.DrawFn) -> tuple[Histories, list[tuple[str, int]]]:
    """The versions of each session's outcome, and the order in which sessions are spoken of, once for each version."""
    places = st.tuples(st.sampled_from(["maths", "chess"]), st.sampled_from(DAYS))
    histories = draw(st.dictionaries(places, st.lists(CODES, min_size=1, max_size=3), min_size=1, max_size=7))
    return histories, draw(st.permutations([place for place, codes in histories.items() for _ in codes]))


def account(books: Books) -> tuple[list[int], set[str]]:
    """Balances, and which late cancellations took nothing."""
    taken = {o.id: sum(e.units for e in books.facts.entries if e.outcome_id == o.id) for o in books.facts.outcomes}
    spared = {o.id for o in books.facts.outcomes if o.code is LATE and not taken[o.id]}
    return [e.balance for e in books.facts.enrollments], spared


@settings(max_examples=40)
@given(told(), st.integers(0, 2))
def test_neither_balance_nor_grace_depends_on_the_order_of_arrival(
    told: tuple[Histories, list[tuple[str, int]]], grace: int
) -> None:
    histories, order = told
    arrived, in_order = in_term(grace=grace), in_term(grace=grace)
    arrived.now = on(40)
    seen: dict[tuple[str, int], int] = {}
    for place in order:
        (enrollment, day), version = place, seen.get(place, 0)
        seen[place] = version + 1
        if version:
            arrived.corrects(histories[place][version], on(day), enrollment)
        else:
            arrived.records(histories[place][0], on(day), enrollment)
    for (enrollment, day), codes in sorted(histories.items(), key=lambda h: h[0][1]):
        in_order.records(codes[-1], on(day), enrollment, told=max(in_order.now, on(day) + LESSON))
    assert account(arrived) == account(in_order)
    assert len({e.key for e in arrived.facts.entries}) == len(arrived.facts.entries)


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from(DAYS), CODES, min_size=2), st.data())
def test_nor_does_it_matter_that_several_are_decided_at_once(codes: dict[int, Code], data: st.DataObject) -> None:
    """`advance` loads all outcomes and then takes their events one by one."""
    one_by_one, at_once = in_term(), in_term()
    for books in (one_by_one, at_once):
        books.now = on(40)
        if 3 in codes:
            books.records(codes[3], on(3))
    for day, code in codes.items():
        if day != 3:
            one_by_one.records(code, on(day))
    fresh = tuple(an_outcome(code, on(day), received_at=on(40)) for day, code in codes.items() if day != 3)
    at_once.facts = at_once.facts.model_copy(update={"outcomes": (*at_once.facts.outcomes, *fresh)})
    for outcome in data.draw(st.permutations(fresh)):
        at_once.happens(OutcomeRecorded(outcome_id=outcome.id))
    assert account(at_once) == account(one_by_one)
