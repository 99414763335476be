"""Who gets in, as whom, and what strangers learn."""

from __future__ import annotations

import pytest

from db import keys
from db.engine import Books
from tests.api.conftest import House

pytestmark = pytest.mark.anyio


def _reads(house: House) -> list[str]:
    lists = "staff students guardians schedules enrollments sessions outcomes cases tasks messages policies"
    one = f"students/{house.academy.student}"
    return [f"/v1/{name}" for name in lists.split()] + [f"/v1/{one}", f"/v1/{one}/timeline"]


async def test_nobody_gets_in_without_a_key(house: House) -> None:
    for path in _reads(house):
        answer = await house.anonymous.get(path)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/key_missing"), path
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_stranger_learns_nothing_about_what_a_body_should_be(house: House) -> None:
    answer = await house.anonymous.post("/v1/outcomes", content=b"{not json")
    assert answer.status_code == 401


async def test_an_unknown_key_and_a_revoked_one_open_nothing(house: House, books: Books) -> None:
    assert (await house.client("bw_0_guess").get("/v1/students")).json()["type"] == "/problems/key_unknown"
    async with books.transaction() as tx:
        key_id, key = await keys.create(tx, house.academy.org, "short-lived")
    assert (await house.client(key).get("/v1/students")).status_code == 200
    async with books.transaction() as tx:
        assert await keys.revoke(tx, house.academy.org, key_id)
    assert (await house.client(key).get("/v1/students")).status_code == 401


async def test_an_actor_is_named_by_id_ref_or_address_and_must_be_on_the_staff(house: House) -> None:
    assert (await house.alice.get("/v1/tasks")).status_code == 200
    assert (await house.bob.get("/v1/tasks")).status_code == 200
    unknown = await house.client(house.key, "charlie@elsewhere.example").get("/v1/tasks")
    assert (unknown.status_code, unknown.json()["type"]) == (403, "/problems/actor_unknown")


async def test_charlie_of_another_organization_sees_nothing(house: House) -> None:
    ours = house.academy
    session = await ours.session(ours.now)
    for path in (
        f"students/{ours.student}",
        f"students/{ours.student}/timeline",
        f"students/{ours.student}/guardians",
        f"students/{ours.student}/replies",
        f"guardians/{ours.mother}",
        f"schedules/{ours.schedule}",
        f"enrollments/{ours.enrollment}",
        f"enrollments/{ours.enrollment}/ledger",
        f"sessions/{session}",
        f"staff/{ours.alice}",
    ):
        assert (await house.charlie.get(f"/v1/{path}")).status_code == 404, path
    for name in ("students", "guardians", "schedules", "enrollments", "sessions", "outcomes", "cases", "tasks"):
        assert (await house.charlie.get(f"/v1/{name}")).json()["items"] == [], name


async def test_charlie_changes_nothing_of_ours(house: House) -> None:
    ours = house.academy
    session = await ours.session(ours.now)
    told = {"session_id": session, "student_id": ours.student, "code": "no_show"}
    answer = await house.charlie.post("/v1/outcomes", json=told)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/session_unknown")
    for path, body in (
        (f"enrollments/{ours.enrollment}/top-ups", {"units": 5}),
        (f"students/{ours.student}/pause", {"until": "2026-04-01T00:00:00Z"}),
        (f"students/{ours.student}/withdraw", {}),
        (f"students/{ours.student}/replies", {"guardian_id": ours.mother, "text": "1"}),
        (f"students/{ours.student}/guardians", {"guardian_id": ours.mother}),
    ):
        assert (await house.charlie.post(f"/v1/{path}", json=body)).status_code == 404, path
    changed = await house.charlie.patch(f"/v1/enrollments/{ours.enrollment}", json={"billing_status": "overdue"})
    assert changed.status_code == 404
