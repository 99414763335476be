"""Outcomes and corrections: accepted once, decided by the student, refused when they cannot be so."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.api.conftest import MONDAY, House

pytestmark = pytest.mark.anyio


async def _held(house: House, *, days: int = 0) -> dict[str, Any]:
    """A session that is just over, as an outcome names it."""
    session = await house.academy.session(MONDAY + timedelta(days=days))
    house.academy.now = MONDAY + timedelta(days=days, hours=1, minutes=10)
    return {"session_id": session, "student_id": house.academy.student}


async def test_nobody_tells_an_outcome_without_a_key(house: House) -> None:
    assert (await house.anonymous.post("/v1/outcomes", json={})).status_code == 401
    assert (await house.anonymous.post("/v1/outcomes/batch", json={"items": []})).status_code == 401
    assert (await house.anonymous.post(f"/v1/outcomes/{uuid4()}/corrections", json={})).status_code == 401


async def test_a_no_show_is_accepted_and_decided(house: House) -> None:
    answer = await house.integration.post("/v1/outcomes", json={**await _held(house), "code": "no_show"})
    assert answer.status_code == 202
    body = answer.json()
    assert (body["code"], body["version"], body["repeated"]) == ("no_show", 1, False)
    await house.rest()
    book = (await house.alice.get(f"/v1/enrollments/{house.academy.enrollment}/ledger")).json()
    assert book["balance"] == -1
    assert book["items"][0]["words"] == "Posted -1 session: Maths on Mon 2 Mar 15:00, no-show"
    told = (await house.alice.get(f"/v1/messages?student_id={house.academy.student}")).json()["items"]
    assert {(m["channel"], m["state"], m["recipient"]["name"]) for m in told} == {
        ("sms", "queued", "Maria Reed"),
        ("email", "queued", "Maria Reed"),
    }


async def test_the_same_outcome_again_gets_the_first_answer(house: House) -> None:
    told = {**await _held(house), "code": "no_show"}
    first = (await house.integration.post("/v1/outcomes", json=told)).json()
    await house.rest()
    again = await house.integration.post("/v1/outcomes", json=told)
    assert again.status_code == 202
    assert again.json() == {**first, "repeated": True}
    await house.rest()
    entries = (await house.alice.get(f"/v1/enrollments/{house.academy.enrollment}/ledger")).json()["items"]
    assert len(entries) == 1


async def test_ten_at_once_are_one_outcome(house: House) -> None:
    told = {**await _held(house), "code": "no_show"}
    answers = await asyncio.gather(*(house.integration.post("/v1/outcomes", json=told) for _ in range(8)))
    assert {a.status_code for a in answers} == {202}
    assert len({a.json()["id"] for a in answers}) == 1
    assert sum(not a.json()["repeated"] for a in answers) == 1


async def test_another_code_is_refused_and_names_the_correction(house: House) -> None:
    told = await _held(house)
    first = (await house.integration.post("/v1/outcomes", json={**told, "code": "no_show"})).json()
    other = await house.integration.post("/v1/outcomes", json={**told, "code": "attended"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/outcome_stands")
    assert f"/v1/outcomes/{first['id']}/corrections" in other.json()["detail"]


async def test_an_attended_for_a_session_that_lies_ahead_is_refused(house: House) -> None:
    session = await house.academy.session(MONDAY + timedelta(days=2))
    told = {"session_id": session, "student_id": house.academy.student}
    ahead = await house.integration.post("/v1/outcomes", json={**told, "code": "attended"})
    assert (ahead.status_code, ahead.json()["type"]) == (422, "/problems/session_ahead")
    early = await house.integration.post("/v1/outcomes", json={**told, "code": "late_cancelled"})
    assert early.json()["code"] == "cancelled_by_student"  # two days ahead is early, whatever was sent


async def test_unknown_ids_and_people_who_are_not_enrolled(house: House) -> None:
    told = {**await _held(house), "code": "no_show"}
    for field in ("session_id", "student_id"):
        answer = await house.integration.post("/v1/outcomes", json={**told, field: str(uuid4())})
        assert answer.status_code == 404, field
    other = (await house.integration.post("/v1/students", json={"name": "Nora"})).json()["id"]
    answer = await house.integration.post("/v1/outcomes", json={**told, "student_id": other})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/not_enrolled")
    code = await house.integration.post("/v1/outcomes", json={**told, "code": "vanished"})
    assert (code.status_code, code.json()["errors"][0]["pointer"]) == (422, "#/code")
    ahead = {**told, "announced_at": (house.academy.now + timedelta(hours=1)).isoformat()}
    assert (await house.integration.post("/v1/outcomes", json=ahead)).json()["type"] == "/problems/announced_ahead"


async def test_a_batch_with_one_bad_item_does_the_others(house: House) -> None:
    good = {**await _held(house), "code": "attended"}
    later = await house.academy.session(MONDAY + timedelta(days=1))
    items = [good, {**good, "code": "vanished"}, {**good, "session_id": str(uuid4())}, {**good, "session_id": later}]
    answer = await house.integration.post("/v1/outcomes/batch", json={"items": [*items, good]})
    assert answer.status_code == 200
    results = answer.json()["items"]
    assert [r["status"] for r in results] == [202, 422, 404, 422, 202]
    assert results[0]["outcome"]["code"] == "attended"
    assert results[4]["outcome"]["repeated"] is True
    assert results[1]["problem"]["errors"][0]["pointer"] == "#/code"
    assert results[3]["problem"]["type"] == "/problems/session_ahead"
    assert len((await house.alice.get("/v1/outcomes")).json()["items"]) == 1


async def test_an_empty_batch_is_refused(house: House) -> None:
    bodies: list[Any] = [{"items": []}, {}, [], {"outcomes": []}]
    for body in bodies:
        answer = await house.integration.post("/v1/outcomes/batch", json=body)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid_request"), body


async def test_history_from_another_system_settles_and_opens_nothing(house: House) -> None:
    told = await _held(house)
    house.academy.now += timedelta(days=5)
    answer = await house.integration.post("/v1/outcomes", json={**told, "code": "no_show", "import": True})
    await house.rest()
    history = (await house.alice.get(f"/v1/outcomes/{answer.json()['id']}")).json()
    assert (history["imported"], history["versions"][0]["source"]) == (True, "import")
    assert (await house.alice.get("/v1/messages")).json()["items"] == []


async def test_a_correction_makes_a_new_version_with_its_reason(house: House) -> None:
    first = (await house.integration.post("/v1/outcomes", json={**await _held(house), "code": "no_show"})).json()
    await house.rest()
    path = f"/v1/outcomes/{first['id']}"
    body = {"code": "attended", "reason": "she was in the other room"}
    corrected = await house.alice.post(f"{path}/corrections", json=body)
    assert (corrected.status_code, corrected.json()["version"]) == (202, 2)
    again = await house.alice.post(f"{path}/corrections", json=body)
    assert (again.status_code, again.json()["repeated"]) == (202, True)
    history = (await house.alice.get(path)).json()
    assert [(v["version"], v["code"], v["reason"], v["recorded_by"]) for v in history["versions"]] == [
        (1, "no_show", None, None),
        (2, "attended", "she was in the other room", house.academy.alice),
    ]


async def test_who_may_correct_and_until_when(house: House) -> None:
    first = (await house.integration.post("/v1/outcomes", json={**await _held(house), "code": "no_show"})).json()
    path = f"/v1/outcomes/{first['id']}/corrections"
    other = {"name": "Iris", "email": "iris@northstar.example", "role": "instructor"}
    await house.integration.post("/v1/staff", json=other)
    iris = house.client(house.key, "iris@northstar.example")
    refused = await iris.post(path, json={"code": "attended"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not_your_session")
    assert (
        await house.client(house.key, house.academy.instructor).post(path, json={"code": "late"})
    ).status_code == 202
    house.academy.now += timedelta(days=4)
    for client, reason in ((house.alice, "late news"), (house.integration, "late news"), (house.admin, None)):
        late = await client.post(path, json={"code": "attended", "reason": reason})
        assert (late.status_code, late.json()["type"]) == (403, "/problems/dispute_window_over")
    assert (await house.admin.post(path, json={"code": "attended", "reason": "late news"})).status_code == 202
    unknown = await house.alice.post(f"/v1/outcomes/{uuid4()}/corrections", json={"code": "attended"})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/outcome_unknown")


async def test_with_the_workers_away_outcomes_are_accepted_and_decided_later(house: House) -> None:
    house.gateway.asleep = True
    answer = await house.integration.post("/v1/outcomes", json={**await _held(house), "code": "no_show"})
    assert answer.status_code == 202
    timeline = f"/v1/students/{house.academy.student}/timeline"
    assert (await house.alice.get(timeline)).json()["undecided"] == 1
    house.gateway.asleep = False
    house.gateway.nudge(house.academy.org, house.academy.student, "back")
    await house.rest()
    assert (await house.alice.get(timeline)).json()["undecided"] == 0
