"""Outcome codes as data: what each means for money, attendance and the family (rules, section 1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from domain.value import Id, Value


class Code(StrEnum):
    """The settled result of one session for one student.

    `scheduled` is the one that is no result: what was told ahead was taken back, and the session stands as if nothing
    had been told. Only a correction before its start leads there.
    """

    ATTENDED = "attended"
    LATE = "late"
    LEFT_EARLY = "left_early"
    PARTIAL = "partial"
    NO_SHOW = "no_show"
    LATE_CANCELLED = "late_cancelled"
    CANCELLED_BY_STUDENT = "cancelled_by_student"
    EXCUSED_ABSENCE = "excused_absence"
    CANCELLED_BY_INSTRUCTOR = "cancelled_by_instructor"
    INSTRUCTOR_NO_SHOW = "instructor_no_show"
    CANCELLED_BY_OPERATOR = "cancelled_by_operator"
    TECHNICAL_FAILURE = "technical_failure"
    SCHEDULED = "scheduled"


class Charge(StrEnum):
    """What an outcome does to the prepaid balance."""

    DECREMENT = "decrement"
    HOLD = "hold"


class Hears(StrEnum):
    """What a guardian is told about an outcome."""

    NOTHING = "nothing"
    ABSENCE_NOTICE = "absence_notice"
    CANCELLATION_CONFIRMATION = "cancellation_confirmation"
    CALLED_OFF = "called_off"


class Flags(Value):
    """The meaning of a code. `charge` is the default that a schedule may override."""

    delivered: bool = False
    charge: Charge = Charge.HOLD
    pays_instructor: bool = False
    present: bool = False
    miss: bool = False
    unannounced: bool = False
    takes_place: bool = False
    hears: Hears = Hears.NOTHING
    earns_make_up: bool = False

    @property
    def announced_miss(self) -> bool:
        """A miss the family told about. (A partial session is neither announced nor unannounced.)"""
        return self.miss and not self.unannounced and self.hears is Hears.CANCELLATION_CONFIRMATION


_PRESENT = Flags(delivered=True, charge=Charge.DECREMENT, pays_instructor=True, present=True, takes_place=True)
_ABSENT = Flags(
    delivered=True,
    charge=Charge.DECREMENT,
    pays_instructor=True,
    miss=True,
    unannounced=True,
    takes_place=True,
    hears=Hears.ABSENCE_NOTICE,
)
_CALLED_OFF = Flags(hears=Hears.CALLED_OFF, earns_make_up=True)

FLAGS: Mapping[Code, Flags] = {
    Code.ATTENDED: _PRESENT,
    Code.LATE: _PRESENT,
    Code.LEFT_EARLY: _PRESENT,
    Code.PARTIAL: _PRESENT.model_copy(update={"present": False, "miss": True}),
    Code.NO_SHOW: _ABSENT,
    Code.LATE_CANCELLED: _ABSENT.model_copy(update={"delivered": False, "hears": Hears.CANCELLATION_CONFIRMATION}),
    Code.CANCELLED_BY_STUDENT: Flags(miss=True, takes_place=True, hears=Hears.CANCELLATION_CONFIRMATION),
    Code.EXCUSED_ABSENCE: Flags(
        delivered=True, pays_instructor=True, miss=True, takes_place=True, hears=Hears.CANCELLATION_CONFIRMATION
    ),
    Code.CANCELLED_BY_INSTRUCTOR: _CALLED_OFF,
    Code.INSTRUCTOR_NO_SHOW: _CALLED_OFF,
    Code.CANCELLED_BY_OPERATOR: _CALLED_OFF,
    Code.TECHNICAL_FAILURE: Flags(pays_instructor=True, hears=Hears.CALLED_OFF),
    Code.SCHEDULED: Flags(),
}

REPORTABLE = tuple(c for c in Code if c is not Code.SCHEDULED)
"""What may be said of a session in the first place."""

TOLD_AHEAD = frozenset({Code.CANCELLED_BY_STUDENT, Code.LATE_CANCELLED, Code.EXCUSED_ABSENCE})
BEFORE_START = TOLD_AHEAD | {Code.CANCELLED_BY_INSTRUCTOR, Code.CANCELLED_BY_OPERATOR}
"""The only codes a session takes while it still lies ahead."""

DISPUTE_WINDOW = timedelta(hours=72)
"""How long after its end a session may be corrected by its instructor, evidence or staff; later needs an admin.
Also the age from which a first outcome is a backfill. (norm: Preply and TutorPage settle disputes in 72 h)"""


class SessionKind(StrEnum):
    """Whether a session is held for one student or for several."""

    ONE_TO_ONE = "one_to_one"
    GROUP = "group"


class Schedule(Value):
    """What an enrollment is for: a series of sessions with its own charging policy and zone."""

    id: Id
    kind: SessionKind = SessionKind.ONE_TO_ONE
    zone: str = "UTC"
    units_per_session: int = 1
    sessions_per_week: int = 1
    cancel_notice: timedelta = timedelta(hours=24)
    charges: dict[Code, Charge] = {}
    instructor_id: Id | None = None

    def units_for(self, code: Code) -> int:
        """Units (whole sessions) that an outcome takes from the balance; 0 when it is held."""
        if code is Code.SCHEDULED:
            return 0
        charge = self.charges.get(code, FLAGS[code].charge)
        return self.units_per_session if charge is Charge.DECREMENT else 0


class Outcome(Value):
    """The settled result of one session for one student, as it stands now (its newest version)."""

    id: Id
    session_id: Id
    enrollment_id: Id
    code: Code
    starts_at: datetime
    ends_at: datetime
    version: int = 1
    received_at: datetime
    imported: bool = False
    made_up: bool = False

    @property
    def flags(self) -> Flags:
        """The meaning of its code."""
        return FLAGS[self.code]

    @property
    def is_miss(self) -> bool:
        """A miss that no booked or attended make-up mends."""
        return self.flags.miss and not self.made_up

    @property
    def is_unannounced(self) -> bool:
        """A miss nobody told about."""
        return self.is_miss and self.flags.unannounced

    @property
    def is_announced(self) -> bool:
        """A miss the family told about."""
        return self.is_miss and self.flags.announced_miss

    @property
    def is_backfill(self) -> bool:
        """Received so late that no guardian is told."""
        return self.received_at - self.ends_at > DISPUTE_WINDOW


def code_when_told(code: Code, schedule: Schedule, starts_at: datetime, announced_at: datetime) -> Code:
    """The code of an absence told by the family: the server tells early from late, and 1:1 from group.

    An excuse accepted after the start stays what the person who accepts it says.
    """
    if code not in TOLD_AHEAD or (announced_at >= starts_at and code is Code.EXCUSED_ABSENCE):
        return code
    if schedule.kind is SessionKind.GROUP:
        return Code.EXCUSED_ABSENCE
    early = starts_at - announced_at >= schedule.cancel_notice
    return Code.CANCELLED_BY_STUDENT if early else Code.LATE_CANCELLED
