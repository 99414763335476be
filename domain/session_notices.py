"""What is said around a session: reminders before it, a call into the room once it has begun, and chasing its marks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.deciding import Deciding
from domain.events import NotSeenYet, ReminderDue
from domain.notices import guardian_at, notify
from domain.outcomes import Code, Outcome
from domain.sending import BEFORE_IT_IS_OVER, Channel, Message, Purpose
from domain.value import Id, id_of

CHASE_USEFUL_FOR = timedelta(hours=24)
"""After this a coordinator's task takes over (rules, section 4)."""
ASKED_AT_MOST_EVERY = timedelta(hours=1)
"""How soon an instructor is asked for the same attendance again by hand. (judgement: he may be teaching)"""


def remind(d: Deciding, event: ReminderDue) -> None:
    """Remind the first guardian of a session on one channel, once for each start it is given."""
    channel = Channel(event.channel)
    if d.now >= event.starts_at:
        d.because("too_late_to_tell")
    elif _asked_for(d, event.session_id, event.starts_at):
        if _said_before(d, Purpose.REMINDER, event, channel):
            d.because("reminded_already", session=event.session_id, channel=event.channel)
            return
        d.because("reminder", session=event.session_id, channel=event.channel)
        _tell_first(d, Purpose.REMINDER, event, channel, event.starts_at)


def ask_to_join(d: Deciding, event: NotSeenYet) -> None:
    """Text the first guardian that nobody is in the room yet, once for each start, while the session lasts."""
    if d.now >= event.ends_at:
        d.because("session_over", session=event.session_id)
    elif _asked_for(d, event.session_id, event.starts_at):
        if _said_before(d, Purpose.LIVE_RESCUE, event, Channel.SMS):
            d.because("asked_before", session=event.session_id)
            return
        d.because("asked_to_join", session=event.session_id)
        _tell_first(d, Purpose.LIVE_RESCUE, event, Channel.SMS, event.ends_at)


def settles_notices(d: Deciding, outcome: Outcome) -> None:
    """An outcome is known: a reminder or a call into the room that still waits is of no use any more."""
    if outcome.code is not Code.SCHEDULED:
        d.cancel_waiting("outcome_known", session_id=outcome.session_id, purposes=BEFORE_IT_IS_OVER)


def chase_message(session_id: Id, instructor_id: Id, step: int, now: datetime) -> Message:
    """The e-mail that asks an instructor to mark attendance; `step` counts from 1. It is about no student.

    The same session, instructor and step give the same id and key, so writing it twice is writing it once.
    """
    key = f"{Purpose.UNRECORDED}:{session_id}:{step}:{instructor_id}:{Channel.EMAIL}"
    return Message(
        id=id_of("message", key),
        key=key,
        purpose=Purpose.UNRECORDED,
        channel=Channel.EMAIL,
        recipient_kind="staff",
        recipient_id=instructor_id,
        session_id=session_id,
        due_at=now,
        expires_at=now + CHASE_USEFUL_FOR,
        created_at=now,
        numbers={"step": step},
    )


def asked_message(session_id: Id, instructor_id: Id, by: Id | None, now: datetime) -> Message:
    """The same e-mail when a colleague asks (`by`), beside the clock's own notes."""
    asked = chase_message(session_id, instructor_id, 1, now)
    key = f"{Purpose.UNRECORDED}:{session_id}:asked:{instructor_id}:{now.astimezone(UTC).isoformat()}"
    return asked.model_copy(update={"id": id_of("message", key), "key": key, "numbers": {"step": 1, "by": by}})


def _asked_for(d: Deciding, session_id: Id, starts_at: datetime) -> bool:
    """Whether the student is expected and somebody can be told; if not, with its reason."""
    outcomes = (o for o in d.facts.outcomes if o.session_id == session_id and o.code is not Code.SCHEDULED)
    known = next(outcomes, None)
    if d.state.withdrawn:
        d.because("withdrawn_tells_nobody")
    elif d.pause_at(starts_at):
        d.because("paused_tells_nobody")
    elif known:
        d.because("outcome_known", session=session_id, code=known.code.value)
    elif guardian_at(d, 1) is None:
        d.because("nobody_to_tell")
    else:
        return True
    return False


def _anchor(event: ReminderDue | NotSeenYet) -> str:
    """The session with its start: one that was moved is spoken of anew."""
    return f"{event.session_id}:{event.starts_at.astimezone(UTC).isoformat()}"


def _said_before(d: Deciding, purpose: Purpose, event: ReminderDue | NotSeenYet, channel: Channel) -> bool:
    """Whether anybody was told already: also a guardian who was first in the order until today."""
    start = f"{purpose}:{_anchor(event)}:"
    return any(m.key.startswith(start) and m.channel is channel for m in d.facts.messages)


def _tell_first(
    d: Deciding, purpose: Purpose, event: ReminderDue | NotSeenYet, channel: Channel, useful_until: datetime
) -> None:
    first = guardian_at(d, 1)
    notify(d, purpose, _anchor(event), first, useful_until, channels=(channel,), session_id=event.session_id)
