"""Single changes of the calendar: moved, taught by somebody else, called off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from db.journal_tables import entries, outcomes
from db.tables import sessions, staff
from domain.outcomes import Code
from tests.api.conftest import MONDAY, House

pytestmark = pytest.mark.anyio
LATER = {"starts_at": "2026-03-05T18:00:00Z", "ends_at": "2026-03-05T19:00:00Z"}


async def _row(house: House, session: str) -> dict[str, Any]:
    (row,) = await house.academy.rows(sessions, id=session)
    return row


async def _code(house: House, session: str) -> str:
    (row,) = await house.academy.rows(outcomes, session_id=session)
    return str(row["code"])


async def test_a_session_that_is_moved_takes_its_clock_along(house: House) -> None:
    session = (await house.alice.post("/v1/sessions", json=_new(house))).json()["id"]
    wound = (await _row(house, session))["next_due"]
    assert wound is not None
    for _ in range(2):
        moved = (await house.alice.post(f"/v1/sessions/{session}/move", json=LATER)).json()
        assert (moved["starts_at"], moved["sequence"]) == ("2026-03-05T18:00:00Z", 1)
    assert (await _row(house, session))["next_due"] == wound + timedelta(days=1, hours=2)


def _new(house: House) -> dict[str, Any]:
    times = {"starts_at": "2026-03-04T16:00:00Z", "ends_at": "2026-03-04T17:00:00Z"}
    return {"schedule_id": house.academy.schedule, "join_url": "https://zoom.us/j/948", **times}


async def test_a_session_that_has_begun_or_holds_an_outcome_is_not_moved(house: House) -> None:
    begun = await house.academy.session(MONDAY - timedelta(minutes=1))
    told = await house.academy.session(MONDAY + timedelta(days=2))
    await house.academy.outcome(told, Code.CANCELLED_BY_STUDENT)
    ahead = await house.academy.session(MONDAY + timedelta(days=3))
    past = {"starts_at": "2026-03-01T18:00:00Z", "ends_at": "2026-03-01T19:00:00Z"}
    for session, times, kind in (
        (begun, LATER, "session_begun"),
        (told, LATER, "session_has_outcomes"),
        (ahead, past, "time_passed"),
    ):
        answer = await house.alice.post(f"/v1/sessions/{session}/move", json=times)
        assert answer.json()["type"] == f"/problems/{kind}", answer.text
        assert (await _row(house, session))["sequence"] == 0
    assert (await house.charlie.post(f"/v1/sessions/{ahead}/move", json=LATER)).status_code == 404


async def test_a_substitute_teaches_one_session_until_the_own_instructor_is_named_again(house: House) -> None:
    session = await house.academy.session(MONDAY + timedelta(days=1))
    path, own = f"/v1/sessions/{session}/substitute", house.academy.instructor
    for who, stands, sequence in ((own, None, 0), (house.academy.bob, house.academy.bob, 1), (own, None, 2)):
        changed = (await house.alice.post(path, json={"instructor_id": who})).json()
        assert (changed["instructor_id"], changed["sequence"]) == (stands, sequence)
    async with house.academy.books.transaction() as tx:
        await tx.execute(update(staff).where(staff.c.id == house.academy.bob).values(active=False))
    gone = await house.alice.post(path, json={"instructor_id": house.academy.bob})
    assert gone.json()["type"] == "/problems/staff_inactive"


async def test_a_session_called_off_charges_nobody_and_families_hear_it_once(house: House) -> None:
    session = await house.academy.session(MONDAY + timedelta(days=1))
    path, body = f"/v1/sessions/{session}/call-off", {"code": "cancelled_by_instructor", "reason": "Ivan is ill"}
    for _ in range(2):
        answer = (await house.alice.post(path, json=body)).json()
        assert (answer["status"], answer["called_off"], answer["sequence"]) == (
            *("called_off", "cancelled_by_instructor", 1),
        )
        await house.rest()
    assert await _code(house, session) == "cancelled_by_instructor"
    mail = (await house.alice.get(f"/v1/messages?student_id={house.academy.student}")).json()["items"]
    assert [m["purpose"] for m in mail] == ["called_off", "called_off"]  # SMS and e-mail
    assert (await _row(house, session))["next_due"] is None
    other = await house.alice.post(path, json={"code": "cancelled_by_operator"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/session_called_off")
    assert (await house.alice.post(f"/v1/sessions/{session}/move", json=LATER)).status_code == 409


async def test_who_paid_for_cancelling_late_gets_it_back_when_we_call_the_session_off(house: House) -> None:
    session = await house.academy.session(MONDAY + timedelta(hours=3))
    told = {"session_id": session, "student_id": house.academy.student, "code": "cancelled_by_student"}
    assert (await house.integration.post("/v1/outcomes", json=told)).json()["code"] == "late_cancelled"
    await house.rest()
    answer = await house.integration.post(f"/v1/sessions/{session}/call-off", json={"code": "cancelled_by_operator"})
    assert answer.status_code == 200, answer.text
    await house.rest()
    assert await _code(house, session) == "cancelled_by_operator"
    assert sum(e["units"] for e in await house.academy.rows(entries)) == 0


async def test_a_session_that_took_place_cannot_be_called_off(house: House) -> None:
    session = await house.academy.session(MONDAY - timedelta(hours=2))
    await house.academy.outcome(session, Code.ATTENDED)
    answer = await house.alice.post(f"/v1/sessions/{session}/call-off", json={"code": "cancelled_by_operator"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/session_has_outcomes")
    unrecorded = await house.academy.session(MONDAY - timedelta(hours=4))
    late = await house.alice.post(f"/v1/sessions/{unrecorded}/call-off", json={"code": "cancelled_by_operator"})
    assert late.json()["status"] == "called_off"
    wrong = await house.alice.post(f"/v1/sessions/{session}/call-off", json={"code": "no_show"})
    assert wrong.status_code == 422


async def test_an_instructor_changes_his_own_sessions_and_not_the_operators_plan(house: House) -> None:
    academy = house.academy
    his = await academy.session(MONDAY + timedelta(days=1))
    async with academy.books.transaction() as tx:
        row = {"org_id": academy.org, "name": "Iris", "email": "iris@northstar.example", "role": "instructor"}
        iris = (await tx.execute(insert(staff).values(row).returning(staff.c.id))).scalar_one()
    stranger, ivan = house.client(house.key, str(iris)), house.client(house.key, academy.instructor)
    by_instructor, by_operator = {"code": "cancelled_by_instructor"}, {"code": "cancelled_by_operator"}
    for who, body in ((stranger, by_instructor), (ivan, by_operator)):
        assert (await who.post(f"/v1/sessions/{his}/call-off", json=body)).status_code == 403
    assert (await ivan.post("/v1/closures", json={"day": "2026-03-10"})).status_code == 403
    assert (await ivan.post(f"/v1/sessions/{his}/call-off", json=by_instructor)).status_code == 200
