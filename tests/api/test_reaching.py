"""Are families being reached: the report, with definitions, and nothing that tells a single family apart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, update

from db.engine import Books
from db.journal_tables import messages, outcomes
from db.tables import enrollments, sessions, students
from tests.api.conftest import MONDAY, House
from tests.api.scenes import missed, open_task

pytestmark = pytest.mark.anyio


async def _report(house: House, days: int = 28) -> dict[str, Any]:
    answer = await house.admin.get(f"/v1/reports/reaching?days={days}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_only_a_lead_or_admin_reads_it_and_each_sees_his_own(house: House) -> None:
    await missed(house, 0)
    assert (await house.anonymous.get("/v1/reports/reaching")).status_code == 401
    assert (await house.alice.get("/v1/reports/reaching")).json()["type"] == "/problems/role_needed"
    theirs = (await house.charlie.get("/v1/reports/reaching")).json()
    assert (theirs["contact"]["misses"], theirs["steps"], len(theirs["weeks"])) == (0, [], 8)


async def test_a_few_misses_are_not_told_apart(house: House) -> None:
    await missed(house, 0, 1)
    report = await _report(house)
    assert report["contact"] == dict.fromkeys(("misses", "reached", "p50_minutes", "p90_minutes"))
    assert report["weeks"][-1]["contact"] == report["contact"]
    assert [w["week"] for w in report["weeks"]][-1] == "2026-03-02"


async def test_the_time_to_the_first_contact_is_measured(house: House, books: Books) -> None:
    academy = house.academy
    async with books.transaction() as tx:
        for n in range(10):
            pupil, session, enrollment = str(uuid4()), str(uuid4()), str(uuid4())
            own: dict[str, Any] = {"org_id": academy.org}
            at = MONDAY - timedelta(days=1, hours=n)
            await tx.execute(insert(students).values(own | {"id": pupil, "name": f"Pupil {n}"}))
            place = own | {"schedule_id": academy.schedule}
            joined = {"student_id": pupil, "coordinator_id": academy.alice, "started_at": at}
            await tx.execute(insert(enrollments).values(place | joined | {"id": enrollment}))
            hour = {"id": session, "starts_at": at - timedelta(hours=1), "ends_at": at}
            await tx.execute(insert(sessions).values(place | hour))
            seat = own | {"student_id": pupil, "session_id": session}
            missed_it = {"enrollment_id": enrollment, "code": "no_show", "received_at": at}
            await tx.execute(insert(outcomes).values(seat | missed_it))
            if n == 9:  # nobody was told
                continue
            sent = {
                **{"key": f"k{n}", "purpose": "absence_notice", "channel": "sms", "recipient_kind": "guardian"},
                **{"guardian_id": academy.mother, "state": "failed" if n == 0 else "sent", "offers_replies": True},
                **{"due_at": at, "created_at": at, "expires_at": at + timedelta(hours=18)},
                "handed_over_at": at + timedelta(minutes=n + 1),
            }
            await tx.execute(insert(messages).values(seat | sent))
    report = await _report(house)
    assert report["contact"] == {"misses": 10, "reached": 9, "p50_minutes": 5.0, "p90_minutes": 8.2}
    assert report["in_the_way"]["undelivered"] == 1
    assert report["weeks"][-2]["contact"] == report["contact"]
    assert (await _report(house, days=1))["contact"]["misses"] is None
    assert set(report["contact"]) | set(report["in_the_way"]) | {"steps"} == set(report["means"])


async def test_what_stands_in_the_way_is_counted(house: House, books: Books) -> None:
    await open_task(house)
    academy = house.academy
    await academy.until(academy.now + timedelta(days=3))
    async with books.transaction() as tx:
        held = {"state": "held", "reason": "blast_guard"}
        await tx.execute(update(messages).where(messages.c.purpose == "absence_notice").values(held))
    await academy.session(academy.now - timedelta(days=1))
    academy.now += timedelta(days=5)
    found = (await _report(house))["in_the_way"]
    assert (found["overdue"], found["held"] > 0, found["unrecorded"], found["stuck"] > 0) == (1, True, 1, True)
    ran = {(s["step"], s["times"]) for s in (await _report(house))["steps"]}
    assert {("ladder_step", 1), ("remind", 1)} <= ran
