"""The student's process: one event in, one decision out.

`decide` is pure and total: the same state, event, facts and time give the same decision, and every event gives one.
"""

from __future__ import annotations

from datetime import datetime

from domain.absence import is_tier_1
from domain.account import act_on_balance, charge
from domain.alarms import look, recheck_ground
from domain.answering import reply_received
from domain.cases import CaseOutcome
from domain.deciding import Deciding, Decision
from domain.desk import act_at_desk
from domain.desk_events import FollowUpStarted, NoteWritten
from domain.episodes import close_case, pause, raise_tier
from domain.events import (
    Adjusted,
    ChargeWaived,
    Enrolled,
    Event,
    MessageReported,
    MessageRetried,
    NotSeenYet,
    OutcomeRecorded,
    OutreachLogged,
    Paused,
    ReminderDue,
    ReplyReceived,
    StepDue,
    StepForced,
    StepSkipped,
    TaskClaimed,
    TaskCompleted,
    TaskDismissed,
    TaskReassigned,
    TaskSnoozed,
    ToppedUp,
    Withdrawn,
)
from domain.facts import Facts
from domain.follow_up import act_on_task, finish, task_deadline
from domain.ladder import take_step
from domain.notices import about_message, all_clear, tell_outcome
from domain.outcomes import Hears, Outcome
from domain.plan import Step, armed
from domain.review_events import Reviewed
from domain.reviewing import review, withdraw_what_is_untrue
from domain.session_notices import ask_to_join, remind, settles_notices
from domain.state import State
from domain.stepping import act_on_step
from domain.tasks import TaskStatus

__all__ = ["Decision", "decide"]


def decide(state: State, event: Event, facts: Facts, now: datetime) -> Decision:
    """What follows from one event: the new state, the effects in order, and why."""
    d = Deciding(state, facts, now)
    match event:
        case OutcomeRecorded():
            _outcome_recorded(d, event)
        case StepDue():
            _step_due(d, event)
        case MessageReported() | MessageRetried():
            about_message(d, event)
        case ReplyReceived():
            reply_received(d, event)
        case ToppedUp() | Adjusted() | ChargeWaived():
            act_on_balance(d, event)
        case TaskClaimed() | TaskCompleted() | TaskSnoozed() | TaskReassigned() | TaskDismissed() | OutreachLogged():
            act_on_task(d, event)
        case NoteWritten() | FollowUpStarted():
            act_at_desk(d, event)
        case StepSkipped() | StepForced():
            act_on_step(d, event)
        case Reviewed():
            review(d, event)
        case Enrolled() | Paused() | Withdrawn():
            _comes_or_goes(d, event)
        case ReminderDue():
            remind(d, event)
        case NotSeenYet():
            ask_to_join(d, event)
    withdraw_what_is_untrue(d)
    return d.decision()


# --- outcomes --------------------------------------------------------------------------------------------------------


def _outcome_recorded(d: Deciding, event: OutcomeRecorded) -> None:
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
    settles_notices(d, outcome)
    units = charge(d, outcome, enrollment, anew=event.anew)
    cleared = _corrected(d, outcome, units)
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
        tell_outcome(d, outcome, d.facts.enrollment(enrollment.id) or enrollment, units)


def _corrected(d: Deciding, outcome: Outcome, units: int) -> bool:
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
    cleared = all_clear(d, outcome, units)
    if cleared:
        d.because("all_clear", session=outcome.session_id)
    return cleared


# --- enrolling, pause, withdrawal, deadlines --------------------------------------------------------------------------


def _comes_or_goes(d: Deciding, act: Enrolled | Paused | Withdrawn) -> None:
    match act:
        case Enrolled():
            d.because("enrolled", enrollment=act.enrollment_id)
            d.remember(withdrawn=False)
        case Withdrawn():
            _withdrawn(d)
        case Paused() if act.until <= d.now:
            d.refuse("return_date_in_the_past")
        case Paused():
            pause(d, act.until)


def _withdrawn(d: Deciding) -> None:
    d.because("withdrawn")
    if d.state.case:
        close_case(d, CaseOutcome.WITHDRAWN)
    for task in d.state.tasks:
        finish(d, task, TaskStatus.CLOSED, None, reason="withdrawn")
    d.cancel_waiting("withdrawn")
    d.remember(withdrawn=True)


def _step_due(d: Deciding, event: StepDue) -> None:
    step = next((s for s in armed(d.state, d.facts, d.now) if s.key == event.step), None)
    if step is None or step.due_at > d.now:
        d.because("step_gone", step=event.step)
        return
    _take(d, step)


def _take(d: Deciding, step: Step) -> None:
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
