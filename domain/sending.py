"""Messages as the books know them, and whether one may leave now (rules, section 6).

`decide` only makes messages `queued` with a due time. What depends on the guardian is judged here, at the moment a
delivery claims the message, because two students can share a guardian.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from domain.value import Id, Value
from domain.working_time import QUIET_HOURS, SOFT_HOURS, end_of_quiet_hours, in_quiet_hours, local


class Purpose(StrEnum):
    """What a message is for; decides its caps, quiet hours and usefulness."""

    ABSENCE_NOTICE = "absence_notice"
    CONCERN = "concern"
    CALLED_OFF = "called_off"
    CANCELLATION_CONFIRMATION = "cancellation_confirmation"
    ALL_CLEAR = "all_clear"
    REMINDER = "reminder"
    LIVE_RESCUE = "live_rescue"
    ANSWER = "answer"
    TASK_REMINDER = "task_reminder"
    UNRECORDED = "unrecorded"
    PERSONAL = "personal"
    SIGN_IN_LINK = "sign_in_link"


class Channel(StrEnum):
    """How a message travels."""

    SMS = "sms"
    EMAIL = "email"


class MessageState(StrEnum):
    """Where a message stands. A state once held stays in its history."""

    QUEUED = "queued"
    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    MERGED = "merged"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


S = MessageState
WAITING = frozenset({S.QUEUED, S.HELD})
HANDED_OVER = frozenset({S.SENDING, S.SENT, S.DELIVERED, S.READ, S.UNDELIVERED, S.UNKNOWN})
"""The provider may have it. `sending` counts: its answer is not known yet."""
COUNTED = frozenset({Purpose.ABSENCE_NOTICE, Purpose.CONCERN})
ABOUT_ABSENCE = COUNTED
FALLS_BACK = COUNTED | {Purpose.CALLED_OFF}
"""Purposes important enough to ask the next guardian when this one cannot be reached."""
_KEEPS_QUIET = COUNTED | {
    *(Purpose.ALL_CLEAR, Purpose.CALLED_OFF, Purpose.REMINDER, Purpose.LIVE_RESCUE, Purpose.PERSONAL),
}
BEFORE_IT_IS_OVER = frozenset({Purpose.REMINDER, Purpose.LIVE_RESCUE})
"""About a session that has no outcome yet: once it has one, they are of no use."""
TIED_TO_SESSION = BEFORE_IT_IS_OVER | {Purpose.CALLED_OFF}
"""Useless from a moment of their session on, whenever they are sent."""
RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
"""Waits before a message that was never handed over is tried again; the last one repeats until it expires."""
BUSY = frozenset({"too_many_requests", "queue_full", "daily_limit"})
"""Refusals that are about all we send, not about one message: the provider gets nothing more for a while."""
BUSY_FOR = timedelta(minutes=1)
"""For how long, when the provider does not say."""
EMAIL_AGAIN_AFTER = timedelta(minutes=10)
"""An ambiguous e-mail is tried once more after this; a double e-mail is tolerable, a double SMS is not."""
ANSWER_FREE_FOR = timedelta(minutes=2)
CAP_SPAN = timedelta(days=7)
RELEASED = "released"
"""Reason of a message that a person released from the blast guard: it is not held again."""
REVIEW = "review"
"""Reason of a message that is held until a person has read its draft."""
TRYING_ONCE_MORE = "trying_once_more"
"""Reason of an e-mail that the provider may have and that goes once more."""
OPTED_OUT = "opted_out"
NO_CONTACT = "no_longer_a_contact"
"""Reason of a message about a student whose contact the guardian was when it was made and is no more."""
CLOSED_FOR = frozenset(
    {
        *("bounced", "spam_report", "unsubscribed", "invalid_address"),
        *("invalid_number", "unknown_number", "not_mobile", "landline", "blocked"),
    }
)
"""Why nothing more is sent to an address, until a person lifts it or the address changes."""
NOT_ALLOWED = CLOSED_FOR | {"no_phone", "no_email", OPTED_OUT, NO_CONTACT}


class Message(Value):
    """One message to one person on one channel. Its id is the `nid` that rides in callbacks; texts live elsewhere.

    `numbers` are the facts it tells ("missed": 3, "last": 8); `offers_replies` adds the coded answers.
    """

    id: Id
    key: str
    purpose: Purpose
    channel: Channel
    recipient_kind: Literal["guardian", "staff"] = "guardian"
    recipient_id: Id
    student_id: Id | None = None
    session_id: Id | None = None
    case_id: Id | None = None
    task_id: Id | None = None
    state: MessageState = S.QUEUED
    reason: str | None = None
    due_at: datetime
    expires_at: datetime
    created_at: datetime
    numbers: dict[str, int | str | None] = {}
    offers_replies: bool = False
    handed_out_at: datetime | None = None
    look_up_at: datetime | None = None
    """When an SMS that may or may not have left is looked up at the provider."""
    resent_by: Id | None = None
    approved_by: Id | None = None
    """Who read its draft, or wrote it, and let it go; `approved_at` is when."""
    approved_at: datetime | None = None

    @property
    def in_review(self) -> bool:
        """A person has its draft to read."""
        return self.state is S.HELD and self.reason == REVIEW

    @property
    def can_be_recalled(self) -> bool:
        """A person let it go, and no provider can have it yet."""
        return self.approved_by is not None and self.state is S.QUEUED and self.reason != TRYING_ONCE_MORE

    @property
    def confirms_opt_out(self) -> bool:
        """One text may follow a STOP to confirm it, and HELP is always answered. (source: 47 CFR 64.1200(a)(12))"""
        return self.purpose is Purpose.ANSWER and self.numbers.get("meaning") in ("stop", "help")

    @property
    def group(self) -> str:
        """What the SMS and the e-mail of one notice to one person have in common: the key without its channel."""
        return self.key.rsplit(":", 1)[0]


class Blast(Value):
    """How the organization's last half hour looks beside its last 28 days, for the blast guard."""

    places: int = 0
    sessions: int = 0
    no_shows: int = 0
    share_28_days: float = 0.0

    @property
    def is_abnormal(self) -> bool:
        """True when the share of no-shows is too high to be believed."""
        if self.places < 8 or self.sessions < 3:
            return False
        share = self.no_shows / self.places
        return share > 0.5 and share > min(3 * max(self.share_28_days, 0.10), 0.80)


