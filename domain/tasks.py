"""Follow-up tasks: owned, due, and escalating by themselves when nobody touches them (rules, section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal

from domain.policy import Policy
from domain.value import Id, Value, id_of
from domain.working_time import Calendar


class Role(StrEnum):
    """What a staff member may do, from least to most."""

    INSTRUCTOR = "instructor"
    COORDINATOR = "coordinator"
    LEAD = "lead"
    ADMIN = "admin"


class Colleague(Value):
    """A staff member who can own tasks, with how many open ones he has."""

    id: Id
    role: Role
    open_tasks: int = 0


class TaskKind(StrEnum):
    """What a task asks for."""

    FOLLOW_UP = "follow_up"
    WELCOME_CALL = "welcome_call"
    CALL_BACK = "call_back"
    READ_REPLY = "read_reply"
    LOW_BALANCE = "low_balance"
    FIX_CONTACT = "fix_contact"
    NO_SESSIONS_HELD = "no_sessions_held"
    UNRECORDED = "unrecorded"
    BLAST_GUARD = "blast_guard"
    PROVIDER_MISCONFIGURED = "provider_misconfigured"
    WEBHOOK_FAILING = "webhook_failing"
    READ_NOTE = "read_note"


class TaskStatus(StrEnum):
    """Where a task stands. Only `open` and `snoozed` are unfinished."""

    OPEN = "open"
    SNOOZED = "snoozed"
    DONE = "done"
    NOT_NEEDED = "not_needed"
    CORRECTED = "corrected"
    CLOSED = "closed"


class TaskOutcome(StrEnum):
    """What a finished task led to."""

    REACHED = "reached"
    MESSAGE_LEFT = "message_left"
    PLAN_CHANGED = "plan_changed"
    NO_ANSWER = "no_answer"
    PAUSED = "paused"
    WITHDRAWING = "withdrawing"
    DONE = "done"


class Escalation(StrEnum):
    """How far an untouched task has climbed."""

    NONE = "none"
    REMINDED = "reminded"
    REASSIGNED = "reassigned"
    LEAD = "lead"


UNFINISHED = frozenset({TaskStatus.OPEN, TaskStatus.SNOOZED})
_LEVELS = tuple(Escalation)


class Task(Value):
    """One thing a person is to do. Every unfinished task has an owner and a due time."""

    id: Id
    kind: TaskKind
    owner_id: Id
    opened_at: datetime
    due_at: datetime
    status: TaskStatus = TaskStatus.OPEN
    tier: int | None = None
    case_id: Id | None = None
    session_id: Id | None = None
    enrollment_id: Id | None = None
    guardian_id: Id | None = None
    instructor_id: Id | None = None
    claimed_by: Id | None = None
    claimed_until: datetime | None = None
    snoozed_until: datetime | None = None
    escalation: Escalation = Escalation.NONE
    attempt: int = 1
    channels: tuple[str, ...] = ()
    outcome: TaskOutcome | None = None
    reason: str | None = None
    note_id: Id | None = None
    finished_at: datetime | None = None
    finished_by: Id | None = None

    @property
    def is_unfinished(self) -> bool:
        """True until it is done, not needed, corrected or closed."""
        return self.status in UNFINISHED

    def woken(self, now: datetime) -> Task:
        """The task once its snooze has ended, on its time or sooner. Escalation counts from then."""
        return self.model_copy(update={"status": TaskStatus.OPEN, "snoozed_until": now})


def task_id(kind: TaskKind, *business_key: object) -> Id:
    """The id of the one task of this kind for a business key."""
    return id_of("task", kind, *business_key)


TaskAct = Literal["wake", "remind", "reassign", "escalate"]


CLIMBED = {"remind": Escalation.REMINDED, "reassign": Escalation.REASSIGNED, "escalate": Escalation.LEAD}
"""How far a task has climbed once it has done what it does by itself."""


class Deadline(Value):
    """When an unfinished task does something by itself, and what."""

    act: TaskAct
    due_at: datetime


def deadlines(task: Task, policy: Policy, calendar: Calendar) -> tuple[Deadline, ...]:
    """What an unfinished task will still do by itself, in order.

    Reminder after 4 working hours without a claim; another coordinator one business day after due; the lead after
    two. A claim stops them until it times out. A snooze puts them off: they count anew from when it ended, so that a
    task put off in good faith does not climb to the lead the moment it wakes.
    """
    if task.status is TaskStatus.SNOOZED and task.snoozed_until is not None:
        return (Deadline(act="wake", due_at=task.snoozed_until),)
    if task.status is not TaskStatus.OPEN:
        return ()
    reached = _LEVELS.index(task.escalation)
    woke_at = task.snoozed_until or task.opened_at
    overdue_from = max(task.due_at, woke_at)
    ahead: list[Deadline] = []
    if reached < _LEVELS.index(Escalation.REMINDED) and task.claimed_by is None:
        due = calendar.after_working_hours(max(task.opened_at, woke_at), policy.remind_after_working_hours)
        ahead.append(Deadline(act="remind", due_at=due))
    if reached < _LEVELS.index(Escalation.REASSIGNED):
        due = calendar.business_days_after(overdue_from, policy.reassign_after_business_days)
        ahead.append(Deadline(act="reassign", due_at=due))
    if reached < _LEVELS.index(Escalation.LEAD):
        due = calendar.business_days_after(overdue_from, policy.escalate_after_business_days)
        ahead.append(Deadline(act="escalate", due_at=due))
    if task.claimed_until is None:
        return tuple(ahead)
    return tuple(d.model_copy(update={"due_at": max(d.due_at, task.claimed_until)}) for d in ahead)


def fewest_open(team: Sequence[Colleague], besides: Id) -> Colleague | None:
    """The other coordinator with the fewest open tasks; None if the owner is alone in the team."""
    others = [c for c in team if c.role is Role.COORDINATOR and c.id != besides]
    return min(others, key=lambda c: (c.open_tasks, c.id), default=None)


def lead_of(team: Sequence[Colleague], besides: Id) -> Colleague | None:
    """The lead, then an admin; None when the owner is all there is."""
    for role in (Role.LEAD, Role.ADMIN):
        found = min(
            (c for c in team if c.role is role and c.id != besides), key=lambda c: (c.open_tasks, c.id), default=None
        )
        if found:
            return found
    return None


def climb(task: Task, act: TaskAct, team: Sequence[Colleague], now: datetime) -> Task:
    """The task after one of its own deadlines: awake again, reminded, with a colleague, or with the lead.

    Alone in the team, reassigning goes straight to the lead; with nobody above, the owner keeps it.
    """
    if act == "wake":
        return task.woken(now)
    if act == "remind":
        return task.model_copy(update={"escalation": Escalation.REMINDED})
    colleague = fewest_open(team, task.owner_id) if act == "reassign" else None
    to = colleague or lead_of(team, task.owner_id)
    if to is None:
        return task.model_copy(update={"escalation": CLIMBED[act]})
    level = Escalation.REASSIGNED if colleague else Escalation.LEAD
    return task.model_copy(update={"owner_id": to.id, "escalation": level, "claimed_by": None, "claimed_until": None})
