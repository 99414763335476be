"""What becomes of a message after it left: delivery, not sending, moves the ladder. By the vendors' own clients."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from db.engine import Books
from db.journal_tables import decisions, messages, tasks
from db.raw_events import refused
from db.session_tables import raw_events
from db.tables import enrollments, sessions, student_guardians, students
from domain.outcomes import Code
from messaging.sender import Letter, Receipt
from tests.stand_in import faults
from tests.stand_in.callbacks import Callback, event, twice
from tests.stories.reporting import FATHER, MONDAY, MOTHER, PUBLIC_URL, Scene, miss, open_scene

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene(database_url: str, books: Books) -> AsyncIterator[Scene]:
    """Sam, long enrolled; texts and e-mails leave by the real clients."""
    async with open_scene(database_url, books) as opened:
        yield opened


async def test_a_delivered_notice_needs_nobody_else(scene: Scene) -> None:
    await miss(scene.academy)
    decided = len(await scene.academy.rows(decisions))
    text, mail = scene.taken(MOTHER), scene.taken("maria@reed.example")
    await scene.reports(
        *(scene.callbacks.sms(text, status) for status in ("queued", "sent", "delivered")),
        scene.callbacks.email(event(mail, "processed"), event(mail, "delivered")),
    )
    assert await scene.states() == {"sms": "delivered", "email": "delivered"}
    assert await scene.states(scene.academy.father) == {}
    assert len(await scene.academy.rows(decisions)) == decided, "there is nothing to decide"
    shown = await scene.message(MOTHER)
    assert [h["state"] for h in shown["history"]] == ["queued", "sending", "sent", "delivered"]
    assert [r["status"] for r in shown["reports"]] == ["queued", "sent", "delivered"]


async def test_who_cannot_be_reached_is_followed_by_the_next_and_then_by_a_person(scene: Scene) -> None:
    await miss(scene.academy)
    await scene.reports(scene.callbacks.sms(scene.taken(MOTHER), "undelivered", 30003))
    assert await scene.states(scene.academy.father) == {}, "the e-mail may still arrive"
    await scene.both_unreachable(MOTHER, "maria@reed.example")
    await scene.academy.until(scene.academy.now + timedelta(minutes=5))
    assert await scene.states() == {"sms": "undelivered", "email": "undelivered"}
    assert await scene.states(scene.academy.father) == {"sms": "sent", "email": "sent"}
    assert [t["kind"] for t in await scene.academy.rows(tasks)] == []
    await scene.both_unreachable(FATHER, "john@reed.example")
    assert [t["kind"] for t in await scene.academy.rows(tasks)] == ["fix_contact"]
    assert len([r for r in scene.providers.taken if r.provider == "twilio"]) == 2, "nobody gets a second text"
    shown = await scene.message(MOTHER)
    assert (shown["reason"], shown["reason_in_words"]) == ("phone_unreachable", "the phone was off or out of reach")
    assert [(r["status"], r["code"]) for r in shown["reports"]] == [("undelivered", "30003")]


@pytest.mark.parametrize("stands", ["sent", "delivered", "undelivered"])
async def test_a_text_whose_answer_was_lost_is_found_at_the_provider(scene: Scene, stands: str) -> None:
    scene.providers.fail(faults.drop(), to=MOTHER)
    await miss(scene.academy)
    text, shown = scene.taken(MOTHER), await scene.message(MOTHER)
    assert (shown["state"], shown["provider_id"]) == ("unknown", None)
    (student,) = await scene.academy.rows(students)
    assert student["next_due"] == datetime.fromisoformat(shown["look_up_at"]), "it stands in the books, not in a timer"
    assert text.provider_id
    scene.providers.statuses[text.provider_id] = (stands, 30005 if stands == "undelivered" else None)
    await scene.academy.until(scene.academy.now + timedelta(minutes=3))
    shown = await scene.message(MOTHER)
    assert (shown["state"], shown["provider_id"]) == (stands, text.provider_id)
    assert (shown["look_up_at"] is None) is (stands != "sent"), "what is merely sent is looked up again"
    states = [h["state"] for h in shown["history"]]
    assert states[:4] == ["queued", "sending", "unknown", "sent"]
    assert len([r for r in scene.providers.taken if r.to == MOTHER]) == 1


async def test_a_text_whose_report_was_lost_is_asked_for_after_an_hour_and_after_a_day(scene: Scene) -> None:
    await miss(scene.academy)
    text, mail = scene.taken(MOTHER), scene.taken("maria@reed.example")
    await scene.reports(
        scene.callbacks.sms(text, "sent"), scene.callbacks.email(event(mail, "bounce", type="bounce", status="5.1.1"))
    )
    assert text.provider_id
    scene.providers.fail(faults.server_error(503), is_look_up=True)
    await scene.academy.until(MONDAY + timedelta(hours=3))
    asked = [r for r in scene.providers.received if r.method == "GET"]
    assert [(r.path.endswith(f"/{text.provider_id}.json"), r.status) for r in asked] == [(True, 503)]
    scene.providers.statuses[text.provider_id] = ("undelivered", 30005)
    await scene.academy.until(MONDAY + timedelta(hours=25))
    shown = await scene.message(MOTHER)
    assert (shown["state"], shown["reason"], shown["look_up_at"]) == ("undelivered", "unknown_number", None)
    assert [r["status"] for r in shown["reports"]] == ["sent", "undelivered"]
    await scene.academy.until(MONDAY + timedelta(days=3))
    assert len([r for r in scene.providers.received if r.method == "GET"]) == 2


async def test_a_text_that_is_reported_is_not_asked_for(scene: Scene) -> None:
    await miss(scene.academy)
    await scene.reports(scene.callbacks.sms(scene.taken(MOTHER), "delivered"))
    assert (await scene.message(MOTHER))["look_up_at"] is None
    await scene.academy.until(scene.academy.now + timedelta(days=2))
    assert [r for r in scene.providers.received if r.method == "GET"] == []


async def test_a_text_the_provider_does_not_have_counts_as_not_arrived_after_15_minutes(scene: Scene) -> None:
    scene.providers.fail(faults.drop(takes=False), to=MOTHER)
    scene.providers.fail(faults.server_error(503), to=MOTHER, is_look_up=True)
    await miss(scene.academy)
    mail = scene.taken("maria@reed.example")
    await scene.reports(scene.callbacks.email(event(mail, "bounce", type="bounce", status="5.1.1")))
    await scene.academy.until(scene.academy.now + timedelta(minutes=11))
    assert await scene.states(scene.academy.father) == {}, "it may still be found"
    await scene.academy.until(scene.academy.now + timedelta(minutes=10))
    shown = await scene.message(MOTHER)
    assert (shown["state"], shown["reason"]) == ("unknown", "not_at_provider")
    assert await scene.states(scene.academy.father) == {"sms": "sent", "email": "sent"}
    asked = [r for r in scene.providers.received if r.method == "GET"]
    assert [r.status for r in asked] == [503, 200, 200]


async def test_the_same_words_sent_before_are_not_taken_for_the_lost_text(scene: Scene) -> None:
    await miss(scene.academy)
    first = scene.taken(MOTHER)
    row = await scene.message(MOTHER)
    scene.providers.fail(faults.drop(takes=False), to=MOTHER)
    assert (await scene.http.post(f"/v1/messages/{row['id']}/resend")).status_code == 201
    await scene.academy.until(scene.academy.now + timedelta(minutes=20))
    again = next(m for m in await scene.academy.rows(messages, address=MOTHER) if m["resent_by"])
    assert again["body"] == first.fields["Body"]
    assert (again["state"], again["reason"], again["provider_id"]) == ("unknown", "not_at_provider", None)


async def test_reports_doubled_late_out_of_order_and_dropped_end_the_same(scene: Scene) -> None:
    await miss(scene.academy)
    text, mail = scene.taken(MOTHER), scene.taken("maria@reed.example")
    of_text = [scene.callbacks.sms(text, status) for status in ("queued", "sent", "delivered")]
    of_mail = [event(mail, kind) for kind in ("processed", "deferred", "delivered")]
    await scene.reports(*twice(of_text[::-1]), *twice([scene.callbacks.email(*of_mail[::-1], *of_mail)]))
    await scene.reports(
        of_text[1], scene.callbacks.email(of_mail[0], seconds_ago=71 * 3600)
    )  # the last, three days late
    assert await scene.states() == {"sms": "delivered", "email": "delivered"}
    for to in (MOTHER, "maria@reed.example"):
        shown = await scene.message(to)
        assert [h["state"] for h in shown["history"]] == ["queued", "sending", "sent", "delivered"]
        assert len(shown["reports"]) == 3
    assert len(await scene.academy.rows(raw_events)) == 6


async def test_a_report_that_is_quicker_than_the_answer_is_not_undone_by_it(scene: Scene) -> None:
    way_out: Any = scene.academy.deliveries.senders["sms"]

    class Slow:
        name = way_out.name

        async def send(self, letter: Letter) -> Receipt:
            receipt: Receipt = await way_out.send(letter)
            await scene.callbacks.post(scene.http, scene.callbacks.sms(scene.taken(MOTHER), "delivered"))
            return receipt

        async def close(self) -> None:
            await way_out.close()

    scene.academy.deliveries.senders = {**scene.academy.deliveries.senders, "sms": Slow()}
    await miss(scene.academy)
    shown = await scene.message(MOTHER)
    assert (shown["state"], shown["provider_id"]) == ("delivered", scene.taken(MOTHER).provider_id)
    assert [h["state"] for h in shown["history"]] == ["queued", "sending", "delivered"]
    assert [a["result"] for a in shown["attempts"]] == ["accepted"]


async def test_a_report_tells_what_the_lost_answer_would_have(scene: Scene) -> None:
    scene.providers.fail(faults.drop(), to=MOTHER)
    await miss(scene.academy)
    text = scene.taken(MOTHER)
    await scene.reports(scene.callbacks.sms(text, "delivered"))
    shown = await scene.message(MOTHER)
    assert (shown["state"], shown["provider_id"], shown["look_up_at"]) == ("delivered", text.provider_id, None)
    await scene.academy.until(scene.academy.now + timedelta(hours=1))
    assert [r for r in scene.providers.received if r.method == "GET"] == []


async def test_an_ambiguous_email_with_an_event_is_not_sent_again(scene: Scene) -> None:
    scene.providers.fail(faults.server_error(), to="maria@reed.example")
    await miss(scene.academy)
    await scene.reports(scene.callbacks.email(event(scene.taken("maria@reed.example"), "processed")))
    await scene.academy.until(scene.academy.now + timedelta(hours=1))
    assert (await scene.states())["email"] == "sent"
    assert len([r for r in scene.providers.received if r.provider == "sendgrid"]) == 1


async def test_a_hard_bounce_closes_the_address_for_all_to_see_until_a_person_lifts_it(scene: Scene) -> None:
    await miss(scene.academy)
    mail = scene.taken("maria@reed.example")
    await scene.reports(scene.callbacks.email(event(mail, "bounce", type="bounce", status="5.1.1")))
    path = f"/v1/guardians/{scene.academy.mother}"
    (closed,) = (await scene.http.get(path)).json()["suppressed"]
    assert (closed["channel"], closed["reason"], closed["message_id"]) == ("email", "bounced", mail.nid)
    scene.academy.now += timedelta(days=1)
    await miss(scene.academy)
    newest = max(await scene.academy.rows(messages, channel="email"), key=lambda m: m["created_at"])
    assert (newest["state"], newest["reason"]) == ("suppressed", "bounced")

    lifted = (await scene.http.post(f"{path}/addresses/lift", json={"channel": "email"})).json()["suppressed"]
    assert [(c["reason"], c["lifted_by"]) for c in lifted] == [("bounced", scene.academy.alice)]
    changed = await scene.http.patch(path, json={"email": "maria.reed@elsewhere.example"})
    assert changed.json()["suppressed"] == []


async def test_a_stop_said_to_the_provider_is_a_stop_to_us(scene: Scene) -> None:
    scene.providers.fail(faults.twilio_error(21610), to=MOTHER)
    await miss(scene.academy)
    path = f"/v1/guardians/{scene.academy.mother}"
    assert (await scene.http.get(path)).json()["sms_opted_out_at"] is not None
    refused = await scene.http.post(f"{path}/addresses/lift", json={"channel": "sms"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/only_the_family")
    assert (await scene.http.patch(path, json={"phone": "+14155550109"})).json()["sms_opted_out_at"] is None


async def test_a_text_that_named_two_children_is_lost_for_both(scene: Scene, books: Books) -> None:
    academy, sister = scene.academy, "5a1d3c0e-6f0e-4d0e-9a5b-2f2c0b8a7d11"
    async with books.transaction() as tx:
        await tx.execute(insert(students).values(org_id=academy.org, id=sister, name="Zoe Reed"))
        for position, guardian in enumerate((academy.mother, academy.father), start=1):
            link = {"org_id": academy.org, "student_id": sister, "guardian_id": guardian, "position": position}
            await tx.execute(insert(student_guardians).values(link))
        enrolled = {"schedule_id": academy.schedule, "coordinator_id": academy.alice, "imported": True}
        started = MONDAY - timedelta(days=40)
        await tx.execute(
            insert(enrollments).values(org_id=academy.org, student_id=sister, started_at=started, **enrolled)
        )
    brother = academy.student
    for child in (brother, sister):
        academy.student = child
        await academy.outcome(await academy.session(academy.now - timedelta(minutes=70)), Code.NO_SHOW)
        await academy.settle()
    await academy.until(academy.now + timedelta(minutes=5))
    text = scene.taken(MOTHER)
    assert {m["state"] for m in await academy.rows(messages, channel="sms")} == {"sent", "merged"}
    await scene.reports(scene.callbacks.sms(text, "undelivered", 30006))
    assert {m["state"] for m in await academy.rows(messages, channel="sms")} == {"undelivered"}
    academy.student = brother
    await academy.settle()
    told = [d["student_id"] for d in await academy.rows(decisions) if d["event"]["kind"] == "message_reported"]
    assert sorted(told) == sorted([brother, sister])
    await scene.reports(scene.callbacks.sms(text, "delivered"))
    assert {m["state"] for m in await academy.rows(messages, channel="sms")} == {"delivered"}


async def test_forged_reports_leave_a_count_and_nothing_else(scene: Scene) -> None:
    await miss(scene.academy)
    text, mail = scene.taken(MOTHER), scene.taken("maria@reed.example")
    good_text, good_mail = scene.callbacks.sms(text, "delivered"), scene.callbacks.email(event(mail, "bounce"))
    stamp = "X-Twilio-Email-Event-Webhook-Timestamp"
    forged = [
        Callback(good_text.address, good_text.body.replace(b"delivered", b"undelivered"), good_text.headers),
        Callback(good_text.address.replace("nid=", "nid=0"), good_text.body, good_text.headers),
        Callback(good_text.address, good_text.body.replace(b"ErrorCode=&", b""), good_text.headers),
        Callback(good_text.address, b"\xff=1", good_text.headers),
        Callback(good_text.address, good_text.body, {"Content-Type": "application/x-www-form-urlencoded"}),
        Callback(good_mail.address, good_mail.body + b" ", good_mail.headers),
        Callback(good_mail.address, good_mail.body, good_mail.headers | {stamp: "1"}),
        Callback(good_mail.address, good_mail.body, good_mail.headers | {stamp.replace("Timestamp", "Signature"): "x"}),
        Callback(good_mail.address, good_mail.body, {}),
        scene.callbacks.email(event(mail, "bounce"), seconds_ago=73 * 3600),
    ]
    answers = [(await scene.callbacks.post(scene.http, each)).status_code for each in forged]
    assert answers == [401] * len(forged)
    assert await scene.states() == {"sms": "sent", "email": "sent"}
    assert await scene.academy.rows(raw_events) == []
    async with scene.academy.books.transaction() as tx:
        counted = {(r.source, r.reason): r.times for r in await refused(tx)}
    assert counted == {
        ("twilio", "wrong"): 4,
        ("twilio", "missing"): 1,
        ("sendgrid", "wrong"): 3,
        ("sendgrid", "missing"): 1,
        ("sendgrid", "stale"): 1,
    }


async def test_what_is_signed_and_cannot_be_used_is_kept(scene: Scene) -> None:
    await miss(scene.academy)
    mail = scene.taken("maria@reed.example")
    nobodys = event(mail, "delivered") | {"nid": "5a1d3c0e-6f0e-4d0e-9a5b-2f2c0b8a7d11"}
    others = {"event": "delivered", "sg_event_id": "newsletter"}  # other mail of the account
    await scene.reports(
        scene.callbacks.events(b"no json"),
        scene.callbacks.email(nobodys, others),
        scene.callbacks.email(event(mail, "a new kind")),
        scene.callbacks.form(f"{PUBLIC_URL}/v1/webhooks/twilio/status?nid={mail.nid}", {"AccountSid": ""}),
    )
    kept = {(e["source"], e["problem"]) for e in await scene.academy.rows(raw_events)}
    assert kept == {("sendgrid", "unreadable"), ("sendgrid", "no_message"), ("twilio", "unreadable")}
    assert len(await scene.academy.rows(raw_events)) == 4
    listed = (await scene.http.get("/v1/raw-events?problem=no_message")).json()["items"]
    session = (await scene.academy.rows(sessions))[0]["id"]
    refusal = await scene.http.post(f"/v1/raw-events/{listed[0]['id']}/assign", json={"session_id": session})
    assert (refusal.status_code, refusal.json()["type"]) == (409, "/problems/not_of_a_session")
