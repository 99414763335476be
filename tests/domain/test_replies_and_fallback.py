"""What a guardian's answer starts, and who is asked when nobody can be reached (rules, section 6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.events import MessageReported, ReplyReceived
from domain.facts import Facts
from domain.sending import Channel, Message, MessageState, Purpose
from tests.builders import ANA, a_guardian, a_student_facts, on
from tests.domain.books import Books, two_missed

FAILED, UNDELIVERED, SENT = MessageState.FAILED, MessageState.UNDELIVERED, MessageState.SENT
QUEUED = MessageState.QUEUED


def unreachable(*guardians: str) -> Books:
    """Nothing reaches these guardians."""

    def delivery(message: Message) -> MessageState:
        gone = message.recipient_id in guardians
        return (UNDELIVERED if message.channel is Channel.SMS else FAILED) if gone else SENT

    return Books(delivery=delivery)


@pytest.mark.parametrize(("meaning", "kinds"), [("call_me", ["call_back"]), ("unclear", ["read_reply"]), ("ill", [])])
def test_a_reply_asks_for_a_person_only_where_one_is_needed(meaning: str, kinds: list[str]) -> None:
    books = Books()
    books.advance_to(on(0, 10))
    books.replies(meaning)
    assert books.open_kinds() == kinds
    if kinds:
        assert (books.task.due_at, books.task.owner_id, books.task.guardian_id) == (on(0, 17), "ana", "mother")


def test_what_is_unclear_is_one_task_however_often_it_comes_and_done_once_all_is_read() -> None:
    books = Books()
    books.advance_to(on(0, 10))
    for _ in range(2):
        books.replies("unclear")
        books.replies("call_me")
    assert books.open_kinds() == ["call_back", "read_reply"]
    assert books.state.unread_replies == ("reply-0", "reply-2")
    for reply_id, left in (("reply-0", ["call_back", "read_reply"]), ("reply-2", ["call_back"])):
        books.happens(ReplyReceived(reply_id=reply_id, guardian_id="mother", meaning="nothing", by=ANA.id))
        assert books.open_kinds() == left
    books.replies("unclear")
    assert books.open_kinds() == ["call_back", "read_reply"], "a new one is a new task"


def test_a_person_who_reads_an_excuse_ends_the_ladder_as_the_family_would() -> None:
    books = two_missed()
    books.replies("unclear")
    assert books.case.stopped is None
    reply_id = books.state.unread_replies[0]
    books.happens(ReplyReceived(reply_id=reply_id, guardian_id="mother", meaning="ill", by=ANA.id))
    assert books.case.stopped == "reply"
    assert "reply_read" in books.rules()


def test_an_excuse_takes_back_what_waits_of_the_ladder() -> None:
    books = two_missed()
    books.advance_to(books.now + timedelta(minutes=1))
    assert books.letters("concern", QUEUED) == [("mother", "sms")], "it waits for a sibling's"
    books.replies("ill")
    (cancelled,) = [m for m in books.facts.messages if m.state is MessageState.CANCELLED]
    assert (cancelled.purpose, cancelled.reason) == (Purpose.CONCERN, "replied")


def test_an_answer_dates_from_the_text_and_is_useless_an_hour_later() -> None:
    books = Books()
    books.advance_to(on(0, 10))
    reply = ReplyReceived(
        reply_id="r", guardian_id="mother", meaning="ill", answer=True, children=2, at=on(0, 9) + timedelta(minutes=1)
    )
    books.happens(reply)
    (answer,) = [m for m in books.facts.messages if m.purpose is Purpose.ANSWER]
    assert (answer.channel, answer.recipient_id) == (Channel.SMS, "mother")
    assert answer.numbers == {"meaning": "ill", "children": 2}
    assert (answer.created_at, answer.expires_at) == (reply.at, on(0, 10) + timedelta(minutes=1))
    books.happens(reply.model_copy(update={"reply_id": "late", "at": on(0, 9)}))
    assert len([m for m in books.facts.messages if m.purpose is Purpose.ANSWER]) == 1


def test_a_call_asked_for_outlives_the_case() -> None:
    books = two_missed()
    books.replies("call_me")
    for day in (8, 9, 10):
        books.records("attended", on(day))
    assert books.case.outcome == "recovered"
    assert books.open_kinds() == ["call_back"]


def test_who_cannot_be_reached_by_either_channel_is_followed_by_the_next_guardian() -> None:
    books = unreachable("mother")
    books.records("no_show", on(0))
    books.advance_to(on(0, 18))
    assert books.letters("absence_notice", SENT) == [("father", "email"), ("father", "sms")]
    assert books.state.tasks == ()


def test_with_nobody_left_a_person_fixes_the_contact_data() -> None:
    books = unreachable("mother", "father")
    books.records("no_show", on(0))
    books.advance_to(on(0, 18))
    assert books.open_kinds() == ["fix_contact"]
    books.records("attended", on(14))
    books.records("no_show", on(20))
    books.advance_to(on(20, 18))
    assert books.open_kinds() == ["fix_contact"], "one is enough"


@pytest.mark.parametrize(
    ("sms", "email", "reason", "next_asked"),
    [
        (UNDELIVERED, SENT, None, False),
        (SENT, FAILED, None, False),
        (MessageState.SUPPRESSED, FAILED, "opted_out", True),
        (MessageState.SUPPRESSED, FAILED, "no_phone", True),
        (MessageState.SUPPRESSED, FAILED, "weekly_cap", False),
        (MessageState.UNKNOWN, FAILED, None, False),
        (FAILED, UNDELIVERED, None, True),
    ],
)
def test_the_next_is_asked_only_when_both_channels_failed(
    sms: MessageState, email: MessageState, reason: str | None, next_asked: bool
) -> None:
    books = Books()
    books.records("no_show", on(0))
    by_channel = {m.channel: m for m in books.facts.messages}
    books.report(by_channel[Channel.SMS], sms, reason)
    books.report(by_channel[Channel.EMAIL], email)
    assert ("father", "sms") in books.letters("absence_notice") or not next_asked
    assert len(books.letters("absence_notice")) == (4 if next_asked else 2)


def test_the_next_guardian_is_told_no_longer_than_it_is_useful() -> None:
    books = unreachable("mother")
    books.records("no_show", on(0))
    books.advance_to(on(0, 18))
    assert {m.expires_at for m in books.facts.messages} == {on(0, 17) + timedelta(hours=18)}


def test_after_it_became_useless_the_next_is_not_asked() -> None:
    books = Books()
    books.records("no_show", on(0))
    books.now = on(2)
    for message in books.facts.messages:
        books.report(message, FAILED)
    assert len(books.letters("absence_notice")) == 2


def test_a_cancellation_confirmation_does_not_fall_back() -> None:
    books = unreachable("mother")
    books.records("late_cancelled", on(3), told=on(2, 20))
    books.advance_to(on(2, 21))
    assert books.letters("cancellation_confirmation") == [("mother", "email")]


def test_a_concern_falls_back_with_its_case_and_its_coded_answers() -> None:
    books = two_missed(delivery=unreachable("mother").delivery)
    books.advance_to(on(7, 18))
    told = [m for m in books.facts.messages if m.purpose is Purpose.CONCERN and m.recipient_id == "father"]
    assert len(told) == 2
    assert {(m.case_id, m.offers_replies, m.numbers["missed"]) for m in told} == {(books.case.id, True, 2)}


def test_the_email_only_step_falls_back_to_a_person() -> None:
    one = a_student_facts(guardians=(a_guardian(),))
    books = two_missed(one)
    books.delivery = lambda m: FAILED if m.channel is Channel.EMAIL else SENT
    books.advance_to(on(10, 17))
    assert "fix_contact" in books.open_kinds()


def test_a_report_about_an_unknown_message_does_nothing() -> None:
    assert Books(Facts(student_id="sam")).happens(MessageReported(message_id="gone")).effects == ()
