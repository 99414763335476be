"""Trying a policy out: what it would have done with sessions that were held, by the rules themselves.

Each student's sessions are lived through again with `decide`. Where people would act, one thing is assumed of any
policy alike: a follow-up is done when it is due, and the family is reached. Families are assumed not to reply, balances
and first-session calls are left out: both policies treat them alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from domain.effects import Effect, PutCase, PutTask, QueueMessage
from domain.events import Event, OutcomeRecorded, StepDue, TaskCompleted
from domain.facts import Facts
from domain.outcomes import Hears, Outcome
from domain.plain_words import counted
from domain.plan import Act, plan
from domain.policy import Policy
from domain.state import State
from domain.student import decide
from domain.tasks import Task, TaskOutcome
from domain.value import Id, Value, id_of

_TAKEN: frozenset[Act] = frozenset({"session_ends", "ladder_step", "raise_tier", "watch_ends"})
"""Steps that lead to cases and messages to families; reminders to staff are of no interest here."""
MOST_STEPS = 500
"""In one student's quarter there are a dozen; this only ends a circle."""


class Opened(Value):
    """How many cases a rule opened at a tier. One that opened again counts again."""

    tier: int
    rule: str
    cases: int


class Given(Value):
    """How many tasks somebody would have got."""

    owner_id: Id
    tasks: int


class Tried(Value):
    """What a policy would have done."""

    opened: tuple[Opened, ...] = ()
    raised: int = 0
    texts: int = 0
    emails: int = 0
    tasks: tuple[Given, ...] = ()

    @property
    def cases(self) -> int:
        """Cases opened, of any tier and rule."""
        return sum(o.cases for o in self.opened)


class Tally:
    """Adds up what students' lives under one policy led to."""

    def __init__(self) -> None:
        self._opened: Counter[tuple[int, str]] = Counter()
        self._tasks: Counter[Id] = Counter()
        self._sent: Counter[str] = Counter()
        self._raised = 0

    def add(self, effects: Iterable[Effect]) -> None:
        """Count what these effects open, raise and send."""
        for effect in effects:
            match effect:
                case PutCase(case=case, change="opened" | "reopened"):
                    self._opened[case.tier, case.rule] += 1
                case PutCase(change="raised"):
                    self._raised += 1
                case PutTask(task=task, change="opened"):
                    self._tasks[task.owner_id] += 1
                case QueueMessage(message=message) if message.recipient_kind == "guardian":
                    self._sent[message.channel.value] += 1
                case _:
                    pass

    def tried(self) -> Tried:
        """The sums."""
        return Tried(
            opened=tuple(Opened(tier=t, rule=r, cases=n) for (t, r), n in sorted(self._opened.items())),
            raised=self._raised,
            texts=self._sent["sms"],
            emails=self._sent["email"],
            tasks=tuple(Given(owner_id=o, tasks=n) for o, n in sorted(self._tasks.items())),
        )


def live(facts: Facts, policy: Policy, since: datetime, until: datetime) -> list[Effect]:
    """What would have been done for one student from `since` until `until` had this policy been in force.

    `facts` holds the outcomes of the span and, for the windows, those before it; nothing was decided about them yet.
    """
    facts = facts.model_copy(update={"policies": {policy.version: policy}, "outcomes": _as_told(facts.outcomes)})
    life = _Life(State(seen_until=since), facts, since)
    told = [(o.received_at, o) for o in facts.outcomes if o.received_at >= since and o.ends_at > since]
    for at, outcome in sorted(told, key=lambda t: (t[0], t[1].id)):
        life.pass_until(at)
        if life.state.case or outcome.is_miss or outcome.flags.hears is not Hears.NOTHING:
            life.happens(OutcomeRecorded(outcome_id=outcome.id), at)
    life.pass_until(until)
    return life.effects


def _as_told(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """The outcomes as if each had been known when its session ended, unless it was told ahead."""
    return tuple(
        o.model_copy(update={"version": 1, "imported": False, "received_at": min(o.received_at, o.ends_at)})
        for o in outcomes
    )


class _Life:
    """One student's days under a policy: where he stands, at what time, and all that was done."""

    def __init__(self, state: State, facts: Facts, now: datetime) -> None:
        self.state, self.facts, self.now = state, facts, now
        self.tells_ahead = any(o.received_at < o.ends_at for o in facts.outcomes)
        self.effects: list[Effect] = []

    def happens(self, event: Event, at: datetime) -> None:
        """Decide one event then."""
        decision = decide(self.state, event, self.facts, at)
        self.state, self.facts, self.now = decision.state, self.facts.after(decision.effects), at
        self.effects += decision.effects

    def pass_until(self, at: datetime) -> None:
        """Let time pass: steps and follow-ups that fall due, in their order."""
        for _ in range(MOST_STEPS):
            following = min(self._ahead(), key=lambda a: a[0], default=None)
            if following is None or following[0] > at:
                break
            self.happens(following[1], following[0])
        self.now = max(self.now, at)

    def _ahead(self) -> Iterator[tuple[datetime, Event]]:
        """The first step of the plan, and tasks that somebody finishes on their time."""
        if not (self.state.case or self.state.tasks or self.tells_ahead):
            return
        for task in self.state.tasks:
            yield max(task.due_at, self.now), _finished(task)
        steps = plan(self.state, self.facts, self.now)
        first = next((s for s in steps if s.will_run and s.act in _TAKEN), None)
        if first:
            yield max(first.due_at, self.now), StepDue(step=first.key)


def _finished(task: Task) -> TaskCompleted:
    act = id_of("tried", task.id)
    return TaskCompleted(act_id=act, task_id=task.id, by=task.owner_id, outcome=TaskOutcome.REACHED, channel="phone")


def compared(new: Tried, now: Tried, weeks: float) -> list[str]:
    """Two policies side by side: "31 cases, 9 more than now", and the same for what they send and ask for a week."""

    def a_week(total: int) -> int:
        return round(total / weeks)

    tasks = [sum(g.tasks for g in t.tasks) for t in (new, now)]
    return [
        _beside(new.cases, now.cases, "case"),
        _beside(a_week(new.texts), a_week(now.texts), "text", " a week"),
        _beside(a_week(new.emails), a_week(now.emails), "e-mail", " a week"),
        _beside(a_week(tasks[0]), a_week(tasks[1]), "task", " a week"),
    ]


def _beside(new: int, now: int, unit: str, per: str = "") -> str:
    difference = "as many as now" if new == now else f"{abs(new - now)} {'more' if new > now else 'fewer'} than now"
    return f"{counted(new, unit)}{per}, {difference}"
