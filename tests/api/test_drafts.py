"""Drafts by HTTP: who may see and do what. What becomes of them is told by the story of drafts."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from activities.drafting import DraftActivities
from tests.api.conftest import House
from tests.api.scenes import open_task

pytestmark = pytest.mark.anyio


async def _draft(house: House) -> dict[str, Any]:
    assert (await house.admin.post("/v1/policies", json={"first_concern": "review"})).status_code == 201
    await open_task(house)
    await DraftActivities(house.academy.books).look(house.academy.now)
    (found,) = (await house.alice.get("/v1/drafts")).json()["items"]
    line: dict[str, Any] = found
    return line


async def test_strangers_see_nothing_and_only_coordinators_act(house: House) -> None:
    draft = await _draft(house)
    path = f"/v1/drafts/{draft['id']}"
    words = {"version": 1, "texts": [{"channel": "sms", "story": "Sam was missed."}]}
    for act, body in (("approve", {"version": 1}), ("reject", {"reason": "other"}), ("undo", {})):
        assert (await house.anonymous.post(f"{path}/{act}", json=body)).status_code == 401
        assert (await house.charlie.post(f"{path}/{act}", json=body)).json()["type"] == "/problems/draft_unknown"
        assert (await house.integration.post(f"{path}/{act}", json=body)).json()["type"] == "/problems/actor_needed"
    assert (await house.charlie.put(f"{path}/words", json=words)).status_code == 404
    assert (await house.charlie.get(path)).status_code == 404
    assert (await house.charlie.get("/v1/drafts")).json()["items"] == []
    of_nobody = f"/v1/drafts?student_id={uuid4()}"
    assert (await house.alice.get(of_nobody)).json()["items"] == []
    assert (draft["student_name"], draft["guardian_name"], draft["purpose"]) == ("Sam Reed", "Maria Reed", "concern")


async def test_an_act_counts_once_however_often_it_is_sent(house: House) -> None:
    path, key = f"/v1/drafts/{(await _draft(house))['id']}/approve", {"Idempotency-Key": "once"}
    first = await house.alice.post(path, json={"version": 1}, headers=key)
    again = await house.alice.post(path, json={"version": 1}, headers=key)
    assert (first.status_code, again.json()) == (200, first.json())
    mine = {"guardian_id": house.academy.father, "channels": ["email"], "subject": "Sam", "body": "Hello Mr Reed."}
    to = f"/v1/students/{house.academy.student}/messages"
    written = [await house.alice.post(to, json=mine, headers={"Idempotency-Key": "hello"}) for _ in range(2)]
    assert [w.status_code for w in written] == [201, 201]
    assert written[0].json() == written[1].json()
    assert (await house.alice.get(written[0].headers["Location"])).json()["drafter"] == "person"
    of_father = await house.alice.get(f"/v1/messages?guardian_id={house.academy.father}")
    assert [m["purpose"] for m in of_father.json()["items"]] == ["personal"]


async def test_a_message_nobody_can_get_or_that_is_too_long_is_refused(house: House) -> None:
    to = f"/v1/students/{house.academy.student}/messages"
    mine = {"guardian_id": house.academy.mother, "channels": ["sms"], "body": "word " * 70}
    long = await house.alice.post(to, json=mine)
    assert (long.status_code, long.json()["type"]) == (422, "/problems/draft_not_ready")
    assert "at most 300" in long.json()["detail"]
    nobody = await house.alice.post(to, json=mine | {"guardian_id": str(uuid4()), "body": "Hello."})
    assert (nobody.status_code, nobody.json()["type"]) == (409, "/problems/contact_not_linked")
    assert (await house.charlie.post(to, json=mine)).status_code == 404
    assert (await house.integration.post(to, json=mine)).json()["type"] == "/problems/actor_needed"
    begun = (await house.alice.get(f"{to}/draft")).json()
    assert [t["channel"] for t in begun["texts"]] == ["sms", "email"]
    assert begun["texts"][1]["preview"]["body"].startswith("Hello Maria Reed,")
