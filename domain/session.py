"""One session's process: a step that is due, or evidence that came late, in; one decision out. Pure, like `decide`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Literal

from domain.events import NotSeenYet, ReminderDue
from domain.outcomes import DISPUTE_WINDOW, TOLD_AHEAD, Code
from domain.session_effects import (
    OpenUnrecordedTask,
    QueueStaffMessage,
    RecordOutcome,
    SessionDecision,
    SessionEffect,
    TellStudent,
)
from domain.session_facts import Expected, SessionFacts, SessionState, Status
from domain.session_notices import chase_message
from domain.session_plan import DueStep, SessionStep, steps
from domain.settling import Room, Verdict, judge
from domain.value import Because

FROM_EVIDENCE = frozenset({"evidence", "mark"})
"""Sources of outcomes that evidence made; later evidence may correct them."""
CAME = frozenset({Code.ATTENDED, Code.LATE, Code.LEFT_EARLY, Code.PARTIAL})
"""Codes of a student who was there."""


def armed(state: SessionState, facts: SessionFacts) -> DueStep | None:
    """The next step of the session's clock; None when nothing is left to do by itself."""
    if facts.status in ("settled", "called_off"):
        return None
    return next(iter(ahead_of(state, facts)), None)


def ahead_of(state: SessionState, facts: SessionFacts) -> tuple[DueStep, ...]:
    """Every step of the session's clock that was not taken, by its time, whether it will run or not."""
    return tuple(s for s in steps(facts.timing, facts.policy, facts.numbers) if s.key not in state.taken)


def decide_session(state: SessionState, step: DueStep | None, facts: SessionFacts, now: datetime) -> SessionDecision:
    """What follows from a step that is due, or (without one) from the evidence as it now stands."""
    taken = state if step is None else state.model_copy(update={"taken": (*state.taken, step.key)})
    if facts.status == "called_off":
        return SessionDecision(state=taken, status="called_off", because=(Because(rule="session_called_off"),))
    kept = SessionDecision(state=taken, status=facts.status)
    act = _ACTS[step.step] if step else _settle
    return act(kept, facts, now)


def _with(decision: SessionDecision, because: Because, *effects: SessionEffect) -> SessionDecision:
    added = {"because": (*decision.because, because), "effects": (*decision.effects, *effects)}
    return decision.model_copy(update=added)


def _remind(
    kept: SessionDecision, facts: SessionFacts, now: datetime, *, channel: Literal["sms", "email"]
) -> SessionDecision:
    if now >= facts.timing.starts_at:
        return _with(kept, Because(rule="overtaken"))
    told = [
        TellStudent(
            student_id=e.student_id,
            event=ReminderDue(session_id=facts.session_id, starts_at=facts.timing.starts_at, channel=channel),
        )
        for e in facts.expected
        if e.is_open
    ]
    return _with(kept, Because(rule="reminder_due", numbers={"channel": channel, "students": len(told)}), *told)


def _rescue(kept: SessionDecision, facts: SessionFacts, now: datetime) -> SessionDecision:
    """Ask for those who are not there, once the room is open; a stranger in it may be one of them."""
    if now >= facts.timing.ends_at:
        return _with(kept, Because(rule="overtaken"))
    room = Room(facts.timing.starts_at, facts.timing.ends_at, facts.evidence, facts.numbers)
    missing = [e.student_id for e in facts.expected if e.is_open and not room.has_seen(e.student_id)]
    numbers: dict[str, int | str | None] = {"missing": len(missing), "strangers": room.strangers_seen}
    if not room.was_seen:
        return _with(kept, Because(rule="room_not_seen", numbers=numbers))
    if not missing or len(missing) <= room.strangers_seen:
        return _with(kept, Because(rule="nobody_to_ask", numbers=numbers))
    event = NotSeenYet(session_id=facts.session_id, starts_at=facts.timing.starts_at, ends_at=facts.timing.ends_at)
    told = [TellStudent(student_id=s, event=event) for s in missing if s not in kept.state.asked]
    asked = kept.state.model_copy(update={"asked": (*kept.state.asked, *(t.student_id for t in told))})
    return _with(kept.model_copy(update={"state": asked}), Because(rule="not_seen_yet", numbers=numbers), *told)


