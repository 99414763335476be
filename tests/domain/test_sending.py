"""Whether a message may leave now (rules, section 6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.sending import (
    Blast,
    Channel,
    Handed,
    Message,
    Purpose,
    RecipientFacts,
    busy_for,
    may_leave,
    next_attempt,
)
from tests.builders import a_message, a_recipient, on

NOON = on(0, 12)
SMS, EMAIL = Channel.SMS, Channel.EMAIL


def verdict(message: Message, now: datetime = NOON, **recipient: Any) -> tuple[str, str | None]:
    said = may_leave(message, a_recipient(**recipient), now)
    return said.act, said.reason


def test_by_day_a_notice_leaves() -> None:
    assert verdict(a_message()) == ("leave", None)


@pytest.mark.parametrize(("hours", "act"), [(17.99, "leave"), (18, "expire"), (100, "expire")])
def test_a_notice_is_useless_after_18_hours(hours: float, act: str) -> None:
    message = a_message(channel=EMAIL, created_at=on(-1, 18), expires_at=on(-1, 18) + timedelta(hours=18))
    assert verdict(message, on(-1, 18) + timedelta(hours=hours))[0] == act


@pytest.mark.parametrize(
    ("channel", "recipient", "reason"),
    [
        (SMS, {"phone": False}, "no_phone"),
        (SMS, {"sms_opted_out": True}, "opted_out"),
        (EMAIL, {"email": False}, "no_email"),
        (EMAIL, {"email_closed": "bounced"}, "bounced"),
        (SMS, {"email": False, "email_closed": "bounced"}, None),
        (EMAIL, {"phone": False, "sms_opted_out": True}, None),
    ],
)
def test_an_opt_out_or_a_missing_address_holds_for_its_channel(
    channel: Channel, recipient: dict[str, Any], reason: str | None
) -> None:
    assert verdict(a_message(channel=channel), **recipient) == ("suppress" if reason else "leave", reason)


# --- quiet hours ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "at", "until"),
    [
        ("UTC", "2026-03-02T20:59", None),
        ("UTC", "2026-03-02T21:00", "2026-03-03T08:00"),
        ("UTC", "2026-03-03T07:59", "2026-03-03T08:00"),
        ("UTC", "2026-03-03T08:00", None),
        ("America/New_York", "2026-03-02T12:00", "2026-03-02T13:00"),
        ("America/Los_Angeles", "2026-03-02T22:00", None),
        ("Asia/Kathmandu", "2026-03-02T15:20", "2026-03-03T02:15"),
        ("Pacific/Apia", "2026-03-02T18:59", "2026-03-02T19:00"),
        # the night the clocks go forward in New York, and the night they go back
        ("America/New_York", "2026-03-08T03:00", "2026-03-08T12:00"),
        ("America/New_York", "2026-11-01T03:00", "2026-11-01T13:00"),
        # and in Berlin, inside the hour that comes twice
        ("Europe/Berlin", "2026-03-29T01:30", "2026-03-29T06:00"),
        ("Europe/Berlin", "2026-10-25T01:30", "2026-10-25T07:00"),
    ],
)
def test_what_waits_in_the_night_goes_at_eight_in_the_guardians_zone(zone: str, at: str, until: str | None) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    message = a_message(channel=EMAIL, created_at=now, expires_at=now + timedelta(hours=18))
    said = may_leave(message, a_recipient(zone=zone), now)
    if until is None:
        assert said.act == "leave"
    else:
        assert (said.act, said.reason) == ("wait", "quiet_hours")
        assert said.until == datetime.fromisoformat(until).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("purpose", "waits"),
    [
        (Purpose.ABSENCE_NOTICE, True),
        (Purpose.CONCERN, True),
        (Purpose.ALL_CLEAR, True),
        (Purpose.REMINDER, True),
        (Purpose.LIVE_RESCUE, True),
        (Purpose.CANCELLATION_CONFIRMATION, False),
        (Purpose.TASK_REMINDER, False),
    ],
)
def test_each_purpose_keeps_quiet_as_the_table_says(purpose: Purpose, waits: bool) -> None:
    message = a_message(purpose, EMAIL, expires_at=on(3))
    assert verdict(message, on(0, 23))[0] == ("wait" if waits else "leave")


@pytest.mark.parametrize(("starts_at", "act"), [(on(1, 9), "leave"), (on(1, 10), "leave"), (on(1, 10, 1), "wait")])
def test_a_session_called_off_for_early_tomorrow_is_told_in_the_night(starts_at: datetime, act: str) -> None:
    message = a_message(Purpose.CALLED_OFF, expires_at=starts_at)
    assert verdict(message, on(0, 23))[0] == act


@pytest.mark.parametrize(("minutes", "act"), [(0, "leave"), (2, "leave"), (3, "wait")])
def test_the_answer_to_a_text_is_free_for_two_minutes(minutes: int, act: str) -> None:
    message = a_message(Purpose.ANSWER, created_at=on(0, 22), expires_at=on(0, 23))
    assert verdict(message, on(0, 22, minutes))[0] == act


@pytest.mark.parametrize(
    ("lesson", "told"),
    [
        (on(1, 9, 30), ["leave"]),  # reminded at 08:30
        (on(1, 8, 30), ["wait", "leave"]),  # 07:30 waits until 08:00, still before the start
        (on(0, 22, 30), ["wait", "expire"]),  # 21:30 waits until 08:00 and is of no use by then
    ],
)
def test_a_reminder_in_the_night_leaves_in_the_morning_if_the_session_is_still_ahead(
    lesson: datetime, told: list[str]
) -> None:
    due = lesson - timedelta(hours=1)
    message = a_message(Purpose.REMINDER, created_at=due, due_at=due, expires_at=lesson)
    first = may_leave(message, a_recipient(), due)
    assert [first.act, *([may_leave(message, a_recipient(), first.until).act] if first.until else [])] == told


@pytest.mark.parametrize("purpose", [Purpose.REMINDER, Purpose.LIVE_RESCUE])
def test_no_cap_and_no_blast_holds_what_is_said_around_a_session(purpose: Purpose) -> None:
    full: dict[str, Any] = {"counted_sms": handed(1, 2, 3), "blast": Blast(places=20, sessions=5, no_shows=20)}
    assert verdict(a_message(purpose), **full) == ("leave", None)


@pytest.mark.parametrize(
    ("step", "hour", "until"),
    [
        (0, 20, None),  # in place of the absence notice, so as urgent as that
        (1, 19, None),
        (1, 20, on(1, 9)),
        (2, 23, on(1, 9)),
        (1, 8, on(0, 9)),
        (1, 9, None),
    ],
)
def test_a_later_step_of_the_ladder_leaves_the_evening_and_the_early_morning_alone(
    step: int, hour: int, until: datetime | None
) -> None:
    message = a_message(Purpose.CONCERN, EMAIL, numbers={"step": step}, expires_at=on(3))
    said = may_leave(message, a_recipient(), on(0, hour))
    assert (said.act, said.reason, said.until) == (("wait", "soft_hours", until) if until else ("leave", None, None))


def test_a_step_a_person_sends_again_keeps_the_hard_hours_only() -> None:
    again = a_message(Purpose.CONCERN, EMAIL, numbers={"step": 2}, resent_by="alice", expires_at=on(3))
    assert verdict(again, on(0, 20)) == ("leave", None)
    assert verdict(again, on(0, 21)) == ("wait", "quiet_hours")


def test_staff_have_no_quiet_hours() -> None:
    message = a_message(Purpose.TASK_REMINDER, EMAIL, recipient_kind="staff", expires_at=on(3))
    assert verdict(message, on(0, 23), is_staff=True)[0] == "leave"


# --- caps and siblings ------------------------------------------------------------------------------------------------


def handed(*days_ago: float, student: str = "kim") -> tuple[Handed, ...]:
    return tuple(Handed(student_id=student, at=NOON - timedelta(days=d)) for d in days_ago)


@pytest.mark.parametrize(
    ("before", "channel", "purpose", "reason"),
    [
        (handed(1, 2), SMS, Purpose.ABSENCE_NOTICE, None),
        (handed(1, 2, 6.9), SMS, Purpose.ABSENCE_NOTICE, "weekly_cap"),
        (handed(1, 2, 7), SMS, Purpose.ABSENCE_NOTICE, None),
        (handed(1, 2, 3), SMS, Purpose.CONCERN, "weekly_cap"),
        (handed(1, 2, 3), EMAIL, Purpose.ABSENCE_NOTICE, None),
        (handed(1, 2, 3), SMS, Purpose.CALLED_OFF, None),
        (handed(1, 2, 3), SMS, Purpose.ALL_CLEAR, None),
        (handed(0.1, student="sam"), SMS, Purpose.ABSENCE_NOTICE, "daily_cap"),
        (handed(0.6, student="sam"), SMS, Purpose.ABSENCE_NOTICE, None),
        (handed(0.1, student="kim"), SMS, Purpose.ABSENCE_NOTICE, None),
    ],
)
def test_counted_texts_are_capped_and_the_email_still_goes(
    before: tuple[Handed, ...], channel: Channel, purpose: Purpose, reason: str | None
) -> None:
    message = a_message(purpose, channel)
    assert verdict(message, counted_sms=before) == ("suppress" if reason else "leave", reason)


def test_a_text_a_person_sends_again_knows_no_cap_but_keeps_quiet() -> None:
    again = a_message(resent_by="alice")
    assert verdict(again, counted_sms=handed(0.1, 1, 2, 3, student="sam")) == ("leave", None)
    assert verdict(again, on(0, 22))[0] in ("wait", "expire")


def test_the_cap_is_the_policys() -> None:
    assert verdict(a_message(), counted_sms=handed(1), weekly_sms_cap=1) == ("suppress", "weekly_cap")


def test_siblings_travel_in_one_text() -> None:
    kim = a_message(anchor="kim", student_id="kim")
    lou = a_message(anchor="lou", student_id="lou")
    later = a_message(anchor="max", student_id="max", due_at=NOON + timedelta(minutes=1))
    gone = a_message(anchor="pia", student_id="pia", expires_at=NOON)
    again = a_message(anchor="sam2", student_id="sam")
    mine = a_message()
    facts = a_recipient(siblings=(kim, lou, later, gone, again, mine))
    assert may_leave(mine, facts, NOON).merge == (kim.id, lou.id)


def test_a_sibling_who_had_his_text_today_does_not_travel_along() -> None:
    kim = a_message(anchor="kim", student_id="kim")
    facts = a_recipient(siblings=(kim,), counted_sms=handed(0.1, student="kim"))
    assert may_leave(a_message(), facts, NOON).merge == ()


# --- blast guard ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("places", "sessions", "no_shows", "usual", "abnormal"),
    [
        (8, 3, 5, 0.10, True),
        (7, 3, 7, 0.10, False),
        (8, 2, 8, 0.10, False),
        (8, 3, 4, 0.10, False),
        (10, 4, 6, 0.19, True),
        (10, 4, 6, 0.25, False),
        (10, 4, 9, 0.50, True),
        (10, 4, 8, 0.50, False),
        (10, 4, 6, 0.0, True),
    ],
)
def test_too_many_no_shows_at_once_are_not_believed(
    places: int, sessions: int, no_shows: int, usual: float, abnormal: bool
) -> None:
    blast = Blast(places=places, sessions=sessions, no_shows=no_shows, share_28_days=usual)
    assert blast.is_abnormal is abnormal
    assert verdict(a_message(), blast=blast) == (("hold", "blast_guard") if abnormal else ("leave", None))


@pytest.mark.parametrize("purpose", [Purpose.CALLED_OFF, Purpose.ALL_CLEAR, Purpose.CANCELLATION_CONFIRMATION])
def test_the_guard_holds_messages_about_absence_only(purpose: Purpose) -> None:
    alarm = Blast(places=20, sessions=9, no_shows=20)
    assert may_leave(a_message(purpose, EMAIL), RecipientFacts(email=True, blast=alarm), NOON).act == "leave"


# --- retries ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("attempts", "minutes"), [(0, 1), (1, 1), (2, 5), (3, 15), (4, 60), (9, 60)])
def test_what_was_not_handed_over_is_tried_again_with_growing_waits(attempts: int, minutes: int) -> None:
    assert next_attempt(attempts) == timedelta(minutes=minutes)


def test_a_provider_that_asks_for_patience_gets_it() -> None:
    assert next_attempt(1, timedelta(minutes=7)) == timedelta(minutes=7)
    assert next_attempt(4, timedelta(minutes=7)) == timedelta(minutes=60)


def test_while_the_provider_is_busy_everything_waits_and_what_may_not_leave_says_why_all_the_same() -> None:
    busy = {"provider_busy_until": NOON + timedelta(minutes=2)}
    assert may_leave(a_message(), a_recipient(**busy), NOON).until == NOON + timedelta(minutes=2)
    assert verdict(a_message(), **busy) == ("wait", "provider_busy")
    assert verdict(a_message(), NOON + timedelta(minutes=2), **busy) == ("leave", None)
    assert verdict(a_message(), counted_sms=handed(1, 2, 3), **busy) == ("suppress", "weekly_cap")


def test_only_a_refusal_about_all_we_send_stops_the_rest() -> None:
    assert busy_for("too_many_requests", None) == timedelta(minutes=1)
    assert busy_for("queue_full", timedelta(minutes=5)) == timedelta(minutes=5)
    assert busy_for("not_connected", None) is None
