"""How a message leaves, with the real vendor clients against the stand-in: once, or with its reason."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from db.decisions import message_row
from db.engine import Books
from db.journal_tables import messages, tasks
from db.tables import enrollments, guardians, schedules, sessions, student_guardians, students
from domain.events import ReminderDue
from domain.outcomes import Code
from domain.session_notices import chase_message
from messaging.choose import senders
from settings import Settings
from tests.academy import Academy, open_academy
from tests.stand_in import StandIn, faults

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOTHER = "+14155550101"


@pytest.fixture
def provider() -> Any:
    """Both vendors, played on this machine."""
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def academy(books: Books, provider: StandIn) -> AsyncIterator[Academy]:
    """An academy that sends by the real clients; the student has long been enrolled and now misses a session."""
    a = await open_academy(books, NOON)
    a.deliveries.senders = senders(Settings.model_validate(provider.settings()))
    attended = await a.session(NOON - timedelta(days=3))
    await a.outcome(attended, Code.ATTENDED)
    session = await a.session(NOON - timedelta(minutes=70))
    await a.outcome(session, Code.NO_SHOW)
    yield a
    for sender in set(a.deliveries.senders.values()):
        await sender.close()


async def _state(a: Academy, channel: str, **where: Any) -> dict[str, Any]:
    found = await a.rows(messages, channel=channel, **where)
    assert len(found) == 1, [m["key"] for m in found]
    return found[0]


async def test_both_notices_reach_the_provider_once_with_their_id(academy: Academy, provider: StandIn) -> None:
    await academy.until(academy.now + timedelta(minutes=10))
    assert sorted(r.provider for r in provider.taken) == ["sendgrid", "twilio"]
    for channel in ("sms", "email"):
        row = await _state(academy, channel)
        assert (row["state"], len(row["attempts"])) == ("sent", 1)
        assert row["provider_id"]
        assert row["id"] in [r.nid for r in provider.taken if r.provider == "sendgrid"] or channel == "sms"


async def test_a_bad_number_is_final_and_the_email_still_goes(academy: Academy, provider: StandIn) -> None:
    provider.fail(faults.twilio_error(21211), to=MOTHER)
    await academy.until(academy.now + timedelta(minutes=10))
    sms = await _state(academy, "sms")
    assert (sms["state"], sms["reason"], sms["attempts"][0]["code"]) == ("failed", "invalid_number", "21211")
    assert (await _state(academy, "email"))["state"] == "sent"
    assert sms["handed_over_at"] is None


async def test_when_neither_channel_reaches_the_mother_the_father_is_asked(academy: Academy, provider: StandIn) -> None:
    provider.fail(faults.twilio_error(21211), to=MOTHER)
    provider.fail(faults.sendgrid_error("personalizations.0.to.0.email"), to="maria@reed.example")
    await academy.until(academy.now + timedelta(minutes=20))
    to_father = await academy.rows(messages, guardian_id=academy.father)
    assert {(m["channel"], m["state"]) for m in to_father} == {("sms", "sent"), ("email", "sent")}


async def test_when_nobody_can_be_reached_a_person_is_asked_to_fix_the_contact_data(
    academy: Academy, provider: StandIn
) -> None:
    async with academy.books.transaction() as tx:
        await tx.execute(update(guardians).values(phone=None, email=None))
    await academy.until(academy.now + timedelta(minutes=20))
    assert {(m["state"], m["reason"]) for m in await academy.rows(messages, purpose="absence_notice")} == {
        ("suppressed", "no_phone"),
        ("suppressed", "no_email"),
    }
    assert [t["kind"] for t in await academy.rows(tasks)] == ["fix_contact"]
    assert provider.received == []


async def test_too_many_requests_is_tried_again_when_the_provider_says(academy: Academy, provider: StandIn) -> None:
    provider.fail(faults.too_many_requests(30), to=MOTHER, times=2)
    await academy.until(academy.now + timedelta(minutes=30))
    sms = await _state(academy, "sms")
    assert (sms["state"], [x["result"] for x in sms["attempts"]]) == ("sent", ["retry", "retry", "accepted"])
    assert len([r for r in provider.taken if r.provider == "twilio"]) == 1


@pytest.mark.parametrize("fault", [faults.server_error(takes=False), faults.drop(takes=False)])
async def test_an_ambiguous_sms_becomes_unknown_and_is_never_sent_again(
    academy: Academy, provider: StandIn, fault: Any
) -> None:
    provider.fail(fault, to=MOTHER, times=None)
    await academy.until(academy.now + timedelta(hours=9))
    sms = await _state(academy, "sms")
    assert sms["state"] == "unknown"
    assert len([r for r in provider.received if r.provider == "twilio" and r.method == "POST"]) == 1


async def test_an_ambiguous_email_is_tried_once_more_and_never_a_third_time(
    academy: Academy, provider: StandIn
) -> None:
    provider.fail(faults.server_error(), to="maria@reed.example", times=None)
    await academy.until(academy.now + timedelta(hours=9))
    mail = await _state(academy, "email")
    assert mail["state"] == "unknown"
    assert [h["state"] for h in mail["history"]].count("unknown") == 2
    assert len([r for r in provider.received if r.provider == "sendgrid"]) == 2


async def test_a_delivery_that_died_between_call_and_record_is_unknown(academy: Academy, provider: StandIn) -> None:
    await academy.settle(deliver=False)
    sms = await _state(academy, "sms")
    async with academy.books.transaction() as tx:
        await tx.execute(update(messages).where(messages.c.id == sms["id"]).values(state="sending"))
    await academy.until(academy.now + timedelta(minutes=10))
    assert (await _state(academy, "sms"))["state"] == "unknown"
    assert [r.provider for r in provider.received if r.method == "POST"] == ["sendgrid"]


async def test_wrong_credentials_hold_the_message_and_ask_the_lead_once(academy: Academy, provider: StandIn) -> None:
    provider.fail(faults.unauthorized(), times=None)
    await academy.until(academy.now + timedelta(minutes=10))
    assert {(m["state"], m["reason"]) for m in await academy.rows(messages)} == {("held", "misconfigured")}
    (task,) = await academy.rows(tasks, kind="provider_misconfigured")
    assert task["owner_id"] == academy.lea


async def test_at_night_a_notice_waits_for_eight_in_the_morning(academy: Academy) -> None:
    async with academy.books.transaction() as tx:
        await tx.execute(update(guardians).values(zone="Asia/Tokyo"))  # 21:00 there
    await academy.settle()
    waiting = await academy.rows(messages)
    assert {(m["state"], m["reason"]) for m in waiting if m["channel"] == "email"} == {("queued", "quiet_hours")}
    await academy.until(NOON + timedelta(hours=11, minutes=5))
    sent = await academy.rows(messages)
    assert {m["state"] for m in sent} == {"sent"}
    assert min(m["handed_over_at"] for m in sent) == datetime(2026, 3, 2, 23, tzinfo=UTC)


async def test_a_family_that_said_stop_gets_no_text_and_still_its_email(academy: Academy) -> None:
    async with academy.books.transaction() as tx:
        await tx.execute(update(guardians).values(sms_opted_out_at=NOON))
    await academy.until(academy.now + timedelta(minutes=10))
    assert (await _state(academy, "sms", guardian_id=academy.mother))["reason"] == "opted_out"
    assert (await _state(academy, "email", guardian_id=academy.mother))["state"] == "sent"


async def test_siblings_get_one_text_that_names_both(academy: Academy, provider: StandIn) -> None:
    sister = await _enroll_sister(academy)
    await academy.settle()
    brother, academy.student = academy.student, sister
    await academy.outcome(await academy.session(NOON - timedelta(minutes=70)), Code.NO_SHOW)
    await academy.settle()
    academy.student = brother
    await academy.until(academy.now + timedelta(minutes=4))
    texts = [r for r in provider.taken if r.provider == "twilio"]
    assert len(texts) == 1
    assert "Sam" in texts[0].fields["Body"]
    assert "Zoe" in texts[0].fields["Body"]
    states = sorted(m["state"] for m in await academy.rows(messages, channel="sms"))
    assert states == ["merged", "sent"]


async def _enroll_sister(academy: Academy) -> str:
    async with academy.books.transaction() as tx:
        made = await tx.execute(insert(students).values(org_id=academy.org, name="Zoe Reed").returning(students.c.id))
        sister = str(made.scalar_one())
        link = {"org_id": academy.org, "student_id": sister, "guardian_id": academy.mother, "position": 1}
        await tx.execute(insert(student_guardians).values(link))
        enrolled = {
            "org_id": academy.org,
            "student_id": sister,
            "schedule_id": academy.schedule,
            "coordinator_id": academy.alice,
            "started_at": NOON - timedelta(days=40),
            "imported": True,
        }
        await tx.execute(insert(enrollments).values(enrolled))
    return sister


async def test_a_fourth_text_in_a_week_is_suppressed_and_the_email_goes(academy: Academy) -> None:
    for day in range(4):
        if day:
            session = await academy.session(academy.now - timedelta(minutes=70))
            await academy.outcome(session, Code.NO_SHOW)
        await academy.until(academy.now + timedelta(days=1))
    texts = await academy.rows(messages, channel="sms", guardian_id=academy.mother)
    assert sum(m["state"] == "sent" for m in texts) == 3
    assert {m["reason"] for m in texts if m["state"] == "suppressed"} <= {"weekly_cap", "daily_cap"}
    mails = await academy.rows(messages, channel="email", guardian_id=academy.mother, recipient_kind="guardian")
    assert {m["state"] for m in mails} == {"sent"}


async def test_an_instructor_is_asked_to_mark_a_session_by_an_email_about_no_student(
    academy: Academy, provider: StandIn
) -> None:
    await _enroll_sister(academy)
    session = await academy.session(NOON - timedelta(hours=2))
    chase = chase_message(session, academy.instructor, 1, academy.now)
    async with academy.books.transaction() as tx:
        await tx.execute(insert(messages).values({"org_id": academy.org, **message_row(chase)}))
    academy.deliveries.public_url = "https://bellwether.example"
    out = await academy.deliveries.attempt(academy.org, chase.id, academy.now)
    row = await _state(academy, "email", purpose="unrecorded")
    assert (out.state, row["state"], row["address"]) == ("sent", "sent", "ivan@northstar.example")
    assert (row["student_id"], row["subject"]) == (None, "Please mark attendance: Maths on Mon 2 Mar")
    told = "The Maths session on Mon 2 Mar, 10:00 UTC has no attendance yet. It has 2 students."
    assert row["body"].startswith(f"Hello Ivan,\n\n{told}\n\n")
    assert f"Please mark attendance: https://bellwether.example/teach/lessons/{session}" in row["body"]
    assert [r.nid for r in provider.taken if r.provider == "sendgrid"] == [chase.id]


async def test_a_reminder_names_session_and_link_and_the_session_s_own_link_counts_first(academy: Academy) -> None:
    starts = NOON + timedelta(hours=1)
    session = await academy.session(starts)
    for table, row_id, place in ((schedules, academy.schedule, "every-week"), (sessions, session, "today-only")):
        url = f"https://meet.example/{place}"
        async with academy.books.transaction() as tx:
            await tx.execute(update(table).where(table.c.id == row_id).values(join_url=url))
        due = ReminderDue(session_id=session, starts_at=starts, channel="sms" if table is sessions else "email")
        await academy.happens(due)
        await academy.settle()
    bodies = {m["channel"]: m["body"] for m in await academy.rows(messages, purpose="reminder")}
    assert bodies["sms"] == (
        "Northstar Tutoring: Sam has Maths with Ivan today at 13:00 UTC. If Sam cannot come, please tell Alice. "
        "Join: https://meet.example/today-only"
    )
    assert "today, Mon 2 Mar, 13:00 UTC.\n\nJoin here: https://meet.example/every-week\n" in bodies["email"]
    assert "We ask for 24 hours of notice." in bodies["email"]
