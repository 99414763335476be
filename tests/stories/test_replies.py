"""When families answer: one text about two children, a STOP in mid-air, a reply that nobody understands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from twilio.request_validator import RequestValidator

from db.engine import Books
from db.journal_tables import messages, tasks
from db.reply_tables import consents, replies
from messaging.sender import Letter, Receipt
from settings import Settings
from tests.academy import daytime
from tests.stories.operators import OUTBOX, Operator, at_work

pytestmark = pytest.mark.anyio
TOKEN, PUBLIC, MOTHER, OURS = "a token of Twilio", "https://hooks.northstar.example", "+13125550100", "+15005550006"


@pytest.fixture
async def operator(database_url: str, books: Books) -> AsyncIterator[Operator]:
    """An operator whose processes run by hand; Ann and Ben have one mother, and it is noon where she lives."""
    async with at_work(database_url, books) as opened:
        opened.app.state.settings = Settings(
            _env_file=None, twilio_auth_token=TOKEN, twilio_from=OURS, public_url=PUBLIC
        )
        about = {"subject": "Maths", "kind": "group", "zone": "UTC", "instructor_ref": "ivan"}
        await opened.make("schedules", ref="maths", **about)
        began = (await opened.now() - timedelta(days=90)).isoformat()
        for ref in ("ann", "ben"):
            await opened.make("students", ref=ref, name=f"{ref.capitalize()} Reed")
            seat = {"student_ref": ref, "schedule_ref": "maths", "coordinator_ref": "alice"}
            await opened.make("enrollments", ref=f"e-{ref}", started_at=began, imported=True, **seat)
        children = [{"student_ref": ref, "position": 1} for ref in ("ann", "ben")]
        family = {"phone": MOTHER, "email": "mother@reed.example", "zone": daytime()}
        await opened.make("guardians", ref="mother", name="Maria Reed", students=children, **family)
        yield opened


async def missed(operator: Operator, hours_ago: float, *who: str) -> str:
    """They were not at a session that ended so long ago."""
    ended: datetime = await operator.now() - timedelta(hours=hours_ago)
    span = {"starts_at": (ended - timedelta(hours=1)).isoformat(), "ends_at": ended.isoformat()}
    session = await operator.make("sessions", ref=f"s-{uuid4()}", schedule_ref="maths", **span)
    for ref in who:
        await operator.post("/outcomes", {"session_id": session, "student_ref": ref, "code": "no_show"})
    return session


async def text(operator: Operator, body: str, **more: str) -> None:
    """The mother texts us; Twilio signs and posts it."""
    form = {"MessageSid": f"SM{uuid4().hex}", "From": MOTHER, "To": OURS, "Body": body} | more
    path = "/v1/webhooks/twilio/inbound"
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + path, form)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    answer = await operator.http.post(path, content=urlencode(form), headers=headers | {"Authorization": ""})
    assert (answer.status_code, "<Response>" in answer.text) == (200, True)


async def a_while(operator: Operator, **span: float) -> None:
    """Time passes."""
    await operator.until(await operator.now() + timedelta(**span))


async def sms(operator: Operator) -> list[dict[str, Any]]:
    """Our texts to the mother, in their order."""
    return sorted(await operator.rows(messages, channel="sms"), key=lambda m: (m["created_at"], m["id"]))


async def test_one_text_names_both_children_and_one_answer_counts_for_both(operator: Operator) -> None:
    await missed(operator, 1, "ann", "ben")
    await a_while(operator, minutes=5)
    assert sorted(m["state"] for m in await sms(operator)) == ["merged", "sent"]

    await text(operator, "1")
    await a_while(operator, minutes=1)
    kept = await operator.rows(replies)
    assert {r["student_id"] for r in kept} == {operator.ids["ann"], operator.ids["ben"]}
    assert {(r["meaning"], r["rule"], r["text"]) for r in kept} == {("ill", "code", "1")}
    for ref in ("ann", "ben"):
        told = (await operator.get(f"/students/{operator.ids[ref]}/replies"))["items"]
        assert [(r["meaning"], r["why"]) for r in told] == [("ill", "The reply is one of the coded answers.")]
    (answer,) = await operator.rows(messages, purpose="answer")
    assert (answer["state"], "your children are ill" in answer["body"]) == ("sent", True)


async def test_a_stop_that_comes_during_a_send_lets_that_text_go_and_nothing_after(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[str] = []
    send = OUTBOX["sms"].send

    async def while_she_says_stop(letter: Letter) -> Receipt:
        left.append(letter.body)
        await text(operator, "STOP")
        return await send(letter)

    monkeypatch.setattr(OUTBOX["sms"], "send", while_she_says_stop)
    await missed(operator, 50, "ann")
    await a_while(operator, minutes=5)
    assert [(m["state"], len(left)) for m in await sms(operator)] == [("sent", 1)]
    (line,) = await operator.rows(consents)
    assert (line["change"], line["guardian_id"]) == ("opted_out", operator.ids["mother"])

    await missed(operator, 1, "ann", "ben")
    await a_while(operator, minutes=10)
    assert {(m["state"], m["reason"]) for m in (await sms(operator))[1:]} == {("suppressed", "opted_out")}
    assert len(left) == 1
    mails = [m["state"] for m in await operator.rows(messages, channel="email")]
    assert set(mails) == {"sent"}, "the e-mail still goes"

    monkeypatch.setattr(OUTBOX["sms"], "send", send)
    await text(operator, "START")
    await a_while(operator, minutes=1)
    assert [c["change"] for c in sorted(await operator.rows(consents), key=lambda c: c["at"])][-1] == "opted_in"


async def test_a_reply_nobody_understands_is_read_by_alice_and_ends_the_ladder(operator: Operator) -> None:
    await missed(operator, 50, "ann")
    await missed(operator, 1, "ann")
    await a_while(operator, minutes=5)
    (case,) = (await operator.get("/cases"))["items"]
    assert case["stopped"] is None

    await text(operator, "Ann had one of her days, you know how it is")
    await a_while(operator, minutes=1)
    (task,) = await operator.rows(tasks, kind="read_reply")
    assert task["student_id"] == operator.ids["ann"]
    headers = {"Bellwether-Actor": "alice"}
    (reply,) = (await operator.http.get("/v1/replies", headers=headers)).json()["items"]
    await operator.post(f"/replies/{reply['id']}/understand", {"meaning": "ill"}, by="alice")
    await a_while(operator, hours=30)
    assert [m["purpose"] for m in await sms(operator) if m["purpose"] == "concern"] == ["concern"], "no second step"
    (case,) = (await operator.get("/cases"))["items"]
    assert case["stopped"] == "reply"
    (task,) = await operator.rows(tasks, kind="read_reply")
    assert (task["status"], task["finished_by"]) == ("done", reply_reader(await operator.rows(replies)))
    said = (await operator.get(f"/students/{operator.ids['ann']}/timeline"))["items"]
    assert "Alice has read the reply of Maria Reed: ill." in str(said)


def reply_reader(kept: list[dict[str, Any]]) -> Any:
    """Who read the only reply."""
    (reply,) = kept
    return reply["read_by"]
