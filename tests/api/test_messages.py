"""Messages, holds and replies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, update

from db import operations
from db.decisions import message_row
from db.engine import Books
from db.journal_tables import messages
from db.reply_tables import replies
from db.tables import enrollments, guardians, student_guardians, students
from domain.events import ReminderDue
from domain.session_notices import chase_message
from domain.tasks import TaskKind
from tests.api.conftest import House
from tests.api.scenes import missed

pytestmark = pytest.mark.anyio


async def _sent(house: House, channel: str = "sms") -> dict[str, Any]:
    await missed(house, 0)
    found = await house.alice.get(f"/v1/messages?channel={channel}&state=sent&student_id={house.academy.student}")
    message: dict[str, Any] = found.json()["items"][0]
    return message


async def test_nobody_reads_or_sends_without_a_key(house: House) -> None:
    for path in ("messages/x/resend", "holds/release", "holds/discard", f"students/{uuid4()}/replies"):
        assert (await house.anonymous.post(f"/v1/{path}", json={})).status_code == 401, path
    assert (await house.anonymous.get("/v1/messages")).status_code == 401


async def test_a_message_shows_everything_about_itself(house: House) -> None:
    message = await _sent(house)
    assert message["recipient"] == {
        "kind": "guardian",
        "id": house.academy.mother,
        "name": "Maria Reed",
        "address": "+14155550101",
    }
    assert [h["state"] for h in message["history"]] == ["queued", "sending", "sent"]
    assert [a["result"] for a in message["attempts"]] == ["accepted"]
    assert "Sam" in message["body"]
    assert (message["encoding"], message["segments"]) == ("GSM-7", 1)
    assert (await house.alice.get(f"/v1/messages/{message['id']}")).json() == message
    assert (await house.charlie.get(f"/v1/messages/{message['id']}")).status_code == 404
    of_session = (await house.alice.get(f"/v1/messages?session_id={message['session_id']}")).json()["items"]
    assert {m["channel"]: m["segments"] for m in of_session} == {"sms": 1, "email": None}


async def test_a_spanish_family_is_written_to_in_spanish(house: House, books: Books) -> None:
    async with books.transaction() as tx:
        await tx.execute(update(guardians).where(guardians.c.id == house.academy.mother).values(language="es-MX"))
        await tx.execute(update(students).where(students.c.id == house.academy.student).values(name="Sofía Reed"))
    sms = await _sent(house)
    assert "Sofía no estuvo en la clase de " in sms["body"]
    assert sms["body"].endswith("¿Todo bien? Responda 1 enfermo/a, 2 no podia, 3 llameme.")
    assert (sms["encoding"], sms["segments"]) == ("UCS-2", 3)
    of_session = (await house.alice.get(f"/v1/messages?session_id={sms['session_id']}&channel=email")).json()["items"]
    (email,) = [m for m in of_session if m["recipient"]["id"] == house.academy.mother]
    assert email["subject"].startswith("Sofía no estuvo en la clase de ")
    assert email["body"].endswith("Recibe este mensaje porque es contacto de Sofía.")


async def test_a_person_sends_a_message_again_and_it_shows_who(house: House) -> None:
    message = await _sent(house, "email")
    path = f"/v1/messages/{message['id']}/resend"
    assert (await house.integration.post(path)).json()["type"] == "/problems/actor_needed"
    again = await house.alice.post(path)
    assert again.status_code == 201
    body = again.json()
    assert (body["state"], body["resent_by"], body["purpose"]) == ("queued", house.academy.alice, message["purpose"])
    assert body["id"] != message["id"]
    twice = await house.alice.post(f"/v1/messages/{body['id']}/resend")
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/not_resendable")
    await house.rest()
    await house.academy.until(house.academy.now + timedelta(minutes=3))
    assert (await house.alice.get(again.headers["Location"])).json()["state"] == "sent"


async def test_a_message_about_no_student_is_shown_and_sent_again_like_any_other(house: House, books: Books) -> None:
    academy = house.academy
    session = await academy.session(academy.now - timedelta(hours=2))
    chase = chase_message(session, academy.instructor, 1, academy.now)
    async with books.transaction() as tx:
        await tx.execute(insert(messages).values({"org_id": academy.org, **message_row(chase)}))
    await academy.deliveries.attempt(academy.org, chase.id, academy.now)
    (shown,) = (await house.alice.get(f"/v1/messages?session_id={session}")).json()["items"]
    assert (shown["student_id"], shown["purpose"], shown["state"]) == (None, "unrecorded", "sent")
    assert (shown["recipient"]["kind"], shown["recipient"]["name"]) == ("staff", "Ivan")
    again = await house.alice.post(f"/v1/messages/{chase.id}/resend")
    assert (again.status_code, again.json()["student_id"], again.json()["state"]) == (201, None, "queued")


async def test_a_reminder_is_not_sent_again_once_its_session_has_begun(house: House, books: Books) -> None:
    academy = house.academy
    starts = academy.now + timedelta(hours=1)
    session = await academy.session(starts)
    await academy.happens(ReminderDue(session_id=session, starts_at=starts, channel="email"))
    await academy.settle()
    (sent,) = (await house.alice.get(f"/v1/messages?session_id={session}")).json()["items"]
    academy.now = starts
    late = await house.alice.post(f"/v1/messages/{sent['id']}/resend")
    assert (late.status_code, late.json()["type"]) == (409, "/problems/useless_by_now")


async def test_held_messages_wait_for_the_leads_word(house: House, books: Books) -> None:
    message = await _sent(house)
    now = house.academy.now

    async def hold() -> None:
        async with books.transaction() as tx:
            await tx.execute(
                update(messages)
                .where(messages.c.id == message["id"])
                .values(state="held", reason="blast_guard", handed_over_at=None, handed_out_at=None)
            )
            await operations.open_once(tx, house.academy.org, TaskKind.BLAST_GUARD, now)

    await hold()
    for path in ("/v1/holds/release", "/v1/holds/discard"):
        refused = await house.alice.post(path, json={})
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/role_needed")
        assert (await house.charlie.post(path, json={})).json() == {"messages": [], "tasks": []}
    discarded = await house.lea.post("/v1/holds/discard", json={"note": "wrong import"})
    assert discarded.json()["messages"] == [message["id"]]
    shown = (await house.alice.get(f"/v1/messages/{message['id']}")).json()
    assert (shown["state"], shown["reason_in_words"]) == ("cancelled", "discarded by a person")
    task = (await house.alice.get("/v1/tasks?kind=blast_guard")).json()["items"][0]
    assert (task["id"], task["status"], task["note"]) == (discarded.json()["tasks"][0], "done", "wrong import")
    await hold()
    house.gateway.asleep = True
    released = await house.lea.post("/v1/holds/release", json={})
    assert released.json()["messages"] == [message["id"]]
    assert house.academy.student in house.gateway.nudged
    shown = (await house.alice.get(f"/v1/messages/{message['id']}")).json()
    assert (shown["state"], shown["due_at"]) == ("queued", now.isoformat().replace("+00:00", "Z"))


async def test_a_coded_reply_is_understood_and_told_to_the_student(house: House) -> None:
    await missed(house, 0, 1)
    path = f"/v1/students/{house.academy.student}/replies"
    answer = await house.integration.post(path, json={"guardian_id": house.academy.mother, "text": " 1. "})
    assert (answer.status_code, answer.json()["meaning"]) == (202, "ill")
    await house.rest()
    case = (await house.alice.get("/v1/cases")).json()["items"][0]
    assert case["stopped"] == "reply"
    kept = (await house.alice.get(path)).json()["items"]
    assert [(r["text"], r["guardian_name"]) for r in kept] == [("1.", "Maria Reed")]


async def test_a_reply_nobody_understands_becomes_a_task(house: House) -> None:
    path = f"/v1/students/{house.academy.student}/replies"
    body = {"guardian_id": house.academy.mother, "text": "Can we move to Tuesdays?"}
    assert (await house.integration.post(path, json=body)).json()["meaning"] == "unclear"
    await house.rest()
    assert [t["kind"] for t in (await house.alice.get("/v1/tasks")).json()["items"]] == ["read_reply"]


async def test_stop_and_start_count_at_once(house: House) -> None:
    path = f"/v1/students/{house.academy.student}/replies"
    who = f"/v1/guardians/{house.academy.mother}"
    await house.integration.post(path, json={"guardian_id": house.academy.mother, "text": "STOP"})
    assert (await house.alice.get(who)).json()["sms_opted_out_at"] is not None
    await house.integration.post(path, json={"guardian_id": house.academy.mother, "code": "start"})
    assert (await house.alice.get(who)).json()["sms_opted_out_at"] is None


async def test_what_is_no_reply_is_refused(house: House) -> None:
    path = f"/v1/students/{house.academy.student}/replies"
    mother = {"guardian_id": house.academy.mother}
    for body in (mother, {**mother, "text": "1", "code": "1"}, {**mother, "text": " "}, {"text": "1"}):
        assert (await house.integration.post(path, json=body)).status_code == 422, body
    unknown = await house.integration.post(path, json={**mother, "code": "7"})
    assert unknown.json()["type"] == "/problems/not_understood"
    stranger = await house.integration.post(path, json={"guardian_id": str(uuid4()), "text": "1"})
    assert (stranger.status_code, stranger.json()["type"]) == (422, "/problems/not_their_guardian")


async def test_an_answer_to_a_text_about_two_children_counts_for_both(house: House, books: Books) -> None:
    academy = house.academy
    sister = (await house.alice.post("/v1/students", json={"name": "Sue Reed"})).json()["id"]
    async with books.transaction() as tx:
        link = {"org_id": academy.org, "student_id": sister, "guardian_id": academy.mother, "position": 1}
        await tx.execute(insert(student_guardians).values(link))
        own = {"org_id": academy.org, "student_id": sister, "schedule_id": academy.schedule}
        await tx.execute(insert(enrollments).values(**own, coordinator_id=academy.bob, started_at=academy.now))
    message = await _sent(house)
    async with books.transaction() as tx:
        row = (await tx.execute(select(messages).where(messages.c.id == message["id"]))).one()
        merged = {**row._mapping, "id": str(uuid4()), "key": "with-it:sms", "student_id": sister, "state": "merged"}
        await tx.execute(insert(messages).values({**merged, "merged_into": row.id}))
    path = f"/v1/students/{sister}/replies"
    answer = await house.integration.post(path, json={"guardian_id": academy.mother, "text": "3"})
    assert answer.json()["students"] == [sister, academy.student]
    await house.rest()
    calls = (await house.alice.get("/v1/tasks?kind=call_back")).json()["items"]
    assert {t["student_name"] for t in calls} == {"Sam Reed", "Sue Reed"}
    unclear = await house.integration.post(path, json={"guardian_id": academy.mother, "text": "what?"})
    assert unclear.json()["students"] == [sister]
    async with books.transaction() as tx:
        assert len((await tx.execute(select(replies.c.id))).all()) == 3
        assert (await tx.execute(select(guardians.c.sms_opted_out_at))).scalars().all() == [None, None]
