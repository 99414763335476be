"""What other systems are told of a decision, as data: ids, codes, numbers and times. Names and texts never leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from domain.cases import Case
from domain.deciding import Decision
from domain.effects import PutCase
from domain.events import Event, OutcomeRecorded
from domain.facts import Facts
from domain.outcomes import Outcome
from domain.state import State
from domain.tasks import Task, TaskStatus
from domain.value import Id, Value, id_of

Plain = int | str | bool | None
_BALANCE = {"balance_low": "balance.low", "balance_empty": "balance.empty"}


class AnnouncementType(StrEnum):
    """What can be announced. `endpoint.test` goes only to the endpoint that is tested."""

    OUTCOME_SETTLED = "outcome.settled"
    BALANCE_LOW = "balance.low"
    BALANCE_EMPTY = "balance.empty"
    CASE_OPENED = "case.opened"
    CASE_RAISED = "case.raised"
    CASE_CLOSED = "case.closed"
    TASK_OVERDUE = "task.overdue"
    SESSION_UNRECORDED = "session.unrecorded"
    ENDPOINT_TEST = "endpoint.test"


class Announcement(Value):
    """One thing that happened. `key` is made of business ids: the same happening has one key, whoever asks."""

    type: AnnouncementType
    key: str
    at: datetime
    data: dict[str, Plain]

    @property
    def event_id(self) -> Id:
        """The id receivers know it by, over every endpoint and attempt."""
        return id_of("announcement", self.key)


def announcements(event: Event, decision: Decision, before: State, facts: Facts, now: datetime) -> list[Announcement]:
    """What a decision announces, in order; `before` and `facts` are what it was made from.

    History that was imported announces nothing of its outcomes: a receiver would take it for news.
    """
    told: list[Announcement] = []
    if isinstance(event, OutcomeRecorded) and (outcome := facts.outcome(event.outcome_id)):
        told += _of_outcome(outcome, decision, facts.student_id, now)
    return told + list(_of_cases(decision, before.case, facts.student_id, now))


def task_overdue(task: Task, student_id: Id | None, now: datetime) -> Announcement:
    """The due time of an open task has passed. A new due time may pass again; the owner is told by id."""
    due_at = overdue_from(task)
    data: dict[str, Plain] = {
        "task_id": task.id,
        "kind": task.kind.value,
        "student_id": student_id,
        "owner_id": task.owner_id,
        "case_id": task.case_id,
        "enrollment_id": task.enrollment_id,
        "tier": task.tier,
        "opened_at": _iso(task.opened_at),
        "due_at": _iso(due_at),
    }
    key = f"{AnnouncementType.TASK_OVERDUE}:{task.id}:{int(due_at.timestamp())}"
    return Announcement(type=AnnouncementType.TASK_OVERDUE, key=key, at=now, data=data)


def overdue_from(task: Task) -> datetime:
    """When a task becomes overdue: its due time, or when a snooze ended after it."""
    return max(task.due_at, task.snoozed_until or task.due_at)


def is_overdue(task: Task, now: datetime) -> bool:
    """True for an open task whose time has passed; one that is put off is not late."""
    return task.status is TaskStatus.OPEN and overdue_from(task) <= now


def session_unrecorded(session_id: Id, starts_at: datetime, ends_at: datetime, now: datetime) -> Announcement:
    """A session has ended and nobody can tell what became of it."""
    kind = AnnouncementType.SESSION_UNRECORDED
    data: dict[str, Plain] = {"session_id": session_id, "starts_at": _iso(starts_at), "ends_at": _iso(ends_at)}
    return Announcement(type=kind, key=f"{kind}:{session_id}", at=now, data=data)


def _of_outcome(outcome: Outcome, decision: Decision, student_id: Id, now: datetime) -> Iterator[Announcement]:
    settled = any(b.rule == "outcome" for b in decision.because)
    if not settled or outcome.imported:
        return
    version = f"{outcome.id}:{outcome.version}"
    about: dict[str, Plain] = {"student_id": student_id, "enrollment_id": outcome.enrollment_id}
    yield Announcement(
        type=AnnouncementType.OUTCOME_SETTLED,
        key=f"{AnnouncementType.OUTCOME_SETTLED}:{version}",
        at=now,
        data={
            "outcome_id": outcome.id,
            "version": outcome.version,
            "code": outcome.code.value,
            "corrected": outcome.version > 1,
            **about,
            "session_id": outcome.session_id,
            "starts_at": _iso(outcome.starts_at),
            "ends_at": _iso(outcome.ends_at),
        },
    )
    for because in decision.because:
        if because.rule in _BALANCE:
            kind = AnnouncementType(_BALANCE[because.rule])
            yield Announcement(type=kind, key=f"{kind}:{version}", at=now, data={**about, **because.numbers})


def _of_cases(decision: Decision, before: Case | None, student_id: Id, now: datetime) -> Iterator[Announcement]:
    tier = before.tier if before else 0
    for effect in decision.effects:
        if not isinstance(effect, PutCase):
            continue
        case = effect.case
        opening = f"{case.id}:{case.openings}"
        match effect.change:
            case "opened" | "reopened":
                kind, key = AnnouncementType.CASE_OPENED, opening
            case "closed":
                kind, key = AnnouncementType.CASE_CLOSED, opening
            case _ if case.tier > tier:
                kind, key = AnnouncementType.CASE_RAISED, f"{opening}:{case.tier}"
            case _:
                continue
        tier = case.tier
        yield Announcement(type=kind, key=f"{kind}:{key}", at=now, data=_about(case, student_id))


def _about(case: Case, student_id: Id) -> dict[str, Plain]:
    return {
        "case_id": case.id,
        "student_id": student_id,
        "enrollment_id": case.enrollment_id,
        "tier": case.tier,
        "rule": case.rule,
        "openings": case.openings,
        "sessions": len(case.evidence),
        "opened_at": _iso(case.opened_at),
        "closed_at": _iso(case.closed_at) if case.closed_at else None,
        "outcome": case.outcome.value if case.outcome else None,
        "follow_up": case.follow_up.value,
    }


def _iso(at: datetime) -> str:
    """An instant in UTC as RFC 3339 has it."""
    return at.isoformat().replace("+00:00", "Z")
