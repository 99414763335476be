"""What each purpose says: the subject of its e-mail, what happened, and the one thing to do next."""

from __future__ import annotations

from collections.abc import Callable

from domain.answer_phrases import NOBODY_NAMED, answer_in, spoken
from domain.outcomes import FLAGS, Code, Hears
from domain.plain_words import capital, counted, lasting, task_in_words, when
from domain.said import Said
from domain.sending import Channel, Purpose
from domain.tasks import Escalation

Parts = tuple[str, str, str]
"""Of each purpose: the subject of its e-mail, what happened, what to do next."""
_CLEARED: dict[str, str] = {
    Code.PARTIAL: "{first} was there for part of {session}{on}.",
    Code.EXCUSED_ABSENCE: "{first} is excused from {session}{on}.",
    Code.CANCELLED_BY_STUDENT: "{session} for {first}{on} was cancelled in time.",
    Code.LATE_CANCELLED: "{session} for {first}{on} was cancelled before it began.",
    **{c: "{session} for {first}{on} did not take place." for c, f in FLAGS.items() if f.hears is Hears.CALLED_OFF},
}
_CANCELLED: dict[str, str] = {
    Code.EXCUSED_ABSENCE: "{first} is excused from {session}{on}.",
    Code.LATE_CANCELLED: "{session} for {first}{on} is cancelled. We heard close to the start.",
}
_REMINDERS: dict[str, str] = {
    Escalation.REMINDED: "It waits for you. Nobody has claimed it yet.",
    Escalation.REASSIGNED: "It is past its due time. It is with you now.",
    Escalation.LEAD: "It is well past its due time. It is with you now.",
}
_LEAD_IN = {0: "How can we help?", 1: "We are checking in again."}


def _absence_notice(s: Said) -> Parts:
    not_at = f"{s.first} was not at"
    return f"{not_at} {s.lesson}{s.day}", f"{not_at} {s.session}{s.on}.", _ask(s, "Is all well?")


def _concern(s: Said) -> Parts:
    latest = f", the latest{s.on}" if s.on else ""
    story = f"{s.first} missed {s.total}{latest}." if s.total else f"{s.first} missed {s.session}{s.on}."
    ask = _ask(s, _LEAD_IN.get(s.number("step"), "We would like to help."))
    return f"{s.first} missed {s.total or s.lesson + s.day}", story, ask


def _ask(s: Said, lead_in: str) -> str:
    if not s.message.offers_replies:
        return f"{lead_in} Please contact {s.us}."
    if s.message.channel is Channel.SMS:
        return f"{lead_in} Reply 1 ill, 2 clash, 3 please call me."
    return f"{lead_in} Please reply with one number:\n1 = ill\n2 = the time clashed\n3 = please call me"


def _called_off(s: Said) -> Parts:
    cause = " because of a technical problem" if s.word("code") == Code.TECHNICAL_FAILURE else ""
    if s.word("code") == Code.CANCELLED_BY_INSTRUCTOR and s.instructor:
        cause = f", as {s.instructor} is not available"
    story = f"{s.session} for {s.first}{s.on} will not take place{cause}. We are sorry. {s.charge}"
    return f"{s.lesson}{s.day} will not take place", story, f"Please tell {s.first}."


def _cancellation_confirmation(s: Said) -> Parts:
    story = s.fill(_CANCELLED.get(s.word("code"), "{session} for {first}{on} is cancelled."))
    ask = f"If this is not right, please contact {s.us}."
    return f"{s.lesson}{s.day}: cancellation for {s.first}", f"{story} {s.charge}", ask


def _all_clear(s: Said) -> Parts:
    story = s.fill(_CLEARED.get(s.word("code"), "{first} was at {session}{on}."))
    charge = f" {s.charge}" if "units" in s.message.numbers else ""
    sorry = "We are sorry for the mix-up. Please ignore our earlier message."
    return f"Correction for {s.first}: {s.lesson}{s.day}", f"{story}{charge}", sorry


def _answer(s: Said) -> Parts:
    language = spoken(s.names.language)
    child, person = NOBODY_NAMED[language]
    told = answer_in(language, s.word("meaning"), s.number("children"))
    first = s.first if s.names.student_name else child
    return f"Your message to {s.operator}", told.format(first=first, who=s.coordinator or person), ""


def _task_reminder(s: Said) -> Parts:
    task = f"{task_in_words(s.word('kind') or 'task')} for {s.student}"
    due, zone = s.names.due_at, s.names.zone
    due_at = f", due {when(due, zone, with_zone=True)}" if due else ""
    waits = _REMINDERS.get(s.word("step"), "It is with you.")
    ask = f"Please claim it, or finish it with its outcome{f': {s.link}' if s.link else '.'}"
    return f"Task: {task}{due_at}", f"{task}{due_at}. {waits}", ask


def _reminder(s: Said) -> Parts:
    teacher = f" with {s.instructor}" if s.instructor else ""
    story = f"{s.first} has {s.subject or 'a session'}{teacher} {s.soon}."
    cannot = _cannot_come(s)
    if s.sms:
        return f"{s.lesson}{teacher}", story, f"{cannot} Join: {s.join_link}" if s.join_link else cannot
    notice = f" We ask for {lasting(s.names.cancel_notice)} of notice." if s.names.cancel_notice else ""
    join = f"\n\nJoin here: {s.join_link}" if s.join_link else ""
    ask = f"{cannot.removesuffix('.')} as soon as you can.{notice}"
    return f"{s.subject or 'Session'}{teacher} {s.soon}", f"{story}{join}", ask


def _live_rescue(s: Said) -> Parts:
    began = f" It began at {s.clock}." if s.clock else ""
    join = f"Join: {s.join_link}" if s.join_link else "Please join now."
    not_in = f"{s.first} is not in {s.session} yet"
    return not_in, f"{not_in}.{began} {join}", _cannot_come(s)


def _cannot_come(s: Said) -> str:
    return f"If {s.first} cannot come, please tell {s.us}."


def _unrecorded(s: Said) -> Parts:
    size = s.names.group_size or 0
    group = f" It has {counted(size, 'student')}." if size > 1 else ""
    again = " This is our second note. A coordinator looks at it next." if s.number("step") > 1 else ""
    story = f"{s.session}{s.on} has no attendance yet.{group}{again}"
    ask = f"Please mark attendance: {s.link}" if s.link else "Please mark attendance."
    return f"Please mark attendance: {s.lesson}{s.day}", story, ask


_WORDS: dict[Purpose, Callable[[Said], Parts]] = {
    Purpose.ABSENCE_NOTICE: _absence_notice,
    Purpose.CONCERN: _concern,
    Purpose.CALLED_OFF: _called_off,
    Purpose.CANCELLATION_CONFIRMATION: _cancellation_confirmation,
    Purpose.ALL_CLEAR: _all_clear,
    Purpose.REMINDER: _reminder,
    Purpose.LIVE_RESCUE: _live_rescue,
    Purpose.ANSWER: _answer,
    Purpose.TASK_REMINDER: _task_reminder,
    Purpose.UNRECORDED: _unrecorded,
}


def parts(s: Said) -> Parts:
    """The three parts of a message, each beginning with a capital."""
    subject, story, ask = _WORDS[s.message.purpose](s)
    return capital(subject), capital(story), ask
