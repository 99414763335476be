"""Values of the domain with readable defaults: a Monday in March 2026, one maths enrollment, everything in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.absence import Window
from domain.cases import Case
from domain.facts import Enrollment, Facts, Guardian
from domain.outcomes import Code, Outcome, Schedule
from domain.sending import Channel, Message, Purpose, RecipientFacts
from domain.tasks import Colleague, Role, Task, TaskKind

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
"""Monday 2 March 2026: the first day of every story. 8 March is a Sunday with a DST change in the United States."""
LESSON = timedelta(hours=1)

ANA = Colleague(id="ana", role=Role.COORDINATOR)
BEN = Colleague(id="ben", role=Role.COORDINATOR)
LEA = Colleague(id="lea", role=Role.LEAD)
ADA = Colleague(id="ada", role=Role.ADMIN)


def on(day: int, hour: int = 16, minute: int = 0) -> datetime:
    """An instant so many days after the first Monday; lessons begin at 16:00."""
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def a_schedule(**changes: Any) -> Schedule:
    """Weekly maths, one unit a session."""
    return Schedule(**{"id": "maths-schedule"} | changes)


def an_enrollment(enrollment_id: str = "maths", **changes: Any) -> Enrollment:
    """An enrollment that began a year ago: eight earlier sessions, a package of 20, 18 left, Ana's."""
    schedule = a_schedule(id=f"{enrollment_id}-schedule", **changes.pop("schedule", {}))
    usual = {
        "id": enrollment_id,
        "schedule": schedule,
        "coordinator_id": ANA.id,
        "started_at": MONDAY - timedelta(days=365),
        "earlier_places": 8,
        "balance": 18,
        "last_top_up": 20,
    }
    return Enrollment(**usual | changes)


def a_guardian(guardian_id: str = "mother", **changes: Any) -> Guardian:
    """A contact with phone and e-mail."""
    return Guardian(**{"id": guardian_id} | changes)


def a_student_facts(**changes: Any) -> Facts:
    """A student with two guardians, an enrollment and a team of two coordinators, a lead and an admin."""
    usual: dict[str, Any] = {
        "student_id": "sam",
        "guardians": (a_guardian("mother"), a_guardian("father")),
        "enrollments": (an_enrollment(),),
        "team": (ANA, BEN, LEA, ADA),
    }
    return Facts(**usual | changes)


def an_outcome(code: Code | str, starts_at: datetime, enrollment_id: str = "maths", **changes: Any) -> Outcome:
    """The outcome of an hour that began then, received as it ended."""
    session_id = changes.pop("session_id", f"{enrollment_id}@{starts_at:%m-%dT%H:%M}")
    usual = {
        "id": f"outcome-of-{session_id}",
        "session_id": session_id,
        "enrollment_id": enrollment_id,
        "code": code,
        "starts_at": starts_at,
        "ends_at": starts_at + LESSON,
        "received_at": starts_at + LESSON,
    }
    return Outcome(**usual | changes)


SHORT = {
    "P": Code.ATTENDED,
    "N": Code.NO_SHOW,
    "L": Code.LATE_CANCELLED,
    "E": Code.CANCELLED_BY_STUDENT,
    "X": Code.EXCUSED_ABSENCE,
    "T": Code.PARTIAL,
}
"""One letter per outcome, to write a window as it is drawn: present, no-show, late, early, excused, part."""


def a_window(drawn: str, *, days_apart: int = 10, earlier: int = 8, **changes: Any) -> Window:
    """A window drawn oldest first ("PPNN"). Ten days apart, so that the rule of days stays out of it."""
    places = tuple(an_outcome(SHORT[letter], on(n * days_apart)) for n, letter in enumerate(drawn))
    return Window(**{"enrollment_id": "maths", "zone": "UTC", "places": places, "earlier": earlier} | changes)


def a_task(**changes: Any) -> Task:
    """A follow-up of Ana's, opened on Monday at 10:00, due on Tuesday at 17:00."""
    usual = {"id": "task", "kind": TaskKind.FOLLOW_UP, "owner_id": ANA.id, "opened_at": on(0, 10), "due_at": on(1, 17)}
    return Task(**usual | changes)


def a_case(**changes: Any) -> Case:
    """A tier 2 case of Monday 10:00."""
    usual = {
        "id": "case",
        "tier": 2,
        "rule": "unannounced_in_row",
        "enrollment_id": "maths",
        "opened_at": on(0, 10),
        "ladder_since": on(0, 10),
        "evidence": ("session",),
    }
    return Case(**usual | changes)


def a_message(purpose: Purpose = Purpose.ABSENCE_NOTICE, channel: Channel = Channel.SMS, **changes: Any) -> Message:
    """A message to the mother about Sam's session, due on Monday at noon and useful for 18 hours."""
    anchor = changes.pop("anchor", "outcome:v1")
    recipient = changes.get("recipient_id", "mother")
    key = f"{purpose}:{anchor}:{recipient}:{channel}"
    usual = {
        "id": key,
        "key": key,
        "purpose": purpose,
        "channel": channel,
        "recipient_id": recipient,
        "student_id": "sam",
        "session_id": "session",
        "due_at": on(0, 12),
        "expires_at": on(0, 12) + timedelta(hours=18),
        "created_at": on(0, 12),
    }
    return Message(**usual | changes)


def a_recipient(**changes: Any) -> RecipientFacts:
    """A guardian with phone and e-mail who was sent nothing lately."""
    usual: dict[str, Any] = {"phone": True, "email": True}
    return RecipientFacts(**usual | changes)
