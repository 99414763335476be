"""Make-up credits: earned by what we called off, open for 60 days, two at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.make_ups import BookedMakeUp, CalledOff, credits_of, why_not
from domain.outcomes import Code
from domain.policy import Policy
from tests.builders import on


def called_off(day: int) -> CalledOff:
    return CalledOff(session_id=f"day {day}", enrollment_id="maths", code=Code.CANCELLED_BY_OPERATOR, starts_at=on(day))


def make_up(for_day: int, day: int, code: Code | None = None) -> BookedMakeUp:
    return BookedMakeUp(session_id=f"make-up {day}", made_up_for=f"day {for_day}", starts_at=on(day), code=code)


def states(days: list[int], *booked: BookedMakeUp, now: datetime | None = None) -> list[str]:
    found = credits_of([called_off(d) for d in days], booked, Policy(), now or on(20))
    return [c.state.value for c in found]


def test_a_called_off_session_may_be_made_up_for_sixty_days() -> None:
    assert states([0], now=on(60, 15)) == ["available"]
    assert states([0], now=on(60, 16)) == ["expired"]


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (None, "pending"),
        (Code.SCHEDULED, "pending"),
        (Code.ATTENDED, "used"),
        (Code.PARTIAL, "used"),
        (Code.NO_SHOW, "used"),
        (Code.LATE_CANCELLED, "used"),
        (Code.CANCELLED_BY_STUDENT, "available"),
        (Code.TECHNICAL_FAILURE, "available"),
        (Code.CANCELLED_BY_INSTRUCTOR, "used"),
    ],
)
def test_what_became_of_the_make_up_decides(code: Code | None, state: str) -> None:
    assert states([0], make_up(0, 7, code)) == [state]


def test_what_was_given_back_may_be_booked_again() -> None:
    assert states([0], make_up(0, 7, Code.CANCELLED_BY_STUDENT), make_up(0, 9)) == ["pending"]


def test_two_are_open_at_a_time_and_one_beyond_is_not_granted() -> None:
    assert states([0, 1, 2]) == ["available", "available", "not_granted"]
    assert states([2, 1, 0]) == ["available", "available", "not_granted"], "in whatever order they are told"
    assert states([0, 1, 9], make_up(0, 7, Code.ATTENDED)) == ["used", "available", "available"]
    assert states([0, 1, 70], now=on(75)) == ["expired", "expired", "available"]


def test_what_is_booked_keeps_its_credit_when_an_earlier_one_is_told_later() -> None:
    assert states([1, 2], make_up(2, 9)) == ["available", "pending"]
    assert states([0, 1, 2], make_up(2, 9)) == ["available", "not_granted", "pending"]


def test_a_make_up_must_begin_before_the_credit_expires() -> None:
    (credit,) = credits_of([called_off(0)], (), Policy(), on(20))
    assert why_not(credit, on(59), Policy()) is None
    assert "choose an earlier time" in (why_not(credit, on(60), Policy()) or "")


@pytest.mark.parametrize(
    ("days", "booked", "now", "said"),
    [
        ([0], [make_up(0, 7)], on(5), "booked already"),
        ([0], [make_up(0, 7, Code.NO_SHOW)], on(8), "held or missed"),
        ([0], [], on(61), "expired"),
        ([-2, -1, 0], [], on(1), "at most 2"),
    ],
)
def test_without_a_credit_it_is_said_why(days: list[int], booked: list[BookedMakeUp], now: datetime, said: str) -> None:
    credit = credits_of([called_off(d) for d in days], booked, Policy(), now)[-1]
    assert said in (why_not(credit, now + timedelta(days=1), Policy()) or "")
    assert "outcome" in (why_not(None, now, Policy()) or "")