def _chase(kept: SessionDecision, facts: SessionFacts, now: datetime) -> SessionDecision:
    """Ask the instructor to record it; of two chases that are due at once only the later one is sent."""
    chases = [s for s in steps(facts.timing, facts.policy, facts.numbers) if s.step is SessionStep.CHASE]
    number = sum(c.key in kept.state.taken for c in chases)
    if facts.instructor_id is None:
        return _with(kept, Because(rule="no_instructor_to_ask"))
    if any(c.due_at <= now and c.key not in kept.state.taken for c in chases):
        return _with(kept, Because(rule="overtaken"))
    message = chase_message(facts.session_id, facts.instructor_id, number, now)
    return _with(kept, Because(rule="unrecorded", numbers={"step": number}), QueueStaffMessage(message=message))


def _open_task(kept: SessionDecision, facts: SessionFacts, now: datetime) -> SessionDecision:
    task = OpenUnrecordedTask(owner_id=facts.owner_id, instructor_id=facts.instructor_id)
    return _with(kept, Because(rule="unrecorded_for_a_day"), task)


def _settle(kept: SessionDecision, facts: SessionFacts, now: datetime) -> SessionDecision:
    """Make the outcomes agree with the evidence, where it may speak."""
    room = Room(facts.timing.starts_at, facts.timing.ends_at, facts.evidence, facts.numbers)
    verdicts = judge(room, tuple(e.student_id for e in facts.expected))
    decision, unrecorded = kept, 0
    for e, verdict in zip(facts.expected, verdicts, strict=True):
        effect, why = _outcome(e, verdict, facts, now)
        if effect or why or e.is_open:
            said = why or verdict.because
            about = said.model_copy(update={"numbers": {"student": e.student_id, **said.numbers}})
            decision = _with(decision, about, *([effect] if effect else []))
        unrecorded += e.is_open and effect is None
    status: Status = "unrecorded" if unrecorded else "settled"
    if facts.status == "unrecorded" and status == "settled":
        decision = _with(decision, Because(rule="recorded_at_last"))
    return decision.model_copy(update={"status": status, "measured": verdicts})


def _outcome(
    e: Expected, verdict: Verdict, facts: SessionFacts, now: datetime
) -> tuple[RecordOutcome | None, Because | None]:
    """What to write for one student, if anything; and the rule, where it is not the verdict's own."""
    stands = e.standing
    if verdict.code is None or (stands and stands.code is verdict.code):
        return None, None
    if objection := _objection(e, verdict, facts, now):
        return None, Because(rule=objection)
    record = RecordOutcome(
        student_id=e.student_id,
        code=verdict.code,
        source="mark" if verdict.is_mark else "evidence",
        by=verdict.by,
        corrects=stands.outcome_id if stands else None,
    )
    told_ahead = stands is not None and stands.code in TOLD_AHEAD
    return record, Because(rule="turned_up", numbers={"code": verdict.code.value}) if told_ahead else None


def _objection(e: Expected, verdict: Verdict, facts: SessionFacts, now: datetime) -> str | None:
    """Why the evidence must not change what stands: a person's word counts more, unless he marks it later."""
    stands, came = e.standing, verdict.code in CAME
    if stands is None:
        return "paused_and_not_there" if e.paused and not came else None
    if stands.code in TOLD_AHEAD and not came:
        return "told_ahead_and_not_there"
    said_since = verdict.said_at is not None and verdict.said_at > stands.recorded_at
    if stands.source not in FROM_EVIDENCE and stands.code not in TOLD_AHEAD | {Code.SCHEDULED} and not said_since:
        return "a_person_said_otherwise"
    return "dispute_window_over" if now - facts.timing.ends_at > DISPUTE_WINDOW else None


_ACTS: Mapping[SessionStep, Callable[[SessionDecision, SessionFacts, datetime], SessionDecision]] = {
    SessionStep.REMIND_BY_EMAIL: partial(_remind, channel="email"),
    SessionStep.REMIND_BY_SMS: partial(_remind, channel="sms"),
    SessionStep.RESCUE: _rescue,
    SessionStep.RESCUE_AGAIN: _rescue,
    SessionStep.SETTLE: _settle,
    SessionStep.CHASE: _chase,
    SessionStep.OPEN_TASK: _open_task,
}
