"""Planned absences and grace, end to end: told ahead for a span, taken back, and nothing in the way of who comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, update

from db import absences, student_facts
from db.tables import recurrences, schedules, sessions
from domain.outcomes import Code
from tests.api.conftest import MONDAY, House

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)


async def _declares(house: House, since: datetime, until: datetime, **more: Any) -> dict[str, Any]:
    body = {"from": since.isoformat(), "to": until.isoformat(), **more}
    answer = await house.alice.post(f"/v1/students/{house.academy.student}/absences", json=body)
    assert answer.status_code == 201, answer.text
    await house.rest()
    told: dict[str, Any] = answer.json()
    return told


async def _balance(house: House) -> int:
    book = (await house.alice.get(f"/v1/enrollments/{house.academy.enrollment}/ledger")).json()
    return int(book["balance"])


async def _codes(house: House) -> dict[str, str]:
    found = (await house.alice.get(f"/v1/outcomes?student_id={house.academy.student}")).json()["items"]
    return {o["session_id"]: o["code"] for o in found}


async def test_an_absence_covers_the_sessions_that_begin_in_it(house: House) -> None:
    before, soon, later, after = [await house.academy.session(MONDAY + n * DAY) for n in (-1, 0.5, 3, 5)]
    told = await _declares(
        house, MONDAY - 2 * DAY, MONDAY + 5 * DAY, reason="ill", note="flu", guardian_id=house.academy.mother
    )
    assert (told["note"], told["by"], told["guardian_id"]) == ("flu", house.academy.alice, house.academy.mother)
    assert {s["session_id"]: s["code"] for s in told["sessions"]} == await _codes(house)
    assert await _codes(house) == {soon: "late_cancelled", later: "cancelled_by_student"}, "not what had begun before"
    assert {before, after}.isdisjoint(await _codes(house))
    assert await _balance(house) == -1
    listed = (await house.alice.get(f"/v1/students/{house.academy.student}/absences")).json()["items"]
    assert listed == [{k: v for k, v in told.items() if k != "sessions"}]
    assert (await house.charlie.get(f"/v1/absences/{told['id']}")).status_code == 404


async def test_it_counts_from_when_the_family_told(house: House) -> None:
    session = await house.academy.session(MONDAY + 20 * timedelta(hours=1))
    told = await _declares(house, MONDAY, MONDAY + DAY, declared_at=(MONDAY - DAY).isoformat())
    assert [s["code"] for s in told["sessions"]] == ["cancelled_by_student"]
    assert session in await _codes(house)


async def test_a_group_session_is_excused(house: House) -> None:
    async with house.academy.books.transaction() as tx:
        await tx.execute(update(schedules).values(kind="group"))
    session = await house.academy.session(MONDAY + timedelta(hours=3))
    await _declares(house, MONDAY, MONDAY + DAY)
    assert await _codes(house) == {session: "excused_absence"}


async def test_sessions_made_or_moved_later_join_it_and_leave_it(house: House) -> None:
    await _declares(house, MONDAY + DAY, MONDAY + 7 * DAY)
    body = {
        "schedule_id": house.academy.schedule,
        "starts_at": (MONDAY + 3 * DAY).isoformat(),
        "ends_at": (MONDAY + 3 * DAY + timedelta(hours=1)).isoformat(),
    }
    made = (await house.alice.post("/v1/sessions", json=body)).json()["id"]
    assert await _codes(house) == {made: "cancelled_by_student"}
    async with house.academy.books.transaction() as tx:
        moved = {"starts_at": MONDAY + 9 * DAY, "ends_at": MONDAY + 9 * DAY + timedelta(hours=1)}
        await tx.execute(update(sessions).where(sessions.c.id == made).values(moved))
        woken = await absences.apply_to(tx, house.academy.org, [made], house.academy.now)
        again = await absences.apply_to(tx, house.academy.org, [made], house.academy.now)
    assert (woken, again) == ([house.academy.student], [])
    assert await _codes(house) == {made: "scheduled"}


async def test_an_enrollment_made_later_brings_its_sessions_into_it(house: House) -> None:
    told = await _declares(house, MONDAY, MONDAY + 5 * DAY)
    chess = (await house.alice.post("/v1/schedules", json={"subject": "Chess", "kind": "group"})).json()["id"]
    session = await house.academy.session(MONDAY + 2 * DAY, schedule=chess)
    body = {"student_id": house.academy.student, "schedule_id": chess, "started_at": (MONDAY - DAY).isoformat()}
    assert (await house.alice.post("/v1/enrollments", json=body)).status_code == 201
    sessions = (await house.alice.get(f"/v1/absences/{told['id']}")).json()["sessions"]
    assert [(s["session_id"], s["code"]) for s in sessions] == [(session, "excused_absence")]


async def test_withdrawn_ahead_the_sessions_stand_as_if_nothing_had_been_told(house: House) -> None:
    academy = house.academy
    soon, later = [await academy.session(MONDAY + n * DAY) for n in (0.5, 3)]
    told = await _declares(house, MONDAY, MONDAY + 5 * DAY)
    assert await _balance(house) == -1
    path = f"/v1/absences/{told['id']}/withdraw"
    withdrawn = (await house.alice.post(path)).json()
    assert {s["code"] for s in withdrawn["sessions"]} == {"scheduled"}
    await house.rest()
    assert await _balance(house) == 0
    waiting = (await house.alice.get(f"/v1/messages?student_id={academy.student}")).json()["items"]
    assert {m["state"] for m in waiting} <= {"cancelled", "sent"}
    assert (await house.alice.post(path)).json() == withdrawn
    academy.now = MONDAY + 0.5 * DAY + timedelta(hours=1, minutes=10)
    attended = await academy.outcome(soon, Code.ATTENDED)
    assert (attended.version, attended.repeated) == (3, False)
    again = await academy.outcome(later, Code.LATE_CANCELLED)
    assert (again.code, again.version) == ("cancelled_by_student", 3)
    await academy.settle()
    assert await _balance(house) == -1
    timeline = (await house.alice.get(f"/v1/students/{academy.student}/timeline")).text
    assert "was corrected to scheduled" in timeline


async def test_what_another_absence_covers_or_somebody_else_told_stays(house: House) -> None:
    both, alone, by_phone = [await house.academy.session(MONDAY + n * DAY) for n in (2, 3, 4)]
    await house.academy.outcome(by_phone, Code.CANCELLED_BY_STUDENT)
    first = await _declares(house, MONDAY, MONDAY + 5 * DAY)
    await _declares(house, MONDAY, MONDAY + 2.5 * DAY)
    await house.alice.post(f"/v1/absences/{first['id']}/withdraw")
    cancelled = "cancelled_by_student"
    assert await _codes(house) == {both: cancelled, alone: "scheduled", by_phone: cancelled}


async def test_what_cannot_be_an_absence_is_refused(house: House) -> None:
    path = f"/v1/students/{house.academy.student}/absences"
    span = {"from": (MONDAY - 2 * DAY).isoformat(), "to": (MONDAY + DAY).isoformat()}
    bad: list[tuple[dict[str, Any], str]] = [
        ({"to": (MONDAY - DAY).isoformat()}, "not_ahead"),
        ({"to": span["from"]}, "invalid_request"),
        ({"to": (MONDAY + 400 * DAY).isoformat()}, "invalid_request"),
        ({"declared_at": (MONDAY + timedelta(hours=1)).isoformat()}, "declared_ahead"),
        ({"guardian_id": str(uuid4())}, "not_their_guardian"),
        ({"reason": "bored"}, "invalid_request"),
    ]
    for changes, kind in bad:
        answer = await house.alice.post(path, json=span | changes)
        assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{kind}"), changes
    told = await _declares(house, MONDAY, MONDAY + DAY)
    house.academy.now = MONDAY + 2 * DAY
    over = await house.alice.post(f"/v1/absences/{told['id']}/withdraw")
    assert (over.status_code, over.json()["type"]) == (409, "/problems/absence_over")
    unknown = await house.alice.post(f"/v1/absences/{uuid4()}/withdraw")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/absence_unknown")


async def test_scheduled_is_never_told_as_an_outcome(house: House) -> None:
    session = await house.academy.session(MONDAY + DAY)
    told = {"session_id": session, "student_id": house.academy.student}
    refused = await house.integration.post("/v1/outcomes", json={**told, "code": "scheduled"})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/no_outcome")
    first = (await house.integration.post("/v1/outcomes", json={**told, "code": "cancelled_by_student"})).json()
    path = f"/v1/outcomes/{first['id']}/corrections"
    assert (await house.alice.post(path, json={"code": "scheduled"})).status_code == 202
    late = await house.integration.post("/v1/outcomes", json={**told, "code": "late_cancelled"})
    assert (late.json()["code"], late.json()["version"]) == ("cancelled_by_student", 3)
    house.academy.now = MONDAY + DAY
    begun = await house.alice.post(path, json={"code": "scheduled"})
    assert (begun.status_code, begun.json()["type"]) == (422, "/problems/taken_back_late")


# --- grace ------------------------------------------------------------------------------------------------------------


async def _letters(house: House) -> list[str]:
    found = (await house.alice.get(f"/v1/messages?student_id={house.academy.student}")).json()["items"]
    return [m["body"] for m in found if m["purpose"] == "cancellation_confirmation"]


async def test_one_late_cancellation_a_term_is_free_however_old_the_term(house: House) -> None:
    academy = house.academy
    term = {"name": "Spring", "starts_on": "2026-01-12", "ends_on": "2026-05-29"}
    assert (await house.alice.post("/v1/terms", json=term)).status_code == 403
    assert (await house.admin.post("/v1/terms", json=term)).status_code == 201
    assert [t["name"] for t in (await house.alice.get("/v1/terms")).json()["items"]] == ["Spring"]
    first = await academy.session(MONDAY + timedelta(hours=3))
    await academy.outcome(first, Code.LATE_CANCELLED)
    await academy.settle()
    assert await _balance(house) == 0
    (letter,) = await _letters(house)
    assert "No session is used." in letter
    for n in range(45):  # more than a decision loads of an enrollment
        session = await academy.session(MONDAY + timedelta(hours=6 + n))
        academy.now = MONDAY + timedelta(hours=7 + n)
        await academy.outcome(session, Code.TECHNICAL_FAILURE, imported=True)
    await academy.settle()
    second = await academy.session(academy.now + timedelta(hours=5))
    await academy.outcome(second, Code.LATE_CANCELLED)
    await academy.settle()
    assert await _balance(house) == -1, "the grace is gone, though its session is not among the newest 40"
    earlier = await academy.session(MONDAY - timedelta(hours=3))
    await academy.outcome(earlier, Code.LATE_CANCELLED, announced_at=MONDAY - timedelta(hours=4))
    await academy.settle()
    assert await _balance(house) == -2
    book = (await house.alice.get(f"/v1/enrollments/{academy.enrollment}/ledger")).json()["items"]
    assert sorted(e["units"] for e in book) == [-1, -1]
    timeline = (await house.alice.get(f"/v1/students/{academy.student}/timeline")).text
    assert "a late cancellation the term forgives" in timeline


# --- the level of the balance alert -----------------------------------------------------------------------------------


async def test_the_alert_level_counts_the_sessions_of_the_calendar(house: House) -> None:
    academy = house.academy
    days = [*range(1, 8), 20]
    made = [await academy.session(MONDAY + n * DAY) for n in days]

    async def upcoming() -> int | None:
        async with academy.books.transaction() as tx:
            facts = await student_facts.load(tx, academy.org, academy.student, (), academy.now)
        return facts.enrollments[0].upcoming

    assert await upcoming() is None, "without a recurrence the schedule's sessions per week count"
    async with academy.books.transaction() as tx:
        series = {"rule": "FREQ=DAILY", "starts_on": MONDAY.date(), "starts_at": MONDAY.time(), "minutes": 60}
        row = {"org_id": academy.org, "schedule_id": academy.schedule, **series}
        await tx.execute(insert(recurrences).values(row))
        called_off = {"status": "called_off", "called_off": "cancelled_by_operator"}
        await tx.execute(update(sessions).where(sessions.c.id == made[1]).values(called_off))
    await academy.outcome(made[0], Code.CANCELLED_BY_STUDENT)
    assert await upcoming() == 5


# --- pauses -----------------------------------------------------------------------------------------------------------


async def test_a_pause_is_known_to_sessions_and_ends_by_itself_or_by_attendance(house: House) -> None:
    academy = house.academy
    back = MONDAY + 10 * DAY
    path = f"/v1/students/{academy.student}/pause"
    assert (await house.alice.post(path, json={"until": back.isoformat()})).status_code == 200

    async def paused(at: datetime) -> bool:
        """Whether a session at that time expects nobody."""
        await academy.session(at + timedelta(hours=3))
        day = at.date().isoformat()
        found = (await house.alice.get("/v1/sessions", params={"day": day})).json()["items"]
        return bool(found[-1]["counts"]["expected"] == 0)

    assert [await paused(at) for at in (MONDAY - DAY, MONDAY + DAY, back)] == [False, True, False]
    session = await academy.session(MONDAY + 2 * DAY)
    await academy.until(MONDAY + 2.1 * DAY)
    await academy.outcome(session, Code.NO_SHOW)
    await academy.settle()
    assert (await house.alice.get("/v1/messages")).json()["items"] == [], "nobody is told in a pause"
    session = await academy.session(MONDAY + 4 * DAY)
    await academy.until(MONDAY + 4.1 * DAY)
    await academy.outcome(session, Code.ATTENDED)
    await academy.settle()
    assert [await paused(MONDAY + n * DAY) for n in (3, 4, 5)] == [True, False, False]
