"""When absence counts as recurring: windows over one enrollment's sessions and the rules read from them.

Windows are computed from the outcomes each time and never stored, so the order in which outcomes arrive cannot matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.outcomes import Code, Outcome
from domain.policy import Policy
from domain.value import Id, Value
from domain.working_time import local


class Pause(Value):
    """A span in which nothing counts. `until` is the return date; an attended session may end it sooner."""

    began_at: datetime
    until: datetime

    def covers(self, at: datetime) -> bool:
        """True inside the span."""
        return self.began_at <= at < self.until


def as_held(pauses: Sequence[Pause], outcomes: Sequence[Outcome]) -> tuple[Pause, ...]:
    """The pauses as they came about: each ends at the first attended session in it, else on its return date.

    Read from the outcomes each time, so that a corrected attendance does not leave a pause cut short.
    """
    ended = []
    for pause in pauses:
        attended = [o.starts_at for o in outcomes if o.flags.present and pause.covers(o.starts_at)]
        ended.append(pause.model_copy(update={"until": min([pause.until, *attended])}))
    return tuple(ended)


class Window(Value):
    """The sessions of one enrollment that took a place, oldest first. `earlier` counts those not loaded."""

    enrollment_id: Id
    zone: str
    places: tuple[Outcome, ...]
    earlier: int = 0
    imported: bool = False

    @property
    def newest(self) -> Outcome | None:
        """The session every rule is read at."""
        return self.places[-1] if self.places else None

    def up_to(self, session_id: Id) -> Window:
        """The window as it stands when that session is the newest; empty if the session has no place in it."""
        at = next((i for i, p in enumerate(self.places) if p.session_id == session_id), -1)
        return self.model_copy(update={"places": self.places[: at + 1]})


class Fired(Value):
    """A rule that holds at the newest session of a window, with the numbers that make it so.

    `elsewhere` is a session of another enrollment that made it hold; `sessions` are the misses that were counted, and
    `limit` the policy's number that they reached.
    """

    rule: str
    tier: int
    session_id: Id
    elsewhere: Id | None = None
    sessions: tuple[Id, ...] = ()
    limit: int = 0
    numbers: dict[str, int | str | None] = {}


def entered(outcome: Outcome, now: datetime) -> bool:
    """True once the session has a place in its window: at its scheduled end, whenever it was told."""
    return outcome.flags.takes_place and outcome.ends_at <= now


def places(
    outcomes: Sequence[Outcome],
    enrollment_id: Id,
    now: datetime,
    pauses: Sequence[Pause] = (),
    after: datetime | None = None,
) -> tuple[Outcome, ...]:
    """The window's sessions by start, without pauses and without what ended up to `after` (the last case's end)."""
    kept = (
        o
        for o in outcomes
        if o.enrollment_id == enrollment_id
        and entered(o, now)
        and not any(p.covers(o.starts_at) for p in pauses)
        and (after is None or o.ends_at > after)
    )
    return tuple(sorted(kept, key=lambda o: (o.starts_at, o.session_id)))


def merge_stretches(run: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """The run with one session for each stretch of announced misses (a holiday is one absence, not five)."""
    kept: list[Outcome] = []
    in_stretch = False
    for o in run:
        if not (o.is_announced and in_stretch):
            kept.append(o)
        in_stretch = o.is_announced
    return tuple(kept)


def count_misses(run: Sequence[Outcome]) -> int:
    """Misses in a run of sessions, where announced ones with no other session between count as one."""
    return sum(o.is_miss for o in merge_stretches(run))


def _unannounced(run: Sequence[Outcome]) -> int:
    return sum(o.is_unannounced for o in run)


def evaluate(window: Window, policy: Policy, others: Sequence[tuple[Outcome, str]] = ()) -> tuple[Fired, ...]:
    """Every rule of tier 2 and 3 that holds at the newest session, highest tier first.

    `others` are sessions of the student's other enrollments with their zones, for the rule of days.
    """
    newest = window.newest
    if newest is None or not newest.is_miss:
        return ()
    run = window.places
    found: list[Fired] = []

    def fire(rule: str, tier: int, counted: Sequence[Outcome], limit: int, **numbers: int) -> None:
        missed = tuple(o.session_id for o in merge_stretches(counted) if o.is_miss)
        at = newest.session_id
        found.append(Fired(rule=rule, tier=tier, session_id=at, sessions=missed, limit=limit, numbers=dict(numbers)))

    row = merge_stretches(run)[-policy.urgent_in_row :]
    silent = _unannounced(row)
    if len(row) == policy.urgent_in_row and all(o.is_miss for o in row) and silent >= policy.urgent_unannounced:
        fire("misses_in_row", 3, row, policy.urgent_in_row, missed=len(row), unannounced=silent)
    last = run[-policy.urgent_of_last :]
    missed, silent = count_misses(last), _unannounced(last)
    if missed >= policy.urgent_misses and silent >= policy.urgent_unannounced:
        fire("many_misses", 3, last, policy.urgent_misses, missed=missed, last=len(last), unannounced=silent)

    row = run[-policy.unannounced_in_row :]
    if len(row) == policy.unannounced_in_row and _unannounced(row) == len(row):
        fire("unannounced_in_row", 2, row, policy.unannounced_in_row, missed=len(row))
    other = _nearest_other_day(newest, window, policy, others)
    if other is not None:
        days, missed_then = other
        fire("unannounced_in_days", 2, (missed_then, newest), 2, missed=2, days=days)
        if missed_then.enrollment_id != window.enrollment_id:
            found[-1] = found[-1].model_copy(update={"elsewhere": missed_then.session_id})
    last = run[-policy.misses_of_last :]
    missed = count_misses(last)
    if missed >= policy.misses:
        fire("misses_of_last", 2, last, policy.misses, missed=missed, last=len(last))
    position = window.earlier + len(run)
    if not window.imported and position <= policy.first_sessions and count_misses(run) >= policy.first_misses:
        fire("first_sessions", 2, run, policy.first_misses, missed=count_misses(run), last=position)
    return tuple(found)


def _nearest_other_day(
    newest: Outcome, window: Window, policy: Policy, others: Sequence[tuple[Outcome, str]]
) -> tuple[int, Outcome] | None:
    """The nearest unannounced miss on another local date inside the span, with the days to it; None without one.

    Days are counted to either side: of two enrollments, the later miss may have been told first.
    """
    if not newest.is_unannounced:
        return None
    today = local(newest.starts_at, window.zone).date()
    dated = [(o, window.zone) for o in window.places] + list(others)
    gaps = [(abs((today - local(o.starts_at, zone).date()).days), o) for o, zone in dated if o.is_unannounced]
    near = [(days, o) for days, o in gaps if 0 < days <= policy.unannounced_within_days]
    return min(near, key=lambda n: (n[0], n[1].starts_at, n[1].id), default=None)


def running_total(window: Window, policy: Policy) -> tuple[int, int]:
    """Missed and held among the last sessions, as messages tell it ("missed 3 of the last 8")."""
    last = window.places[-policy.misses_of_last :]
    return sum(o.is_miss for o in last), len(last)


def is_tier_1(outcome: Outcome) -> bool:
    """Any no-show or late cancellation."""
    return outcome.code in (Code.NO_SHOW, Code.LATE_CANCELLED)
