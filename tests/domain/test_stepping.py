"""A person skips a step of the plan, has one taken now, or waives a charge."""

from __future__ import annotations

from datetime import timedelta

from domain.deciding import Decision
from domain.events import ChargeWaived, MessageRetried, StepForced, StepSkipped
from domain.explaining import describe_effect, describe_step, explain
from domain.outcomes import Code
from domain.plan import Step, plan
from domain.sending import MessageState, Purpose
from tests.builders import ANA, BEN, LEA, MONDAY, a_student_facts, on
from tests.domain.books import Books, two_missed


def ahead(books: Books, act: str) -> Step:
    return next(s for s in plan(books.state, books.facts, books.now) if s.act == act)


def skips(books: Books, step: Step | str) -> Decision:
    key = step if isinstance(step, str) else step.key
    return books.happens(StepSkipped(act_id=f"act-{len(books.decisions)}", step=key, by=LEA.id))


def forces(books: Books, step: Step | str) -> Decision:
    key = step if isinstance(step, str) else step.key
    return books.happens(StepForced(act_id=f"act-{len(books.decisions)}", step=key, by=LEA.id))


def waives(books: Books, code: Code = Code.NO_SHOW) -> Decision:
    outcome = next(o for o in books.facts.outcomes if o.code is code)
    return books.happens(ChargeWaived(act_id=f"act-{len(books.decisions)}", outcome_id=outcome.id, by=LEA.id))


def balance(books: Books) -> int:
    return books.facts.enrollments[0].balance


# --- skipping ---------------------------------------------------------------------------------------------------------


def test_a_skipped_message_to_the_family_never_goes_and_the_next_one_does() -> None:
    books = two_missed()
    step = ahead(books, "ladder_step")
    assert skips(books, step).refused is None
    assert ahead(books, "ladder_step").why_not is not None
    books.advance_to(on(14))
    assert books.letters(Purpose.CONCERN) == [
        ("father", "email"),
        ("father", "sms"),
        ("mother", "email"),
        ("mother", "sms"),
    ]
    assert books.case.step == 2


def test_the_plan_says_who_skipped_a_step() -> None:
    books = two_missed()
    skips(books, ahead(books, "ladder_step"))
    step = ahead(books, "ladder_step")
    said = describe_step(step, books.state, books.facts, lambda of: of.capitalize(), "UTC")
    assert said == "SMS and e-mail to Mother on Tue 10 Mar 17:00 will not run because Lea skipped it"


def test_a_task_whose_rise_is_skipped_stays_where_it_is() -> None:
    books = two_missed()
    for act in ("remind", "reassign", "escalate", "raise_tier"):
        skips(books, ahead(books, act))
    books.advance_to(on(60))
    assert (books.task.owner_id, books.task.escalation, books.case.tier) == (ANA.id, "none", 2)


def test_what_the_calendar_sets_is_not_skipped() -> None:
    books = two_missed()
    books.pauses(on(30))
    assert skips(books, ahead(books, "pause_ends")).refused == "step_keeps_its_time"
    assert forces(books, ahead(books, "pause_ends")).refused == "step_keeps_its_time"


def test_a_step_that_is_gone_is_refused() -> None:
    books = two_missed()
    step = ahead(books, "ladder_step")
    skips(books, step)
    for again in (skips(books, step), forces(books, step), skips(books, "no such step")):
        assert again.refused == "step_not_armed"


def test_messages_of_a_case_keep_their_order() -> None:
    books = two_missed()
    second = next(s for s in plan(books.state, books.facts, books.now) if s.number == 2)
    assert skips(books, second).refused == "earlier_step_first"
    assert forces(books, second).refused == "earlier_step_first"


# --- taking now -------------------------------------------------------------------------------------------------------


def test_a_forced_step_is_done_once() -> None:
    books = two_missed()
    step = ahead(books, "ladder_step")
    decision = forces(books, step)
    assert [b.rule for b in decision.because] == ["step_forced", "ladder_step"]
    assert len(books.letters(Purpose.CONCERN)) == 4
    assert step.key not in [s.key for s in plan(books.state, books.facts, books.now)]
    books.advance_to(on(8, 18))
    assert len(books.letters(Purpose.CONCERN)) == 4


def test_a_task_is_given_away_before_its_time() -> None:
    books = two_missed()
    forces(books, ahead(books, "reassign"))
    assert books.task.owner_id == BEN.id
    forces(books, ahead(books, "escalate"))
    assert books.task.owner_id == LEA.id
    assert books.letters(Purpose.TASK_REMINDER) == [("ben", "email"), ("lea", "email")]


def test_with_nobody_else_a_task_is_not_given_away() -> None:
    books = two_missed(a_student_facts(team=(ANA,)))
    assert forces(books, ahead(books, "reassign")).refused == "nobody_else"


def test_a_tier_is_raised_by_hand_without_a_false_reason() -> None:
    books = two_missed()
    decision = forces(books, ahead(books, "raise_tier"))
    assert (books.case.tier, [b.rule for b in decision.because]) == (3, ["step_forced"])
    said = explain(decision.because[0], lambda of: of.capitalize())
    assert said == "Lea had a step taken before its time: the case goes up to tier 3."


# --- waiving ----------------------------------------------------------------------------------------------------------


def missed_once() -> Books:
    books = Books()
    books.records(Code.NO_SHOW, MONDAY + timedelta(hours=16))
    return books


def test_a_waived_charge_is_given_back_once() -> None:
    books = missed_once()
    decision = waives(books)
    assert balance(books) == 18
    assert describe_effect(decision.effects[0], str) == "Posted +1 session (waived)"
    assert waives(books).refused == "waived_already"
    assert balance(books) == 18


def test_what_was_never_charged_is_not_waived() -> None:
    books = Books()
    books.records(Code.CANCELLED_BY_OPERATOR, MONDAY + timedelta(hours=16))
    assert waives(books, Code.CANCELLED_BY_OPERATOR).refused == "nothing_to_waive"


def test_a_waiver_stands_when_the_outcome_is_told_again_and_ends_with_a_correction() -> None:
    books = missed_once()
    waives(books)
    books.happens(books.events[0])
    assert balance(books) == 18
    books.corrects(Code.ATTENDED, MONDAY + timedelta(hours=16))
    assert balance(books) == 17
    books.corrects(Code.CANCELLED_BY_STUDENT, MONDAY + timedelta(hours=16))
    assert balance(books) == 18


# --- a message by hand ------------------------------------------------------------------------------------------------


def test_a_message_sent_again_by_hand_is_noted() -> None:
    books = missed_once()
    letter = books.facts.messages[0]
    books.report(letter, MessageState.FAILED)
    for how, said in (("resent", "sent the SMS once more."), ("released", "released the SMS that was held.")):
        event = MessageRetried.model_validate({"message_id": letter.id, "how": how, "by": LEA.id})
        decision = books.happens(event)
        assert decision.effects == ()
        assert explain(decision.because[0], lambda of: of.capitalize()).startswith("Lea ")
        assert explain(decision.because[0], lambda of: of).split(" ", 1)[1] in (said, said.replace("SMS", "e-mail"))
