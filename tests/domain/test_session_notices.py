"""Reminders and the call into the room: once, in time, and never to a family that has no reason to get one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.events import EVENT, Event, NotSeenYet, ReminderDue, Withdrawn
from domain.outcomes import Code
from domain.sending import Message, MessageState, Purpose
from domain.session_notices import chase_message
from tests.builders import LESSON, a_student_facts, an_outcome, on
from tests.domain.books import Books

LESSON_AT = on(1)
"""Tuesday 16:00."""
SESSION = an_outcome(Code.ATTENDED, LESSON_AT).session_id


def reminder(channel: str = "email", starts_at: datetime = LESSON_AT) -> ReminderDue:
    return ReminderDue.model_validate({"session_id": SESSION, "starts_at": starts_at, "channel": channel})


def not_seen(starts_at: datetime = LESSON_AT) -> NotSeenYet:
    return NotSeenYet(session_id=SESSION, starts_at=starts_at, ends_at=starts_at + LESSON)


def at(now: datetime, books: Books | None = None) -> Books:
    books = books or Books(delivery=lambda _: MessageState.SENT)
    books.now = now
    return books


def told(books: Books) -> list[Message]:
    return [m for m in books.facts.messages if m.purpose in (Purpose.REMINDER, Purpose.LIVE_RESCUE)]


def test_the_first_guardian_is_reminded_by_email_and_then_by_sms_until_the_start() -> None:
    books = at(LESSON_AT - timedelta(hours=24))
    books.happens(reminder("email"))
    at(LESSON_AT - timedelta(hours=1), books).happens(reminder("sms"))
    assert books.letters(Purpose.REMINDER) == [("mother", "email"), ("mother", "sms")]
    assert {(m.session_id, m.expires_at, m.offers_replies) for m in told(books)} == {(SESSION, LESSON_AT, False)}
    assert [m.due_at for m in told(books)] == [LESSON_AT - timedelta(hours=24), LESSON_AT - timedelta(hours=1)]
    assert books.rules() == ["reminder", "reminder"]


def test_nobody_in_the_room_is_one_text_until_the_session_ends() -> None:
    books = at(LESSON_AT + timedelta(minutes=5))
    books.happens(not_seen())
    at(LESSON_AT + timedelta(minutes=10), books).happens(not_seen())
    assert books.letters(Purpose.LIVE_RESCUE) == [("mother", "sms")]
    assert told(books)[0].expires_at == LESSON_AT + LESSON
    assert books.rules() == ["asked_to_join", "asked_before"]


def test_a_reminder_is_never_said_twice_but_a_moved_session_is_reminded_of_anew() -> None:
    books = at(LESSON_AT - timedelta(hours=24))
    books.happens(reminder())
    books.happens(reminder())
    later = LESSON_AT + timedelta(hours=2)
    books.happens(reminder(starts_at=later))
    assert books.rules() == ["reminder", "reminded_already", "reminder"]
    assert [m.expires_at for m in told(books)] == [LESSON_AT, later]


def test_a_new_first_guardian_does_not_make_a_second_reminder() -> None:
    books = at(LESSON_AT - timedelta(hours=24))
    books.happens(reminder())
    books.facts = books.facts.model_copy(update={"guardians": books.facts.guardians[::-1]})
    books.happens(reminder())
    assert len(told(books)) == 1


SOONER = LESSON_AT - timedelta(hours=1)
DURING = LESSON_AT + timedelta(minutes=5)


@pytest.mark.parametrize(("event", "now"), [(reminder(), SOONER), (not_seen(), DURING)])
@pytest.mark.parametrize(
    ("code", "silent"),
    [
        (Code.EXCUSED_ABSENCE, True),
        (Code.CANCELLED_BY_STUDENT, True),
        (Code.LATE_CANCELLED, True),
        (Code.CANCELLED_BY_INSTRUCTOR, True),
        (Code.CANCELLED_BY_OPERATOR, True),
        (Code.SCHEDULED, False),
    ],
)
def test_who_told_ahead_or_was_called_off_is_left_in_peace(
    event: Event, now: datetime, code: Code, silent: bool
) -> None:
    outcome = an_outcome(code, LESSON_AT, received_at=on(0))
    books = at(now, Books(a_student_facts(outcomes=(outcome,))))
    books.happens(event)
    assert bool(told(books)) is not silent
    assert ("outcome_known" in books.rules()) is silent


@pytest.mark.parametrize(("event", "now"), [(reminder(), SOONER), (not_seen(), DURING)])
def test_a_paused_student_and_one_who_left_are_left_in_peace(event: Event, now: datetime) -> None:
    paused = Books()
    paused.pauses(until=on(20))
    at(now, paused).happens(event)
    gone = Books()
    gone.happens(Withdrawn())
    at(now, gone).happens(event)
    assert (told(paused), told(gone)) == ([], [])
    assert (paused.rules()[-1], gone.rules()[-1]) == ("paused_tells_nobody", "withdrawn_tells_nobody")


def test_a_pause_that_is_over_by_the_start_silences_nothing() -> None:
    books = Books()
    books.pauses(until=LESSON_AT)
    at(SOONER, books).happens(reminder())
    assert len(told(books)) == 1


@pytest.mark.parametrize(
    ("event", "now", "rule"),
    [
        (reminder(), LESSON_AT, "too_late_to_tell"),
        (not_seen(), LESSON_AT + LESSON, "session_over"),
    ],
)
def test_what_comes_too_late_says_so_and_sends_nothing(event: Event, now: datetime, rule: str) -> None:
    books = at(now)
    books.happens(event)
    assert (told(books), books.rules()) == ([], [rule])


def test_without_a_contact_nobody_is_told_and_no_task_is_made_for_it() -> None:
    books = at(SOONER, Books(a_student_facts(guardians=())))
    books.happens(reminder())
    assert (books.rules(), books.tasks) == (["nobody_to_tell"], {})


def test_a_reminder_that_waits_for_the_morning_is_cancelled_by_a_cancellation() -> None:
    books = at(LESSON_AT - timedelta(hours=10))
    books.happens(reminder("sms"))
    books.receives(an_outcome(Code.LATE_CANCELLED, LESSON_AT, received_at=books.now))
    (waiting,) = told(books)
    assert (waiting.state, waiting.reason) == (MessageState.CANCELLED, "outcome_known")


def test_a_chase_is_the_same_message_each_time_it_is_made() -> None:
    now = LESSON_AT + LESSON + timedelta(minutes=30)
    first = chase_message("session", "ivan", 1, now)
    assert first.id == chase_message("session", "ivan", 1, now + timedelta(hours=1)).id
    assert first.id != chase_message("session", "ivan", 2, now).id
    assert (first.recipient_kind, first.recipient_id, first.student_id) == ("staff", "ivan", None)
    assert (first.due_at, first.expires_at - now, first.numbers) == (now, timedelta(hours=24), {"step": 1})


def test_both_events_travel_as_json() -> None:
    for event in (reminder(), not_seen()):
        assert EVENT.validate_json(event.model_dump_json()) == event
