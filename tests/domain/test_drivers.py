"""What weighed in: each rule's number now, the usual one and the limit, counted as the rules count."""

from __future__ import annotations

from datetime import timedelta

from domain.drivers import drivers, sessions_of, share, weeks
from tests.builders import on
from tests.domain.books import Books


def _books(*codes: str) -> Books:
    """Lessons on Mondays and Thursdays, one code each."""
    books = Books()
    for number, code in enumerate(codes):
        books.records(code, on(number // 2 * 7 + number % 2 * 3, 16))
    return books


def test_the_rule_that_fired_comes_first_with_its_limit_and_what_is_usual() -> None:
    books = _books(*["attended"] * 10, "no_show", "no_show")
    first, *rest = drivers(books.state, books.facts, books.case, books.now)
    assert (first.rule, first.now, first.limit, first.usual) == (books.case.rule, 2, 2, 0)
    of_last = next(d for d in rest if d.rule == "misses_of_last")
    assert (of_last.now, of_last.limit, of_last.last, of_last.usual) == (2, 3, 8, 0)


def test_with_few_lessons_nothing_is_called_usual_and_no_share_is_told() -> None:
    books = _books("attended", "no_show", "no_show")
    assert {d.usual for d in drivers(books.state, books.facts, books.case, books.now)} == {None}
    assert share(sessions_of(books.state, books.facts, books.case.enrollment_id, books.now)) is None


def test_attendance_is_told_beside_what_it_was_and_week_by_week() -> None:
    books = _books(*["attended"] * 20, *["no_show", "attended"] * 2)
    run = sessions_of(books.state, books.facts, "maths", books.now)
    found = share(run)
    assert found is not None
    assert (found.attended, found.of, found.before) == (14, 16, 1.0)
    shares = weeks(run, books.now + timedelta(days=1))
    assert (len(shares), shares[-1]) == (8, 0.5)
