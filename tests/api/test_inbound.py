"""The doors for what families write: checked, kept once, matched to the right people, never into the void."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from db.journal_tables import messages, tasks
from db.reply_tables import consents
from db.session_tables import raw_events
from db.tables import guardians, student_guardians, students
from tests.api.conftest import House
from tests.api.families import MOTHER, OURS, Family, open_family
from tests.api.scenes import missed

pytestmark = pytest.mark.anyio
NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@pytest.fixture
def family(house: House) -> Family:
    """Both doors set up."""
    return open_family(house)


async def _case(family: Family) -> dict[str, Any]:
    (case,) = (await family.house.alice.get("/v1/cases")).json()["items"]
    return dict(case)


async def test_only_what_twilio_signed_comes_in(family: Family) -> None:
    form = {"MessageSid": "SM1", "From": MOTHER, "To": OURS, "Body": "1", "NumMedia": ""}
    wrong = [await family.post(form, token="another"), await family.post(form, signature="nonsense")]
    wrong.append(await family.post(form, signature=""))
    assert [w.status_code for w in wrong] == [401] * 3
    told = (await family.house.admin.get("/v1/webhooks")).json()["refused"]
    assert {r["reason"]: r["times"] for r in told if r["source"] == "twilio_inbound"} == {"wrong": 2, "missing": 1}
    assert await family.kept() == []
    good = await family.post(form, query=f"?organization={family.house.academy.org}")
    assert (good.status_code, good.text, good.headers["content-type"]) == (200, NOTHING, "text/xml; charset=utf-8")
    assert [r["text"] for r in await family.kept()] == ["1"]


async def test_doors_that_are_not_set_up_are_not_there(house: House) -> None:
    for name in ("twilio", "sendgrid"):
        answer = await house.anonymous.post(f"/v1/webhooks/{name}/inbound", content=b"")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/webhook_not_set_up")


async def test_a_text_sent_twice_counts_once_and_is_kept_word_for_word(family: Family) -> None:
    for _ in range(2):
        assert (await family.text("Call me", sid="SM7")).status_code == 200
    (event,) = await family.house.academy.rows(raw_events)
    assert (event["source"], event["key"], event["problem"]) == ("twilio_inbound", "SM7", None)
    assert '"Body": "Call me"' in event["body"]
    (reply,) = await family.kept()
    assert (reply["meaning"], reply["rule"], reply["event_id"]) == ("call_me", "call_asked", event["id"])
    assert [t["kind"] for t in await family.house.academy.rows(tasks)] == ["call_back"]


async def test_one_text_posted_ten_times_at_once_is_one_reply(family: Family) -> None:
    answers = await asyncio.gather(*(family.text("1", sid="SM1") for _ in range(10)))
    assert {a.status_code for a in answers} == {200}
    assert len(await family.kept()) == len(await family.house.academy.rows(raw_events)) == 1


async def test_what_she_said_last_is_what_counts(family: Family) -> None:
    for word in ("STOP", "START", "stop", "BAJA", "alta", "STOP"):
        await family.text(word)
    mother = (await family.house.alice.get(f"/v1/guardians/{family.house.academy.mother}")).json()
    assert mother["sms_opted_out_at"] is not None
    lines = sorted(await family.house.academy.rows(consents), key=lambda c: c["at"])
    assert [c["change"] for c in lines] == ["opted_out", "opted_in"] * 2 + ["opted_out"], "only what changed something"


async def test_an_excuse_ends_the_ladder_and_names_what_it_answers(family: Family) -> None:
    await missed(family.house, 0, 1)
    assert (await _case(family))["stopped"] is None
    await family.text("Sam is sick, sorry")
    assert (await _case(family))["stopped"] == "reply"
    (reply,) = await family.kept()
    concern = await family.house.academy.rows(messages, purpose="concern")
    assert reply["message_id"] in [m["id"] for m in concern]
    timeline = (await family.house.alice.get(f"/v1/students/{family.house.academy.student}/timeline")).text
    assert "Maria Reed replied" in timeline


async def test_a_coded_reply_to_a_text_about_two_children_counts_for_both(family: Family) -> None:
    sister = await family.sister()
    await missed(family.house, 0)
    await family.travelled_with(sister)
    await family.text("1")
    academy = family.house.academy
    assert {r["student_id"] for r in await family.kept()} == {academy.student, sister}
    await family.text("Sue has a fever")
    assert [r["student_id"] for r in await family.kept() if r["rule"] == "symptom"] == [sister]
    await family.later(minutes=1)
    (several, one) = await family.answers()
    assert "your children are ill" in several["body"]
    assert "Sue is ill" in one["body"]


async def test_with_several_children_and_no_message_a_person_says_whom_it_is_about(family: Family) -> None:
    sister = await family.sister()
    await family.text("2")
    (waiting,) = await family.waiting("unmatched")
    assert (waiting["guardian_name"], waiting["student_id"], waiting["meaning"]) == ("Maria Reed", None, "clash")
    (task,) = await family.house.academy.rows(tasks)
    assert (task["kind"], task["student_id"], task["finished_at"]) == ("read_reply", None, None)
    whom = {"guardian_id": family.house.academy.mother, "student_id": sister}
    matched = await family.house.alice.post(f"/v1/replies/{waiting['id']}/match", json=whom)
    assert (matched.status_code, matched.json()["student_name"]) == (200, "Sue Reed")
    again = await family.house.alice.post(f"/v1/replies/{waiting['id']}/match", json=whom)
    assert again.status_code == 200
    other = whom | {"student_id": family.house.academy.student}
    moved = await family.house.alice.post(f"/v1/replies/{waiting['id']}/match", json=other)
    assert (moved.status_code, moved.json()["type"]) == (409, "/problems/reply_matched")
    assert await family.waiting("unmatched") == []
    (task,) = await family.house.academy.rows(tasks)
    assert task["status"] == "done"


async def test_a_message_of_more_than_a_week_ago_is_not_what_is_answered(family: Family) -> None:
    await family.sister()
    await missed(family.house, 0)
    await family.later(days=8)
    await family.text("1")
    assert [r["student_id"] for r in await family.kept()] == [None]


async def test_a_stranger_is_kept_and_can_be_matched(family: Family) -> None:
    await family.text("STOP", sender="+14155559999")
    (waiting,) = await family.waiting("unmatched")
    assert (waiting["sender"], waiting["guardian_id"], waiting["meaning"]) == ("+14155559999", None, "stop")
    assert await family.answers() == []
    academy = family.house.academy
    whom = {"guardian_id": academy.father, "student_id": academy.student}
    assert (await family.house.alice.post(f"/v1/replies/{waiting['id']}/match", json=whom)).status_code == 200
    father = (await family.house.alice.get(f"/v1/guardians/{academy.father}")).json()
    assert father["sms_opted_out_at"] is not None
    (line,) = await academy.rows(consents)
    assert (line["change"], line["reply_id"], line["by"]) == ("opted_out", waiting["id"], academy.alice)


async def test_of_two_organizations_the_one_that_wrote_last_hears_the_reply_and_a_stop_is_for_both(
    family: Family,
) -> None:
    academy = family.house.academy
    about = {"org_id": family.house.elsewhere, "name": "Maria", "phone": MOTHER}
    async with academy.books.transaction() as tx:
        there = (await tx.execute(insert(guardians).values(about).returning(guardians.c.id))).scalar_one()
        child = {"org_id": family.house.elsewhere, "name": "Sam"}
        sam = (await tx.execute(insert(students).values(child).returning(students.c.id))).scalar_one()
        link = {"org_id": family.house.elsewhere, "student_id": sam, "guardian_id": there, "position": 1}
        await tx.execute(insert(student_guardians).values(link))
    await missed(family.house, 0)
    await family.text("STOP")
    assert len(await family.kept()) == 1
    async with academy.books.transaction() as tx:
        stopped = await tx.execute(guardians.select().where(guardians.c.phone == MOTHER))
        assert all(g.sms_opted_out_at for g in stopped)
        assert len((await tx.execute(consents.select())).all()) == 2
    charlies = (await family.house.charlie.get("/v1/replies?which=all")).json()["items"]
    assert charlies == []


async def test_each_understood_text_is_answered_once_in_the_familys_language(family: Family) -> None:
    async with family.house.academy.books.transaction() as tx:
        await tx.execute(update(guardians).values(language="es-MX"))
    await family.text("está enferma")
    await family.text("¿Quién es?")
    await family.later(minutes=1)
    (answer,) = await family.answers()
    assert answer["state"] == "sent"
    assert answer["body"].endswith("Gracias. Hemos anotado que Sam no se encuentra bien. ¡Que se mejore pronto!")
    assert [r["text"] for r in await family.waiting()] == ["¿Quién es?"]


async def test_an_answer_leaves_at_night_if_it_is_quick(family: Family) -> None:
    academy = family.house.academy
    academy.now = academy.now.replace(hour=23)
    await family.text("3")
    await family.later(minutes=1)
    assert [m["state"] for m in await family.answers()] == ["sent"]
    family.house.gateway.asleep = True
    await family.text("1")
    academy.now += timedelta(minutes=5)
    await family.later(minutes=1)  # decided only now: the night is quiet again, and in the morning it is useless
    assert [m["state"] for m in await family.answers()] == ["sent", "queued"]
    await family.later(hours=12)
    assert [m["state"] for m in await family.answers()] == ["sent", "expired"]


async def test_what_the_carrier_has_answered_is_not_answered_again(family: Family) -> None:
    await family.text("STOP")
    await family.text("Start")
    await family.text("help")
    await family.text("Quiero parar", OptOutType="STOP")
    await family.later(minutes=1)
    assert await family.answers() == []
    assert [r["meaning"] for r in await family.kept()] == ["stop", "start", "help", "stop"]
    await family.text("START")
    await family.text("BAJA")  # a word that the carrier does not know
    await family.later(minutes=1)
    (goodbye,) = await family.answers()
    assert (goodbye["state"], "no more texts" in goodbye["body"]) == ("sent", True)


async def test_an_account_that_answers_nothing_itself_leaves_it_all_to_us(house: House) -> None:
    family = open_family(house, twilio_answers_opt_out=False)
    await family.text("STOP")
    await family.later(minutes=1)
    await family.text("HELP")
    await family.later(minutes=1)
    goodbye, help_ = await family.answers()
    assert "START" in goodbye["body"]
    assert "STOP" in help_["body"]
    assert [m["state"] for m in (goodbye, help_)] == ["sent", "sent"]


async def test_two_machines_do_not_talk_for_ever(family: Family) -> None:
    for _ in range(5):
        await family.text("1")
        await family.later(minutes=1)
    assert len(await family.answers()) == 3
    await family.later(hours=24)
    await family.text("1")
    await family.later(minutes=1)
    assert len(await family.answers()) == 4
    await family.text("1", sender=OURS)
    problems = [e["problem"] for e in await family.house.academy.rows(raw_events) if e["problem"]]
    assert (problems, len(await family.kept())) == (["own_number"], 6)


async def test_an_email_is_matched_by_the_address_it_answers(family: Family) -> None:
    await missed(family.house, 0)
    academy = family.house.academy
    (notice,) = await academy.rows(messages, purpose="absence_notice", channel="email")
    quoted = (
        "She is sick.\n\nOn Mon, 2 Mar 2026 at 16:10, Northstar\n<office@northstar.example> wrote:\n> 3 = call me\n"
    )
    to = f"replies+{notice['id']}@parse.northstar.example"
    assert (await family.mail(quoted, to=to, sender="granny@else.example")).json() == {"status": "taken"}
    (reply,) = await family.kept()
    assert (reply["text"], reply["meaning"], reply["guardian_id"]) == ("She is sick.", "ill", academy.mother)
    assert (reply["message_id"], reply["sender"]) == (notice["id"], "granny@else.example")
    await family.later(minutes=1)
    assert await family.answers() == [], "an answer is for texts"


async def test_an_email_is_matched_by_what_it_refers_to_or_else_by_its_sender(family: Family) -> None:
    await missed(family.house, 0)
    academy = family.house.academy
    async with academy.books.transaction() as tx:
        m = messages.c
        await tx.execute(update(messages).where(m.channel == "email").values(provider_id="14c5d75ce93.dfd.64b469"))
    refers = "In-Reply-To: <14c5d75ce93.dfd.64b469@geopod-ismtpd-1>"
    await family.mail("llámeme por favor", sender="other@else.example", headers=refers, charset="latin-1")
    await family.mail("3", sender="MARIA@REED.example")
    assert [(r["guardian_id"], r["meaning"]) for r in await family.kept()] == [(academy.mother, "call_me")] * 2
    assert [t["kind"] for t in await academy.rows(tasks)] == ["call_back"], "one call is enough"


async def test_an_email_in_any_charset_is_kept(family: Family) -> None:
    halves = r"She is sick \ud800"
    for body, charset in (
        ("Está enferma", "windows-1252"),
        ("She is sick", "no-such-thing"),
        (halves, "unicode_escape"),
    ):
        told = json.dumps({"text": charset})
        written = "windows-1252" if charset == "windows-1252" else "utf-8"
        assert (await family.mail(body, charset=written, charsets=told)).status_code == 200
    assert [r["text"] for r in await family.kept()][:2] == ["Está enferma", "She is sick"]
    assert len(await family.kept()) == 3


async def test_machines_that_answer_mail_are_kept_and_not_listened_to(family: Family) -> None:
    await family.mail("I am sick", headers="Auto-Submitted: auto-replied")
    await family.mail("I am away", subject="Out of office: Re: Maths")
    await family.mail("1", sender="MAILER-DAEMON@mail.example")
    assert await family.kept() == []
    listed = (await family.house.alice.get("/v1/raw-events?problem=automatic")).json()["items"]
    assert len(listed) == 3


async def test_an_email_that_asks_for_no_more_is_read_by_a_person(family: Family) -> None:
    await family.mail("Please unsubscribe me")
    (waiting,) = await family.waiting()
    assert waiting["why"] == "It asks for no more, by e-mail: a person finds out what is meant."
    mother = (await family.house.alice.get(f"/v1/guardians/{family.house.academy.mother}")).json()
    assert mother["sms_opted_out_at"] is None


async def test_mail_needs_the_password_and_what_is_no_mail_is_kept(family: Family) -> None:
    assert (await family.mail("1", password="guess")).status_code == 401
    path = "/v1/webhooks/sendgrid/inbound"
    assert (await family.house.anonymous.post(path, content=b"1")).status_code == 401
    pair = base64.b64encode(b"x:a password of Parse").decode()
    odd = await family.house.anonymous.post(path, content=b"\xff\0", headers={"Authorization": f"Basic {pair}"})
    assert odd.json() == {"status": "kept"}
    (event,) = await family.house.academy.rows(raw_events)
    assert (event["source"], event["problem"]) == ("sendgrid_inbound", "unreadable")
    large = {"Authorization": f"Basic {pair}", "Content-Type": "multipart/form-data; boundary=x"}
    answer = await family.house.anonymous.post(path, content=b"x" * (31 * 1024 * 1024 + 1), headers=large)
    assert answer.status_code == 413


async def test_a_reply_that_cannot_be_read_is_kept_all_the_same(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("api.reply_taking.understand", broken)
    assert (await family.text("1")).status_code == 200
    (event,) = await family.house.academy.rows(raw_events)
    assert (event["problem"], '"Body": "1"' in event["body"]) == ("unreadable", True)


async def test_an_unclear_reply_is_one_task_and_a_person_says_what_it_means(family: Family) -> None:
    await missed(family.house, 0, 1)
    await family.text("Can we move to Tuesdays?")
    await family.text("Or she might be ill")
    academy, alice = family.house.academy, family.house.alice
    (task,) = [t for t in await academy.rows(tasks) if t["kind"] == "read_reply"]
    assert task["due_at"] == academy.now.replace(hour=12, minute=0, second=0) + timedelta(days=1)
    first, second = await family.waiting()
    assert first["text"] == "Can we move to Tuesdays?"
    for who in (family.house.integration, family.house.charlie):
        answer = await who.post(f"/v1/replies/{first['id']}/understand", json={"meaning": "nothing"})
        assert answer.status_code in (403, 404)
    read = await alice.post(f"/v1/replies/{first['id']}/understand", json={"meaning": "nothing"})
    assert (read.json()["meaning"], read.json()["read_by"]) == ("nothing", academy.alice)
    await family.house.rest()
    assert [t["status"] for t in await academy.rows(tasks, kind="read_reply")] == ["open"]
    await alice.post(f"/v1/replies/{second['id']}/understand", json={"meaning": "ill"})
    await family.house.rest()
    assert [t["status"] for t in await academy.rows(tasks, kind="read_reply")] == ["done"]
    assert (await _case(family))["stopped"] == "reply"
    assert await family.waiting() == []
    again = await alice.post(f"/v1/replies/{second['id']}/understand", json={"meaning": "clash"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/reply_read")
    assert len(await family.waiting("all")) == 2


async def test_who_finishes_the_task_has_read_the_replies(family: Family) -> None:
    await family.text("Can we move to Tuesdays?")
    (task,) = await family.house.academy.rows(tasks)
    done = {"outcome": "reached", "channel": "phone"}
    assert (await family.house.alice.post(f"/v1/tasks/{task['id']}/complete", json=done)).status_code == 200
    assert await family.waiting() == []
    family.house.academy.now += timedelta(minutes=1)
    await family.text("And on Fridays?")
    assert [r["text"] for r in await family.waiting()] == ["And on Fridays?"]


async def test_a_strange_reply_about_nobody_can_be_put_aside(family: Family) -> None:
    await family.text("Win a prize!", sender="+14155559999")
    (waiting,) = await family.waiting("unmatched")
    path = f"/v1/replies/{waiting['id']}/understand"
    early = await family.house.alice.post(path, json={"meaning": "ill"})
    assert (early.status_code, early.json()["type"]) == (409, "/problems/reply_unmatched")
    assert (await family.house.alice.post(path, json={"meaning": "nothing"})).status_code == 200
    assert await family.waiting("unmatched") == []
    assert [t["status"] for t in await family.house.academy.rows(tasks)] == ["done"]
