"""Messages that wait for a person's word: let go, taken back, refused, withdrawn when untrue; and a person's own.

What is in review is a held message with a draft in the books; only ids travel here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.cases import FollowUp
from domain.deciding import Deciding
from domain.drafts import FACTS_CHANGED, REJECTED
from domain.effects import ApproveMessage, CancelMessage, RecallMessage, TakeBackOutreach
from domain.facts import Facts
from domain.follow_up import log_outreach
from domain.ladder import ladder_stop, total_of
from domain.notices import guardian_at, notify
from domain.review_events import DraftApproved, DraftRecalled, DraftRejected, MessageWritten, Reviewed
from domain.sending import Channel, Message, MessageState, Purpose
from domain.state import State
from domain.tasks import Task, TaskStatus
from domain.value import Id, id_of

_ENDED_BY = {"reply": "replied", "outreach": "followed_up", "followed_up": "followed_up"}


def review(d: Deciding, act: Reviewed) -> None:
    """What a person says of a draft, or a message of his own."""
    match act:
        case MessageWritten():
            _written(d, act)
        case DraftApproved() | DraftRecalled() | DraftRejected():
            _judged(d, act)


def _judged(d: Deciding, act: DraftApproved | DraftRecalled | DraftRejected) -> None:
    """Somebody may have been quicker: what counts is where the messages stand."""
    mine = [m for m in d.facts.messages if m.id in act.message_ids]
    waiting, let_go = [m for m in mine if m.in_review], [m for m in mine if m.can_be_recalled]
    match act:
        case DraftRecalled() if let_go:
            _recall(d, act, let_go)
        case DraftRecalled():
            d.refuse("draft_left")
        case _ if let_go:
            d.refuse("draft_approved_already")
        case _ if not waiting:
            d.refuse("draft_not_waiting")
        case DraftApproved() if any(m.expires_at <= d.now for m in waiting):
            d.refuse("draft_too_late")
        case DraftApproved():
            _approve(d, act, waiting)
        case DraftRejected():
            d.because("draft_rejected", by=act.by, reason=act.reason)
            for m in waiting:
                d.do(CancelMessage(message_id=m.id, reason=REJECTED))


def _approve(d: Deciding, act: DraftApproved, waiting: list[Message]) -> None:
    d.because("draft_approved", by=act.by, seconds=int(d.facts.policy.undo_for.total_seconds()))
    for m in waiting:
        d.do(ApproveMessage(message_id=m.id, by=act.by, at=d.now, due_at=d.now + d.facts.policy.undo_for))
    if waiting[0].purpose is Purpose.PERSONAL:
        _counts_as_outreach(d, waiting, act.by)


def _recall(d: Deciding, act: DraftRecalled, let_go: list[Message]) -> None:
    d.because("draft_recalled", by=act.by)
    for m in let_go:
        d.do(RecallMessage(message_id=m.id))
    of_group = [m for m in d.facts.messages if m.group == let_go[0].group]
    if let_go[0].purpose is Purpose.PERSONAL and all(m.in_review for m in of_group):
        _takes_outreach_back(d, let_go[0])
        if act.reopens is not None and d.state.task(act.reopens.id) is None:
            _open_again(d, act.reopens, act.unlogs)


def _open_again(d: Deciding, task: Task, logged: Id | None) -> None:
    """It was finished by sending what is taken back: the task is open as before, and its case waits for it again."""
    d.because("reopened_by_undo")
    if logged is not None:
        d.do(TakeBackOutreach(id=logged))
    unfinished = dict.fromkeys(("finished_at", "finished_by", "outcome", "reason", "note_id"))
    d.put_task(task.model_copy(update={"status": TaskStatus.OPEN, **unfinished}), "reopened")
    case = d.state.case
    if case and case.id == task.case_id and case.watch_since == task.finished_at:
        stopped = None if case.stopped in ("outreach", "followed_up") else case.stopped
        d.put_case("outreach_taken_back", watch_since=None, stopped=stopped)


# --- a person's own message ------------------------------------------------------------------------------------------


def personal_key(act_id: Id, guardian_id: Id, channel: str) -> str:
    """The key of a message that a person has written."""
    return f"{Purpose.PERSONAL}:{act_id}:{guardian_id}:{channel}"


def own_messages(state: State, facts: Facts, act: MessageWritten, now: datetime) -> tuple[Message, ...]:
    """The messages that a person's own words make, one for each channel; they leave in a moment."""
    task, case = _task_of(state, act), state.case
    about = task.case_id if task else case.id if case else None
    made = []
    for channel in act.channels:
        key = personal_key(act.act_id, act.guardian_id, channel)
        message = Message(
            id=id_of("message", key),
            key=key,
            purpose=Purpose.PERSONAL,
            channel=Channel(channel),
            recipient_id=act.guardian_id,
            student_id=facts.student_id,
            session_id=case.evidence[-1] if case and case.id == about else None,
            case_id=about,
            task_id=task.id if task else None,
            due_at=now + facts.policy.undo_for,
            expires_at=now + facts.policy.concern_useful_for,
            created_at=now,
            approved_by=act.by,
            approved_at=now,
        )
        made.append(message)
    return tuple(made)


