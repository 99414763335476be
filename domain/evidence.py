"""Evidence of a session as it came in: who joined and left when, what an instructor marked. Ids, codes, times.

It may come late, twice and out of order; what it amounts to is worked out anew each time from all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from domain.attendance import Segment
from domain.outcomes import Code
from domain.value import Id, Value


class EvidenceKind(StrEnum):
    """What was seen. `room_closed` ends everybody's stay; the room may be opened again."""

    JOINED = "joined"
    LEFT = "left"
    ROOM_OPENED = "room_opened"
    ROOM_CLOSED = "room_closed"
    MARK = "mark"
    ENGAGEMENT = "engagement"
    COMPREHENSION = "comprehension"


MARKABLE = frozenset({Code.ATTENDED, Code.LATE, Code.LEFT_EARLY, Code.PARTIAL, Code.NO_SHOW, Code.EXCUSED_ABSENCE}) | {
    Code.TECHNICAL_FAILURE
}
"""What an instructor may say of a student on the attendance sheet."""


class Evidence(Value):
    """One thing seen. A person is a student, a staff member, or a participant nobody has matched yet.

    `connection` is the classroom's own number of a connection: a phone and a laptop of one person have two, and most
    classrooms give a new one to each rejoin. `value` is 0 to 1 for engagement and comprehension; `late_minutes` are
    what an instructor says of somebody he marks late.
    """

    id: Id
    kind: EvidenceKind
    at: datetime
    received_at: datetime
    student_id: Id | None = None
    staff_id: Id | None = None
    participant_id: Id | None = None
    code: Code | None = None
    late_minutes: int | None = None
    value: float | None = None
    by: Id | None = None
    connection: str | None = None

    @property
    def person(self) -> Id:
        """Who this is about, as the classroom tells people apart."""
        return self.participant_id or self.student_id or self.staff_id or ""

    @property
    def device(self) -> str:
        """Whose connection this is about. One person's two are two devices: leaving on one is not leaving."""
        return f"{self.person}/{self.connection}" if self.connection else self.person


def segments(seen: Iterable[Evidence], device: str, opens_at: datetime, until: datetime) -> tuple[Segment, ...]:
    """The stays of one connection, from joins, leaves and the closing of the room.

    A leave whose join was lost counts from the session's start (`opens_at`), the last time the room was opened or the
    same person was last seen leaving, whichever is latest; a join that nothing ended lasts `until`. A leave and a join
    in the same second are a rejoin of who was there, and a glance of who was not.
    """
    events = sorted(seen, key=lambda e: (e.at, e.id))
    person = next((e.person for e in events if e.device == device), device)
    stays: list[Segment] = []
    inside: datetime | None = None
    opened, known = opens_at, False
    for at, things in groupby(events, key=lambda e: e.at):
        here = list(things)
        kinds = {e.kind for e in here if e.device == device or e.kind in _OF_THE_ROOM}
        came, went = EvidenceKind.JOINED in kinds, EvidenceKind.LEFT in kinds
        if went and not came and inside is None and not known:
            inside = opened
        if inside is not None and (EvidenceKind.ROOM_CLOSED in kinds or (went and not came)):
            stays.append(Segment(joined_at=min(inside, at), left_at=at))
            inside = None
        if came and not went and inside is None:
            inside = at
        known = inside is not None or (known or came != went)
        if _OF_THE_ROOM & kinds:
            known = inside is not None
        if _OF_THE_ROOM & kinds or any(e.kind is EvidenceKind.LEFT and e.person == person for e in here):
            opened = max(opened, at)
    if inside is not None and inside < until:
        stays.append(Segment(joined_at=inside, left_at=until))
    return tuple(s for s in stays if s.left_at > s.joined_at)


_OF_THE_ROOM = frozenset({EvidenceKind.ROOM_OPENED, EvidenceKind.ROOM_CLOSED})
