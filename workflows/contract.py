"""What the API and the worker agree on: ids, queues, names and inputs. Ids and times only; no personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.sending import Channel

STUDENTS = "students"
DELIVERIES: Mapping[Channel, str] = {channel: channel.value for channel in Channel}
"""A queue for each channel, so that a slow provider delays nobody on the other."""
WEBHOOKS = "webhooks"
DRAFTS = "drafts"
STUDENT_WORKFLOW = "student"
SESSION_WORKFLOW = "session"
LETTER_WORKFLOW = "letter"
AUDIT_WORKFLOW = "audit"
AUDIT_SCHEDULE = "audit-every-minute"
CALENDAR_WORKFLOW = "calendar"
CALENDAR_SCHEDULE = "calendar-every-hour"
RETENTION_WORKFLOW = "retention"
RETENTION_SCHEDULE = "retention-every-hour"
WEBHOOKS_WORKFLOW = "webhooks"
WEBHOOKS_SCHEDULE = "webhooks-always"
DRAFTS_WORKFLOW = "drafts"
DRAFTS_SCHEDULE = "drafts-always"
NUDGE = "nudge"


@dataclass(frozen=True)
class StudentIn:
    """One student's workflow. `long_history` is the number of events after which it continues as new."""

    org_id: str
    student_id: str
    long_history: int = 2000


def student_workflow_id(student_id: str) -> str:
    """The workflow of a student."""
    return f"student:{student_id}"


@dataclass(frozen=True)
class SessionIn:
    """One session's workflow."""

    org_id: str
    session_id: str


def session_workflow_id(session_id: str) -> str:
    """The workflow of a session."""
    return f"session:{session_id}"


def letter_workflow_id(message_id: str) -> str:
    """The workflow of one attempt of a message that is about no student and no session."""
    return f"letter:{message_id}"
