"""Boards: sessions by day, instructor, group and student, what is unrecorded, attendance, completeness."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from db.session_tables import attendances
from db.tables import enrollments, schedules, sessions, students
from domain.outcomes import Code
from tests.academy import _add
from tests.api.conftest import MONDAY, House

pytestmark = pytest.mark.anyio
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def _items(house: House, path: str, **asked: Any) -> list[dict[str, Any]]:
    answer = await house.alice.get(f"/v1/{path}", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def _classmate(house: House, name: str, started_at: datetime, **more: Any) -> str:
    """Somebody else in Sam's schedule."""
    ours = house.academy
    who = await _add(ours.books, students, org_id=ours.org, name=name)
    seat = {"student_id": who, "schedule_id": ours.schedule, "coordinator_id": ours.alice, "started_at": started_at}
    await _add(ours.books, enrollments, org_id=ours.org, **seat, **more)
    return who


async def _change(house: House, table: Any, **values: Any) -> None:
    async with house.academy.books.transaction() as tx:
        await tx.execute(update(table).where(table.c.org_id == house.academy.org).values(values))


async def test_a_session_tells_when_what_who_and_how_it_stands(house: House) -> None:
    ours = house.academy
    await _change(house, schedules, zone="America/New_York", join_url="https://meet.example/m")
    session = await ours.session(MONDAY)
    shown = (await house.alice.get(f"/v1/sessions/{session}")).json()
    assert (shown["subject"], shown["kind"], shown["zone"]) == ("Maths", "one_to_one", "America/New_York")
    assert (shown["local_date"], shown["local_start"], shown["local_end"]) == ("2026-03-02", "10:00", "11:00")
    assert (shown["instructor_id"], shown["instructor_name"]) == (ours.instructor, "Ivan")
    assert (shown["status"], shown["join_url"], shown["sequence"]) == ("scheduled", "https://meet.example/m", 0)
    assert shown["counts"] == {"expected": 1, "recorded": 0, "present": 0, "missed": 0, "told_ahead": 0}


async def test_who_began_later_or_left_before_or_pauses_is_not_expected(house: House) -> None:
    ours = house.academy
    session = await ours.session(MONDAY)
    await _classmate(house, "Nora", MONDAY + HOUR)
    await _classmate(house, "Nils", MONDAY - 9 * DAY, ended_at=MONDAY)
    ida = await _classmate(house, "Ida", MONDAY)
    assert (await _items(house, "sessions"))[0]["counts"]["expected"] == 2
    pause = {"began_at": (MONDAY - DAY).isoformat(), "until": (MONDAY + DAY).isoformat()}
    async with ours.books.transaction() as tx:
        await tx.execute(update(students).where(students.c.id == ida).values(state={"pauses": [pause]}))
    seats = await _items(house, "attendance", session_id=session)
    assert [s["student_name"] for s in seats] == ["Sam Reed"]
    assert await _items(house, "sessions", student_id=ida) == []


async def test_an_attended_session_ends_a_pause_for_those_after_it(house: House) -> None:
    ours = house.academy
    first, _, third = [await ours.session(MONDAY + n * DAY) for n in (0, 1, 2)]
    pause = {"began_at": (MONDAY - DAY).isoformat(), "until": (MONDAY + 9 * DAY).isoformat()}
    await _change(house, students, state={"pauses": [pause]})
    assert await _items(house, "sessions", student_id=ours.student) == []
    ours.now = MONDAY + 3 * DAY
    await ours.outcome(first, Code.ATTENDED)
    assert len(await _items(house, "sessions", student_id=ours.student)) == 3
    assert [s["id"] for s in await _items(house, "sessions/unrecorded")][-1] == third


