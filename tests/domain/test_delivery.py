"""What follows from providers' reports: the same state whatever their order and number (rules, section 6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.delivery import (
    ENDED_BADLY,
    NOT_AT_PROVIDER,
    REPORTABLE,
    Report,
    Standing,
    next_look_up,
    of_a_companion,
    standing,
)
from domain.events import MessageReported
from domain.sending import Channel, MessageState
from tests.builders import on
from tests.domain.books import Books

S = MessageState
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SMS, EMAIL = Channel.SMS, Channel.EMAIL


def told(state: MessageState, reason: str | None = None) -> Report:
    return Report(status=state.value, state=state, reason=reason, at=NOON)


@pytest.mark.parametrize(
    ("channel", "reported", "stands"),
    [
        (SMS, "sent", "sent"),
        (SMS, "sent delivered", "delivered"),
        (SMS, "delivered sent", "delivered"),
        (SMS, "sent undelivered", "undelivered"),
        (SMS, "undelivered delivered", "delivered"),
        (SMS, "delivered undelivered", "delivered"),
        (SMS, "failed undelivered", "undelivered"),
        (SMS, "read sent delivered", "read"),
        (EMAIL, "sent delivered", "delivered"),
        (EMAIL, "delivered undelivered", "undelivered"),
        (EMAIL, "undelivered delivered", "undelivered"),
        (EMAIL, "sent failed", "failed"),
        (EMAIL, "undelivered read", "read"),
    ],
)
def test_the_highest_report_stands(channel: Channel, reported: str, stands: str) -> None:
    reports = [told(S(state)) for state in reported.split()]
    assert standing(channel, S.SENT, None, reports).state == stands


@pytest.mark.parametrize("own", [S.SENDING, S.UNKNOWN, S.QUEUED, S.HELD, S.CANCELLED, S.EXPIRED])
def test_any_report_ends_not_knowing(own: MessageState) -> None:
    assert standing(EMAIL, own, "no_answer", [told(S.SENT)]) == Standing(state=S.SENT)
    assert standing(EMAIL, own, "no_answer", []) == Standing(state=own, reason="no_answer")


REPORTS = st.builds(
    lambda state, reason: told(state, reason if state in ENDED_BADLY else None),
    st.sampled_from(sorted(REPORTABLE)),
    st.sampled_from(["not_delivered", "blocked", "bounced", "blocked_by_mail_server"]),
)


@given(st.sampled_from(Channel), st.lists(REPORTS, min_size=1, max_size=5), st.data())
def test_order_and_repetition_change_nothing(channel: Channel, reports: list[Report], data: st.DataObject) -> None:
    doubled = reports + data.draw(st.lists(st.sampled_from(reports), max_size=4))
    shuffled = data.draw(st.permutations(doubled))
    stands, passed = Standing(state=S.SENT), [S.SENT]
    for number in range(1, len(shuffled) + 1):  # one by one, as they come in
        stands = standing(channel, stands.state, stands.reason, shuffled[:number])
        passed.append(stands.state)
    assert stands == standing(channel, S.SENT, None, reports)
    steps = [state for state, following in pairwise([*passed, None]) if state != following]
    assert len(steps) == len(set(steps)), "no state comes back once it was left"


def test_of_several_reasons_the_one_that_closes_the_address_is_told() -> None:
    reports = [told(S.UNDELIVERED, "blocked_by_mail_server"), told(S.UNDELIVERED, "bounced")]
    assert standing(EMAIL, S.SENT, None, reports).reason == "bounced"


@pytest.mark.parametrize(
    ("companion", "carrier", "reason", "follows"),
    [
        (S.MERGED, S.DELIVERED, None, False),
        (S.MERGED, S.UNDELIVERED, "landline", True),
        (S.MERGED, S.UNKNOWN, "no_answer", False),
        (S.MERGED, S.UNKNOWN, NOT_AT_PROVIDER, True),
        (S.UNDELIVERED, S.DELIVERED, None, True),
        (S.UNDELIVERED, S.UNDELIVERED, "landline", False),
    ],
)
def test_what_travelled_in_a_text_is_lost_with_it(
    companion: MessageState, carrier: MessageState, reason: str | None, follows: bool
) -> None:
    stands = Standing(state=carrier, reason=reason)
    assert of_a_companion(companion, stands) == (stands if follows else None)


@pytest.mark.parametrize(("after", "following"), [(0, 2), (2, 15), (7, 15), (15, None), (60, None)])
def test_an_unknown_text_is_looked_up_after_2_and_15_minutes(after: int, following: int | None) -> None:
    at = next_look_up(NOON, NOON + timedelta(minutes=after))
    assert at == (None if following is None else NOON + timedelta(minutes=following))


def test_a_text_the_provider_never_had_counts_as_one_that_did_not_arrive() -> None:
    books = Books()
    books.records("no_show", on(0))
    by_channel = {m.channel: m for m in books.facts.messages}
    books.report(by_channel[EMAIL], S.UNDELIVERED, "bounced")
    books.report(by_channel[SMS], S.UNKNOWN, "no_answer")
    books.happens(MessageReported(message_id=by_channel[SMS].id))
    assert len(books.letters("absence_notice")) == 2, "it may have arrived"
    books.report(by_channel[SMS], S.UNKNOWN, NOT_AT_PROVIDER)
    books.happens(MessageReported(message_id=by_channel[SMS].id))
    assert {who for who, _ in books.letters("absence_notice")} == {"mother", "father"}


def test_what_a_person_sent_again_ends_with_that_person() -> None:
    books = Books()
    books.records("no_show", on(0))
    mail = next(m for m in books.facts.messages if m.channel is EMAIL)
    again = mail.model_copy(update={"id": "again", "key": "absence_notice:1:mother:again:1:email", "resent_by": "ana"})
    books.report(again, S.UNDELIVERED, "bounced")
    assert {who for who, _ in books.letters("absence_notice")} == {"mother"}
