"""The attendance sheet before it is saved: what is put down, and what each choice would lead to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.outcomes import Code, Hears, Schedule
from domain.session_facts import Expected, SessionFacts
from domain.sheet import USUAL, Account, Choice, Seat, fill_in
from tests.domain.test_session import a_session, stands
from tests.domain.test_settling import MIA, SAM, TAUGHT, WHOLE, mark, minute, seen

SCHEDULE = Schedule(id="algebra")
OVER = minute(61)


def opened(facts: SessionFacts, now: datetime = OVER, **accounts: Account) -> dict[str, Seat]:
    """The seats of a sheet by student; everybody has 5 lessons left."""
    full = {SAM: Account(balance=5), MIA: Account(balance=5)} | accounts
    return {s.student_id: s for s in fill_in(facts, SCHEDULE, full, now)}


def choice(seat: Seat, code: Code | None) -> Choice:
    """One of its choices."""
    return next(c for c in seat.choices if c.code is code)


def test_nobody_was_seen_so_everybody_is_put_down_as_there() -> None:
    assert {s.put_down for s in opened(a_session()).values()} == {Code.ATTENDED}


def test_the_classroom_says_who_was_late_and_who_was_missing() -> None:
    seats = opened(a_session(*TAUGHT, *seen(SAM, (8, 60))))
    assert (seats[SAM].put_down, seats[SAM].late_minutes) == (Code.LATE, 8)
    assert seats[MIA].put_down is Code.NO_SHOW


def test_while_the_lesson_runs_nobody_is_missing_yet() -> None:
    seats = opened(a_session(*TAUGHT, *seen(SAM, (8, 60))), minute(20))
    assert [seats[SAM].put_down, seats[MIA].put_down] == [Code.LATE, Code.ATTENDED]


def test_what_is_unusual_is_offered_to_whom_it_fits() -> None:
    seat = opened(a_session(*TAUGHT, *seen(SAM, (0, 20))))[SAM]
    assert seat.put_down is Code.PARTIAL
    assert [c.code for c in seat.choices] == [*USUAL, Code.PARTIAL]


@pytest.mark.parametrize("expected", [Expected(student_id=SAM, paused=True), stands(SAM, Code.LATE_CANCELLED, "api")])
def test_who_pauses_or_cancelled_is_left_as_it_stands(expected: Expected) -> None:
    seat = opened(a_session(*TAUGHT, expected=(expected,)))[SAM]
    assert seat.put_down is None
    assert choice(seat, None).balance == 5


def test_who_told_ahead_and_came_is_put_down_as_there() -> None:
    facts = a_session(*TAUGHT, *seen(SAM, WHOLE), expected=(stands(SAM, Code.EXCUSED_ABSENCE, "api", minute(-90)),))
    assert opened(facts)[SAM].put_down is Code.ATTENDED


def test_a_mark_made_since_is_what_stands_on_the_sheet() -> None:
    facts: Any = a_session(mark(SAM, Code.NO_SHOW, 75), expected=(stands(SAM, Code.ATTENDED),))
    assert opened(facts, minute(80))[SAM].put_down is Code.NO_SHOW


def test_each_choice_says_the_balance_and_what_the_family_hears() -> None:
    seat = opened(a_session())[SAM]
    told = {c.code: (c.balance, c.hears) for c in seat.choices}
    assert told == {
        Code.ATTENDED: (4, Hears.NOTHING),
        Code.LATE: (4, Hears.NOTHING),
        Code.NO_SHOW: (4, Hears.ABSENCE_NOTICE),
        Code.EXCUSED_ABSENCE: (5, Hears.CANCELLATION_CONFIRMATION),
        Code.TECHNICAL_FAILURE: (5, Hears.NOTHING),
    }


def test_correcting_a_miss_gives_back_and_takes_the_notice_back() -> None:
    facts = a_session(expected=(stands(SAM, Code.NO_SHOW),))
    seat = opened(facts, minute(80), **{SAM: Account(balance=4, taken=1)})[SAM]
    assert (choice(seat, Code.NO_SHOW).balance, choice(seat, Code.NO_SHOW).hears) == (4, Hears.NOTHING)
    assert (choice(seat, Code.ATTENDED).balance, choice(seat, Code.ATTENDED).all_clear) == (4, True)
    assert (choice(seat, Code.TECHNICAL_FAILURE).balance, choice(seat, Code.TECHNICAL_FAILURE).all_clear) == (5, True)