async def test_a_make_up_expects_its_student_alone(house: House) -> None:
    ours = house.academy
    nora = await _classmate(house, "Nora", MONDAY - DAY)
    missed = await ours.session(MONDAY)
    made_up = await ours.session(MONDAY + DAY)
    async with ours.books.transaction() as tx:
        change = update(sessions).where(sessions.c.id == made_up)
        await tx.execute(change.values(make_up_for=missed, make_up_student_id=ours.student))
    found = {s["id"]: s for s in await _items(house, "sessions")}
    assert [found[s]["counts"]["expected"] for s in (missed, made_up)] == [2, 1]
    assert (found[made_up]["make_up_for"], found[made_up]["make_up_student_id"]) == (missed, ours.student)
    assert [s["id"] for s in await _items(house, "sessions", student_id=nora)] == [missed]


async def test_a_day_is_the_organizations_day(house: House) -> None:
    ours = house.academy
    async with ours.books.transaction() as tx:
        await tx.exec_driver_sql("update organizations set zone = 'America/New_York'")
    evening = await ours.session(datetime.fromisoformat("2026-03-09T03:30:00+00:00"))  # 8 March 23:30, after the change
    night = await ours.session(datetime.fromisoformat("2026-03-09T04:00:00+00:00"))  # 9 March 00:00
    assert [s["id"] for s in await _items(house, "sessions", day="2026-03-08")] == [evening]
    assert [s["id"] for s in await _items(house, "sessions", day="2026-03-09")] == [night]
    assert (await house.alice.get("/v1/sessions?day=9999-12-31")).status_code == 422


async def test_sessions_are_found_by_who_teaches_them_and_how_they_stand(house: House) -> None:
    ours = house.academy
    usual, substituted, off = [await ours.session(MONDAY + n * DAY) for n in (0, 1, 2)]
    async with ours.books.transaction() as tx:
        await tx.execute(update(sessions).where(sessions.c.id == substituted).values(instructor_id=ours.lea))
        gone = {"status": "called_off", "called_off": "cancelled_by_operator"}
        await tx.execute(update(sessions).where(sessions.c.id == off).values(gone))
    assert [s["id"] for s in await _items(house, "sessions", instructor_id=ours.lea)] == [substituted]
    assert [s["id"] for s in await _items(house, "sessions", instructor_id=ours.instructor)] == [usual, off]
    ours.now = MONDAY + 4 * DAY
    await ours.outcome(usual, Code.NO_SHOW)
    for status, session in (("settled", usual), ("unrecorded", substituted), ("called_off", off)):
        found = await _items(house, "sessions", status=status)
        assert [(s["id"], s["status"]) for s in found] == [(session, status)]
    assert await _items(house, "sessions", status="scheduled") == []
    codes = [s["code"] for s in await _items(house, "attendance", student_id=ours.student)]
    assert codes == ["no_show", "unrecorded", "cancelled_by_operator"]


async def test_a_session_is_unrecorded_once_its_settle_window_has_passed(house: House) -> None:
    ours = house.academy
    nora = await _classmate(house, "Nora", MONDAY - DAY)
    session = await ours.session(MONDAY)
    ours.now = MONDAY + HOUR
    await ours.outcome(session, Code.ATTENDED)
    ours.now = MONDAY + HOUR + timedelta(minutes=9)
    assert await _items(house, "sessions/unrecorded") == []
    ours.now += timedelta(minutes=1)
    [found] = await _items(house, "sessions/unrecorded")
    assert (found["id"], found["missing"]) == (session, [{"student_id": nora, "name": "Nora"}])
    assert (found["unrecorded_since"], found["status"]) == ("2026-03-02T16:10:00Z", "unrecorded")
    assert found["counts"] == {"expected": 2, "recorded": 1, "present": 1, "missed": 0, "told_ahead": 0}
    await _change(house, schedules, attendance={"settle_after": "PT1H"})  # this schedule waits longer
    assert await _items(house, "sessions/unrecorded") == []
    assert (await _items(house, "sessions"))[0]["status"] == "scheduled"


