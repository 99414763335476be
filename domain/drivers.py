"""What weighed in when a follow-up was opened: each rule of absence with its number now, its usual one and its limit.

Counted by the same functions as the rules themselves, so a page never says what the rules do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from statistics import median

from domain.absence import count_misses, places
from domain.cases import Case
from domain.facts import Facts
from domain.outcomes import Outcome
from domain.policy import Policy
from domain.state import State
from domain.value import Id, Value
from domain.working_time import local

LEAST = 8
"""Sessions from which on a share is told in percent. (source: rules, section 1)"""
MOST = 16
"""Sessions that a share is told of."""


class Driver(Value):
    """One reason: how many now, how many is usual for this student, and from how many on the rule fires.

    `usual` is None while too little is known. `last` is the span it is counted in: sessions, or days.
    """

    rule: str
    tier: int
    now: int
    usual: int | None
    limit: int
    last: int | None = None


class Share(Value):
    """Sessions attended of those that took a place, and the same of those before them (None: too few)."""

    attended: int
    of: int
    before: float | None

    @property
    def now(self) -> float:
        """Between 0 and 1."""
        return self.attended / self.of


def sessions_of(state: State, facts: Facts, enrollment_id: Id, now: datetime) -> tuple[Outcome, ...]:
    """The sessions of an enrollment that took a place, oldest first, whichever case they belong to."""
    return places(facts.outcomes, enrollment_id, now, state.pauses)


def drivers(state: State, facts: Facts, case: Case, now: datetime) -> tuple[Driver, ...]:
    """The rules of both tiers, the nearest to its limit first, the one that fired before all."""
    enrollment = facts.enrollment(case.enrollment_id)
    if enrollment is None:
        return ()
    policy, zone = facts.policy_of(case.policy_version), enrollment.schedule.zone
    run = sessions_of(state, facts, case.enrollment_id, now)
    before = tuple(o for o in run if case.evidence and o.session_id not in case.evidence)
    found = []
    for rule, tier, limit, last, count in _counts(policy, zone):
        earlier = [count(before[: i + 1]) for i in range(len(before))]
        usual = int(median(earlier)) if len(earlier) >= LEAST else None
        found.append(Driver(rule=rule, tier=tier, now=count(run), usual=usual, limit=limit, last=last))
    return tuple(sorted(found, key=lambda d: (d.rule != case.rule, -min(d.now / d.limit, 1), d.tier)))


def _counts(policy: Policy, zone: str) -> list[tuple[str, int, int, int | None, Callable[[Sequence[Outcome]], int]]]:
    def of_last(last: int) -> Callable[[Sequence[Outcome]], int]:
        return lambda run: count_misses(run[-last:])

    days = policy.unannounced_within_days
    return [
        ("unannounced_in_row", 2, policy.unannounced_in_row, None, _unannounced_in_row),
        ("unannounced_in_days", 2, 2, days, lambda run: _within_days(run, days, zone)),
        ("misses_of_last", 2, policy.misses, policy.misses_of_last, of_last(policy.misses_of_last)),
        ("many_misses", 3, policy.urgent_misses, policy.urgent_of_last, of_last(policy.urgent_of_last)),
    ]


def _unannounced_in_row(run: Sequence[Outcome]) -> int:
    number = 0
    for o in reversed(run):
        if not o.is_unannounced:
            break
        number += 1
    return number


def _within_days(run: Sequence[Outcome], days: int, zone: str) -> int:
    """Different local days with an unannounced miss, up to the newest session."""
    if not run:
        return 0
    today = local(run[-1].starts_at, zone).date()
    missed = {local(o.starts_at, zone).date() for o in run if o.is_unannounced}
    return sum((today - day).days <= days for day in missed)


def share(run: Sequence[Outcome]) -> Share | None:
    """How many of the last sessions were attended; None of fewer than 8."""
    last, before = run[-MOST:], run[:-MOST]
    if len(last) < LEAST:
        return None
    earlier = sum(o.flags.present for o in before) / len(before) if len(before) >= LEAST else None
    return Share(attended=sum(o.flags.present for o in last), of=len(last), before=earlier)


def weeks(run: Sequence[Outcome], now: datetime, number: int = 8) -> tuple[float | None, ...]:
    """The share attended in each of the last weeks, oldest first; None in a week without a session."""
    shares: list[float | None] = []
    for ago in range(number, 0, -1):
        begins = now - timedelta(weeks=ago)
        held = [o.flags.present for o in run if begins <= o.starts_at < begins + timedelta(weeks=1)]
        shares.append(sum(held) / len(held) if held else None)
    return tuple(shares)
