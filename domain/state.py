"""What a student's process remembers between decisions: one versioned document per student."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.absence import Pause
from domain.balance import BalanceAlerts
from domain.cases import Case
from domain.tasks import Task
from domain.value import Id, Value

STATE_VERSION = 1


class FiredRule(Value):
    """A rule that has fired on a session; it never fires there again."""

    rule: str
    session_id: Id
    at: datetime


class SkippedStep(Value):
    """A step that a person took out of the plan, by its key."""

    step: str
    by: Id


class State(Value):
    """The open case, the last one closed, unfinished tasks, rules fired, alerts, pauses.

    `counts_since` is the end of the last case that had a ground: sessions up to then count for no new one.
    `follow_up_since`: since when the open case's follow-up is asked for. `corrections` (outcome:version) have undone
    what came before them. `seen_until`: sessions that ended up to here have been looked at. `withdrawn` students end
    their process once nothing is open. `unread_replies` wait for a person to say what they mean.
    `skipped` steps are in the plan and will not run. `next_act` is the armed step's act as of the last decision: lists
    are searched by it, no rule reads it.
    """

    version: int = STATE_VERSION
    case: Case | None = None
    last_case: Case | None = None
    counts_since: datetime | None = None
    follow_up_since: datetime | None = None
    tasks: tuple[Task, ...] = ()
    fired: tuple[FiredRule, ...] = ()
    alerts: tuple[BalanceAlerts, ...] = ()
    pauses: tuple[Pause, ...] = ()
    corrections: tuple[str, ...] = ()
    seen_until: datetime | None = None
    withdrawn: bool = False
    unread_replies: tuple[Id, ...] = ()
    skipped: tuple[SkippedStep, ...] = ()
    next_act: str | None = None

    def task(self, task_id: Id) -> Task | None:
        """An unfinished task by id."""
        return next((t for t in self.tasks if t.id == task_id), None)

    def alerts_of(self, enrollment_id: Id) -> BalanceAlerts:
        """The alert flags of an enrollment."""
        return next(
            (a for a in self.alerts if a.enrollment_id == enrollment_id), BalanceAlerts(enrollment_id=enrollment_id)
        )

    def windows_since(self) -> datetime | None:
        """Sessions that ended up to here count for no new case."""
        return self.case.windows_since if self.case else self.counts_since


def upgrade(document: dict[str, Any] | None) -> State:
    """The state from its stored document, of this or an older version; a student without one starts empty."""
    if not document:
        return State()
    if document.get("version", 1) > STATE_VERSION:
        raise ValueError(f"state version {document['version']} is newer than this program; deploy the newer one")
    return State.model_validate(document)
