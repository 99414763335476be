"""What Twilio reports of a text, in a status callback or when it is asked: in our states and reasons.

https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.delivery import Report
from domain.sending import MessageState
from messaging.twilio_codes import DELIVERY

_STATES: Mapping[str, MessageState] = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), MessageState.SENT),
    "delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "undelivered": MessageState.UNDELIVERED,
    **dict.fromkeys(("failed", "canceled"), MessageState.FAILED),
}


def report_of(status: str, code: str | int | None, at: datetime) -> Report:
    """The report. Raises ValueError for a status Twilio does not publish."""
    state = _STATES.get(status)
    if state is None:
        raise ValueError(f"{status!r} is no status of a message at Twilio")
    number = str(code) if code not in (None, "", 0, "0") else None
    reason = None
    if state in (MessageState.UNDELIVERED, MessageState.FAILED):
        reason = "cancelled_at_provider" if status == "canceled" else "not_delivered"
        if number is not None and number.isdecimal():
            reason = DELIVERY.get(int(number), reason)
    return Report(status=status, state=state, code=number, reason=reason, at=at)
