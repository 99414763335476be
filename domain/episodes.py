"""The life of a case: opened with its task, raised, closed with an outcome (rules, section 3)."""

from __future__ import annotations

from datetime import datetime

from domain.absence import Pause
from domain.cases import Case, CaseOutcome, FollowUp
from domain.deciding import Deciding
from domain.effects import PutCase
from domain.facts import Enrollment
from domain.ladder import tell_step
from domain.tasks import Escalation, Task, TaskKind, TaskStatus, lead_of, task_id
from domain.value import Id, id_of


def open_case(
    d: Deciding,
    last: Case | None,
    enrollment: Enrollment,
    evidence: tuple[Id, ...],
    *,
    silent: bool,
    rule: str,
    tier: int,
) -> None:
    """Open a case, or the last one again: task and concern message (step 0 of the ladder).

    `evidence` are the sessions it opens on, the newest last. Should the same rule find the same session again, after
    corrections back and forth, it is the same case.
    """
    case_id = id_of("case", d.facts.student_id, evidence[-1], rule)
    if last is None and d.state.last_case and d.state.last_case.id == case_id:
        last = d.state.last_case
    fresh = Case(
        id=case_id,
        tier=tier,
        rule=rule,
        enrollment_id=enrollment.id,
        opened_at=d.now,
        ladder_since=d.now,
        policy_version=d.facts.policy.version,
    )
    again = (
        {
            "tier": tier,
            "rule": rule,
            "openings": last.openings + 1,
            "outcome": None,
            "closed_at": None,
            "watch_since": None,
            "stopped": None,
            "step": 0,
            "ladder_since": d.now,
            "opened_at": d.now,
            "outreach_at": None,
            "follow_up": FollowUp.NEVER,
        }
        if last
        else {}
    )
    case = (last.model_copy(update=again) if last else fresh).model_copy(
        update={"silent": silent, "evidence": evidence, "windows_since": d.state.windows_since()}
    )
    d.remember(case=case, last_case=None, follow_up_since=d.now)
    d.do(PutCase(case=case, change="reopened" if last else "opened"))
    welcome = next((t for t in d.state.tasks if t.kind is TaskKind.WELCOME_CALL), None)
    if welcome:
        due = min(welcome.due_at, due_for(d, tier))
        d.put_task(welcome.model_copy(update={"case_id": case.id, "tier": tier, "due_at": due}), "joined_case")
    else:
        open_case_task(d, TaskKind.FOLLOW_UP)
    if not silent:
        tell_step(d, 0)


def due_for(d: Deciding, tier: int) -> datetime:
    """Tier 2: one business day. Tier 3: the same day."""
    calendar = d.facts.calendar
    return calendar.same_day(d.now) if tier >= 3 else calendar.one_business_day(d.now)


def open_case_task(
    d: Deciding, kind: TaskKind, *, due_at: datetime | None = None, after: Task | None = None, to_lead: bool = False
) -> None:
    """A task of the open case. `after` is the attempt it follows; `to_lead` gives it to the lead at once."""
    case = d.put_case("task", tasks=d.case.tasks + 1)
    owner = after.owner_id if after else d.coordinator(case.enrollment_id)
    above = lead_of(d.facts.team, owner) if to_lead else None
    d.put_task(
        Task(
            id=task_id(kind, case.id, case.tasks),
            kind=kind,
            owner_id=above.id if above else owner,
            escalation=Escalation.LEAD if above else Escalation.NONE,
            case_id=case.id,
            enrollment_id=case.enrollment_id,
            tier=case.tier,
            opened_at=d.now,
            due_at=due_at or due_for(d, case.tier),
            attempt=after.attempt + 1 if after else 1,
            channels=after.channels if after else (),
        ),
        "opened",
    )


def raise_tier(d: Deciding, tier: int) -> None:
    """A higher tier: the open task is due at the earlier time. Nothing opens twice."""
    d.put_case("raised", tier=tier)
    for task in d.state.tasks:
        if task.case_id == d.case.id:
            due = min(task.due_at, due_for(d, tier))
            d.put_task(task.model_copy(update={"tier": tier, "due_at": due}), "redated")


def close_case(d: Deciding, outcome: CaseOutcome, *, status: TaskStatus = TaskStatus.CLOSED) -> None:
    """Close the case with its tasks, and cancel what still waits to be sent for it.

    Its sessions count for no new case, unless a correction showed that it never had a ground.
    """
    for task in d.state.tasks:
        if task.case_id == d.case.id:
            closed = {"status": status, "finished_at": d.now, "reason": outcome.value}
            d.put_task(task.model_copy(update=closed), status.value)
    d.cancel_waiting(f"case_{outcome}", case_id=d.case.id)
    case = d.put_case("closed", outcome=outcome, closed_at=d.now, watch_since=None)
    counts_since = case.windows_since if status is TaskStatus.CORRECTED else d.now
    d.remember(case=None, last_case=case, counts_since=counts_since)


def pause(d: Deciding, until: datetime) -> None:
    """Begin a pause, or move the return date of the one that runs. What waits to be sent is cancelled."""
    runs = d.pause_at(d.now)
    before = [
        p.model_copy(update={"until": min(p.until, d.now)})
        for p, held in zip(d.state.pauses, d.pauses, strict=True)
        if held != runs
    ]
    d.because("paused", until=until.isoformat())
    d.remember(pauses=(*before, Pause(began_at=runs.began_at if runs else d.now, until=until)))
    if d.state.case:
        close_case(d, CaseOutcome.PAUSED)
    d.cancel_waiting("paused")
