"""Participants: matched when it is sure, else listed for a person, who is never contradicted."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, update

from db.tables import guardians, staff, student_guardians
from tests.api.classrooms import Classroom, open_classroom
from tests.api.conftest import House

pytestmark = pytest.mark.anyio


@pytest.fixture
async def room(house: House) -> Classroom:
    """A lesson under way, for Sam and Mia."""
    opened = await open_classroom(house)
    await opened.enroll([("S-2", "Mia Wong")])
    async with house.academy.books.transaction() as tx:
        await tx.execute(update(staff).where(staff.c.name == "Ivan").values(ref="T-1"))
    return opened


async def _unmatched(room: Classroom, **params: str) -> list[dict[str, Any]]:
    answer = await room.house.alice.get("/v1/participants", params={"unmatched": "true"} | params)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


SURE: list[tuple[dict[str, str], str | None, str | None]] = [
    ({"registrant_id": "S-2"}, "Mia Wong", "number"),
    ({"customer_key": "S-2", "email": "sam@reed.example"}, "Mia Wong", "number"),
    ({"email": "SAM@reed.example"}, "Sam Reed", "student_email"),
    ({"email": "bob@northstar.example"}, "Bob", "staff_email"),
    ({"registrant_id": "T-1"}, "Ivan", "number"),
    ({"email": "maria@reed.example"}, "Sam Reed", "guardian_email"),
    ({"user_name": "Sam Reed"}, None, None),
    ({"email": "somebody@example.com", "user_name": "Sam Reed"}, None, None),
]


async def test_who_is_matched_at_sight_and_who_is_not(room: Classroom) -> None:
    for n, (shown, _, _) in enumerate(SURE):
        await room.zoom_person(True, n, str(n), **shown)
    seen = [e["student_name"] or e["staff_name"] for e in await room.evidence()]
    assert seen == [who for _, who, _ in SURE]
    people = (await room.house.alice.get("/v1/participants")).json()["items"]
    assert sorted(str(p["matched_by"]) for p in people) == sorted(str(by) for _, _, by in SURE)
    assert all(p["seen_in"] == [room.session] for p in people)


async def test_a_parent_of_two_who_are_expected_is_not_guessed(room: Classroom) -> None:
    academy = room.house.academy
    (mia,) = [s["id"] for s in (await room.house.alice.get("/v1/students?ref=S-2")).json()["items"]]
    async with academy.books.transaction() as tx:
        link = {"student_id": mia, "guardian_id": academy.mother, "position": 1}
        await tx.execute(insert(student_guardians).values(org_id=academy.org, **link))
    await room.zoom_person(True, 1, "1", email="maria@reed.example")
    (person,) = await _unmatched(room)
    assert person["session_id"] == room.session  # next time it may be the other child
    await room.house.alice.post(f"/v1/participants/{person['id']}/match", json={"student_id": mia})
    await room.zoom_person(False, 20, "1", email="maria@reed.example")
    assert {e["student_name"] for e in await room.evidence()} == {"Mia Wong"}


async def test_a_person_matches_and_it_holds_from_then_on(room: Classroom) -> None:
    house, academy = room.house, room.house.academy
    await room.zoom_person(True, 1, "1", email="mw@gmail.example", user_name="mia w")
    (person,) = await _unmatched(room, session_id=room.session)
    assert [s["name"] for s in person["suggestions"]] == ["Mia Wong"]
    path = f"/v1/participants/{person['id']}/match"
    assert (await house.integration.post(path, json={"student_ref": "S-2"})).status_code == 403
    assert (await house.charlie.post(path, json={"student_ref": "S-2"})).status_code == 404
    assert (await house.alice.post(path, json={})).status_code == 422
    academy.now = room.minute(80)
    matched = (await house.alice.post(path, json={"student_ref": "S-2"})).json()
    assert (matched["student_name"], matched["matched_by"]) == ("Mia Wong", f"staff:{academy.alice}")
    assert room.woken == [room.session]
    assert await _unmatched(room) == []
    following = await academy.session(room.minute(180))
    academy.now = room.minute(190)
    await room.zoom_person(True, 181, "9", email="MW@gmail.example")
    seen = (await house.alice.get(f"/v1/sessions/{following}/evidence")).json()["items"]
    assert [e["student_name"] for e in seen] == ["Mia Wong"]


async def test_a_name_alone_is_matched_in_its_session_only(room: Classroom) -> None:
    for n in (1, 5, 9):
        await room.zoom_person(True, n, str(n), user_name="iPad")
    (person,) = await _unmatched(room)
    assert person["session_id"] == room.session
    await room.house.alice.post(f"/v1/participants/{person['id']}/match", json={"student_ref": "S-2"})
    await room.house.academy.session(room.minute(180))
    await room.zoom_person(True, 181, "9", user_name="iPad")
    assert len(await _unmatched(room)) == 1


async def test_a_recorder_is_ignored(room: Classroom) -> None:
    await room.zoom_person(True, 1, "1", user_name="Notes by Robot", email="robot@example.com")
    (person,) = await _unmatched(room)
    await room.house.alice.post(f"/v1/participants/{person['id']}/match", json={"ignore": True})
    assert await _unmatched(room) == []
    assert [e["ignored"] for e in await room.evidence()] == [True]


async def test_a_key_is_registered_ahead(room: Classroom) -> None:
    key = {"registrant_id": "rX7-aQ", "student_ref": "S-2"}
    for _ in range(2):
        assert (await room.house.integration.post("/v1/participants", json=key)).status_code == 201
    other = await room.house.integration.post("/v1/participants", json=key | {"student_ref": "S-1"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/key_taken")
    nameless = await room.house.integration.post("/v1/participants", json={"name": "Mia", "student_ref": "S-2"})
    assert nameless.json()["type"] == "/problems/key_needed"
    await room.zoom_person(True, 1, "1", registrant_id="rX7-aQ", user_name="phone")
    assert [e["student_name"] for e in await room.evidence()] == ["Mia Wong"]


async def test_an_address_given_later_matches_what_was_seen_before(room: Classroom) -> None:
    await room.zoom_person(True, 1, "1", email="new@reed.example")
    assert len(await _unmatched(room)) == 1
    async with room.house.academy.books.transaction() as tx:
        await tx.execute(update(guardians).where(guardians.c.name == "John Reed").values(email="new@reed.example"))
    await room.zoom_person(False, 20, "1", email="new@reed.example")
    assert [e["student_name"] for e in await room.evidence()] == ["Sam Reed"] * 2
