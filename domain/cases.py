"""A case: the container of one episode of recurring absence, from the rule that opened it to its outcome."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from domain.value import Id, Value


class CaseOutcome(StrEnum):
    """How a case ended. It closes only with one of these."""

    RECOVERED = "recovered"
    PLAN_CHANGED = "plan_changed"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    UNREACHABLE = "unreachable"
    DUPLICATE = "duplicate"
    FALSE_ALARM = "false_alarm"
    OTHER = "other"


class FollowUp(StrEnum):
    """Whether a person reached out before the task was due."""

    IN_TIME = "in_time"
    LATE = "late"
    NEVER = "never"


class Case(Value):
    """An open episode. It keeps the policy version it opened under; `evidence` are the sessions that count for it.

    `silent` cases (from a backfill) have their task but tell the family nothing. `step` is the last ladder step
    taken; `stopped` says what ended the ladder. `watch_since` is set while attendance is watched after a follow-up.
    `windows_since` is the end of the case before: sessions up to then do not count. `openings` and `tasks` count how
    often it opened and how many tasks it had, to key what belongs to each.
    """

    id: Id
    tier: int
    rule: str
    enrollment_id: Id
    opened_at: datetime
    policy_version: int = 1
    evidence: tuple[Id, ...] = ()
    silent: bool = False
    step: int = 0
    ladder_since: datetime
    windows_since: datetime | None = None
    openings: int = 1
    tasks: int = 0
    stopped: str | None = None
    outreach_at: datetime | None = None
    follow_up: FollowUp = FollowUp.NEVER
    watch_since: datetime | None = None
    outcome: CaseOutcome | None = None
    closed_at: datetime | None = None


NO_GROUND = frozenset({CaseOutcome.FALSE_ALARM, CaseOutcome.DUPLICATE})
"""Closings that say there never was a case: a later miss is judged afresh instead of re-opening it."""
