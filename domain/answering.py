"""What a guardian's reply does: an excuse ends the ladder, "call me" is a call today, the rest a person reads."""

from __future__ import annotations

from datetime import timedelta

from domain.deciding import Deciding
from domain.events import ReplyReceived
from domain.follow_up import finish
from domain.replies import ABOUT_A_CHILD
from domain.sending import Channel, Message, Purpose
from domain.tasks import Task, TaskKind, TaskStatus, task_id
from domain.value import id_of

ANSWER_USEFUL_FOR = timedelta(hours=1)
"""After this an answer to a text is useless (rules, section 6)."""
_ASKS_FOR = {"call_me": TaskKind.CALL_BACK, "unclear": TaskKind.READ_REPLY}


def reply_received(d: Deciding, reply: ReplyReceived) -> None:
    """Decide on a reply as it came, or as a person has read it (`by` is set then)."""
    if reply.by is None:
        d.because("reply", meaning=reply.meaning, guardian=reply.guardian_id)
    else:
        d.because("reply_read", meaning=reply.meaning, guardian=reply.guardian_id, by=reply.by)
        _no_longer_unread(d, reply)
    if reply.meaning != "nothing":
        for task in d.state.tasks:
            if task.status is TaskStatus.SNOOZED:
                d.put_task(task.woken(d.now), "woken")
    if reply.meaning in ABOUT_A_CHILD and d.state.case:
        d.put_case("ladder_ended", stopped=d.case.stopped or "reply")
        d.cancel_waiting("replied", case_id=d.case.id, purposes=frozenset({Purpose.CONCERN}))
    if reply.meaning == "unclear":
        d.remember(unread_replies=(*d.state.unread_replies, reply.reply_id))
    kind = _ASKS_FOR.get(reply.meaning)
    if kind and all(t.kind is not kind for t in d.state.tasks):
        _open(d, kind, reply)
    if reply.answer and d.now < (reply.at or d.now) + ANSWER_USEFUL_FOR:
        _answer(d, reply)


def _open(d: Deciding, kind: TaskKind, reply: ReplyReceived) -> None:
    """One open task of this kind is enough: it is about the family, not about one reply."""
    if not d.facts.enrollments:
        return
    case = d.state.case
    d.put_task(
        Task(
            id=task_id(kind, reply.reply_id, d.facts.student_id),
            kind=kind,
            owner_id=d.coordinator(case.enrollment_id if case else None),
            enrollment_id=case.enrollment_id if case else None,
            guardian_id=reply.guardian_id,
            opened_at=d.now,
            due_at=d.facts.calendar.same_day(d.now),
        ),
        "opened",
    )


def _no_longer_unread(d: Deciding, reply: ReplyReceived) -> None:
    """With the last unclear reply read, the task to read them is done."""
    left = tuple(r for r in d.state.unread_replies if r != reply.reply_id)
    d.remember(unread_replies=left)
    for task in d.state.tasks:
        if task.kind is TaskKind.READ_REPLY and not left:
            finish(d, task, TaskStatus.DONE, reply.by)


def _answer(d: Deciding, reply: ReplyReceived) -> None:
    """Tell the guardian how his text was understood. The answer dates from the text: it is quick or keeps quiet."""
    at = reply.at or d.now
    key = f"{Purpose.ANSWER}:{reply.reply_id}:{reply.guardian_id}:{Channel.SMS}"
    case = d.state.case
    d.queue(
        Message(
            id=id_of("message", key),
            key=key,
            purpose=Purpose.ANSWER,
            channel=Channel.SMS,
            recipient_id=reply.guardian_id,
            student_id=d.facts.student_id,
            session_id=case.evidence[-1] if case else None,
            due_at=d.now,
            expires_at=at + ANSWER_USEFUL_FOR,
            created_at=at,
            numbers={"meaning": reply.meaning, "children": reply.children},
        )
    )
