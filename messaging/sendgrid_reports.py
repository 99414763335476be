"""What SendGrid's events say of an e-mail, in our states and reasons.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.delivery import Report
from domain.sending import MessageState

_STATES: Mapping[str, MessageState] = {
    **dict.fromkeys(("processed", "deferred"), MessageState.SENT),
    **dict.fromkeys(("delivered", "spamreport", "unsubscribe", "group_unsubscribe"), MessageState.DELIVERED),
    **dict.fromkeys(("open", "click"), MessageState.READ),
    "bounce": MessageState.UNDELIVERED,
    "dropped": MessageState.FAILED,
}
NO_REPORTS = frozenset({"group_resubscribe"})
"""Events that say nothing of a message."""
_REASONS: Mapping[str, str] = {
    "spamreport": "spam_report",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
_DROPPED_FOR: Mapping[str, str] = {
    "bounced address": "bounced",
    "spam reporting address": "spam_report",
    "unsubscribed address": "unsubscribed",
    "invalid": "invalid_address",
}
"""What SendGrid writes as the reason of a drop that its own lists of addresses ask for."""


def report_of(event: Mapping[str, Any], at: datetime) -> Report:
    """The report. Raises ValueError for an event SendGrid does not publish."""
    kind = str(event.get("event"))
    state = _STATES.get(kind)
    if state is None:
        raise ValueError(f"{kind!r} is no event of an e-mail at SendGrid")
    code = event.get("status") or event.get("type")
    return Report(status=kind, state=state, code=str(code)[:50] if code else None, reason=_reason(kind, event), at=at)


def _reason(kind: str, event: Mapping[str, Any]) -> str | None:
    if kind == "bounce":
        # `blocked` is the mail server's word about this mail or this hour; the address itself is good.
        return "blocked_by_mail_server" if event.get("type") == "blocked" else "bounced"
    if kind == "dropped":
        return _DROPPED_FOR.get(str(event.get("reason")).strip().lower(), "dropped")
    return _REASONS.get(kind)
