"""What happens next, as data: each armed and future step of a student, and those that will not run, with why."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from domain.absence import as_held
from domain.facts import Facts
from domain.ladder import ladder_stop, step_due
from domain.sending import MessageState
from domain.state import State
from domain.tasks import TaskAct, TaskStatus, deadlines
from domain.value import Because, Id, Value

Act = Literal["session_ends", "ladder_step", "raise_tier", "watch_ends", "pause_ends", "send"] | TaskAct
_ORDER: tuple[Act, ...] = (
    "session_ends",
    "pause_ends",
    "wake",
    "remind",
    "reassign",
    "escalate",
    "ladder_step",
    "raise_tier",
    "watch_ends",
    "send",
)
"""What comes first of what falls due at one instant: what happened, then what it leads to, lower steps first."""


class Step(Value):
    """One step: what, when, about what. `why_not` is set when it will not run unless something changes."""

    key: str
    act: Act
    due_at: datetime
    about: Id
    number: int = 0
    why_not: Because | None = None

    @property
    def will_run(self) -> bool:
        """True unless something ended it."""
        return self.why_not is None


def plan(state: State, facts: Facts, now: datetime) -> tuple[Step, ...]:
    """Every step ahead, by due time. The first that will run is the armed one: `advance` does it at its deadline."""
    steps = [*_sessions(state, facts), *_case(state, facts, now), *_tasks(state, facts), *_messages(facts)]
    steps += [
        Step(key=f"pause_ends:{p.until.isoformat()}", act="pause_ends", due_at=p.until, about=facts.student_id)
        for p in as_held(state.pauses, facts.outcomes)
        if state.seen_until is None or p.until > state.seen_until
    ]
    skipped = {s.step: Because(rule="skipped_by_hand", numbers={"by": s.by}) for s in state.skipped}
    steps = [s.model_copy(update={"why_not": skipped[s.key]}) if s.will_run and s.key in skipped else s for s in steps]
    return tuple(sorted(steps, key=lambda s: (s.due_at, _ORDER.index(s.act), s.key)))


def armed(state: State, facts: Facts, now: datetime) -> tuple[Step, ...]:
    """The steps that `decide` takes by itself, by due time; sending is the deliveries' own."""
    return tuple(s for s in plan(state, facts, now) if s.will_run and s.act != "send")


def _sessions(state: State, facts: Facts) -> list[Step]:
    """Sessions whose outcome was told ahead enter the windows at their scheduled end; the others, when told."""
    seen = state.seen_until
    return [
        Step(key=f"session_ends:{o.session_id}", act="session_ends", due_at=o.ends_at, about=o.session_id)
        for o in facts.outcomes
        if o.flags.takes_place and o.received_at < o.ends_at and (seen is None or o.ends_at > seen)
    ]


def _case(state: State, facts: Facts, now: datetime) -> list[Step]:
    case = state.case
    if case is None:
        return []
    policy = facts.policy_of(case.policy_version)
    steps = []
    if not case.silent:
        stop = ladder_stop(case, facts, now)
        why_not = Because(rule="ladder_ended", numbers={"by": stop}) if stop else None
        for number in range(case.step + 1, len(policy.ladder) + 1):
            steps.append(
                Step(
                    key=f"ladder_step:{case.id}:{case.openings}:{number}",
                    act="ladder_step",
                    due_at=step_due(case, number, policy, state),
                    about=case.id,
                    number=number,
                    why_not=why_not,
                )
            )
    if case.watch_since is not None:
        ends = case.watch_since + policy.watch_for
        if state.seen_until is not None and state.seen_until >= ends:
            ends = case.watch_since + policy.watch_waits_for
        steps.append(Step(key=f"watch_ends:{case.id}:{ends.isoformat()}", act="watch_ends", due_at=ends, about=case.id))
    elif case.tier == 2 and any(t.case_id == case.id for t in state.tasks):
        due = (state.follow_up_since or case.opened_at) + policy.unfinished_after
        steps.append(Step(key=f"raise_tier:{case.id}:{case.openings}", act="raise_tier", due_at=due, about=case.id))
    return steps


def _tasks(state: State, facts: Facts) -> list[Step]:
    policy = facts.policy_of(state.case.policy_version) if state.case else facts.policy
    return [
        Step(key=f"{d.act}:{t.id}", act=d.act, due_at=d.due_at, about=t.id)
        for t in state.tasks
        if t.status in (TaskStatus.OPEN, TaskStatus.SNOOZED)
        for d in deadlines(t, policy, facts.calendar)
    ]


def _messages(facts: Facts) -> list[Step]:
    unread = Because(rule="waits_for_review")
    return [
        Step(key=f"send:{m.id}", act="send", due_at=m.due_at, about=m.id, why_not=unread if m.in_review else None)
        for m in facts.messages
        if m.state is MessageState.QUEUED or m.in_review
    ]
