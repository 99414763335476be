"""What people do with tasks, and what tasks do when nobody does anything (rules, section 4)."""

from __future__ import annotations

from domain.cases import CaseOutcome, FollowUp
from domain.deciding import Deciding
from domain.effects import LogOutreach
from domain.episodes import close_case, open_case_task, pause
from domain.events import (
    DISMISSED_AS,
    OutreachLogged,
    TaskClaimed,
    TaskCompleted,
    TaskDismissed,
    TaskReassigned,
    TaskSnoozed,
)
from domain.notices import ask_to_fix_contact, remind_owner
from domain.tasks import (
    CLIMBED,
    Escalation,
    Task,
    TaskAct,
    TaskKind,
    TaskOutcome,
    TaskStatus,
    climb,
    deadlines,
    task_id,
)
from domain.value import Id, id_of

Verb = TaskClaimed | TaskCompleted | TaskSnoozed | TaskReassigned | TaskDismissed | OutreachLogged
ABOUT_THE_FAMILY = frozenset({TaskKind.CALL_BACK, TaskKind.READ_REPLY, TaskKind.FOLLOW_UP})
"""Tasks outside the case, on which talking to the family is outreach for the open case all the same."""


def act_on_task(d: Deciding, act: Verb) -> None:
    """Claim, complete, snooze, reassign or dismiss a task, or log an attempt to reach the family."""
    task = d.state.task(act.task_id)
    if task is None:
        d.refuse("task_not_open", task=act.task_id)
        return
    match act:
        case TaskClaimed():
            until = d.facts.calendar.after_working_hours(d.now, d.policy.claim_working_hours)
            d.because("claimed", by=act.by)
            claimed = {"claimed_by": act.by, "claimed_until": until, "status": TaskStatus.OPEN, "snoozed_until": None}
            d.put_task(task.model_copy(update=claimed), "claimed")
        case TaskSnoozed() if act.until <= d.now:
            d.refuse("snooze_in_the_past")
        case TaskSnoozed():
            d.because("snoozed", by=act.by, until=act.until.isoformat())
            snoozed = {"status": TaskStatus.SNOOZED, "snoozed_until": act.until}
            d.put_task(task.model_copy(update=snoozed), "snoozed")
        case TaskReassigned() if all(c.id != act.to for c in d.facts.team):
            d.refuse("not_on_the_team", to=act.to)
        case TaskReassigned():
            d.because("reassigned_by_hand", by=act.by, to=act.to)
            fresh = {"owner_id": act.to, "claimed_by": None, "claimed_until": None}
            d.put_task(task.model_copy(update=fresh), "reassigned")
        case OutreachLogged():
            d.because("outreach", by=act.by, channel=act.channel)
            log_outreach(d, task, act.act_id, act.by, channel=act.channel, outcome=None, note_id=act.note_id)
        case TaskDismissed():
            d.because("not_needed", by=act.by, reason=act.reason)
            finish(d, task, TaskStatus.NOT_NEEDED, act.by, reason=act.reason, note_id=act.note_id)
            if _of_open_case(d, task):
                close_case(d, DISMISSED_AS[act.reason])
        case TaskCompleted() if _of_open_case(d, task) and act.outcome is TaskOutcome.DONE:
            d.refuse("outcome_needed")
        case TaskCompleted() if act.return_at is not None and act.return_at <= d.now:
            d.refuse("return_date_in_the_past")
        case TaskCompleted():
            _complete(d, task, act)


def _of_open_case(d: Deciding, task: Task) -> bool:
    return d.state.case is not None and task.case_id == d.state.case.id


def finish(
    d: Deciding,
    task: Task,
    status: TaskStatus,
    by: Id | None,
    *,
    outcome: TaskOutcome | None = None,
    reason: str | None = None,
    note_id: Id | None = None,
    channels: tuple[str, ...] | None = None,
) -> Task:
    """Write a task as finished. With the task to read replies, those that wait are read."""
    if task.kind is TaskKind.READ_REPLY:
        d.remember(unread_replies=())
    ended = {
        "status": status,
        "finished_at": d.now,
        "finished_by": by,
        "outcome": outcome,
        "reason": reason,
        "note_id": note_id,
        "channels": task.channels if channels is None else channels,
    }
    return d.put_task(task.model_copy(update=ended), status.value)


