"""Names, inputs and results of the activities: all that a workflow may know of them. Ids, codes and times only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.sending import Channel

ADVANCE = "advance"
ADVANCE_SESSION = "advance_session"
DELIVER = "deliver"
AUDIT = "audit"
EXTEND_CALENDAR = "extend_calendar"
DELIVER_WEBHOOKS = "deliver_webhooks"
FORGET = "forget"
MAKE_DRAFTS = "make_drafts"


@dataclass(frozen=True)
class AdvanceIn:
    """`now` is engine time; `in_flight` are deliveries the workflow is waiting for itself."""

    org_id: str
    student_id: str
    now: datetime
    in_flight: tuple[str, ...] = ()


@dataclass(frozen=True)
class AdvanceOut:
    """What stands in the books after the decisions.

    `deliver`: messages due now. `wait`: until the nearest deadline, always above zero; None when nothing is ahead.
    `again`: more facts wait. `finished`: the student has left and nothing is open. `channels`: how each message to
    deliver travels, which names the queue it waits in.
    """

    deliver: tuple[str, ...] = ()
    wait: timedelta | None = None
    again: bool = False
    finished: bool = False
    summary: str = ""
    channels: dict[str, Channel] = field(default_factory=dict)

    def channel_of(self, message_id: str) -> Channel:
        """How a message travels. Histories recorded before this was told name none; a replay looks at no queue."""
        return self.channels.get(message_id, Channel.EMAIL)


@dataclass(frozen=True)
class AdvanceSessionIn:
    """`now` is engine time."""

    org_id: str
    session_id: str
    now: datetime


@dataclass(frozen=True)
class AdvanceSessionOut:
    """What stands in the books after the session's steps.

    `deliver`: messages to staff due now. `wait`: until the next step; None when nothing is left to do by itself.
    """

    deliver: tuple[str, ...] = ()
    wait: timedelta | None = None
    summary: str = ""


@dataclass(frozen=True)
class DeliverIn:
    """One attempt of one message."""

    org_id: str
    message_id: str


@dataclass(frozen=True)
class DeliverOut:
    """`changes_plan`: the attempt left something to decide or to wait for, so the student must advance."""

    state: str
    changes_plan: bool = False


@dataclass(frozen=True)
class AuditOut:
    """What an audit found and did."""

    nudged: int = 0
    forgotten: int = 0
    overdue: int = 0
    sessions: int = 0
    details: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class CalendarOut:
    """How many sessions a look ahead has made, and how many students were woken for a planned absence."""

    sessions: int = 0
    nudged: int = 0


@dataclass(frozen=True)
class DraftsOut:
    """How many drafts were begun, and how many were put aside because the facts behind them had changed."""

    made: int = 0
    expired: int = 0


@dataclass(frozen=True)
class WebhooksOut:
    """How many attempts a look at the webhooks has begun."""

    tried: int = 0


@dataclass(frozen=True)
class ForgetOut:
    """How many rows of each table were emptied or deleted."""

    forgotten: dict[str, int] = field(default_factory=dict)
