"""The books of one student in memory: what `advance` and `deliver` do in PostgreSQL, without either."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from domain.cases import Case
from domain.deciding import Decision
from domain.effects import LogOutreach, PutCase, PutTask
from domain.events import (
    Event,
    MessageReported,
    OutcomeRecorded,
    OutreachLogged,
    Paused,
    ReplyReceived,
    StepDue,
    TaskClaimed,
    TaskCompleted,
)
from domain.facts import Facts, MakeUp
from domain.outcomes import Code, Outcome
from domain.plan import Step, armed
from domain.sending import Message, MessageState, Purpose
from domain.state import State
from domain.student import decide
from domain.tasks import Task, TaskKind, TaskOutcome
from tests.builders import ANA, LESSON, MONDAY, a_student_facts, an_outcome

Delivery = Callable[[Message], MessageState]


class Books:
    """Facts and state of one student, and everything ever written about him."""

    def __init__(self, facts: Facts | None = None, delivery: Delivery = lambda _: MessageState.SENT) -> None:
        self.facts, self.state, self.now = facts or a_student_facts(), State(), MONDAY
        self.delivery = delivery
        self.events: list[Event] = []
        self.decisions: list[Decision] = []
        self.tasks: dict[str, Task] = {}
        self.cases: dict[str, Case] = {}
        self.outreach: list[LogOutreach] = []

    def happens(self, event: Event) -> Decision:
        """Decide one event and write what follows."""
        decision = decide(self.state, event, self.facts, self.now)
        self.state, self.facts = decision.state, self.facts.after(decision.effects)
        for effect in decision.effects:
            match effect:
                case PutTask(task=task):
                    self.tasks[task.id] = task
                case PutCase(case=case):
                    self.cases[case.id] = case
                case LogOutreach():
                    self.outreach.append(effect)
        self.events.append(event)
        self.decisions.append(decision)
        return decision

    def next_step(self) -> Step | None:
        """The armed step."""
        return next(iter(armed(self.state, self.facts, self.now)), None)

    def advance_to(self, time: datetime) -> None:
        """Let time pass: armed steps and due messages in order of deadline, each at its own time."""
        for _ in range(1000):
            step = self.next_step()
            queued = [m for m in self.facts.messages if m.state is MessageState.QUEUED]
            letter = min(queued, key=lambda m: (m.due_at, m.key), default=None)
            if letter and letter.due_at <= time and (step is None or letter.due_at <= step.due_at):
                self.now = max(self.now, letter.due_at)
                self.report(letter, self.delivery(letter))
            elif step and step.due_at <= time:
                self.now = max(self.now, step.due_at)
                self.happens(StepDue(step=step.key))
            else:
                self.now = max(self.now, time)
                return
        raise AssertionError(f"time does not pass: {self.next_step()}")

    def report(self, message: Message, state: MessageState, reason: str | None = None) -> None:
        """A message's delivery ended so; what failed comes back as an event."""
        changed = message.model_copy(update={"state": state, "reason": reason})
        others = tuple(m for m in self.facts.messages if m.id != message.id)
        self.facts = self.facts.model_copy(update={"messages": (*others, changed)})
        if state in (MessageState.FAILED, MessageState.UNDELIVERED, MessageState.SUPPRESSED):
            self.happens(MessageReported(message_id=message.id))

    def records(self, code: Code | str, starts_at: datetime, enrollment_id: str = "maths", **changes: Any) -> Decision:
        """A session's outcome is recorded: when it ends, or now if that is later or `told` ahead."""
        told = changes.pop("told", None)
        self.advance_to(told or max(self.now, starts_at + LESSON))
        return self.receives(an_outcome(code, starts_at, enrollment_id, **{"received_at": self.now} | changes))

    def receives(self, outcome: Outcome) -> Decision:
        """An outcome stands in the books; what fell due meanwhile has not been taken yet."""
        self.facts = self.facts.model_copy(update={"outcomes": (*self.facts.outcomes, outcome)})
        return self.happens(OutcomeRecorded(outcome_id=outcome.id))

    def corrects(self, code: Code | str, starts_at: datetime, enrollment_id: str = "maths") -> Decision:
        """The outcome of that session gets a new version, now."""
        old = next(o for o in self.facts.outcomes if (o.starts_at, o.enrollment_id) == (starts_at, enrollment_id))
        new = old.model_copy(update={"code": Code(code), "version": old.version + 1, "received_at": self.now})
        kept = tuple(o for o in self.facts.outcomes if o.id != old.id)
        self.facts = self.facts.model_copy(update={"outcomes": (*kept, new)})
        return self.happens(OutcomeRecorded(outcome_id=new.id, version=new.version))

    def books_make_up(self, starts_at: datetime) -> None:
        """A make-up is booked, now, for the session missed then."""
        missed = next(o for o in self.facts.outcomes if o.starts_at == starts_at)
        make_up = MakeUp(session_id=missed.session_id, booked_at=self.now)
        mended = tuple(o.model_copy(update={"made_up": o.made_up or o == missed}) for o in self.facts.outcomes)
        self.facts = self.facts.model_copy(update={"outcomes": mended, "make_ups": (*self.facts.make_ups, make_up)})

    def completes(self, outcome: TaskOutcome | str, task: Task | None = None, **changes: Any) -> Decision:
        """Somebody finishes the open task (or that one)."""
        given = {"by": ANA.id, "act_id": f"act-{len(self.decisions)}", "task_id": (task or self.task).id}
        return self.happens(TaskCompleted(**given | {"outcome": outcome} | changes))

    def claims(self, by: str = ANA.id) -> Decision:
        """Somebody is on it."""
        return self.happens(TaskClaimed(task_id=self.task.id, by=by))

    def logs_outreach(self, channel: str = "phone") -> Decision:
        """Somebody tried to reach the family, and the task stays open."""
        given = {"act_id": f"act-{len(self.decisions)}", "task_id": self.task.id, "by": ANA.id, "channel": channel}
        return self.happens(OutreachLogged.model_validate(given))

    def replies(self, meaning: str, guardian_id: str = "mother") -> Decision:
        """A guardian answers."""
        reply_id = f"reply-{len(self.decisions)}"
        return self.happens(
            ReplyReceived.model_validate({"reply_id": reply_id, "guardian_id": guardian_id, "meaning": meaning})
        )

    def pauses(self, until: datetime) -> Decision:
        """The student pauses."""
        return self.happens(Paused(until=until))

    @property
    def task(self) -> Task:
        """The one unfinished task."""
        (task,) = self.state.tasks
        return task

    @property
    def case(self) -> Case:
        """The one case there ever was."""
        (case,) = self.cases.values()
        return case

    def open_kinds(self) -> list[TaskKind]:
        """What the unfinished tasks ask for."""
        return sorted(t.kind for t in self.state.tasks)

    def letters(self, purpose: Purpose | str, state: MessageState | None = None) -> list[tuple[str, str]]:
        """To whom, and how, messages of this purpose were made."""
        made = [m for m in self.facts.messages if m.purpose == purpose and state in (None, m.state)]
        return sorted((m.recipient_id, m.channel.value) for m in made)

    def rules(self) -> list[str]:
        """Every reason of every decision, in order."""
        return [b.rule for d in self.decisions for b in d.because]


def two_missed(facts: Facts | None = None, delivery: Delivery = lambda _: MessageState.SENT) -> Books:
    """Sam misses Monday's and next Monday's session without a word: a tier 2 case opens on 9 March at 17:00."""
    books = Books(facts, delivery)
    books.records(Code.NO_SHOW, MONDAY + timedelta(hours=16))
    books.records(Code.NO_SHOW, MONDAY + timedelta(days=7, hours=16))
    return books
