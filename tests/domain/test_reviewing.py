"""What becomes of messages that wait for a person's word, when real life goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.plan import plan
from domain.policy import LadderStep, Policy
from domain.review_events import DraftApproved, DraftRecalled, DraftRejected, MessageWritten
from domain.sending import Handed, MessageState, may_leave
from tests.builders import ANA, a_message, a_recipient, a_student_facts, an_outcome, on
from tests.domain.books import Books, two_missed

READ_FIRST = Policy(
    first_concern="review",
    ladder=(LadderStep(after=timedelta(hours=24), guardian=1, handling="review"),),
)


def in_review() -> Books:
    """Two no-shows have opened a case whose first message waits for a person's word."""
    return two_missed(a_student_facts(policies={1: READ_FIRST}))


def told(books: Books) -> list[tuple[MessageState, str | None]]:
    return sorted({(m.state, m.reason) for m in books.facts.messages if m.purpose == "concern"})


def ids(books: Books) -> tuple[str, ...]:
    return tuple(m.id for m in books.facts.messages if m.purpose == "concern")


def approve(books: Books) -> None:
    decision = books.happens(DraftApproved(draft_id="draft", message_ids=ids(books), by=ANA.id))
    assert decision.refused is None


def test_what_waits_for_a_word_is_in_the_plan_and_leaves_by_nobody_elses() -> None:
    books = in_review()
    books.advance_to(books.now + timedelta(hours=23))
    assert told(books) == [(MessageState.HELD, "review")]
    (why,) = {s.why_not.rule for s in plan(books.state, books.facts, books.now) if s.act == "send" and s.why_not}
    assert why == "waits_for_review"


def test_approved_it_is_due_in_twenty_seconds_and_recalled_it_waits_again() -> None:
    books = in_review()
    approve(books)
    assert {m.due_at - books.now for m in books.facts.messages if m.id in ids(books)} == {timedelta(seconds=20)}
    books.happens(DraftRecalled(draft_id="draft", message_ids=ids(books), by=ANA.id))
    assert told(books) == [(MessageState.HELD, "review")]
    approve(books)
    books.advance_to(books.now + timedelta(minutes=1))
    refused = books.happens(DraftRecalled(draft_id="draft", message_ids=ids(books), by=ANA.id))
    assert (told(books), refused.refused) == ([(MessageState.SENT, None)], "draft_left")


def test_the_next_step_takes_the_place_of_one_that_nobody_read() -> None:
    books = in_review()
    books.advance_to(books.now + timedelta(hours=25))
    assert told(books) == [(MessageState.CANCELLED, "overtaken"), (MessageState.HELD, "review")]


def attends(books: Books) -> None:
    books.now = on(7, 18)
    books.receives(an_outcome("attended", on(7, 17)))


def replies(books: Books) -> None:
    books.replies("ill")


def pauses(books: Books) -> None:
    books.completes("paused", return_at=on(40))


def calls(books: Books) -> None:
    books.completes("reached")


def is_corrected(books: Books) -> None:
    books.corrects("attended", on(7))


@pytest.mark.parametrize("let_go", [False, True], ids=["unread", "approved"])
@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (attends, "facts_changed"),
        (replies, "replied"),
        (pauses, "case_paused"),
        (calls, "followed_up"),
        (is_corrected, "corrected"),
    ],
)
def test_real_life_withdraws_what_has_not_left(happens: Callable[[Books], None], reason: str, let_go: bool) -> None:
    books = in_review()
    if let_go:
        approve(books)
    happens(books)
    assert told(books) == [(MessageState.CANCELLED, reason)]


def test_a_further_miss_is_told_in_the_new_numbers_by_a_new_message() -> None:
    books = in_review()
    old = {m.group for m in books.facts.messages if m.purpose == "concern"}
    books.now = on(8, 10)
    books.receives(an_outcome("no_show", on(8, 8)))
    waiting = [m for m in books.facts.messages if m.in_review and m.purpose == "concern"]
    assert {(m.numbers["missed"], m.channel.value) for m in waiting} == {(3, "sms"), (3, "email")}
    assert not {m.group for m in waiting} & old


def test_who_rejects_too_late_or_twice_is_told_where_it_stands() -> None:
    books = in_review()
    reject = DraftRejected(draft_id="draft", message_ids=ids(books), by=ANA.id, reason="not_needed")
    assert books.happens(reject).refused is None
    assert books.happens(reject).refused == "draft_not_waiting"
    late = in_review()
    late.now += timedelta(days=4)
    assert late.happens(DraftApproved(draft_id="d", message_ids=ids(late), by=ANA.id)).refused == "draft_too_late"


def test_a_persons_own_message_ends_the_ladder_and_counts_in_time() -> None:
    books = two_missed()
    write = {"act_id": "act", "draft_id": "draft", "by": ANA.id, "channels": ("sms", "email")}
    assert books.happens(MessageWritten(guardian_id="nobody", **write)).refused == "contact_not_linked"
    assert books.happens(MessageWritten(guardian_id="mother", task_id="x", **write)).refused == "task_not_open"
    books.happens(MessageWritten(guardian_id="father", task_id=books.task.id, **write))
    assert (books.case.follow_up, books.case.stopped, len(books.outreach)) == ("in_time", "outreach", 1)
    mine = [m for m in books.facts.messages if m.purpose == "personal"]
    books.happens(DraftRecalled(draft_id="draft", message_ids=tuple(m.id for m in mine), by=ANA.id))
    assert (books.case.follow_up, books.case.stopped) == ("never", None)
    books.completes("withdrawing")
    assert {m.state for m in books.facts.messages if m.purpose == "personal"} == {MessageState.HELD}


def test_a_task_finished_by_sending_what_is_taken_back_is_open_again() -> None:
    books = two_missed()
    task = books.task
    write = {"act_id": "w", "draft_id": "draft", "channels": ("sms",), "by": ANA.id, "task_id": task.id}
    books.happens(MessageWritten(guardian_id="mother", **write))
    books.completes("message_left")
    done, (mine,) = books.tasks[task.id], [m for m in books.facts.messages if m.purpose == "personal"]
    assert books.case.watch_since == done.finished_at
    undone = DraftRecalled(draft_id="draft", message_ids=(mine.id,), by=ANA.id, reopens=done, unlogs="logged")
    taken_back = [e.id for e in books.happens(undone).effects if e.kind == "take_back_outreach"]
    assert (books.task.id, books.task.status, books.task.finished_at) == (task.id, "open", None)
    assert (books.case.watch_since, books.case.stopped, books.case.follow_up) == (None, None, "never")
    assert "logged" in taken_back
    assert len(taken_back) == 2


def test_what_a_person_let_go_knows_no_caps_but_keeps_quiet() -> None:
    waiting = a_message()
    had = tuple(Handed(student_id="sam", at=on(0, 11)) for _ in range(3))
    capped = a_recipient(counted_sms=had)
    assert may_leave(waiting, capped, on(0, 12)).act == "suppress"
    let_go = waiting.model_copy(update={"approved_by": ANA.id})
    assert may_leave(let_go, capped, on(0, 12)).act == "leave"
    assert may_leave(let_go, capped, on(0, 22)).reason == "quiet_hours"
