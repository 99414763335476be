"""Which messages a decision makes, for whom and until when they are useful. Whether one leaves is `sending`'s."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.deciding import Deciding
from domain.delivery import ENDED_BADLY, NOT_AT_PROVIDER
from domain.events import MessageReported, MessageRetried
from domain.facts import Enrollment, Guardian
from domain.outcomes import Hears, Outcome
from domain.policy import Handling
from domain.sending import (
    ABOUT_ABSENCE,
    FALLS_BACK,
    HANDED_OVER,
    NOT_ALLOWED,
    REVIEW,
    Channel,
    Message,
    MessageState,
    Purpose,
)
from domain.tasks import Task, TaskKind, task_id
from domain.value import Id, id_of

BOTH = (Channel.SMS, Channel.EMAIL)
Numbers = dict[str, int | str | None]


def notify(
    d: Deciding,
    purpose: Purpose,
    anchor: str,
    guardian: Guardian | None,
    useful_for: timedelta | datetime,
    *,
    channels: tuple[Channel, ...] = BOTH,
    sms_delay: timedelta = timedelta(0),
    session_id: Id | None = None,
    case_id: Id | None = None,
    enrollment_id: Id | None = None,
    numbers: Numbers | None = None,
    offers_replies: bool = False,
    handling: Handling = "send",
) -> None:
    """Make one notice to one guardian on the given channels; without a guardian, a task to fix the contact data.

    Handled by review it is held until a person has read its draft.
    """
    if guardian is None:
        ask_to_fix_contact(d, enrollment_id)
        return
    for channel in channels:
        key = f"{purpose}:{anchor}:{guardian.id}:{channel}"
        due = d.now + (sms_delay if channel is Channel.SMS else timedelta(0))
        d.queue(
            Message(
                id=id_of("message", key),
                key=key,
                purpose=purpose,
                channel=channel,
                recipient_id=guardian.id,
                student_id=d.facts.student_id,
                session_id=session_id,
                case_id=case_id,
                due_at=due,
                expires_at=useful_for if isinstance(useful_for, datetime) else d.now + useful_for,
                created_at=d.now,
                numbers=numbers or {},
                offers_replies=offers_replies,
                **({"state": MessageState.HELD, "reason": REVIEW} if handling == "review" else {}),
            )
        )


def guardian_at(d: Deciding, position: int) -> Guardian | None:
    """The n-th guardian, counted from 1."""
    return d.facts.guardians[position - 1] if 0 < position <= len(d.facts.guardians) else None


def tell_outcome(d: Deciding, outcome: Outcome, enrollment: Enrollment, units: int) -> None:
    """What the first guardian hears about an outcome, if anything."""
    anchor = f"{outcome.id}:v{outcome.version}"
    first = guardian_at(d, 1)
    numbers: Numbers = {"code": outcome.code.value, "units": units}
    match outcome.flags.hears:
        case Hears.ABSENCE_NOTICE:
            if _told_by_concern(d, outcome):
                return
            notify(
                d,
                Purpose.ABSENCE_NOTICE,
                anchor,
                first,
                d.policy.notice_useful_for,
                sms_delay=d.policy.settle_delay,
                session_id=outcome.session_id,
                enrollment_id=enrollment.id,
                numbers=numbers,
                offers_replies=True,
                handling=d.policy.notice,
            )
        case Hears.CANCELLATION_CONFIRMATION:
            notify(
                d,
                Purpose.CANCELLATION_CONFIRMATION,
                anchor,
                first,
                d.policy.concern_useful_for,
                channels=(Channel.EMAIL,),
                session_id=outcome.session_id,
                enrollment_id=enrollment.id,
                numbers=numbers,
            )
        case Hears.CALLED_OFF if d.now < outcome.starts_at:
            notify(
                d,
                Purpose.CALLED_OFF,
                anchor,
                first,
                outcome.starts_at,
                session_id=outcome.session_id,
                enrollment_id=enrollment.id,
                numbers=numbers,
            )
        case Hears.CALLED_OFF:
            d.because("too_late_to_tell")
        case Hears.NOTHING:
            pass


def _told_by_concern(d: Deciding, outcome: Outcome) -> bool:
    return any(
        m.purpose is Purpose.CONCERN and m.session_id == outcome.session_id and m.state is not MessageState.CANCELLED
        for m in d.facts.messages
    )


def all_clear(d: Deciding, outcome: Outcome, units: int) -> bool:
    """Withdraw an absence notice: one all-clear to each guardian and channel to whom one was handed over.

    Once: a second correction says it again only where a notice went out in between.
    """
    of_session = [m for m in d.facts.messages if m.session_id == outcome.session_id]
    cleared = {
        (m.recipient_id, m.channel): m.created_at
        for m in sorted(of_session, key=lambda m: m.created_at)
        if m.purpose is Purpose.ALL_CLEAR and m.state is not MessageState.CANCELLED
    }
    reached = {
        who
        for m in of_session
        if m.purpose in ABOUT_ABSENCE
        and m.state in HANDED_OVER | {MessageState.MERGED}
        and ((who := (m.recipient_id, m.channel)) not in cleared or cleared[who] < m.created_at)
    }
    for guardian in d.facts.guardians:
        channels = tuple(c for c in BOTH if (guardian.id, c) in reached)
        if channels:
            notify(
                d,
                Purpose.ALL_CLEAR,
                f"{outcome.id}:v{outcome.version}",
                guardian,
                d.policy.concern_useful_for,
                channels=channels,
                session_id=outcome.session_id,
                numbers={"code": outcome.code.value, "units": units},
            )
    return bool(reached)


def about_message(d: Deciding, event: MessageReported | MessageRetried) -> None:
    """A delivery ended badly, or a person let a message go again: that one is queued already, and only noted."""
    message = next((m for m in d.facts.messages if m.id == event.message_id), None)
    if isinstance(event, MessageReported):
        _reported(d, message)
        return
    channel = message.channel.value if message else None
    d.because("message_released" if event.how == "released" else "message_resent", by=event.by, channel=channel)


def _reported(d: Deciding, message: Message | None) -> None:
    """A delivery that failed: when neither channel reaches this guardian, the next is asked, then a person."""
    if message is None or message.recipient_kind != "guardian":
        d.because("nothing_to_fall_back_from")
        return
    d.because("message_ended", state=message.state.value, channel=message.channel.value, reason=message.reason)
    if message.purpose not in FALLS_BACK or message.resent_by is not None:  # who sent it again sees how it ended
        return
    pair = [m for m in d.facts.messages if m.group == message.group]
    if not all(_cannot_reach(m) for m in pair):
        return
    order = [g.id for g in d.facts.guardians]
    after = order.index(message.recipient_id) + 2 if message.recipient_id in order else 1  # no contact any more
    following = guardian_at(d, after)
    if following is None:
        ask_to_fix_contact(d, None)
        return
    if d.now >= message.expires_at:
        d.because("useless_by_now")
        return
    d.because("next_guardian", position=after)
    notify(
        d,
        message.purpose,
        message.group.split(":", 1)[1].rsplit(":", 1)[0],
        following,
        message.expires_at,
        channels=tuple(m.channel for m in pair),
        session_id=message.session_id,
        case_id=message.case_id,
        numbers=message.numbers,
        offers_replies=message.offers_replies,
        handling="review" if message.approved_by else "send",
    )


def _cannot_reach(m: Message) -> bool:
    if m.state is MessageState.SUPPRESSED:
        return m.reason in NOT_ALLOWED
    if m.state is MessageState.UNKNOWN:
        return m.reason == NOT_AT_PROVIDER
    return m.state in ENDED_BADLY


def ask_to_fix_contact(d: Deciding, enrollment_id: Id | None) -> None:
    """Nobody can be reached: one open task to mend the contact data."""
    if any(t.kind is TaskKind.FIX_CONTACT for t in d.state.tasks) or not d.facts.enrollments:
        return
    d.because("nobody_reachable")
    d.put_task(
        Task(
            id=task_id(TaskKind.FIX_CONTACT, d.facts.student_id, d.now.isoformat()),
            kind=TaskKind.FIX_CONTACT,
            owner_id=d.coordinator(enrollment_id),
            enrollment_id=enrollment_id,
            opened_at=d.now,
            due_at=d.facts.calendar.one_business_day(d.now),
        ),
        "opened",
    )


def remind_owner(d: Deciding, task: Task) -> None:
    """An e-mail to the task's owner that it waits for him."""
    key = f"{Purpose.TASK_REMINDER}:{task.id}:{task.escalation}:{task.owner_id}:{Channel.EMAIL}"
    d.queue(
        Message(
            id=id_of("message", key),
            key=key,
            purpose=Purpose.TASK_REMINDER,
            channel=Channel.EMAIL,
            recipient_kind="staff",
            recipient_id=task.owner_id,
            student_id=d.facts.student_id,
            task_id=task.id,
            due_at=d.now,
            expires_at=d.now + timedelta(hours=24),
            created_at=d.now,
            numbers={"kind": task.kind.value, "step": task.escalation.value},
        )
    )
