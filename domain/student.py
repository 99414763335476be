"""The student's process: one event in, one decision out.

`decide` is pure and total: the same state, event, facts and time give the same decision, and every event gives one.
"""

from __future__ import annotations

from datetime import datetime

from domain.absence import is_tier_1
from domain.alarms import look, recheck_ground
from domain.balance import EntryKind, alert_due, entry, low_level, settle
from domain.cases import CaseOutcome
from domain.draft import Decision, Draft
from domain.effects import PostEntry
from domain.episodes import close_case, pause, raise_tier
from domain.events import (
    Adjusted,
    Enrolled,
    Event,
    MessageReported,
    OutcomeRecorded,
    OutreachLogged,
    Paused,
    ReplyReceived,
    StepDue,
    TaskClaimed,
    TaskCompleted,
    TaskDismissed,
    TaskReassigned,
    TaskSnoozed,
    ToppedUp,
    Withdrawn,
)
from domain.facts import Enrollment, Facts
from domain.follow_up import act_on_task, finish, reply_received, task_deadline
from domain.ladder import take_step
from domain.notices import all_clear, message_reported, tell_outcome
from domain.outcomes import Hears, Outcome
from domain.plan import Step, armed
from domain.state import State
from domain.tasks import Task, TaskKind, TaskStatus, task_id

__all__ = ["Decision", "decide"]


def decide(state: State, event: Event, facts: Facts, now: datetime) -> Decision:
    """What follows from one event: the new state, the effects in order, and why."""
    d = Draft(state, facts, now)
    match event:
        case OutcomeRecorded():
            _outcome_recorded(d, event)
        case StepDue():
            _step_due(d, event)
        case MessageReported():
            message_reported(d, event.message_id)
        case ReplyReceived():
            reply_received(d, event)
        case ToppedUp():
            _topped_up(d, event)
        case Adjusted():
            _adjusted(d, event)
        case TaskClaimed() | TaskCompleted() | TaskSnoozed() | TaskReassigned() | TaskDismissed() | OutreachLogged():
            act_on_task(d, event)
        case Paused():
            _paused(d, event)
        case Withdrawn():
            _withdrawn(d)
        case Enrolled():
            d.because("enrolled", enrollment=event.enrollment_id)
            d.remember(withdrawn=False)
    return d.decision()


# --- outcomes and money -----------------------------------------------------------------------------------------------


def _outcome_recorded(d: Draft, event: OutcomeRecorded) -> None:
    outcome = d.facts.outcome(event.outcome_id)
    enrollment = d.facts.enrollment(outcome.enrollment_id) if outcome else None
    if outcome is None or enrollment is None:
        d.because("outcome_unknown", outcome=event.outcome_id)
        return
    if event.version < outcome.version:
        d.because("superseded", by_version=outcome.version)
        return
    tier = 1 if is_tier_1(outcome) else None
    d.because("outcome", code=outcome.code.value, version=outcome.version, session=outcome.session_id, tier=tier)
    taken = _settle(d, outcome, enrollment)
    cleared = _corrected(d, outcome, enrollment)
    if outcome.flags.present and any(p.until == outcome.starts_at for p in d.pauses):
        d.because("attended_in_pause", session=outcome.session_id)
    look(d, outcome)
    if cleared:
        return
    if outcome.is_backfill:
        d.because("backfill_tells_nobody")
    elif d.pause_at(outcome.starts_at):
        d.because("paused_tells_nobody")
    elif d.state.withdrawn:
        d.because("withdrawn_tells_nobody")
    else:
        tell_outcome(d, outcome, d.facts.enrollment(enrollment.id) or enrollment, taken)


def _settle(d: Draft, outcome: Outcome, enrollment: Enrollment) -> int:
    """Make the book agree with the outcome; returns the units it takes."""
    lines = settle(outcome, enrollment.schedule, d.facts.entries, d.now)
    for line in lines:
        d.do(PostEntry(entry=line))
    taken = -sum(line.units for line in lines if line.kind is EntryKind.CONSUME)
    if lines:
        credited = sum(line.units for line in lines)
        d.because("charged" if taken else "credited_back", units=taken or credited)
    after = d.facts.enrollment(enrollment.id)
    quiet = outcome.version > 1 or (outcome.is_backfill and outcome.imported)
    if taken and after and not quiet and not d.state.withdrawn:
        _alert(d, after, before=enrollment.balance)
    return taken


def _alert(d: Draft, enrollment: Enrollment, before: int) -> None:
    """Low balance: once per package, and once more at 0, a task for the enrollment's coordinator."""
    if enrollment.last_top_up is None:
        return
    level = low_level(d.facts.policy, enrollment.schedule, enrollment.last_top_up, enrollment.upcoming)
    flags = d.state.alerts_of(enrollment.id)
    due = alert_due(flags, level, before, enrollment.balance)
    if due is None:
        return
    d.because("balance_" + due, balance=enrollment.balance, level=level)
    _flag(d, enrollment, low=True, empty=flags.empty or due == "empty")
    waiting = next(
        (t for t in d.state.tasks if t.kind is TaskKind.LOW_BALANCE and t.enrollment_id == enrollment.id), None
    )
    due_at = d.facts.calendar.same_day(d.now) if due == "empty" else d.facts.calendar.one_business_day(d.now)
    if waiting:
        d.put_task(waiting.model_copy(update={"due_at": min(waiting.due_at, due_at)}), "redated")
        return
    d.put_task(
        Task(
            id=task_id(TaskKind.LOW_BALANCE, enrollment.id, d.now.isoformat(), due),
            kind=TaskKind.LOW_BALANCE,
            owner_id=enrollment.coordinator_id,
            enrollment_id=enrollment.id,
            opened_at=d.now,
            due_at=due_at,
        ),
        "opened",
    )