def _written(d: Deciding, act: MessageWritten) -> None:
    """A person's own message is outreach for its task, or for the open case's."""
    if all(g.id != act.guardian_id for g in d.facts.guardians):
        d.refuse("contact_not_linked")
    elif act.task_id is not None and d.state.task(act.task_id) is None:
        d.refuse("task_not_open", task=act.task_id)
    else:
        d.because("message_written", by=act.by, guardian=act.guardian_id)
        made = own_messages(d.state, d.facts, act, d.now)
        for message in made:
            d.queue(message)
        _counts_as_outreach(d, made, act.by)


def _task_of(state: State, act: MessageWritten) -> Task | None:
    if act.task_id is not None:
        return state.task(act.task_id)
    case = state.case
    return next((t for t in state.tasks if case and t.case_id == case.id), None)


def _outreach_act(message: Message) -> Id:
    return id_of("message_written", message.group)


def outreach_id(message: Message) -> Id:
    """The row of the outreach log that a person's own message counts as."""
    return id_of("outreach", _outreach_act(message))


def _counts_as_outreach(d: Deciding, messages: Sequence[Message], by: Id) -> None:
    task = d.state.task(messages[0].task_id) if messages[0].task_id else None
    if task is None:
        return
    channel = Channel.SMS if any(m.channel is Channel.SMS for m in messages) else Channel.EMAIL
    log_outreach(d, task, _outreach_act(messages[0]), by, channel=channel.value)


def _takes_outreach_back(d: Deciding, message: Message) -> None:
    """Nothing has reached the family: the ladder goes on as if it had not been written, unless more was tried."""
    d.do(TakeBackOutreach(id=outreach_id(message)))
    case = d.state.case
    if case and case.id == message.case_id and case.outreach_at == message.approved_at:
        again = None if case.stopped == "outreach" else case.stopped
        d.put_case("outreach_taken_back", outreach_at=None, follow_up=FollowUp.NEVER, stopped=again)


# --- no longer true --------------------------------------------------------------------------------------------------


def withdraw_what_is_untrue(d: Deciding) -> None:
    """Cancel what is in review, or let go and not gone, and no longer true; a new running total is told anew."""
    if d.refused:
        return
    open_to_change = [m for m in d.facts.messages if m.in_review or m.can_be_recalled]
    for group in dict.fromkeys(m.group for m in open_to_change):
        mine = [m for m in open_to_change if m.group == group]
        why = _untrue(d, mine[0])
        if why is None:
            continue
        d.because("draft_out_of_date", why=why)
        for m in mine:
            d.do(CancelMessage(message_id=m.id, reason=why))
        if why == FACTS_CHANGED and mine[0].purpose is Purpose.CONCERN:
            _tell_anew(d, mine)


def _untrue(d: Deciding, message: Message) -> str | None:
    """Why a message is no longer what should be told; None while it is."""
    match message.purpose:
        case Purpose.CONCERN:
            case = d.state.case
            if case is None or case.id != message.case_id:
                return FACTS_CHANGED
            stop = ladder_stop(case, d.facts, d.now)
            if stop:
                return _ENDED_BY.get(stop, FACTS_CHANGED)
            if case.step > int(message.numbers.get("step") or 0):
                return "overtaken"
            told = message.numbers.get("missed"), message.numbers.get("last")
            return None if told == total_of(d, case) else FACTS_CHANGED
        case Purpose.ABSENCE_NOTICE:
            since = message.created_at
            came = any(o.flags.present and since < o.ends_at <= d.now for o in d.facts.outcomes)
            return FACTS_CHANGED if came else None
        case _:
            return None


def _tell_anew(d: Deciding, withdrawn: list[Message]) -> None:
    """The same step with the numbers as they stand, unless the case is over or part of it has left already."""
    first, case = withdrawn[0], d.state.case
    if case is None or case.id != first.case_id or ladder_stop(case, d.facts, d.now):
        return
    of_group = [m for m in d.facts.messages if m.group == first.group]
    if any(m.state is not MessageState.CANCELLED for m in of_group):
        return
    position = next((n for n, g in enumerate(d.facts.guardians, 1) if g.id == first.recipient_id), 0)
    step = ":".join(first.group.split(":")[1:4])
    before = {m.group for m in d.facts.messages if m.group.startswith(f"{Purpose.CONCERN}:{step}:")}
    missed, last = total_of(d, case)
    notify(
        d,
        Purpose.CONCERN,
        f"{step}:{len(before)}",
        guardian_at(d, position),
        d.policy.concern_useful_for,
        channels=tuple(m.channel for m in withdrawn),
        session_id=case.evidence[-1],
        case_id=case.id,
        enrollment_id=case.enrollment_id,
        numbers=first.numbers | {"missed": missed, "last": last},
        offers_replies=first.offers_replies,
        handling="review",
    )
