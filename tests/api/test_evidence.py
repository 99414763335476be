"""Evidence and marks over HTTP: told by anybody, counted once, read back with names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from activities.session import advance_session
from db import evidence
from db.journal_tables import outcomes
from db.tables import sessions
from tests.api.classrooms import Classroom, open_classroom
from tests.api.conftest import House

pytestmark = pytest.mark.anyio


@pytest.fixture
async def room(house: House) -> Classroom:
    """A lesson under way."""
    return await open_classroom(house)


def _at(room: Classroom, n: float) -> str:
    return room.minute(n).isoformat()


async def test_one_thing_is_told_and_told_again(room: Classroom) -> None:
    path = f"/v1/sessions/{room.session}/evidence"
    joined = {"kind": "joined", "at": _at(room, 1), "student_ref": "S-1"}
    first = await room.house.integration.post(path, json=joined)
    assert (first.status_code, first.json()["repeated"]) == (201, False)
    again = await room.house.integration.post(path, json=joined)
    assert (again.status_code, again.json()["repeated"], again.json()["id"]) == (201, True, None)
    named = {"kind": "left", "student_ref": "S-1", "event_id": "e-1"}
    for n in (20, 21):  # an event that was told bears its first time
        await room.house.integration.post(path, json=named | {"at": _at(room, n)})
    told = [(e["kind"], e["at"], e["student_name"], e["source"]) for e in await room.evidence()]
    assert told == [
        ("joined", "2026-03-02T15:01:00Z", "Sam Reed", "api"),
        ("left", "2026-03-02T15:20:00Z", "Sam Reed", "api"),
    ]
    assert (await room.house.charlie.get(path)).status_code == 404
    assert (await room.house.charlie.post(path, json=joined)).status_code == 404


async def test_a_batch_takes_each_item_alone(room: Classroom) -> None:
    items: list[Any] = [
        {"kind": "room_opened", "at": _at(room, 0)},
        {"kind": "joined", "at": _at(room, 1), "staff_id": room.house.academy.instructor},
        {"kind": "joined", "at": _at(room, 1), "email": "stranger@example.com", "name": "Sam R."},
        {"kind": "engagement", "at": _at(room, 20), "student_ref": "S-1", "value": 0.8},
        {"kind": "engagement", "at": _at(room, 20), "student_ref": "S-1", "value": 1.8},
        {"kind": "summary", "topic": "Fractions", "catch_up": "Exercises 4 to 7"},
        {"kind": "joined", "at": _at(room, 1), "student_ref": "S-404"},
        {"kind": "joined", "at": _at(room, 1)},
        {"kind": "joined", "at": _at(room, 36), "student_ref": "S-1"},
        {"kind": "joined", "at": _at(room, -1500), "student_ref": "S-1"},
        {"kind": "room_opened", "at": _at(room, 0)},
        7,
    ]
    answer = await room.house.integration.post(f"/v1/sessions/{room.session}/evidence", json={"items": items})
    assert answer.status_code == 200, answer.text
    results = answer.json()["items"]
    assert [r["status"] for r in results] == [201, 201, 201, 201, 422, 201, 404, 422, 422, 422, 201, 422]
    kinds = [r["problem"]["type"].rpartition("/")[2] for r in results if r["problem"]]
    assert kinds == [
        "invalid_request",
        "student_unknown",
        "invalid_request",
        "evidence_ahead",
        "evidence_too_early",
        "invalid_request",
    ]
    assert results[10]["item"]["repeated"] is True
    told = [(e["kind"], e["student_name"] or e["staff_name"] or e["participant_name"]) for e in await room.evidence()]
    assert sorted(told, key=str) == [
        ("engagement", "Sam Reed"),
        ("joined", "Ivan"),
        ("joined", "Sam R."),
        ("room_opened", None),
    ]
    session = (await room.house.alice.get(f"/v1/sessions/{room.session}")).json()
    assert session["topic"] == "Fractions"
    assert room.woken == []


async def test_what_cannot_be_so_is_pointed_at(room: Classroom) -> None:
    path = f"/v1/sessions/{room.session}/evidence"
    wrong = await room.house.alice.post(path, json={"kind": "vanished", "at": _at(room, 0)})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "#/kind")
    assert (await room.house.alice.post(path, json={"items": []})).json()["errors"][0]["pointer"] == "#/items"
    both = {"kind": "joined", "at": _at(room, 0), "student_ref": "S-1", "staff_id": room.house.academy.instructor}
    assert (await room.house.alice.post(path, json=both)).json()["type"] == "/problems/named_twice"


async def test_a_session_is_woken_once_its_evidence_can_change_something(room: Classroom) -> None:
    path, academy = f"/v1/sessions/{room.session}/evidence", room.house.academy
    for n, woken in ((69, 0), (70, 1), (200, 2)):
        academy.now = room.minute(n)
        await room.house.integration.post(path, json={"kind": "joined", "at": _at(room, n), "student_ref": "S-1"})
        assert len(room.woken) == woken, n
    academy.now = room.minute(30)
    async with academy.books.transaction() as tx:
        await tx.execute(update(sessions).values(status="settled"))
    await room.house.integration.post(path, json={"kind": "left", "at": _at(room, 30), "student_ref": "S-1"})
    assert room.woken == [room.session] * 3


async def test_an_instructor_marks_his_own_session_in_one_go(room: Classroom) -> None:
    house, academy = room.house, room.house.academy
    mia, leo = await room.enroll([("S-2", "Mia Wong"), ("S-3", "Leo Diaz")])
    ivan = house.client(house.key, academy.instructor)
    path = f"/v1/sessions/{room.session}/marks"
    sheet = {"all": "attended", "except": [{"student_ref": "S-2", "code": "no_show"}]}
    answer = await ivan.post(path, json=sheet)
    assert answer.status_code == 201, answer.text
    assert [(m["student_name"], m["code"]) for m in answer.json()["items"]] == [
        ("Leo Diaz", "attended"),
        ("Mia Wong", "no_show"),
        ("Sam Reed", "attended"),
    ]
    assert room.woken == []
    academy.now = room.minute(70)
    late = {"student_id": mia, "code": "late", "late_minutes": 12}
    await house.integration.post(path, json={"marks": [late]})
    assert room.woken == [room.session]
    async with academy.books.transaction() as tx:
        marks = [
            (e.student_id, e.code, e.late_minutes, e.by) for e in await evidence.load(tx, academy.org, room.session)
        ]
        await advance_session(tx, academy.org, room.session, academy.now)
    assert (mia, "no_show", None, academy.instructor) in marks
    assert marks[-1] == (mia, "late", 12, None)  # a newer mark stands beside the older, after it
    shown = (await house.alice.get(f"/v1/sessions/{room.session}/attendance")).json()["items"]
    assert {a["student_name"]: (a["code"], a["late_minutes"]) for a in shown}["Mia Wong"] == ("late", 12)
    absent = await ivan.post(path, json={"marks": [{**late, "code": "attended"}]})
    assert absent.status_code == 422
    del leo


async def test_an_instructor_writes_to_the_office_and_a_coordinator_gets_it_as_a_task(room: Classroom) -> None:
    house, path = room.house, f"/v1/sessions/{room.session}/notes"
    ivan = house.client(house.key, house.academy.instructor)
    made = [(await ivan.post(path, json={"text": "Max lost his connection."})).json()["task_id"] for _ in range(2)]
    assert made[0] == made[1]
    (task,) = (await house.alice.get("/v1/tasks", params={"kind": "read_note"})).json()["items"]
    assert (task["id"], task["owner_name"]) == (made[0], "Alice")
    assert (await house.charlie.post(path, json={"text": "?"})).status_code == 404
    assert (await house.integration.post(path, json={"text": "?"})).json()["type"].endswith("actor_needed")


async def test_all_leaves_out_who_told_ahead(room: Classroom) -> None:
    academy = room.house.academy
    (mia,) = await room.enroll([("S-2", "Mia Wong")])
    async with academy.books.transaction() as tx:
        told = {"session_id": room.session, "student_id": academy.student, "enrollment_id": academy.enrollment}
        await tx.execute(
            insert(outcomes).values(org_id=academy.org, code="excused_absence", received_at=academy.now, **told)
        )
    answer = await room.house.alice.post(f"/v1/sessions/{room.session}/marks", json={"all": "attended"})
    assert [m["student_id"] for m in answer.json()["items"]] == [mia]


async def test_who_may_mark_and_when(room: Classroom) -> None:
    house, academy = room.house, room.house.academy
    other = await house.admin.post("/v1/staff", json={"name": "Olga", "email": "o@o.example", "role": "instructor"})
    olga = house.client(house.key, other.json()["id"])
    path, sheet = f"/v1/sessions/{room.session}/marks", {"all": "attended"}

    async def problem(client: Any, body: Any = sheet) -> str:
        answer = await client.post(path, json=body)
        return "" if answer.status_code == 201 else str(answer.json()["type"]).rpartition("/")[2]

    assert await problem(olga) == "not_your_session"
    assert await problem(house.bob) == ""
    assert (
        await problem(house.bob, {"marks": [{"student_ref": "S-1", "code": "cancelled_by_student"}]})
        == "invalid_request"
    )
    assert await problem(house.bob, {"marks": []} | sheet) == "invalid_request"
    (stranger,) = [s["id"] for s in [(await house.alice.post("/v1/students", json={"name": "Zoe"})).json()]]
    assert await problem(house.bob, {"marks": [{"student_id": stranger, "code": "late"}]}) == "not_expected"
    academy.now = room.minute(-1)
    assert await problem(house.bob) == "session_ahead"
    academy.now = room.minute(60) + timedelta(hours=72, seconds=1)
    assert [await problem(c) for c in (house.integration, house.lea, house.admin)] == ["dispute_window_over"] * 2 + [""]


async def test_attendance_shows_everybody_expected(room: Classroom) -> None:
    answer = await room.house.alice.get(f"/v1/sessions/{room.session}/attendance")
    assert [(a["student_name"], a["code"], a["stays"]) for a in answer.json()["items"]] == [
        ("Sam Reed", "scheduled", [])
    ]
