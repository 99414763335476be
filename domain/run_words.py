"""A run in an admin's words: what came in, the sessions that made a rule fire, what became of the messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from domain.events import Event, OutcomeRecorded, StepDue
from domain.explaining import Who, code_in_words
from domain.plain_words import capital, counted, day, listed
from domain.session_effects import OpenUnrecordedTask, QueueStaffMessage, RecordOutcome, SessionEffect, TellStudent
from domain.value import Because, Id
from domain.working_time import local

EVENTS: Mapping[str, str] = {
    "enrolled": "The student was enrolled",
    "outcome_recorded": "An outcome came in",
    "message_reported": "A message did not go through",
    "reply_received": "{guardian} replied",
    "topped_up": "{by} entered sessions that were bought",
    "adjusted": "{by} adjusted the balance",
    "task_claimed": "{by} took a task on",
    "task_completed": "{by} finished a task",
    "task_snoozed": "{by} put a task off",
    "task_reassigned": "{by} gave a task away",
    "task_dismissed": "{by} said that a task is not needed",
    "outreach_logged": "{by} tried to reach the family",
    "note_written": "{by} wrote a note",
    "follow_up_started": "{by} started a follow-up",
    "paused": "{by} paused the student",
    "withdrawn": "{by} entered that the student has left",
    "reminder_due": "A reminder of a session was due",
    "not_seen_yet": "A session began without the student",
    "step_skipped": "{by} skipped a step",
    "step_forced": "{by} had a step taken now",
    "charge_waived": "{by} waived a charge",
    "message_retried": "{by} let a message go again",
    "step_due": "It was time: {what}",
}
"""What came in, by the event's kind."""
SESSION_STEPS: Mapping[str, str] = {
    "remind_by_email": "Time for the reminder by e-mail",
    "remind_by_sms": "Time for the reminder by SMS",
    "rescue": "Time to see who is missing",
    "rescue_again": "Time to see again who is missing",
    "settle": "Time to settle the session",
    "chase": "Time to ask the instructor for attendance",
    "open_task": "Time to give a coordinator a task",
    "evidence": "Something new was known of the session",
    "asked": "A colleague asked the instructor for attendance",
}
"""What a session's process did, by its step."""
_NOBODY = "Somebody or another system"


def event_in_words(event: Event, who: Who) -> str:
    """What came in: "Lea skipped a step", "It was time: the next message to the family"."""
    if isinstance(event, OutcomeRecorded) and event.version > 1 and not event.anew:
        return "An outcome was corrected"
    named = event.model_dump(include={"by", "guardian_id"})
    what = code_in_words(event.step.partition(":")[0]) if isinstance(event, StepDue) else ""
    by, guardian = named.get("by"), named.get("guardian_id")
    told = {"by": who(by) if by else _NOBODY, "guardian": who(guardian) if guardian else "The family", "what": what}
    return capital(EVENTS.get(event.kind, code_in_words(event.kind)).format_map(told))


def step_in_words(step: str) -> str:
    """What a session's process did at a step."""
    return SESSION_STEPS.get(step, capital(code_in_words(step)))


def counted_sessions(because: Because, begins: Callable[[Id], datetime | None], zone: str) -> str | None:
    """The sessions behind a rule of absence and the limit they reached: "Wed 18 Nov and Fri 20 Nov, limit 2".

    None for a rule that counts no sessions. A session that is no longer known is left out.
    """
    ids, limit = because.numbers.get("sessions"), because.numbers.get("limit")
    if not isinstance(ids, str) or not ids or not isinstance(limit, int):
        return None
    found = sorted(at for at in map(begins, ids.split()) if at is not None)
    days = listed(list(dict.fromkeys(day(local(at, zone)) for at in found)))
    return f"{days}, limit {limit}" if days else f"limit {limit}"


class Letter(NamedTuple):
    """Of a message: how it went, where it stands, and whether it asked for an answer."""

    channel: str
    state: str
    asks: bool


def letters_in_words(letters: Sequence[Letter], *, answered: bool) -> str | None:
    """What became of messages: "2 texts and 1 e-mail: 3 delivered, none answered"; None without any."""
    if not letters:
        return None
    kinds = Counter("text" if m.channel == "sms" else "e-mail" for m in letters)
    states = [f"{n} {code_in_words(state)}" for state, n in _tally(m.state for m in letters)]
    if any(m.asks for m in letters):
        states.append("answered" if answered else "none answered" if len(letters) > 1 else "not answered")
    return f"{listed([counted(str(n), kind) for kind, n in kinds.items()])}: {', '.join(states)}"


def _tally(states: Iterable[str]) -> list[tuple[str, int]]:
    return Counter(states).most_common()


def describe_session_effect(effect: SessionEffect, who: Who) -> str:
    """What a session's decision did: "Recorded for Sam Reed: no-show"."""
    match effect:
        case RecordOutcome(student_id=student, code=code, corrects=corrects):
            return f"{'Corrected' if corrects else 'Recorded'} for {who(student)}: {code_in_words(code)}"
        case TellStudent(student_id=student, event=event):
            asked = "is reminded" if event.kind == "reminder_due" else "is asked to join"
            return f"The family of {who(student)} {asked}"
        case QueueStaffMessage(message=message):
            return f"{capital(code_in_words(message.channel))} to {who(message.recipient_id)} queued"
        case OpenUnrecordedTask():
            return "Task for a coordinator: attendance is not recorded"
