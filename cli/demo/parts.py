"""What a part in the demo's story is made of: a student's sessions, and what people do about them.

Times are written as week, day and clock of the academy's zone ("2 Fri 09:30"); week 1 begins on the first Monday.
"""

from __future__ import annotations

from dataclasses import dataclass

CHICAGO, NEW_YORK = "America/Chicago", "America/New_York"
WEEKS = 4
CODES = {"A": "attended", "L": "late", "E": "left_early", "N": "no_show", "D": "attended", "U": "attended"}
"""The letters of `Part.weeks`; a dot is a session that is told ahead or does not take place. D drops out of the room
for a while, U joins under a name that nobody knows."""


@dataclass(frozen=True)
class Told:
    """The family says shortly ahead that the student will not come."""

    session: str
    code: str
    by: str | None = None


@dataclass(frozen=True)
class Away:
    """The family plans an absence."""

    session: str
    by: str
    reason: str


@dataclass(frozen=True)
class CallOff:
    """We call a session off."""

    session: str
    code: str
    by: str
    reason: str


@dataclass(frozen=True)
class Match:
    """A coordinator says who the unknown guest of a session was."""

    session: str
    by: str


@dataclass(frozen=True)
class Correct:
    """Somebody says that the outcome was another one."""

    session: str
    code: str
    by: str
    reason: str


@dataclass(frozen=True)
class Reply:
    """A guardian (counted from 0) answers a text."""

    text: str
    guardian: int = 0


@dataclass(frozen=True)
class Claim:
    """A coordinator is on it."""

    kind: str
    by: str


@dataclass(frozen=True)
class Finish:
    """A coordinator finishes the student's open task of this kind."""

    kind: str
    by: str
    outcome: str
    channel: str | None = "phone"
    note: str | None = None


@dataclass(frozen=True)
class TopUp:
    """A family buys sessions."""

    units: int
    by: str
    reason: str


@dataclass(frozen=True)
class Pause:
    """The student pauses until then."""

    until: str
    by: str


@dataclass(frozen=True)
class Enroll:
    """A new student starts."""

    by: str


Act = Told | Away | CallOff | Match | Correct | Reply | Claim | Finish | TopUp | Pause | Enroll


@dataclass(frozen=True)
class Parent:
    """A guardian. The same name twice is the same person."""

    name: str
    zone: str = CHICAGO
    has_phone: bool = True


@dataclass(frozen=True)
class Part:
    """A student's part: `story` is told when it begins to differ from a quiet month."""

    ref: str
    name: str
    story: str
    subject: str
    instructor: str
    coordinator: str
    times: tuple[str, ...]
    weeks: tuple[str, ...]
    parents: tuple[Parent, ...]
    units: int = 24
    left: int = 16
    """The balance that the script expects at the end."""
    acts: tuple[tuple[str, Act], ...] = ()
    is_new: bool = False

    @property
    def first_name(self) -> str:
        """What the story calls the student."""
        return self.name.split(" ", maxsplit=1)[0]