class Handed(Value):
    """A counted SMS about a student that this guardian was handed in the last seven days.

    One that travelled in another's text does not count again for the guardian.
    """

    student_id: Id
    at: datetime
    counts: bool = True


class RecipientFacts(Value):
    """What the claim knows of the recipient, loaded under his lock."""

    zone: str = "UTC"
    phone: bool = False
    email: bool = False
    sms_opted_out: bool = False
    phone_closed: str | None = None
    email_closed: str | None = None
    """Why nothing is sent to his number or e-mail address any more: one of `CLOSED_FOR`."""
    is_staff: bool = False
    is_contact: bool = True
    """He is still a contact of the student the message is about."""
    counted_sms: tuple[Handed, ...] = ()
    weekly_sms_cap: int = 3
    siblings: tuple[Message, ...] = ()
    """His other queued absence SMS, of any student."""
    blast: Blast = Blast()
    provider_busy_until: datetime | None = None
    """Until when the channel's provider asked for nothing more."""


class Verdict(Value):
    """What to do with a message now. `merge` names the rows that travel in this one's text."""

    act: Literal["leave", "wait", "suppress", "expire", "hold"]
    reason: str | None = None
    until: datetime | None = None
    merge: tuple[Id, ...] = ()


def address_problem(message: Message, to: RecipientFacts) -> str | None:
    """Why nothing can be sent to this person this way; None when it can."""
    if not to.is_contact and message.purpose is not Purpose.ANSWER:  # who has written to us is answered
        return NO_CONTACT
    if message.channel is Channel.EMAIL:
        return to.email_closed if to.email else "no_email"
    if to.phone and to.sms_opted_out and message.confirms_opt_out:
        return to.phone_closed
    return "no_phone" if not to.phone else OPTED_OUT if to.sms_opted_out else to.phone_closed