async def test_what_was_taken_back_is_no_outcome(house: House) -> None:
    ours = house.academy
    session = await ours.session(MONDAY + DAY)
    told = await house.alice.post(
        "/v1/outcomes", json={"session_id": session, "student_id": ours.student, "code": "excused_absence"}
    )
    assert told.status_code == 202
    assert (await _items(house, "sessions"))[0]["counts"]["told_ahead"] == 1
    back = await house.alice.post(f"/v1/outcomes/{told.json()['id']}/corrections", json={"code": "scheduled"})
    assert back.status_code == 202, back.text
    ours.now = MONDAY + 2 * DAY
    assert [s["counts"]["recorded"] for s in await _items(house, "sessions/unrecorded")] == [0]


async def test_attendance_shows_what_was_measured(house: House) -> None:
    ours = house.academy
    session = await ours.session(MONDAY)
    ours.now = MONDAY + HOUR
    await ours.outcome(session, Code.LATE)
    seen = {"minutes": 48.5, "ratio": 0.8083, "joined_at": MONDAY + timedelta(minutes=11), "late_minutes": 11}
    row = {"org_id": ours.org, "session_id": session, "student_id": ours.student, "measured_at": ours.now}
    async with ours.books.transaction() as tx:
        await tx.execute(insert(attendances).values(**row, **seen, early_minutes=0.5, engagement=0.7))
    [found] = await _items(house, "attendance", instructor_id=ours.instructor, schedule_id=ours.schedule)
    assert (found["code"], found["minutes"], found["engagement"]) == ("late", 48.5, 0.7)
    assert (found["joined_at"], found["late_minutes"], found["left_at"]) == ("2026-03-02T15:11:00Z", 11, None)


async def test_the_attendance_board_comes_in_parts_that_miss_nothing(house: House) -> None:
    ours = house.academy
    for name in ("Ann", "Ben", "Cleo"):
        await _classmate(house, name, MONDAY - DAY)
    for hour in (0, 0, 2):  # two at the same time
        await ours.session(MONDAY + hour * HOUR)
    seen, following = [], "/v1/attendance?limit=5"
    while following:
        body = (await house.alice.get(following)).json()
        seen += [(s["session_id"], s["student_id"]) for s in body["items"]]
        following = body["next"]
    assert len(seen) == len(set(seen)) == 12


async def test_completeness_tells_how_much_and_how_soon_each_instructor_records(house: House) -> None:
    ours = house.academy
    first, second, third, ahead = [await ours.session(MONDAY + n * DAY) for n in (0, 1, 2, 9)]
    for session, day, minutes in ((first, 0, 10), (second, 1, 50)):
        ours.now = MONDAY + day * DAY + HOUR + timedelta(minutes=minutes)
        await ours.outcome(session, Code.ATTENDED)
    ours.now = MONDAY + 3 * DAY
    report = (await house.alice.get("/v1/completeness")).json()
    [ivan] = report["items"]
    assert (ivan["instructor_name"], ivan["ended"], ivan["recorded"], ivan["unrecorded"]) == ("Ivan", 3, 2, 1)
    assert (ivan["share"], ivan["median_minutes"]) == (0.6667, 30)
    assert {third, ahead} == {s["id"] for s in await _items(house, "sessions") if s["counts"]["recorded"] == 0}
    for span in (
        "from=2026-03-02T00:00:00Z&to=2026-08-04T00:00:00Z",
        "from=2026-03-02T00:00:00Z&to=2026-03-02T00:00:00Z",
    ):
        assert (await house.alice.get(f"/v1/completeness?{span}")).status_code == 422


async def test_charlie_sees_nothing_on_any_board(house: House) -> None:
    session = await house.academy.session(MONDAY - DAY)
    assert (await _items(house, "sessions/unrecorded")) != []
    for board in ("sessions", "sessions/unrecorded", "attendance", "completeness"):
        assert (await house.charlie.get(f"/v1/{board}")).json()["items"] == [], board
    ours = {"student_id": house.academy.student, "instructor_id": house.academy.instructor}
    assert (await house.charlie.get("/v1/attendance", params=ours)).json()["items"] == []
    assert (await house.charlie.get(f"/v1/sessions/{session}")).status_code == 404
