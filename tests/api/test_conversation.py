"""What passed between a family and us reads like a conversation, with a reason for every silence."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, update

from db.journal_tables import messages
from db.tables import guardians, student_guardians, students
from tests.api.conftest import MONDAY, House
from tests.api.families import Family, open_family
from tests.api.scenes import missed

pytestmark = pytest.mark.anyio


@pytest.fixture
def family(house: House) -> Family:
    """Sam's mother can text us."""
    return open_family(house)


async def read_aloud(house: House, student: str | None = None) -> list[str]:
    """The conversation, a line or two for each turn."""
    answer = await house.alice.get(f"/v1/students/{student or house.academy.student}/conversation")
    assert answer.status_code == 200, answer.text
    lines = []
    for turn in answer.json()["items"]:
        at = datetime.fromisoformat(turn["at"])
        said = f" “{turn['words'].splitlines()[0]}”" if turn["words"] and turn["kind"] != "message" else ""
        lines.append(f"{at:%a %H:%M} {turn['heading']}{said} ({turn['became']})")
        lines += [f"    {line}" for line in turn["besides"] if turn["kind"] != "not_sent"]
    return lines


async def test_notices_answers_and_calls_stand_in_their_order_with_what_became_of_them(family: Family) -> None:
    house = family.house
    await missed(house, 0, 1)
    await family.text("we lost the link somehow")
    [task] = [t for t in (await house.alice.get("/v1/tasks?status=unfinished")).json()["items"] if t["case_id"]]
    house.academy.now += timedelta(minutes=1)
    called = {"channel": "phone", "note": "She had no link. Sent it."}
    assert (await house.alice.post(f"/v1/tasks/{task['id']}/outreach", json=called)).status_code == 200
    await family.text("1")
    await family.later(minutes=5)
    assert await read_aloud(house) == [
        "Mon 16:10 E-mail to Maria Reed: absence notice (sent)",
        "Mon 16:13 SMS to Maria Reed: absence notice (sent)",
        "Tue 16:10 E-mail to Maria Reed: concern (sent)",
        "Tue 16:13 SMS to Maria Reed: concern (sent)",
        "Tue 16:15 Maria Reed by SMS “we lost the link somehow” (No rule covers the whole reply: a person reads it.)",
        "Tue 16:16 Alice by phone “She had no link. Sent it.” (reached out)",
        "Tue 16:16 Maria Reed by SMS “1” (understood: ill. The reply is one of the coded answers.)",
        "Tue 16:16 SMS to Maria Reed: answer (sent)",
    ]
    turns = (await house.alice.get(f"/v1/students/{house.academy.student}/conversation")).json()["items"]
    assert "Sam was not at" in turns[0]["subject"]
    assert "Reply 1 ill, 2 clash" in turns[1]["words"]
    assert [t["theirs"] for t in turns].count(True) == 2


async def test_what_did_not_leave_is_one_line_with_its_reason(family: Family) -> None:
    house = family.house
    academy = house.academy
    sister = await family.sister()
    await missed(house, 0)
    await family.travelled_with(sister)
    async with academy.books.transaction() as tx:
        closed = {"sms_opted_out_at": academy.now, "email": None}
        await tx.execute(update(guardians).where(guardians.c.id == academy.mother).values(closed))
    await missed(house, 3)
    told = await read_aloud(house)
    assert "To Maria Reed: concern (E-mail not sent: no e-mail address; SMS not sent: the contact opted out" in told[2]
    assert [line for line in told if "John Reed" in line], "so the father was asked"
    [line] = await read_aloud(house, sister)
    assert line.endswith("To Maria Reed: absence notice (SMS: in one text with the one about Sam Reed)")


async def test_a_notice_whose_text_is_capped_tells_so_beside_its_e_mail(family: Family) -> None:
    house = family.house
    await missed(house, 0)
    async with house.academy.books.transaction() as tx:
        capped = {"state": "suppressed", "reason": "weekly_cap", "handed_over_at": None, "body": None}
        await tx.execute(update(messages).where(messages.c.channel == "sms").values(capped))
    assert await read_aloud(house) == [
        "Mon 16:10 E-mail to Maria Reed: absence notice (sent)",
        "    SMS not sent: the weekly limit of texts is reached",
    ]


async def test_who_is_no_contact_any_more_hears_nothing_and_the_one_who_is_does(house: House) -> None:
    academy = house.academy
    session = await academy.session(MONDAY)
    academy.now = MONDAY + timedelta(hours=1, minutes=10)
    body = {"session_id": session, "student_id": academy.student, "code": "no_show"}
    house.gateway.asleep = True
    assert (await house.integration.post("/v1/outcomes", json=body)).status_code == 202
    await academy.settle(deliver=False)
    async with academy.books.transaction() as tx:
        mother = student_guardians.c.guardian_id == academy.mother
        await tx.execute(student_guardians.delete().where(mother))
        brother = {"org_id": academy.org, "name": "Tim Reed"}
        tim = (await tx.execute(insert(students).values(brother).returning(students.c.id))).scalar_one()
        link = {"org_id": academy.org, "student_id": tim, "guardian_id": academy.mother, "position": 1}
        await tx.execute(insert(student_guardians).values(link))
    await academy.until(academy.now + timedelta(minutes=10))
    told = await read_aloud(house)
    gone = "the recipient is no longer a contact of the student"
    assert told[0].endswith(f"To Maria Reed: absence notice (E-mail not sent: {gone}; SMS not sent: {gone})")
    assert {line.split(" ", 2)[2] for line in told[1:]} == {
        "E-mail to John Reed: absence notice (sent)",
        "SMS to John Reed: absence notice (sent)",
    }


async def test_a_colleagues_own_message_is_told_once_in_her_words(family: Family) -> None:
    house = family.house
    await missed(house, 0, 1)
    [task] = [t for t in (await house.alice.get("/v1/tasks?status=unfinished")).json()["items"] if t["case_id"]]
    words = {"guardian_id": house.academy.mother, "channels": ["sms"], "body": "Sam, see you on Monday."}
    assert (await house.alice.post(f"/v1/tasks/{task['id']}/messages", json=words)).status_code == 201
    said = "Tue 16:15 SMS to Maria Reed, sent by Alice: written by a person"
    assert (await read_aloud(house))[-1] == f"{said} “Sam, see you on Monday.” (waiting)"
    await family.later(minutes=1)
    turns = (await house.alice.get(f"/v1/students/{house.academy.student}/conversation")).json()["items"]
    assert [t["kind"] for t in turns] == ["message"] * 5
    assert "Sam, see you on Monday." in turns[-1]["words"]


async def test_long_conversations_come_in_parts_and_charlie_sees_none(house: House) -> None:
    await missed(house, 0, 1)
    path = f"/v1/students/{house.academy.student}/conversation"
    newest = (await house.alice.get(f"{path}?limit=3")).json()
    before = (await house.alice.get(newest["next"])).json()
    both = [*before["items"], *newest["items"]]
    assert (len(both), both, before["next"]) == (4, sorted(both, key=lambda t: t["at"]), None)
    assert (await house.charlie.get(path)).status_code == 404