def _keeps_quiet(message: Message, now: datetime) -> bool:
    if message.purpose is Purpose.ANSWER:
        return now - message.created_at > ANSWER_FREE_FOR
    return message.purpose in _KEEPS_QUIET


def _is_urgent(message: Message) -> bool:
    """Later steps of the ladder are not: nothing has happened just now, and a person asked for none of them."""
    asked_for = message.resent_by or message.approved_by
    return message.purpose is not Purpose.CONCERN or not message.numbers.get("step") or asked_for is not None


def may_leave(message: Message, to: RecipientFacts, now: datetime) -> Verdict:
    """Whether a queued message may leave now: leave, wait until, suppress, expire or hold, each with its reason."""
    if now >= message.expires_at:
        return Verdict(act="expire", reason="useless_by_now")
    problem = address_problem(message, to)
    if problem:
        return Verdict(act="suppress", reason=problem)
    if message.purpose in ABOUT_ABSENCE and to.blast.is_abnormal and message.reason != RELEASED:
        return Verdict(act="hold", reason="blast_guard")
    if not to.is_staff and _keeps_quiet(message, now):
        hours, reason = (QUIET_HOURS, "quiet_hours") if _is_urgent(message) else (SOFT_HOURS, "soft_hours")
        until = end_of_quiet_hours(now, to.zone, hours)
        if in_quiet_hours(now, to.zone, hours) and (
            message.purpose is not Purpose.CALLED_OFF or _starts_late_enough(message, until)
        ):
            return Verdict(act="wait", reason=reason, until=until)
    leave = Verdict(act="leave")
    asked_for = message.resent_by or message.approved_by
    if message.channel is Channel.SMS and message.purpose in COUNTED and asked_for is None:
        leave = _within_caps(message, to, now)
    if leave.act == "leave" and to.provider_busy_until is not None and now < to.provider_busy_until:
        return Verdict(act="wait", reason="provider_busy", until=to.provider_busy_until)
    return leave


def _starts_late_enough(message: Message, morning: datetime) -> bool:
    """A called-off session that starts after 10:00 of the next day can wait for the morning (08:00 + 2 h)."""
    return message.expires_at > morning + timedelta(hours=2)


def _within_caps(message: Message, to: RecipientFacts, now: datetime) -> Verdict:
    week = [h for h in to.counted_sms if now - h.at < CAP_SPAN]
    if sum(h.counts for h in week) >= to.weekly_sms_cap:
        return Verdict(act="suppress", reason="weekly_cap")
    today = local(now, to.zone).date()

    def had_one_today(student_id: Id | None) -> bool:
        return any(h.student_id == student_id and local(h.at, to.zone).date() == today for h in week)

    if had_one_today(message.student_id):
        return Verdict(act="suppress", reason="daily_cap")
    with_it: dict[Id | None, Id] = {}
    for other in to.siblings:
        fits = other.id != message.id and other.due_at <= now < other.expires_at and other.approved_by is None
        if fits and other.student_id != message.student_id and not had_one_today(other.student_id):
            with_it.setdefault(other.student_id, other.id)
    return Verdict(act="leave", merge=tuple(sorted(with_it.values())))


def busy_for(reason: str | None, asked: timedelta | None) -> timedelta | None:
    """How long the provider gets nothing more after a refusal for this reason; None when it was about one message."""
    return (asked or BUSY_FOR) if reason in BUSY else None


def next_attempt(attempts: int, retry_after: timedelta | None = None) -> timedelta:
    """Wait before the next try of a message that was not handed over; `attempts` counts those made."""
    wait = RETRY_AFTER[min(max(attempts, 1), len(RETRY_AFTER)) - 1]
    return max(wait, retry_after) if retry_after else wait
