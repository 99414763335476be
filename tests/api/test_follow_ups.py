"""Cases, tasks with their verbs, and the timeline."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from db import operations
from db.engine import Books
from db.journal_tables import tasks
from domain.events import ReminderDue
from domain.tasks import TaskKind
from domain.wording import when
from tests.api.conftest import MONDAY, House
from tests.api.scenes import missed, open_task

pytestmark = pytest.mark.anyio
VERBS = ("claim", "complete", "snooze", "reassign", "dismiss", "outreach")


async def test_nobody_acts_on_a_task_without_a_key_and_no_integration_does(house: House) -> None:
    task = await open_task(house)
    bodies = {
        "complete": {"outcome": "reached"},
        "snooze": {"until": "2026-03-05T12:00:00Z"},
        "reassign": {"to_id": house.academy.bob},
        "dismiss": {"reason": "other"},
        "outreach": {"channel": "phone"},
    }
    for verb in VERBS:
        path, body = f"/v1/tasks/{task['id']}/{verb}", bodies.get(verb, {})
        assert (await house.anonymous.post(path, json=body)).status_code == 401
        refused = await house.integration.post(path, json=body)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/actor_needed")
        teacher = await house.client(house.key, house.academy.instructor).post(path, json=body)
        assert (teacher.status_code, teacher.json()["type"]) == (403, "/problems/role_needed")
        assert (await house.charlie.post(path, json=body)).status_code == 404


async def test_two_no_shows_open_a_case_with_its_task_and_messages(house: House) -> None:
    task = await open_task(house)
    assert (task["owner_name"], task["student_name"], task["overdue"]) == ("Alice", "Sam Reed", False)
    case = (await house.alice.get(f"/v1/cases/{task['case_id']}")).json()
    assert (case["tier"], case["follow_up"], len(case["evidence"])) == (2, "never", 2)
    assert [t["id"] for t in case["tasks"]] == [task["id"]]
    assert {m["purpose"] for m in case["messages"]} == {"concern"}
    assert [c["id"] for c in (await house.bob.get("/v1/cases?open=true&tier=2")).json()["items"]] == [case["id"]]
    assert (await house.bob.get("/v1/cases?open=false")).json()["items"] == []
    assert (await house.charlie.get(f"/v1/cases/{case['id']}")).status_code == 404
    assert (await house.charlie.get(f"/v1/tasks/{task['id']}")).status_code == 404


async def test_tasks_are_found_by_owner_state_and_time(house: House) -> None:
    task = await open_task(house)

    async def found(query: str) -> list[str]:
        return [t["id"] for t in (await house.alice.get(f"/v1/tasks?{query}")).json()["items"] if t["case_id"]]

    assert await found(f"owner_id={house.academy.alice}") == [task["id"]]
    assert await found(f"owner_id={house.academy.bob}") == []
    assert await found("status=done") == []
    assert await found("overdue=true") == []
    house.academy.now += timedelta(days=2)
    assert await found("overdue=true&kind=follow_up&status=open") == [task["id"]]
    assert (await house.alice.get("/v1/tasks?status=forgotten")).status_code == 422


async def test_a_task_is_claimed_tried_and_finished(house: House) -> None:
    task = await open_task(house)
    path = f"/v1/tasks/{task['id']}"
    claimed = (await house.alice.post(f"{path}/claim")).json()["task"]
    assert claimed["claimed_by"] == house.academy.alice
    tried = await house.alice.post(f"{path}/outreach", json={"channel": "phone", "note": "mailbox full"})
    assert [(o["channel"], o["note"], o["by"]) for o in tried.json()["outreach"]] == [
        ("phone", "mailbox full", house.academy.alice)
    ]
    done = await house.bob.post(f"{path}/complete", json={"outcome": "reached", "channel": "phone", "note": "all well"})
    assert done.status_code == 200
    assert (done.json()["task"]["status"], done.json()["task"]["outcome"]) == ("done", "reached")
    assert done.json()["task"]["note"] == "all well"
    case = (await house.alice.get(f"/v1/cases/{task['case_id']}")).json()
    assert (case["follow_up"], case["stopped_in_words"]) == ("in_time", "outreach")
    again = await house.alice.post(f"{path}/complete", json={"outcome": "reached"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/task_not_open")
    assert "finished already" in again.json()["detail"]


async def test_a_task_is_put_off_given_away_and_dismissed(house: House) -> None:
    task = await open_task(house)
    path = f"/v1/tasks/{task['id']}"
    past = await house.alice.post(f"{path}/snooze", json={"until": MONDAY.isoformat()})
    assert (past.status_code, past.json()["type"]) == (409, "/problems/snooze_in_the_past")
    far = await house.alice.post(f"{path}/snooze", json={"until": "2099-01-01T00:00:00Z"})
    assert (far.status_code, far.json()["type"]) == (422, "/problems/too_far_ahead")
    until = (house.academy.now + timedelta(days=1)).isoformat()
    assert (await house.alice.post(f"{path}/snooze", json={"until": until})).json()["task"]["status"] == "snoozed"
    teacher = await house.alice.post(f"{path}/reassign", json={"to_id": house.academy.instructor})
    assert (teacher.status_code, teacher.json()["type"]) == (409, "/problems/not_on_the_team")
    nobody = await house.alice.post(f"{path}/reassign", json={"to_id": str(uuid4())})
    assert (nobody.status_code, nobody.json()["type"]) == (404, "/problems/staff_unknown")
    given = await house.alice.post(f"{path}/reassign", json={"to_id": house.academy.bob})
    assert given.json()["task"]["owner_name"] == "Bob"
    gone = await house.bob.post(f"{path}/dismiss", json={"reason": "false_alarm", "note": "moved house"})
    assert (gone.json()["task"]["status"], gone.json()["task"]["reason"]) == ("not_needed", "false_alarm")
    case = (await house.alice.get(f"/v1/cases/{task['case_id']}")).json()
    assert case["outcome"] == "false_alarm"


async def test_a_task_of_the_operation_is_decided_at_once(house: House, books: Books) -> None:
    async with books.transaction() as tx:
        await operations.open_once(tx, house.academy.org, TaskKind.BLAST_GUARD, MONDAY)
        task_id = (await tx.execute(select(tasks.c.id))).scalar_one()
    path = f"/v1/tasks/{task_id}"
    assert (await house.alice.post(f"{path}/claim")).json()["task"]["claimed_by"] == house.academy.alice
    until = (MONDAY + timedelta(hours=2)).isoformat()
    assert (await house.alice.post(f"{path}/snooze", json={"until": until})).json()["task"]["status"] == "snoozed"
    given = await house.alice.post(f"{path}/reassign", json={"to_id": house.academy.bob})
    assert given.json()["task"]["owner_name"] == "Bob"
    tried = await house.alice.post(f"{path}/outreach", json={"channel": "phone"})
    assert (tried.status_code, tried.json()["type"]) == (422, "/problems/no_family")
    done = await house.bob.post(f"{path}/complete", json={"outcome": "done", "note": "looked into it"})
    assert (done.json()["task"]["status"], done.json()["task"]["finished_by"]) == ("done", house.academy.bob)
    again = await house.bob.post(f"{path}/dismiss", json={"reason": "other"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/task_not_open")


async def test_the_timeline_tells_what_was_decided_and_what_comes(house: House) -> None:
    task = await open_task(house)
    path = f"/v1/students/{house.academy.student}/timeline"
    told = (await house.alice.get(path)).json()
    assert (told["name"], told["case_id"], told["withdrawn"]) == ("Sam Reed", task["case_id"], False)
    assert told["enrollments"][0] == {
        "enrollment_id": house.academy.enrollment,
        "subject": "Maths",
        "balance": -2,
        "billing_status": "current",
        "ended_at": None,
    }
    reasons = [sentence for past in told["items"] for sentence in past["because"]]
    assert "Maths on Tue 3 Mar 15:00: no-show." in reasons
    assert any(s.startswith("Missed 2 sessions in a row") for s in reasons)
    assert any("Maria Reed" in s for past in told["items"] for s in past["effects"])
    ladder = [s for s in told["ahead"] if s["act"] == "ladder_step"]
    assert len(ladder) == 2
    assert all(s["will_run"] for s in ladder)
    assert {m["state"] for m in told["messages"]} == {"sent"}
    await house.alice.post(f"/v1/tasks/{task['id']}/outreach", json={"channel": "phone"})
    after = (await house.alice.get(path)).json()
    stopped = [s for s in after["ahead"] if s["act"] == "ladder_step"]
    assert all(not s["will_run"] and "reached out" in s["words"] and s["why_not"] for s in stopped)
    first_part = (await house.alice.get(f"{path}?limit=1")).json()
    assert first_part["items"] == after["items"][:1]
    assert (await house.alice.get(first_part["next"])).json()["items"] == after["items"][1:2]


async def test_the_timeline_tells_of_a_reminder(house: House) -> None:
    academy = house.academy
    starts = academy.now + timedelta(hours=1)
    session = await academy.session(starts)
    await academy.happens(ReminderDue(session_id=session, starts_at=starts, channel="sms"))
    await academy.settle()
    told = (await house.alice.get(f"/v1/students/{academy.student}/timeline")).json()
    newest = told["items"][0]
    lesson = f"Maths on {when(starts, 'UTC')}"
    assert newest["because"] == [f"{lesson} begins soon, so the family is reminded by SMS."]
    assert newest["effects"] == [f"SMS to Maria Reed queued for {when(academy.now, 'UTC')}: reminder"]
    assert [m["purpose"] for m in told["messages"]] == ["reminder"]


async def test_the_timeline_of_a_new_student_is_empty(house: House) -> None:
    student = (await house.alice.post("/v1/students", json={"name": "Nora"})).json()["id"]
    told = (await house.alice.get(f"/v1/students/{student}/timeline")).json()
    assert (told["items"], told["ahead"], told["messages"], told["enrollments"]) == ([], [], [], [])


async def test_a_pause_and_a_withdrawal_close_what_is_open(house: House) -> None:
    await missed(house, 0, 1)
    path = f"/v1/students/{house.academy.student}"
    past = await house.alice.post(f"{path}/pause", json={"until": MONDAY.isoformat()})
    assert (past.status_code, past.json()["type"]) == (409, "/problems/return_date_in_the_past")
    far = await house.alice.post(f"{path}/pause", json={"until": "2099-01-01T00:00:00Z"})
    assert (far.status_code, far.json()["type"]) == (422, "/problems/too_far_ahead")
    until = (house.academy.now + timedelta(days=10)).isoformat()
    assert (await house.alice.post(f"{path}/pause", json={"until": until})).status_code == 200
    assert (await house.alice.get("/v1/cases")).json()["items"][0]["outcome"] == "paused"
    left = await house.alice.post(f"{path}/withdraw")
    assert (left.status_code, left.json()["status"]) == (200, "done")
    assert (await house.alice.get(f"{path}/timeline")).json()["withdrawn"] is True
    enrollment = (await house.alice.get(f"/v1/enrollments/{house.academy.enrollment}")).json()
    assert enrollment["ended_at"] is not None
    back = {"student_id": house.academy.student, "schedule_id": house.academy.schedule}
    again = (await house.alice.post("/v1/enrollments", json=back)).json()
    assert (again["id"], again["ended_at"]) == (house.academy.enrollment, None)
    await house.rest()
    assert (await house.alice.get(f"{path}/timeline")).json()["withdrawn"] is False
