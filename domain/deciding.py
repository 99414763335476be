"""A decision while it is being made. It never leaves `decide`; what leaves is the frozen `Decision`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.absence import Pause, Window, as_held, places
from domain.cases import Case
from domain.effects import CancelMessage, Effect, MessageChange, PostEntry, PutCase, PutTask, QueueMessage
from domain.facts import Enrollment, Facts
from domain.policy import Policy
from domain.sending import WAITING, Message, Purpose
from domain.state import State
from domain.tasks import Task
from domain.value import Because, Id, Value


class Decision(Value):
    """What was decided about one event: the new state, the effects in order, and why.

    `refused` is set when an act could not be accepted; then there are no effects.
    """

    state: State
    effects: tuple[Effect, ...] = ()
    because: tuple[Because, ...] = ()
    refused: str | None = None


class Deciding:
    """Collects state, effects and reasons. Facts follow the effects, so each rule sees what was decided before it."""

    def __init__(self, state: State, facts: Facts, now: datetime) -> None:
        self.state, self.facts, self.now = state, facts, now
        self.effects: list[Effect] = []
        self.reasons: list[Because] = []
        self.refused: str | None = None

    @property
    def policy(self) -> Policy:
        """The open case's pinned policy, else the newest."""
        case = self.state.case
        return self.facts.policy_of(case.policy_version) if case else self.facts.policy

    @property
    def case(self) -> Case:
        """The open case. Only asked where one is open."""
        if self.state.case is None:
            raise LookupError("no case is open")
        return self.state.case

    @property
    def pauses(self) -> tuple[Pause, ...]:
        """The student's pauses, ended by attendance where there was some."""
        return as_held(self.state.pauses, self.facts.outcomes)

    def pause_at(self, at: datetime) -> Pause | None:
        """The pause that covers an instant."""
        return next((p for p in self.pauses if p.covers(at)), None)

    def because(self, rule: str, **numbers: int | str | None) -> None:
        """Add a reason."""
        self.reasons.append(Because(rule=rule, numbers=numbers))

    def refuse(self, rule: str, **numbers: int | str | None) -> None:
        """Do not accept the act."""
        self.refused = rule
        self.because(rule, **numbers)

    def do(self, effect: Effect) -> None:
        """Add an effect; later rules see it."""
        self.effects.append(effect)
        if isinstance(effect, PostEntry | QueueMessage | MessageChange):
            self.facts = self.facts.after([effect])

    def remember(self, **changes: Any) -> None:
        """Change the state."""
        self.state = self.state.model_copy(update=changes)

    def put_task(self, task: Task, change: str) -> Task:
        """Write a task: unfinished ones stay in the state."""
        kept = tuple(t for t in self.state.tasks if t.id != task.id)
        self.remember(tasks=(*kept, task) if task.is_unfinished else kept)
        self.do(PutTask(task=task, change=change))
        return task

    def put_case(self, change: str, **changes: Any) -> Case:
        """Write the open case with these changes."""
        case = self.case.model_copy(update=changes)
        self.remember(case=case)
        self.do(PutCase(case=case, change=change))
        return case

    def queue(self, message: Message) -> None:
        """Make a message, unless one with its key stands already."""
        if all(m.id != message.id for m in self.facts.messages):
            self.do(QueueMessage(message=message))

    def cancel_waiting(
        self,
        reason: str,
        *,
        session_id: Id | None = None,
        case_id: Id | None = None,
        purposes: frozenset[Purpose] = frozenset(Purpose) - {Purpose.PERSONAL},
    ) -> None:
        """Cancel what still waits, of one session, of one case, or of the student; only of these purposes.

        What a person has written stays: only a person takes it back.
        """
        for m in self.facts.messages:
            mine = (session_id is None or m.session_id == session_id) and (case_id is None or m.case_id == case_id)
            mine = mine and m.purpose in purposes
            if mine and m.state in WAITING and m.recipient_kind == "guardian":
                self.do(CancelMessage(message_id=m.id, reason=reason))

    def window(self, enrollment: Enrollment, *, whole: bool = False) -> Window:
        """The enrollment's window now; `whole` takes no account of the last case's end."""
        of = (self.facts.outcomes, enrollment.id, self.now)
        every = places(*of)
        kept = places(*of, self.pauses, None if whole else self.state.windows_since())
        return Window(
            enrollment_id=enrollment.id,
            zone=enrollment.schedule.zone,
            places=kept,
            earlier=enrollment.earlier_places + len(every) - len(kept),
            imported=enrollment.imported,
        )

    def coordinator(self, enrollment_id: Id | None = None) -> Id:
        """Who owns what belongs to this enrollment (or to the student's newest)."""
        mine = self.facts.enrollment(enrollment_id) if enrollment_id else None
        return (mine or max(self.facts.enrollments, key=lambda e: (e.started_at, e.id))).coordinator_id

    def decision(self) -> Decision:
        """The finished decision. A refused act leaves no trace but its reason."""
        if self.refused:
            return Decision(state=self.state, because=tuple(self.reasons), refused=self.refused)
        return Decision(state=self.state, effects=tuple(self.effects), because=tuple(self.reasons))
