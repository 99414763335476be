"""People and plans over HTTP: created, read, listed, and refused when they cannot be so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import House

pytestmark = pytest.mark.anyio


async def _made(house: House, path: str, **body: Any) -> dict[str, Any]:
    answer = await house.integration.post(f"/v1/{path}", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    if "guardians" not in path.split("/")[1:]:
        assert (await house.integration.get(answer.headers["Location"])).status_code == 200
    return made


async def test_nobody_creates_anything_without_a_key(house: House) -> None:
    for name in ("staff", "students", "guardians", "schedules", "enrollments", "sessions", "students/batch"):
        assert (await house.anonymous.post(f"/v1/{name}", json={})).status_code == 401, name


async def test_a_student_is_enrolled_from_nothing_by_refs_alone(house: House) -> None:
    await _made(house, "staff", ref="C-9", name="Carla", email="carla@northstar.example", role="coordinator")
    student = await _made(house, "students", ref="S-9", name="Nora Lind", email="nora@example.org")
    assert student["email"] == "nora@example.org"
    guardian = await _made(
        house, "guardians", ref="G-9", name="Eva Lind", phone="+351 912 345 678", zone="Europe/Lisbon"
    )
    assert guardian["phone"] == "+351912345678"
    contact = await _made(house, f"students/{student['id']}/guardians", guardian_ref="G-9")
    assert contact["position"] == 1
    schedule = await _made(house, "schedules", ref="BIO", subject="Biology", charges={"no_show": "hold"})
    assert schedule["zone"] == "UTC"
    enrollment = await _made(house, "enrollments", ref="E-9", student_ref="S-9", schedule_ref="BIO")
    session = await _made(
        house,
        "sessions",
        ref="BIO-1",
        schedule_ref="BIO",
        starts_at="2026-03-03T16:00:00+01:00",
        ends_at="2026-03-03T17:00:00+01:00",
    )
    assert session["starts_at"] == "2026-03-03T15:00:00Z"
    await house.rest()
    assert student["id"] in house.gateway.nudged
    timeline = (await house.alice.get(f"/v1/students/{student['id']}/timeline")).json()
    assert [p["event"] for p in timeline["items"]] == ["enrolled"]
    assert enrollment["coordinator_id"] != house.academy.alice  # Alice has one enrollment already


async def test_a_ref_names_one_thing_only(house: House) -> None:
    await _made(house, "students", ref="S-1", name="Nora")
    again = await house.alice.post("/v1/students", json={"ref": "S-1", "name": "Nils"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/ref_taken")
    theirs = await house.charlie.post("/v1/students", json={"ref": "S-1", "name": "Carl"})
    assert theirs.status_code == 201


@pytest.mark.parametrize("phone", ["12345", "call me", "+1415", "0123456789", "+14155550101x5"])
async def test_a_number_that_is_no_phone_is_refused(house: House, phone: str) -> None:
    answer = await house.alice.post("/v1/guardians", json={"name": "Eva", "phone": phone})
    assert answer.status_code == 422
    assert "a number that is no phone" in answer.json()["detail"]
    assert answer.json()["errors"][0]["pointer"] == "#/phone"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("guardians", {"name": "Eva", "email": "eva at example"}),
        ("guardians", {"name": "Eva", "zone": "Mars/Olympus"}),
        ("guardians", {"name": "   "}),
        ("schedules", {"subject": "Maths", "charges": {"vanished": "hold"}}),
        ("schedules", {"subject": "Maths", "charges": {"no_show": "free"}}),
        ("schedules", {"subject": "Maths", "units_per_session": 0}),
        ("sessions", {"starts_at": "2026-03-03T16:00:00", "ends_at": "2026-03-03T17:00:00"}),
        ("sessions", {"starts_at": "2026-03-03T16:00:00Z", "ends_at": "2026-03-03T15:00:00Z"}),
        ("sessions", {"starts_at": "0001-01-01T00:00:00Z", "ends_at": "2026-03-03T15:00:00Z"}),
        ("students", []),
        ("students/batch", {"items": []}),
        ("students/batch", {"items": [{"name": "x"}] * 1001}),
    ],
)
async def test_what_cannot_be_so_is_refused(house: House, path: str, body: Any) -> None:
    answer = await house.alice.post(f"/v1/{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]


async def test_what_is_named_must_exist_here(house: House) -> None:
    times = {"starts_at": "2026-03-03T16:00:00Z", "ends_at": "2026-03-03T17:00:00Z"}
    unknown = await house.alice.post("/v1/sessions", json={"schedule_ref": "NOPE", **times})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/schedule_unknown")
    unnamed = await house.alice.post("/v1/sessions", json=times)
    assert (unnamed.status_code, unnamed.json()["type"]) == (422, "/problems/not_named")
    both = {"schedule_ref": "NOPE", "schedule_id": house.academy.schedule, **times}
    assert (await house.alice.post("/v1/sessions", json=both)).json()["type"] == "/problems/named_twice"
    foreign = await house.charlie.post("/v1/sessions", json={"schedule_id": house.academy.schedule, **times})
    assert foreign.status_code == 404


async def test_an_enrollment_needs_somebody_who_owns_its_follow_ups(house: House) -> None:
    await house.charlie.post("/v1/students", json={"ref": "S", "name": "Carl"})
    await house.charlie.post("/v1/schedules", json={"ref": "M", "subject": "Maths"})
    mine = {"student_ref": "S", "schedule_ref": "M"}
    assert (await house.charlie.post("/v1/enrollments", json=mine)).status_code == 201  # Charlie is an admin
    ours = {"student_id": house.academy.student, "schedule_id": house.academy.schedule}
    teacher = await house.alice.post("/v1/enrollments", json={**ours, "coordinator_id": house.academy.instructor})
    assert (teacher.status_code, teacher.json()["type"]) == (422, "/problems/no_coordinator")
    twice = await house.alice.post("/v1/enrollments", json=ours)
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/already_there")


async def test_guardians_stand_in_the_order_in_which_they_are_asked(house: House) -> None:
    student = house.academy.student
    taken = await house.alice.post(
        "/v1/guardians", json={"name": "Gran", "students": [{"student_id": student, "position": 1}]}
    )
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/position_taken")
    assert (await house.alice.get("/v1/guardians")).json()["items"][0]["name"] == "John Reed"  # no Gran was left behind
    last = await house.alice.post("/v1/guardians", json={"name": "Gran", "students": [{"student_id": student}]})
    assert last.status_code == 201
    contacts = (await house.alice.get(f"/v1/students/{student}/guardians")).json()["items"]
    assert [(c["position"], c["name"]) for c in contacts] == [(1, "Maria Reed"), (2, "John Reed"), (3, "Gran")]


async def test_the_first_admin_is_free_and_later_ones_are_an_admins_act(house: House) -> None:
    body = {"name": "Eve", "email": "eve@northstar.example", "role": "admin"}
    refused = await house.integration.post("/v1/staff", json=body)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/first_admin_only")
    assert (await house.admin.post("/v1/staff", json=body)).status_code == 201
    again = await house.admin.post("/v1/staff", json=body)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/email_taken")


async def test_a_batch_does_each_item_alone(house: House) -> None:
    items = [{"ref": "A", "name": "Ann"}, {"ref": "A", "name": "Twice"}, {"name": ""}, "no object", {"name": "Ben"}]
    answer = await house.integration.post("/v1/students/batch", json={"items": items})
    assert answer.status_code == 200
    results = answer.json()["items"]
    assert [r["status"] for r in results] == [201, 409, 422, 422, 201]
    assert results[0]["item"]["name"] == "Ann"
    assert results[2]["problem"]["errors"][0]["pointer"] == "#/name"
    names = [s["name"] for s in (await house.alice.get("/v1/students")).json()["items"]]
    assert names == ["Ann", "Ben", "Sam Reed"]


async def test_every_kind_of_batch_builds_a_school(house: House) -> None:
    async def batch(name: str, *items: dict[str, Any]) -> None:
        answer = await house.integration.post(f"/v1/{name}/batch", json={"items": items})
        assert [r["status"] for r in answer.json()["items"]] == [201] * len(items), answer.text

    few = range(3)
    await batch("students", *({"ref": f"s{n}", "name": f"Student {n}"} for n in few))
    await batch("guardians", *({"name": "Eva", "students": [{"student_ref": f"s{n}"}]} for n in few))
    await batch(
        "schedules", *({"ref": f"m{n}", "subject": "Maths", "instructor_id": house.academy.instructor} for n in few)
    )
    await batch("enrollments", *({"student_ref": f"s{n}", "schedule_ref": f"m{n}"} for n in few))
    times = {"starts_at": "2026-03-02T16:00:00Z", "ends_at": "2026-03-02T16:30:00Z"}
    await batch("sessions", *({"ref": f"x{n}", "schedule_ref": f"m{n}", **times} for n in few))
    student = (await house.alice.get("/v1/students?ref=s1")).json()["items"][0]["id"]
    mine = (await house.alice.get(f"/v1/sessions?student_id={student}")).json()["items"]
    assert [s["ref"] for s in mine] == ["x1"]
    enrolled = (await house.alice.get("/v1/enrollments")).json()["items"]
    owners = [e["coordinator_id"] for e in enrolled]
    assert {owners.count(house.academy.alice), owners.count(house.academy.bob)} == {2}


async def test_a_list_comes_in_parts_that_miss_nothing(house: House) -> None:
    items = [{"name": f"Kim {n % 3}", "ref": f"k{n}"} for n in range(7)]
    await house.integration.post("/v1/students/batch", json={"items": items})
    seen: list[str] = []
    following: str | None = "/v1/students?limit=3"
    while following:
        answer = await house.alice.get(following)
        body = answer.json()
        seen += [s["id"] for s in body["items"]]
        following = body["next"]
        assert ("Link" in answer.headers) == (following is not None)
    assert len(seen) == len(set(seen)) == 8


async def test_sessions_are_found_by_their_time(house: House) -> None:
    for hour in (15, 16, 17):
        await house.academy.session(house.academy.now.replace(hour=hour))
    found = await house.alice.get(
        "/v1/sessions", params={"from": "2026-03-02T16:00:00Z", "to": "2026-03-02T18:00:00+01:00"}
    )
    assert [s["starts_at"] for s in found.json()["items"]] == ["2026-03-02T16:00:00Z"]


async def test_billing_is_set_by_patch(house: House) -> None:
    path = f"/v1/enrollments/{house.academy.enrollment}"
    assert (await house.alice.patch(path, json={"billing_status": "overdue"})).json()["billing_status"] == "overdue"
    assert (await house.alice.get(path)).json() | {"balance": 0} == (await house.alice.get(path)).json()
    assert (await house.alice.patch(path, json={"billing_status": "unpaid"})).status_code == 422


async def test_a_make_up_names_the_missed_session_and_the_student(house: House) -> None:
    missed = await house.academy.session(house.academy.now)
    times = {"starts_at": "2026-03-04T16:00:00Z", "ends_at": "2026-03-04T17:00:00Z"}
    half = {"schedule_id": house.academy.schedule, "make_up_for": missed, **times}
    assert (await house.alice.post("/v1/sessions", json=half)).status_code == 422
    whole = await house.alice.post("/v1/sessions", json={**half, "make_up_student_id": house.academy.student})
    assert whole.status_code == 201
    assert house.academy.student in house.gateway.nudged
