"""The process of one session: it reminds, asks who is missing, settles once, chases, and lets late evidence speak."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.events import NotSeenYet, ReminderDue
from domain.outcomes import Code
from domain.policy import Policy
from domain.sending import Purpose
from domain.session import armed, decide_session
from domain.session_effects import OpenUnrecordedTask, QueueStaffMessage, RecordOutcome, SessionDecision, TellStudent
from domain.session_facts import Expected, SessionFacts, SessionState, Standing
from domain.session_plan import SessionStep, Timing, steps
from tests.domain.test_settling import ENDS, MIA, SAM, STARTS, TAUGHT, WHOLE, mark, minute, seen

ENTERED = STARTS - timedelta(days=20)


def a_session(*evidence: Any, **changes: Any) -> SessionFacts:
    """A group lesson of Sam and Mia, entered three weeks before, with a link."""
    usual = {
        "session_id": "session",
        "timing": Timing(starts_at=STARTS, ends_at=ENDS, created_at=ENTERED, has_link=True),
        "instructor_id": "ivan",
        "owner_id": "ana",
        "expected": (Expected(student_id=SAM), Expected(student_id=MIA)),
        "evidence": tuple(evidence),
    }
    return SessionFacts(**usual | changes)


def stands(student: str, code: Code, source: str = "evidence", at: datetime | None = None) -> Expected:
    """A student whose outcome stands."""
    outcome = Standing(outcome_id=f"of-{student}", code=code, source=source, recorded_at=at or minute(70))
    return Expected(student_id=student, standing=outcome)


def at_step(step: SessionStep, facts: SessionFacts, state: SessionState | None = None) -> SessionDecision:
    """The decision at the first step of this kind, on its time."""
    due = next(s for s in steps(facts.timing, facts.policy, facts.numbers) if s.step is step)
    return decide_session(state or SessionState(), due, facts, due.due_at)


def later(facts: SessionFacts, now: datetime) -> SessionDecision:
    """The decision on evidence that came after the session was settled."""
    return decide_session(SessionState(), None, facts.model_copy(update={"status": "settled"}), now)


def recorded(decision: SessionDecision) -> dict[str, tuple[Code, bool]]:
    """Each code that is written, and whether it corrects one that stood."""
    return {e.student_id: (e.code, e.corrects is not None) for e in decision.effects if isinstance(e, RecordOutcome)}


def told(decision: SessionDecision) -> list[tuple[str, str]]:
    """Who is told what."""
    return [(e.student_id, e.event.kind) for e in decision.effects if isinstance(e, TellStudent)]


def test_the_steps_of_a_session_in_their_order() -> None:
    times = [(s.step, s.due_at) for s in steps(a_session().timing, Policy(), a_session().numbers)]
    assert times == [
        (SessionStep.REMIND_BY_EMAIL, STARTS - timedelta(days=1)),
        (SessionStep.REMIND_BY_SMS, STARTS - timedelta(hours=1)),
        (SessionStep.RESCUE, minute(5)),
        (SessionStep.RESCUE_AGAIN, minute(10)),
        (SessionStep.SETTLE, minute(70)),
        (SessionStep.CHASE, minute(90)),
        (SessionStep.CHASE, ENDS + timedelta(hours=4)),
        (SessionStep.OPEN_TASK, ENDS + timedelta(hours=24)),
    ]


def test_a_session_entered_late_does_without_the_steps_before_and_history_has_no_clock() -> None:
    def left(entered: datetime) -> list[SessionStep]:
        timing = a_session().timing.model_copy(update={"created_at": entered})
        return [s.step for s in steps(timing, Policy(), a_session().numbers)]

    assert left(minute(-30))[0] is SessionStep.RESCUE
    assert left(minute(30))[0] is SessionStep.SETTLE
    assert left(ENDS) == []


def test_a_session_moved_close_to_its_start_is_not_reminded_of_late() -> None:
    moved = a_session().timing.model_copy(update={"changed_at": STARTS - timedelta(hours=3)})
    assert next(s.step for s in steps(moved, Policy(), a_session().numbers)) is SessionStep.REMIND_BY_SMS
    after = a_session().timing.model_copy(update={"changed_at": ENDS + timedelta(hours=1)})
    assert [s.step for s in steps(after, Policy(), a_session().numbers)] == [SessionStep.CHASE, SessionStep.OPEN_TASK]


def test_families_are_reminded_of_a_session_that_nobody_cancelled() -> None:
    facts = a_session(expected=(stands(SAM, Code.EXCUSED_ABSENCE, "absence"), Expected(student_id=MIA)))
    decision = at_step(SessionStep.REMIND_BY_SMS, facts)
    assert told(decision) == [(MIA, "reminder_due")]
    (effect,) = decision.effects
    assert isinstance(effect, TellStudent)
    assert effect.event == ReminderDue(session_id="session", starts_at=STARTS, channel="sms")


def test_who_is_missing_is_asked_once_while_the_room_is_open() -> None:
    facts = a_session(*TAUGHT, *seen(SAM, (1, None)))
    first = at_step(SessionStep.RESCUE, facts)
    assert told(first) == [(MIA, "not_seen_yet")]
    assert isinstance(first.effects[0], TellStudent)
    assert isinstance(first.effects[0].event, NotSeenYet)
    assert told(at_step(SessionStep.RESCUE_AGAIN, facts, first.state)) == []


@pytest.mark.parametrize(
    ("evidence", "rule"),
    [
        ((), "room_not_seen"),
        ((*TAUGHT, *seen(SAM, WHOLE), *seen(MIA, WHOLE)), "nobody_to_ask"),
        ((*TAUGHT, *seen(SAM, WHOLE), *seen("guest", WHOLE)), "nobody_to_ask"),
    ],
)
def test_nobody_is_asked_without_a_reason(evidence: tuple[Any, ...], rule: str) -> None:
    decision = at_step(SessionStep.RESCUE, a_session(*evidence))
    assert (told(decision), decision.because[0].rule) == ([], rule)


def test_a_session_settles_once_for_all_its_students() -> None:
    decision = at_step(SessionStep.SETTLE, a_session(*TAUGHT, *seen(SAM, WHOLE)))
    assert recorded(decision) == {SAM: (Code.ATTENDED, False), MIA: (Code.NO_SHOW, False)}
    assert decision.status == "settled"
    assert [v.presence.minutes for v in decision.measured] == [60, 0]


def test_what_nobody_recorded_stays_open_and_the_instructor_is_chased() -> None:
    facts = a_session()
    settled = at_step(SessionStep.SETTLE, facts)
    assert (settled.effects, settled.status) == ((), "unrecorded")
    chased = at_step(SessionStep.CHASE, facts.model_copy(update={"status": "unrecorded"}))
    (effect,) = chased.effects
    assert isinstance(effect, QueueStaffMessage)
    assert (effect.message.purpose, effect.message.recipient_id) == (Purpose.UNRECORDED, "ivan")
    task = at_step(SessionStep.OPEN_TASK, facts.model_copy(update={"status": "unrecorded"}))
    assert task.effects == (OpenUnrecordedTask(owner_id="ana", instructor_id="ivan"),)


def test_after_an_outage_only_the_newer_of_two_chases_goes_out() -> None:
    facts, now, state = a_session(status="unrecorded"), ENDS + timedelta(hours=5), SessionState()
    sent = []
    while (step := armed(state, facts)) and step.due_at <= now:
        decision = decide_session(state, step, facts, now)
        sent += [e for e in decision.effects if isinstance(e, QueueStaffMessage)]
        state = decision.state
        if step.step is SessionStep.SETTLE:
            facts = facts.model_copy(update={"status": decision.status})
    assert [m.message.numbers for m in sent] == [{"step": 2}]


def test_a_settled_session_has_nothing_left_to_do_by_itself() -> None:
    assert armed(SessionState(), a_session(status="settled")) is None
    assert armed(SessionState(), a_session(status="called_off")) is None


def test_evidence_that_comes_late_corrects_what_evidence_had_decided() -> None:
    facts = a_session(
        *TAUGHT, *seen(SAM, WHOLE), *seen(MIA, WHOLE), expected=(stands(SAM, Code.ATTENDED), stands(MIA, Code.NO_SHOW))
    )
    assert recorded(later(facts, ENDS + timedelta(hours=3))) == {MIA: (Code.ATTENDED, True)}
    too_late = later(facts, ENDS + timedelta(hours=73))
    assert (recorded(too_late), too_late.because[0].rule) == ({}, "dispute_window_over")


def test_who_told_ahead_and_turned_up_all_the_same_was_there() -> None:
    away = stands(MIA, Code.EXCUSED_ABSENCE, "absence", STARTS - timedelta(days=3))
    came = a_session(*TAUGHT, *seen(MIA, WHOLE), expected=(away,))
    assert recorded(at_step(SessionStep.SETTLE, came)) == {MIA: (Code.ATTENDED, True)}
    stayed_away = at_step(SessionStep.SETTLE, a_session(*TAUGHT, expected=(away,)))
    assert (recorded(stayed_away), stayed_away.status) == ({}, "settled")


def test_a_persons_word_stands_against_the_classroom_and_yields_to_a_later_mark() -> None:
    said = stands(MIA, Code.NO_SHOW, "api")
    against = later(a_session(*TAUGHT, *seen(MIA, WHOLE), expected=(said,)), ENDS + timedelta(hours=3))
    assert (recorded(against), against.because[0].rule) == ({}, "a_person_said_otherwise")
    marked = a_session(*TAUGHT, mark(MIA, Code.ATTENDED, 100), expected=(said,))
    assert recorded(later(marked, ENDS + timedelta(hours=3))) == {MIA: (Code.ATTENDED, True)}


def test_a_student_who_pauses_is_expected_by_nobody_unless_he_comes() -> None:
    paused = Expected(student_id=MIA, paused=True)
    away = at_step(SessionStep.SETTLE, a_session(*TAUGHT, expected=(paused,)))
    assert (recorded(away), away.status) == ({}, "settled")
    came = at_step(SessionStep.SETTLE, a_session(*TAUGHT, *seen(MIA, WHOLE), expected=(paused,)))
    assert recorded(came) == {MIA: (Code.ATTENDED, False)}


def test_a_session_of_which_all_are_away_is_settled_without_anybody_being_chased() -> None:
    away = tuple(stands(s, Code.EXCUSED_ABSENCE, "absence", STARTS) for s in (SAM, MIA))
    assert at_step(SessionStep.SETTLE, a_session(expected=away)).status == "settled"
