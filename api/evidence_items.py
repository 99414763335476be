"""One piece of evidence as a request words it; the same for a single one, a batch and the general webhook."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from api.persons import PersonIn
from api.values import FreeText, Instant, Name
from db.observing import Observed
from db.participants import clean
from db.roster import Directory
from db.tables import staff, students
from domain.evidence import EvidenceKind
from domain.refusals import Invalid

EARLIEST_BEFORE = timedelta(days=1)
CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""How far ahead of ours another system's clock may be."""
EventId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Kind(StrEnum):
    """What was seen. A summary tells what the session was about and what is to be caught up on."""

    JOINED = "joined"
    LEFT = "left"
    ROOM_OPENED = "room_opened"
    ROOM_CLOSED = "room_closed"
    ENGAGEMENT = "engagement"
    COMPREHENSION = "comprehension"
    SUMMARY = "summary"


_OF_A_PERSON = (Kind.JOINED, Kind.LEFT, Kind.ENGAGEMENT, Kind.COMPREHENSION)
_SCORES = (Kind.ENGAGEMENT, Kind.COMPREHENSION)


class EvidenceIn(PersonIn):
    """Something seen of a session: `at` is when it happened, and what bears the same `event_id` counts once.

    Somebody is one of ours (`student_id`, `student_ref`, `staff_id`, `staff_ref`) or known by address or number.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "joined", "at": "2026-03-02T15:01:10+00:00", "student_ref": "S-1", "event_id": "j-1"},
                {"kind": "engagement", "at": "2026-03-02T16:00:00+00:00", "student_ref": "S-1", "value": 0.8},
                {"kind": "summary", "topic": "Fractions", "catch_up": "Exercises 4 to 7 on page 31"},
            ]
        }
    )
    kind: Kind
    at: Instant | None = None
    value: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    topic: Name | None = None
    catch_up: FreeText | None = None
    event_id: EventId | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> EvidenceIn:
        if self.kind is Kind.SUMMARY:
            if self.topic is None and self.catch_up is None:
                raise ValueError("a summary says a topic, or what to catch up on")
            return self
        if self.topic is not None or self.catch_up is not None:
            raise ValueError("topic and catch_up belong to kind summary")
        if self.at is None:
            raise ValueError("say when it happened: at")
        if (self.value is not None) is not (self.kind in _SCORES):
            raise ValueError("engagement and comprehension have a value from 0 to 1, and nothing else has one")
        if self.kind in _OF_A_PERSON and not (self.is_named or self.shown().keys or self.name):
            raise ValueError("say whom it is about: student_id, student_ref, staff_id, staff_ref, email or identity")
        return self

    @property
    def key(self) -> str:
        """What makes it the same thing when it is told again: its event id, else everything it says."""
        said = f"event:{self.event_id}" if self.event_id else self.model_dump_json(exclude_none=True)
        return hashlib.sha256(said.encode()).hexdigest()


async def observed(names: Directory, asked: EvidenceIn, key: str, now: datetime) -> Observed:
    """What was asked, with everybody named found. Raises NotFound, Invalid."""
    student = await names.maybe(students, asked.student_id, asked.student_ref)
    person = await names.maybe(staff, asked.staff_id, asked.staff_ref)
    if student and person:
        raise Invalid("named_twice", "name a student or a staff member, not both")
    of_a_person = asked.kind in _OF_A_PERSON
    return Observed(
        key=key,
        kind=None if asked.kind is Kind.SUMMARY else EvidenceKind(asked.kind.value),
        at=asked.at or now,
        student_id=student.id if student and of_a_person else None,
        staff_id=person.id if person and of_a_person else None,
        shown=asked.shown() if of_a_person and not (student or person) else None,
        connection=clean(asked.connection) if of_a_person else None,
        value=asked.value,
        topic=clean(asked.topic),
        catch_up=clean(asked.catch_up, longest=4000),
    )


def check_time(at: datetime, starts_at: datetime, now: datetime) -> None:
    """Raises Invalid for a time that lies ahead, or long before the session."""
    if at > now + CLOCKS_DIFFER_BY:
        raise Invalid("evidence_ahead", "`at` lies ahead; say when it happened, with the offset of your clock")
    if at < starts_at - EARLIEST_BEFORE:
        raise Invalid(
            "evidence_too_early", "`at` lies more than a day before the session; check the session and the time"
        )
