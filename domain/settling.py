"""Deciding a session from all its evidence: once after its end, and anew whenever evidence comes later.

It is worked out from everything each time, so late, doubled and disordered evidence cannot matter. What cannot be told
stays open: unrecorded is never turned into a no-show.
"""

from __future__ import annotations

from datetime import datetime

from domain.attendance import Presence, Thresholds, code_of, measure, time_within
from domain.evidence import Evidence, EvidenceKind, segments
from domain.outcomes import Code
from domain.value import Because, Id, Value


class Verdict(Value):
    """What the evidence says of a student: a code, or None while it cannot be told. `by` marked it, if a person did."""

    student_id: Id
    code: Code | None
    because: Because
    presence: Presence = Presence()
    engagement: float | None = None
    comprehension: float | None = None
    is_mark: bool = False
    by: Id | None = None
    said_at: datetime | None = None


class Room:
    """Everybody who was seen in a session: students, staff, and strangers nobody has matched yet."""

    def __init__(
        self, starts_at: datetime, ends_at: datetime, evidence: tuple[Evidence, ...], numbers: Thresholds
    ) -> None:
        self.starts_at, self.ends_at, self.evidence, self.numbers = starts_at, ends_at, evidence, numbers
        self.was_seen = any(
            e.kind in (EvidenceKind.JOINED, EvidenceKind.LEFT, EvidenceKind.ROOM_OPENED) for e in evidence
        )
        self.instructor = self._presence({e.device for e in evidence if e.staff_id})
        unmatched = [e for e in evidence if e.participant_id and not (e.staff_id or e.student_id)]
        strangers = {e.person: {d.device for d in unmatched if d.person == e.person} for e in unmatched}
        self.strangers = sum(self._presence(d).ratio >= numbers.partial_ratio for d in strangers.values())
        self.strangers_seen = len(strangers)

    def student(self, student_id: Id) -> Presence:
        """What was seen of a student, on all his devices."""
        return self._presence({e.device for e in self.evidence if e.student_id == student_id})

    def stranger(self, participant_id: Id) -> Presence:
        """What was seen of somebody whom nobody has matched yet."""
        return self._presence({e.device for e in self.evidence if e.participant_id == participant_id})

    def has_seen(self, student_id: Id) -> bool:
        """True once anything shows that the student came."""
        return any(e.student_id == student_id and e.kind in _PRESENCE for e in self.evidence)

    def was_delivered(self, student_ids: tuple[Id, ...]) -> bool:
        """Whether the instructor did his part: he was there for half of it, or waited for students who never came."""
        begins = self.starts_at
        came_by = begins + self.numbers.nobody_by
        nobody = not any(time_within(self.student(s).segments, begins, came_by) for s in student_ids)
        waited = time_within(self.instructor.segments, begins, came_by)
        if nobody and waited >= self.numbers.instructor_waits:
            return True
        return self.instructor.ratio >= self.numbers.instructor_ratio

    def newest(self, student_id: Id, kind: EvidenceKind) -> Evidence | None:
        """The last word of a kind about a student."""
        said = [e for e in self.evidence if e.student_id == student_id and e.kind is kind]
        return max(said, key=lambda e: (e.at, e.received_at, e.id), default=None)

    def _presence(self, devices: set[str]) -> Presence:
        stays = [s for d in sorted(devices) for s in segments(self.evidence, d, self.starts_at, self.ends_at)]
        return measure(stays, self.starts_at, self.ends_at)


_PRESENCE = (EvidenceKind.JOINED, EvidenceKind.LEFT)


def judge(room: Room, student_ids: tuple[Id, ...]) -> tuple[Verdict, ...]:
    """What the evidence says of each of these students."""
    marked = any(room.newest(s, EvidenceKind.MARK) for s in student_ids)
    delivered = marked or room.was_delivered(student_ids)
    return tuple(_verdict(room, s, delivered=delivered) for s in student_ids)


def _verdict(room: Room, student_id: Id, *, delivered: bool) -> Verdict:
    seen = room.student(student_id)
    values = {
        kind.value: found.value
        for kind in (EvidenceKind.ENGAGEMENT, EvidenceKind.COMPREHENSION)
        if (found := room.newest(student_id, kind))
    }
    mark = room.newest(student_id, EvidenceKind.MARK)
    if mark is not None and mark.code is not None:
        said = {"is_mark": True, "by": mark.by, "said_at": mark.received_at}
        if mark.late_minutes is not None:
            seen = seen.model_copy(update={"late_minutes": float(mark.late_minutes)})
        why = Because(rule="marked", numbers={"code": mark.code.value, "by": mark.by})
        return Verdict(student_id=student_id, code=mark.code, because=why, presence=seen, **said, **values)
    code, rule = _from_the_room(room, seen, delivered=delivered)
    numbers: dict[str, int | str | None] = {
        "minutes": round(seen.minutes),
        "percent": round(seen.ratio * 100),
        "instructor_percent": round(room.instructor.ratio * 100),
        "strangers": room.strangers,
    }
    return Verdict(
        student_id=student_id, code=code, because=Because(rule=rule, numbers=numbers), presence=seen, **values
    )


def _from_the_room(room: Room, seen: Presence, *, delivered: bool) -> tuple[Code | None, str]:
    """The code and the rule. Somebody unmatched may be the instructor, or the student who seems to be missing."""
    if not room.was_seen:
        return None, "nothing_seen"
    if not delivered:
        return (None, "stranger_may_be_instructor") if room.strangers else (Code.INSTRUCTOR_NO_SHOW, "not_delivered")
    code = code_of(seen, room.numbers)
    if code is Code.NO_SHOW and room.strangers:
        return None, "stranger_may_be_student"
    return code, "measured" if seen.joined_at else "never_there"