def log_outreach(
    d: Deciding, task: Task, act_id: Id, by: Id, *, channel: str, outcome: str | None = None, note_id: Id | None = None
) -> None:
    """A person tried to reach the family: a row of the log; the first one ends the messages of the open case."""
    case = d.state.case
    about_case = case is not None and (task.case_id == case.id or task.kind in ABOUT_THE_FAMILY)
    d.do(
        LogOutreach(
            id=id_of("outreach", act_id),
            task_id=task.id,
            case_id=case.id if case and about_case else task.case_id,
            by=by,
            channel=channel,
            outcome=outcome,
            at=d.now,
            note_id=note_id,
        )
    )
    if case and about_case and case.outreach_at is None:
        in_time = FollowUp.IN_TIME if d.now <= task.due_at else FollowUp.LATE
        d.put_case("outreach", outreach_at=d.now, follow_up=in_time, stopped=case.stopped or "outreach")


def _complete(d: Deciding, task: Task, act: TaskCompleted) -> None:
    d.because("completed", by=act.by, outcome=act.outcome.value)
    channels = task.channels
    if act.outcome is not TaskOutcome.DONE:
        channel = act.channel or "phone"
        channels = tuple(dict.fromkeys((*channels, channel)))
        log_outreach(d, task, act.act_id, act.by, channel=channel, outcome=act.outcome.value, note_id=act.note_id)
    done = finish(d, task, TaskStatus.DONE, act.by, outcome=act.outcome, note_id=act.note_id, channels=channels)
    of_case = _of_open_case(d, task)
    match act.outcome:
        case TaskOutcome.NO_ANSWER:
            _try_again(d, done, of_case=of_case)
        case TaskOutcome.PAUSED if act.return_at is not None:
            pause(d, act.return_at)
        case TaskOutcome.PAUSED if of_case:
            close_case(d, CaseOutcome.PAUSED)
        case TaskOutcome.WITHDRAWING if of_case:
            close_case(d, CaseOutcome.WITHDRAWN)
        case _ if of_case and not any(t.case_id == task.case_id for t in d.state.tasks):
            d.because("watch_begins", days=d.policy.watch_for.days)
            d.put_case("watch", watch_since=d.now, stopped=d.case.stopped or "followed_up")
        case _:
            pass


_ENDED = ("claimed_by", "claimed_until", "snoozed_until", "outcome", "note_id", "finished_at", "finished_by")


def _try_again(d: Deciding, task: Task, *, of_case: bool) -> None:
    """No answer: another attempt the next working day; after the third, on two channels at least, unreachable."""
    enough = task.attempt >= d.policy.contact_attempts and len(task.channels) >= d.policy.contact_channels
    due = d.facts.calendar.one_business_day(d.now)
    if enough:
        d.because("unreachable", attempts=task.attempt, channels=len(task.channels))
        if of_case:
            close_case(d, CaseOutcome.UNREACHABLE)
        ask_to_fix_contact(d, task.enrollment_id)
    elif of_case:
        d.because("next_attempt", attempt=task.attempt + 1)
        open_case_task(d, task.kind, due_at=due, after=task)
    else:
        d.because("next_attempt", attempt=task.attempt + 1)
        again = {
            "id": task_id(task.kind, task.id, task.attempt + 1),
            "status": TaskStatus.OPEN,
            "opened_at": d.now,
            "due_at": due,
            "attempt": task.attempt + 1,
            "escalation": Escalation.NONE,
            **dict.fromkeys(_ENDED),
        }
        d.put_task(task.model_copy(update=again), "opened")


def task_deadline(d: Deciding, task: Task, act: TaskAct) -> None:
    """What an untouched task does by itself: wake, remind, go to a colleague, climb to the lead."""
    moved = climb(task, act, d.facts.team, d.now)
    if act == "wake":
        d.because("snooze_over")
        climbed(d, moved, act)
        return
    ahead = deadlines(task, d.policy, d.facts.calendar)
    successors = ahead[[x.act for x in ahead].index(act) + 1 :]
    if any(x.due_at <= d.now for x in successors):
        d.because("overtaken", act=act)
        d.put_task(task.model_copy(update={"escalation": CLIMBED[act]}), "overtaken")
        return
    if act == "remind":
        d.because("task_untouched", hours=d.policy.remind_after_working_hours)
    elif moved.owner_id == task.owner_id:
        d.because("nobody_above", act=act)
    elif moved.escalation is Escalation.REASSIGNED:
        d.because("task_overdue", days=d.policy.reassign_after_business_days, to=moved.owner_id)
    else:
        d.because("task_overdue_to_lead", days=d.policy.escalate_after_business_days, to=moved.owner_id)
    climbed(d, moved, act)


def climbed(d: Deciding, moved: Task, act: TaskAct) -> None:
    """Write a task that has done what it does by itself; its owner hears of it, unless it only woke."""
    d.put_task(moved, {"wake": "woken", "remind": "reminded", "reassign": "reassigned", "escalate": "escalated"}[act])
    if act != "wake":
        remind_owner(d, moved)
