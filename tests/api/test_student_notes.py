"""Notes about a student, and follow-ups that a person begins."""

from __future__ import annotations

import pytest

from tests.api.conftest import House
from tests.api.scenes import missed

pytestmark = pytest.mark.anyio


async def test_a_note_stands_with_its_writer_and_in_the_students_history(house: House) -> None:
    path = f"/v1/students/{house.academy.student}/notes"
    for text in ("Call after three", "Prefers texts"):
        kept = await house.alice.post(path, json={"text": text})
        assert (kept.status_code, kept.json()["status"]) == (201, "done")
    found = (await house.bob.get(path)).json()["items"]
    assert [(n["text"], n["by_name"]) for n in found] == [("Prefers texts", "Alice"), ("Call after three", "Alice")]
    run = (await house.client(house.key, house.academy.lea).get(f"/v1/runs/student/{house.academy.student}")).json()
    assert [(g["title"], g["note"]) for g in run["items"]][-1] == ("Alice wrote a note", "Prefers texts")
    assert (await house.charlie.get(path)).status_code == 404
    assert (await house.charlie.post(path, json={"text": "x"})).status_code == 404
    assert (await house.integration.post(path, json={"text": "x"})).json()["type"] == "/problems/actor_needed"


async def test_while_the_workers_are_away_a_note_is_stored_safely(house: House) -> None:
    house.gateway.asleep = True
    path = f"/v1/students/{house.academy.student}/notes"
    assert (await house.alice.post(path, json={"text": "later"})).status_code == 202
    assert (await house.alice.get(path)).json()["items"] == []


async def test_a_follow_up_of_ones_own_is_refused_while_one_is_open(house: House) -> None:
    path = f"/v1/students/{house.academy.student}/follow-ups"
    started = await house.bob.post(path, json={"note": "about to give up"})
    task = started.json()["task"]
    assert started.headers["Location"] == f"/v1/tasks/{task['id']}"
    assert (task["kind"], task["owner_name"], task["case_id"], task["note"]) == (
        "follow_up",
        "Bob",
        None,
        "about to give up",
    )
    again = await house.alice.post(path, json={})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/follow_up_open")
    await missed(house, 0, 1)
    cases = (await house.alice.get("/v1/cases?open=true")).json()["items"]
    assert len(cases) == 1
    done = await house.bob.post(f"/v1/tasks/{task['id']}/complete", json={"outcome": "reached"})
    assert done.status_code == 200
    assert (await house.alice.get(f"/v1/cases/{cases[0]['id']}")).json()["follow_up"] == "in_time"
    assert (await house.charlie.post(path, json={})).status_code == 404