def _flag(d: Draft, enrollment: Enrollment, *, low: bool, empty: bool) -> None:
    flags = d.state.alerts_of(enrollment.id).model_copy(update={"low": low, "empty": empty})
    d.remember(alerts=(*(a for a in d.state.alerts if a.enrollment_id != enrollment.id), flags))


def _corrected(d: Draft, outcome: Outcome, enrollment: Enrollment) -> bool:
    """A correction undoes: queued messages, tasks and a case without ground; true if an all-clear goes out.

    The all-clear goes out whenever the correction comes: who was told something false is told so.
    """
    correction = f"{outcome.id}:{outcome.version}"
    if outcome.version == 1 or correction in d.state.corrections:
        return False
    d.remember(corrections=(*(c for c in d.state.corrections if d.facts.outcome(c.rsplit(":", 1)[0])), correction))
    d.cancel_waiting("corrected", session_id=outcome.session_id)
    recheck_ground(d, outcome)
    if outcome.flags.hears is Hears.ABSENCE_NOTICE:
        return False
    cleared = all_clear(d, outcome, enrollment.schedule.units_for(outcome.code))
    if cleared:
        d.because("all_clear", session=outcome.session_id)
    return cleared


def _topped_up(d: Draft, act: ToppedUp) -> None:
    if d.facts.enrollment(act.enrollment_id) is None:
        d.refuse("enrollment_unknown")
        return
    key = f"top_up:{act.act_id}"
    line = entry(EntryKind.TOP_UP, key, act.enrollment_id, act.units, d.now, by=act.by, reason_id=act.reason_id)
    if _booked(d, key):
        return
    d.do(PostEntry(entry=line))
    enrollment = d.facts.enrollment(act.enrollment_id)
    if enrollment is None:
        return
    d.because("topped_up", units=act.units, balance=enrollment.balance)
    if enrollment.balance > low_level(d.facts.policy, enrollment.schedule, act.units, enrollment.upcoming):
        _flag(d, enrollment, low=False, empty=False)
        for task in d.state.tasks:
            if task.kind is TaskKind.LOW_BALANCE and task.enrollment_id == enrollment.id:
                finish(d, task, TaskStatus.CLOSED, None, reason="topped_up")


def _adjusted(d: Draft, act: Adjusted) -> None:
    if d.facts.enrollment(act.enrollment_id) is None or act.units == 0:
        d.refuse("enrollment_unknown" if act.units else "nothing_to_adjust")
        return
    key = f"adjust:{act.act_id}"
    if _booked(d, key):
        return
    d.do(
        PostEntry(
            entry=entry(EntryKind.ADJUST, key, act.enrollment_id, act.units, d.now, by=act.by, reason_id=act.reason_id)
        )
    )
    d.because("adjusted", units=act.units)


def _booked(d: Draft, key: str) -> bool:
    booked = any(e.key == key for e in d.facts.entries)
    if booked:
        d.because("booked_already")
    return booked


# --- pause, withdrawal, deadlines -------------------------------------------------------------------------------------


def _paused(d: Draft, act: Paused) -> None:
    if act.until <= d.now:
        d.refuse("return_date_in_the_past")
        return
    pause(d, act.until)


def _withdrawn(d: Draft) -> None:
    d.because("withdrawn")
    if d.state.case:
        close_case(d, CaseOutcome.WITHDRAWN)
    for task in d.state.tasks:
        finish(d, task, TaskStatus.CLOSED, None, reason="withdrawn")
    d.cancel_waiting("withdrawn")
    d.remember(withdrawn=True)


def _step_due(d: Draft, event: StepDue) -> None:
    step = next((s for s in armed(d.state, d.facts, d.now) if s.key == event.step), None)
    if step is None or step.due_at > d.now:
        d.because("step_gone", step=event.step)
        return
    _take(d, step)


def _take(d: Draft, step: Step) -> None:
    match step.act:
        case "session_ends":
            d.because("session_ended", session=step.about)
            look(d)
        case "ladder_step":
            take_step(d, step.number)
        case "raise_tier":
            d.because("unfinished", days=d.policy.unfinished_after.days)
            raise_tier(d, 3)
        case "watch_ends":
            watched = d.state.case
            look(d)
            if watched and d.state.case and d.state.case.watch_since == watched.watch_since:
                d.because("watch_waits_for_a_session")
        case "pause_ends":
            d.because("pause_ended")
            look(d)
        case "wake" | "remind" | "reassign" | "escalate" as act:
            task = d.state.task(step.about)
            if task:
                task_deadline(d, task, act)
        case "send":
            pass
