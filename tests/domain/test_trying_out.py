"""A policy tried out on sessions that were held: what it would have opened, sent and asked of people."""

from __future__ import annotations

from datetime import timedelta

from domain.outcomes import Outcome
from domain.policy import Policy
from domain.trying_out import Tally, Tried, compared, live
from tests.builders import ANA, a_student_facts, an_outcome, on

SINCE, UNTIL = on(0, 0), on(60, 0)
STRICT = Policy(version=2, unannounced_in_row=3, unannounced_within_days=1, misses=5)


def held(drawn: str, first: int = 1) -> tuple[Outcome, ...]:
    """A lesson every week, drawn as attended and missed."""
    codes = {"P": "attended", "N": "no_show", "E": "cancelled_by_student"}
    return tuple(an_outcome(codes[c], on(first + 7 * n)) for n, c in enumerate(drawn))


def tried(drawn: str, policy: Policy | None = None, first: int = 1) -> Tried:
    tally = Tally()
    tally.add(live(a_student_facts(outcomes=held(drawn, first)), policy or Policy(), SINCE, UNTIL))
    return tally.tried()


def test_two_misses_in_a_row_open_a_case_with_a_task_and_messages() -> None:
    found = tried("PPNNPPP")
    assert [(o.tier, o.rule, o.cases) for o in found.opened] == [(2, "unannounced_in_row", 1)]
    assert [(g.owner_id, g.tasks) for g in found.tasks] == [(ANA.id, 1)]
    assert found.texts >= 2


def test_a_stricter_policy_opens_none() -> None:
    assert tried("PPNNPPP", STRICT).opened == ()
    assert tried("PPNNPPP", STRICT).texts == 2


def test_who_misses_nothing_leads_to_nothing() -> None:
    assert tried("PPPPPPP") == Tried()


def test_a_miss_after_a_case_that_recovered_opens_another() -> None:
    assert tried("NNPPPPPNN"[:9]).cases == 2


def test_sessions_before_the_span_count_in_windows_and_lead_to_nothing() -> None:
    assert tried("NPPPPPP", first=-6).cases == 0
    assert tried("NNPPPPP", first=-6).cases == 1


def test_what_was_told_late_counts_as_told_in_time() -> None:
    late = tuple(o.model_copy(update={"received_at": o.ends_at + timedelta(days=9)}) for o in held("PPNN"))
    tally = Tally()
    tally.add(live(a_student_facts(outcomes=late), Policy(), SINCE, UNTIL))
    assert tally.tried().cases == 1


def test_two_policies_are_told_side_by_side() -> None:
    now, new = tried("PPNNPPP"), tried("PPNNPPP", STRICT)
    assert compared(new, now, weeks=1)[0] == "0 cases, 1 fewer than now"
    assert compared(now, new, weeks=1)[0] == "1 case, 1 more than now"
    assert compared(now, now, weeks=1)[3] == "1 task a week, as many as now"
