"""Section 3 of the rules: when absence counts as recurring."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.absence import count_misses, evaluate, places, running_total
from domain.outcomes import Code
from domain.plan import plan
from domain.policy import Policy
from domain.state import State
from tests.builders import LESSON, a_student_facts, a_window, an_outcome, on

POLICY = Policy()


def rules(drawn: str, **window: Any) -> list[str]:
    return [f.rule for f in evaluate(a_window(drawn, **window), POLICY)]


@pytest.mark.parametrize(
    ("drawn", "fires"),
    [
        # tier 2: the last two unannounced
        ("PPNN", ["unannounced_in_row"]),
        ("PPNL", ["unannounced_in_row"]),
        ("PPNE", []),
        ("PPNT", []),
        ("PNPN", []),
        # tier 2: three misses of any kind in the last eight
        ("NPEPPT", ["misses_of_last"]),
        ("NPPPPPEN", ["misses_of_last"]),
        ("NPPPPPPEN", []),
        # announced misses in one stretch count as one
        ("PPEEEE", []),
        ("PNPEEE", []),
        ("PNPEEPX", ["misses_of_last"]),
        ("PEPEPE", ["misses_of_last"]),
        # tier 3: the last three, two of them unannounced
        ("PPNEN", ["misses_in_row", "misses_of_last"]),
        ("PPNTN", ["misses_in_row", "misses_of_last"]),
        ("PPTTN", ["misses_of_last"]),
        ("PPNEEN", ["misses_in_row", "misses_of_last"]),
        ("PPENN", ["misses_in_row", "unannounced_in_row", "misses_of_last"]),
        # tier 3: four in the last ten, two of them unannounced
        ("NEPPNPPPPT", ["many_misses"]),
        ("NPPEPPPEPT", ["misses_of_last"]),
        ("NPPEPTPN", ["many_misses", "misses_of_last"]),
        # a present session fires nothing, whatever lies before
        ("NNNNP", []),
    ],
)
def test_a_rule_fires_on_the_newest_session(drawn: str, fires: list[str]) -> None:
    assert rules(drawn) == fires


def test_in_a_new_enrollment_two_misses_in_the_first_four_sessions_are_enough() -> None:
    assert rules("PEPT", earlier=0) == ["first_sessions"]
    assert rules("PEPPT", earlier=0) == []
    assert rules("PET", earlier=2) == []
    assert rules("PEE", earlier=0) == [], "one stretch is one miss"
    assert rules("PEPT", earlier=0, imported=True) == [], "its first sessions lie before the import"


@pytest.mark.parametrize(("days_later", "fires"), [(1, True), (7, True), (8, False), (0, False)])
def test_two_unannounced_on_different_days_within_a_week(days_later: int, fires: bool) -> None:
    first, present = an_outcome("no_show", on(0, 8)), an_outcome("attended", on(0, 10))
    newest = an_outcome("no_show", on(days_later, 18))
    window = a_window("", places=(first, present, newest))
    assert ("unannounced_in_days" in [f.rule for f in evaluate(window, POLICY)]) is fires


def test_days_are_those_of_the_schedules_zone() -> None:
    late, past_midnight = an_outcome("no_show", on(0, 14)), an_outcome("no_show", on(0, 16))
    same_day = a_window("", places=(late, past_midnight))
    next_day = a_window("", places=(late, past_midnight), zone="Asia/Tokyo")
    assert [f.rule for f in evaluate(same_day, POLICY)] == ["unannounced_in_row"]
    assert [f.rule for f in evaluate(next_day, POLICY)] == ["unannounced_in_row", "unannounced_in_days"]


@pytest.mark.parametrize("days", [3, -3])
def test_the_rule_of_days_looks_across_enrollments_whichever_was_told_first(days: int) -> None:
    chess = an_outcome("no_show", on(30 + days), "chess")
    fired = evaluate(a_window("PPPN"), POLICY, [(chess, "UTC")])
    assert [(f.rule, f.elsewhere, f.numbers["days"]) for f in fired] == [("unannounced_in_days", chess.session_id, 3)]


def test_an_announced_miss_is_no_part_of_the_rule_of_days() -> None:
    chess = an_outcome("cancelled_by_student", on(29), "chess")
    assert evaluate(a_window("PPPN"), POLICY, [(chess, "UTC")]) == ()


def test_an_empty_window_fires_nothing() -> None:
    assert evaluate(a_window(""), POLICY) == ()


def test_a_session_enters_at_its_end_whenever_it_was_told() -> None:
    told_ahead = an_outcome("late_cancelled", on(3))
    assert places([told_ahead], "maths", on(3)) == ()
    assert places([told_ahead], "maths", on(3) + LESSON) == (told_ahead,)


def test_called_off_sessions_take_no_place() -> None:
    run = [an_outcome(c, on(n)) for n, c in enumerate(["no_show", "cancelled_by_instructor", "no_show"])]
    assert [o.code for o in places(run, "maths", on(9))] == ["no_show", "no_show"]


def test_places_are_sorted_by_start_whatever_the_order_of_arrival() -> None:
    run = [an_outcome("attended", on(n)) for n in (2, 0, 1)]
    assert [o.starts_at for o in places(run, "maths", on(9))] == [on(0), on(1), on(2)]


def test_what_ended_with_the_last_case_does_not_count_again() -> None:
    run = [an_outcome("no_show", on(n)) for n in range(3)]
    assert [o.starts_at for o in places(run, "maths", on(9), after=on(1, 17))] == [on(2)]


@pytest.mark.parametrize(("drawn", "misses"), [("", 0), ("EEE", 1), ("EEPEE", 2), ("NEN", 3), ("TT", 2), ("NN", 2)])
def test_misses_are_counted_by_stretch(drawn: str, misses: int) -> None:
    assert count_misses(a_window(drawn).places) == misses


def test_the_running_total_counts_every_missed_session_of_the_last_eight() -> None:
    assert running_total(a_window("NNPPPEEPPN"), POLICY) == (3, 8)


def test_the_numbers_of_the_policy_are_what_the_rules_read() -> None:
    strict = Policy(misses=2, misses_of_last=4)
    assert [f.rule for f in evaluate(a_window("PEPT"), strict)] == ["misses_of_last"]


def test_a_fired_rule_carries_its_numbers() -> None:
    (fired,) = evaluate(a_window("NEPPNPPPPT"), POLICY)
    assert (fired.tier, fired.numbers) == (3, {"missed": 4, "last": 10, "unannounced": 2})
    assert fired.session_id == an_outcome("no_show", on(90)).session_id


def test_a_gap_of_hours_is_measured_in_days_of_the_calendar() -> None:
    first = an_outcome("no_show", on(0, 23))
    newest = an_outcome("no_show", on(0, 23) + timedelta(hours=2))
    fired = evaluate(a_window("", places=(first, newest)), POLICY)
    assert ("unannounced_in_days", 1) in [(f.rule, f.numbers.get("days")) for f in fired]


def test_only_a_session_told_ahead_waits_for_its_end() -> None:
    told_after = an_outcome(Code.ATTENDED, on(0))
    told_ahead = an_outcome(Code.CANCELLED_BY_STUDENT, on(2), received_at=on(1))
    facts = a_student_facts(outcomes=(told_after, told_ahead))
    assert [s.about for s in plan(State(), facts, on(1)) if s.act == "session_ends"] == [told_ahead.session_id]
