"""Recurrence rules: what is read, and what is refused with a sentence."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.recurrence import Day, Frequency, Rule, Weekday, parse
from domain.refusals import Invalid

DAYS = st.builds(Day, weekday=st.sampled_from(Weekday))
NUMBERED = st.builds(Day, weekday=st.sampled_from(Weekday), nth=st.integers(-5, 5).filter(bool))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Any rule that may be written."""
    frequency = draw(st.sampled_from(Frequency))
    days = st.one_of(DAYS, NUMBERED) if frequency is Frequency.MONTHLY else DAYS
    instants = st.integers(0, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
    ends: dict[str, object] = draw(
        st.one_of(
            st.just({}),
            st.builds(lambda n: {"count": n}, st.integers(1, 1000)),
            st.builds(lambda d: {"until": d}, st.dates(date(2000, 1, 1), date(2099, 1, 1))),
            st.builds(lambda at: {"until": at}, instants),
        )
    )
    by_day = tuple(draw(st.lists(days, max_size=4, unique=True)))
    return Rule.model_validate({"frequency": frequency, "interval": draw(st.integers(1, 999)), "by_day": by_day} | ends)


@given(rules())
def test_a_rule_that_is_written_down_is_read_again_as_the_same(rule: Rule) -> None:
    assert parse(str(rule)) == rule


def test_a_rule_is_read_in_any_case_and_with_the_name_that_calendars_give_it() -> None:
    assert parse(" rrule:freq=weekly;byday=tu,th;until=20260630 ") == Rule(
        frequency=Frequency.WEEKLY,
        by_day=(Day(weekday=Weekday.TU), Day(weekday=Weekday.TH)),
        until=date(2026, 6, 30),
    )


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "no part of a rule"),
        ("weekly", "no part of a rule"),
        ("FREQ=WEEKLY;", "no part of a rule"),
        ("FREQ=", "no part of a rule"),
        ("INTERVAL=2", "FREQ is missing"),
        ("FREQ=YEARLY", "say DAILY, WEEKLY or MONTHLY"),
        ("FREQ=WEEKLY;FREQ=WEEKLY", "FREQ is there twice"),
        ("FREQ=WEEKLY;BYHOUR=17", "BYHOUR is not taken"),
        ("FREQ=WEEKLY;WKST=SU", "WKST is not taken"),
        ("FREQ=WEEKLY;INTERVAL=0", "INTERVAL takes a whole number from 1"),
        ("FREQ=WEEKLY;INTERVAL=" + "9" * 5000, "INTERVAL takes a whole number from 1"),
        ("FREQ=WEEKLY;COUNT=1001", "COUNT takes a whole number from 1 to 1000"),
        ("FREQ=WEEKLY;COUNT=٣", "COUNT takes a whole number"),
        ("FREQ=WEEKLY;COUNT=3;UNTIL=20260630", "exclude each other"),
        ("FREQ=WEEKLY;BYDAY=MO,MO", "names a day twice"),
        ("FREQ=WEEKLY;BYDAY=MONDAY", "BYDAY=MONDAY is not taken"),
        ("FREQ=WEEKLY;BYDAY=1MO", "belongs to FREQ=MONTHLY"),
        ("FREQ=MONTHLY;BYDAY=6MO", "BYDAY=6MO is not taken"),
        ("FREQ=WEEKLY;UNTIL=20260631", "is no day"),
        ("FREQ=WEEKLY;UNTIL=20260630T160000", "is no day"),
        ("FREQ=WEEKLY;UNTIL=20260630T250000Z", "is no day"),
    ],
)
def test_anything_else_is_refused_and_says_what_to_write(written: str, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(written)
    assert refused.value.kind == "recurrence_unreadable"
    assert says in refused.value.detail


@given(st.text(max_size=40) | st.text("FREQ=WLYDAINTVBMOU;,0123456789-", max_size=60))
def test_no_text_at_all_brings_the_reader_down(written: str) -> None:
    with suppress(Invalid):
        assert isinstance(parse(written), Rule)
