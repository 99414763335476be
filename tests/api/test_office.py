"""What an admin looks after: files that come in, keys, people, and who did what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, insert, update

from db.journal_tables import tasks
from db.office_tables import import_files
from db.tables import enrollments, students
from tests.api.conftest import House
from tests.api.scenes import open_task

pytestmark = pytest.mark.anyio

STUDENTS = b"ref,name,email\nS-7,Noor Haddad,noor@example.org\nS-8,Mia Lund,\n"


async def _upload(client: httpx.AsyncClient, **files: bytes) -> httpx.Response:
    return await client.post("/v1/imports", files=[("files", (f"{name}.csv", held)) for name, held in files.items()])


async def _previewed(house: House, held: bytes = STUDENTS) -> dict[str, Any]:
    answer = await _upload(house.admin, students=held)
    assert answer.status_code == 201, answer.text
    preview: dict[str, Any] = answer.json()
    return preview


async def test_an_upload_shows_what_it_would_do_and_writes_it_only_when_applied(house: House) -> None:
    preview = await _previewed(house)
    assert preview["state"] == "previewed"
    assert preview["counts"]["students"]["added"] == 2
    assert [(c["what"], c["ref"], c["name"]) for c in preview["changes"]] == [
        ("add", "S-7", "Noor Haddad"),
        ("add", "S-8", "Mia Lund"),
    ]
    at = f"/v1/imports/{preview['id']}"
    assert len(await house.academy.rows(students)) == 1

    applied = await house.admin.post(f"{at}/apply")

    assert applied.json()["state"] == "applied"
    assert len(await house.academy.rows(students)) == 3
    assert await house.academy.rows(import_files) == []  # what holds names is not kept
    assert (await house.admin.post(f"{at}/apply")).json()["ended_at"] == applied.json()["ended_at"]
    assert (await house.charlie.get(at)).status_code == 404
    assert (await house.lea.get(at)).status_code == 403
    (listed,) = (await house.admin.get("/v1/imports")).json()["items"]
    assert listed["uploaded_by"] == house.admin_id


async def test_a_preview_is_refused_when_the_books_have_changed_since(house: House) -> None:
    preview = await _previewed(house)
    async with house.academy.books.transaction() as tx:
        await tx.execute(insert(students).values(org_id=house.academy.org, ref="S-7", name="Noor H."))
    refused = await house.admin.post(f"/v1/imports/{preview['id']}/apply")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/import_outdated")
    anew = await _previewed(house)
    assert anew["changes"][0]["values"] == {"name": ["Noor H.", "Noor Haddad"], "email": [None, "noor@example.org"]}


async def test_wrong_rows_are_named_and_such_an_import_cannot_be_applied(house: House) -> None:
    preview = await _previewed(house, b"ref,name,email\nS-7,,nobody\n")
    assert preview["state"] == "refused"
    assert [(p["row"], p["column"]) for p in preview["problems"]] == [(2, "name"), (2, "email")]
    refused = await house.admin.post(f"/v1/imports/{preview['id']}/apply")
    assert refused.json()["type"] == "/problems/import_not_applicable"
    nothing = await _upload(house.admin, holidays=b"a,b\n")
    assert (nothing.status_code, nothing.json()["type"]) == (422, "/problems/import_unusable")


async def test_a_preview_that_nobody_wants_is_forgotten_after_a_week(house: House) -> None:
    preview = await _previewed(house)
    house.academy.now += timedelta(days=8)
    await _previewed(house, b"ref,name\nS-9,Lee Park\n")
    assert (await house.admin.get(f"/v1/imports/{preview['id']}")).json()["state"] == "discarded"
    assert len(await house.academy.rows(import_files)) == 1


async def test_the_example_files_can_be_uploaded_as_they_are(house: House) -> None:
    kinds = ("staff", "students", "guardians", "schedules", "enrollments", "sessions", "outcomes")
    examples = [(await house.admin.get(f"/v1/imports/examples/{kind}.csv")).content for kind in kinds]
    held = {kind: text.replace(b"northstar", b"elsewhere") for kind, text in zip(kinds, examples, strict=True)}
    preview = (await _upload(house.admin, **held)).json()
    assert preview["state"] == "previewed", preview["problems"]
    assert (await house.admin.delete(f"/v1/imports/{preview['id']}")).status_code == 204
    assert (await house.admin.get(f"/v1/imports/{preview['id']}")).json()["state"] == "discarded"


async def test_a_key_is_shown_once_tells_its_last_use_and_opens_nothing_once_revoked(house: House) -> None:
    made = (await house.admin.post("/v1/api-keys", json={"name": "the CRM"})).json()
    assert (await house.client(made["key"]).get("/v1/staff")).status_code == 200
    keys = {k["name"]: k for k in (await house.admin.get("/v1/api-keys")).json()["items"]}
    assert keys["the CRM"]["last_used_at"]
    assert "key" not in keys["the CRM"]
    assert (await house.lea.get("/v1/api-keys")).status_code == 403
    assert (await house.admin.delete(f"/v1/api-keys/{made['id']}")).status_code == 204
    assert (await house.client(made["key"]).get("/v1/staff")).status_code == 401
    assert (await house.admin.delete(f"/v1/api-keys/{made['id']}")).status_code == 404


async def test_who_leaves_hands_over_open_tasks_and_enrollments(house: House) -> None:
    task = await open_task(house)
    assert task["owner_id"] == house.academy.alice

    left = await house.admin.patch(
        f"/v1/staff/{house.academy.alice}", json={"active": False, "reason": "moved to Lisbon"}
    )
    await house.rest()

    assert left.json()["tasks_handed_over"] >= 1
    assert left.json()["enrollments_handed_over"] == 1
    owners = {t["owner_id"] for t in await house.academy.rows(tasks, finished_at=None)}
    assert owners == {house.academy.bob}
    assert {e["coordinator_id"] for e in await house.academy.rows(enrollments)} == {house.academy.bob}
    assert (await house.alice.get("/v1/tasks")).status_code == 403
    people = {p["name"]: p for p in (await house.admin.get("/v1/staff?active=true")).json()["items"]}
    assert "Alice" not in people
    assert people["Bob"]["open_tasks"] == left.json()["tasks_handed_over"]


async def test_an_instructor_with_lessons_ahead_stays_and_nobody_sees_himself_off(house: House) -> None:
    stays = await house.admin.patch(f"/v1/staff/{house.academy.instructor}", json={"active": False})
    assert (stays.status_code, stays.json()["type"]) == (409, "/problems/still_teaches")
    own = await house.admin.patch(f"/v1/staff/{house.admin_id}", json={"role": "coordinator"})
    assert own.json()["type"] == "/problems/not_yourself"
    taken = await house.admin.patch(f"/v1/staff/{house.academy.bob}", json={"email": "Alice@northstar.example"})
    assert taken.json()["type"] == "/problems/email_taken"


async def test_the_last_who_can_own_tasks_cannot_leave(house: House) -> None:
    async with house.academy.books.transaction() as tx:
        await tx.execute(delete(tasks))
        await tx.execute(update(enrollments).values(coordinator_id=house.academy.bob))
    to = {"role": "instructor", "hand_over_to": house.academy.instructor}
    refused = await house.admin.patch(f"/v1/staff/{house.academy.bob}", json=to)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/no_coordinator")
    given = await house.admin.patch(f"/v1/staff/{house.academy.bob}", json=to | {"hand_over_to": house.academy.lea})
    assert given.json()["role"] == "instructor"
    assert {e["coordinator_id"] for e in await house.academy.rows(enrollments)} == {house.academy.lea}


async def test_the_log_tells_who_did_what_when_and_why(house: House) -> None:
    task = await open_task(house)
    await house.alice.post(f"/v1/tasks/{task['id']}/complete", json={"outcome": "reached", "note": "exam week"})
    enrollment = f"/v1/enrollments/{house.academy.enrollment}"
    await house.alice.post(f"{enrollment}/top-ups", json={"units": 10, "reason": "invoice 311"})
    await house.admin.patch(f"/v1/staff/{house.academy.bob}", json={"role": "lead", "reason": "Lea is away"})
    await house.admin.post("/v1/policies", json={"weekly_sms_cap": 2})
    await house.rest()

    log = (await house.lea.get("/v1/audit")).json()["items"]

    told = [(a["by_name"], a["topic"], a["words"], a["reason"]) for a in log]
    assert ("Ada", "staff", "Ada changed the role of Bob from coordinator to lead.", "Lea is away") in told
    assert ("Ada", "policy", "Ada published version 2 of the policy.", None) in told
    assert ("Alice", "student", "Alice finished the task: reached.", "exam week") in told
    assert any(t[0] == "Alice" and t[3] == "invoice 311" and "10 sessions bought" in t[2] for t in told)
    assert [a["at"] for a in log] == sorted((a["at"] for a in log), reverse=True)
    hers = (await house.lea.get(f"/v1/audit?by={house.academy.alice}")).json()["items"]
    assert {a["by_name"] for a in hers} == {"Alice"}
    first = (await house.lea.get("/v1/audit?limit=1&topic=student")).json()
    rest = (await house.lea.get(first["next"])).json()
    assert first["items"][0]["id"] not in {a["id"] for a in rest["items"]}
    assert (await house.charlie.get("/v1/audit")).json()["items"] == []
    assert (await house.alice.get("/v1/audit")).status_code == 403
