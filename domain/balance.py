"""The prepaid balance: an append-only book of signed units. A balance is the sum of its entries, never a counter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from domain.outcomes import Outcome, Schedule
from domain.policy import Policy
from domain.value import Id, Value, id_of


class EntryKind(StrEnum):
    """Why units moved."""

    TOP_UP = "top_up"
    CONSUME = "consume"
    REVERSE = "reverse"
    ADJUST = "adjust"


WAIVER = "waive:"
"""How the key of a reversing entry begins that a person has asked for."""


class Entry(Value):
    """One line of the book. `units` is signed and never zero; `reverses` names the entry a reversal undoes."""

    id: Id
    key: str
    enrollment_id: Id
    kind: EntryKind
    units: int
    at: datetime
    outcome_id: Id | None = None
    outcome_version: int | None = None
    reverses: Id | None = None
    by: Id | None = None
    reason_id: Id | None = None

    @property
    def is_waiver(self) -> bool:
        """True when a person took the charge back. It holds for the outcome's version, whatever is settled again."""
        return self.key.startswith(WAIVER)


def entry(kind: EntryKind, key: str, enrollment_id: Id, units: int, at: datetime, **more: object) -> Entry:
    """An entry whose id follows from its business key."""
    return Entry.model_validate(
        {"id": id_of("entry", key), "key": key, "enrollment_id": enrollment_id, "kind": kind, "units": units, "at": at}
        | more
    )


def settle(outcome: Outcome, units: int, booked: Iterable[Entry], at: datetime) -> tuple[Entry, ...]:
    """The entries that make the book agree with the outcome as it stands now, of which it takes `units` (0: none).

    Nothing if the book agrees already; what was charged for this version stays as it was priced then, and what was
    waived stays waived. A newer version
    reverses what an older one took and posts its own, so the sum is what it would be if the right outcome had come
    first, in whatever order the versions are seen.
    """
    mine = [e for e in booked if e.outcome_id == outcome.id]
    if any(e.is_waiver and e.outcome_version == outcome.version for e in mine):
        units = 0
    undone = {e.reverses for e in mine}
    charges = [e for e in mine if e.kind is EntryKind.CONSUME]
    live = [e for e in charges if e.id not in undone]
    if units and any(e.outcome_version == outcome.version for e in live):
        return ()
    named = {"outcome_id": outcome.id, "outcome_version": outcome.version}
    posted = [
        entry(EntryKind.REVERSE, f"reverse:{e.id}", e.enrollment_id, -e.units, at, reverses=e.id, **named) for e in live
    ]
    if units:
        before = sum(e.outcome_version == outcome.version for e in charges)
        again = f":{before + 1}" if before else ""  # one version may be charged, credited and charged again
        key = f"consume:{outcome.id}:v{outcome.version}{again}"
        posted.append(entry(EntryKind.CONSUME, key, outcome.enrollment_id, -units, at, **named))
    return tuple(posted)


def low_level(policy: Policy, schedule: Schedule, last_top_up: int, upcoming: int | None) -> int:
    """The balance at or under which an alert is due.

    `upcoming` is the number of sessions in the next two weeks; None while there is no calendar for the schedule.
    """
    soon = policy.low_balance_weeks * schedule.sessions_per_week if upcoming is None else upcoming
    return min(last_top_up - 1, max(policy.low_balance_units, soon * schedule.units_per_session))


class BalanceAlerts(Value):
    """Which alerts of an enrollment have fired since the last top-up that ended above the level."""

    enrollment_id: Id
    low: bool = False
    empty: bool = False


def alert_due(alerts: BalanceAlerts, level: int, before: int, after: int) -> str | None:
    """`low` or `empty` when a consumption brought the balance from above the line to it or below; else None."""
    if after <= 0 < before and not alerts.empty:
        return "empty"
    if after <= level < before and not alerts.low:
        return "low"
    return None
