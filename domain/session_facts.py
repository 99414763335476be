"""What a session's decision may know, and what its process remembers between steps."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from domain.attendance import Thresholds
from domain.evidence import Evidence
from domain.outcomes import Code
from domain.policy import Policy
from domain.session_plan import Timing
from domain.value import Id, Value

Status = Literal["scheduled", "unrecorded", "settled", "called_off"]


class Standing(Value):
    """The outcome of a student as it stands: its newest version and where that came from."""

    outcome_id: Id
    code: Code
    source: str
    recorded_at: datetime


class Expected(Value):
    """A student who is expected in the session. One who pauses is not, unless he comes."""

    student_id: Id
    standing: Standing | None = None
    paused: bool = False

    @property
    def is_open(self) -> bool:
        """True while nothing is known about him that ends the matter."""
        return not self.paused and (self.standing is None or self.standing.code is Code.SCHEDULED)


class SessionState(Value):
    """What a session's process remembers: steps taken, and the students asked whether they are joining.

    `next_act` is the step that is armed, as of the last decision: lists are searched by it, no rule reads it.
    """

    version: int = 1
    running: bool = False
    taken: tuple[str, ...] = ()
    asked: tuple[Id, ...] = ()
    next_act: str | None = None


class SessionFacts(Value):
    """Everything about one session that a rule may use, as it stands at this moment."""

    session_id: Id
    timing: Timing
    status: Status = "scheduled"
    instructor_id: Id | None = None
    owner_id: Id | None = None
    expected: tuple[Expected, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    policy: Policy = Policy()
    numbers: Thresholds = Thresholds()

    @property
    def settles_at(self) -> datetime:
        """When the evidence is taken to be complete."""
        return self.timing.ends_at + self.numbers.settle_after
