"""Attendance as files: CSV that a spreadsheet may open, NDJSON, and the words of Ed-Fi."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from api import exports
from db.session_tables import attendances
from db.tables import schedules, staff, students
from domain import ed_fi
from domain.outcomes import Code
from tests.api.conftest import MONDAY, House

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)
SPAN = {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}


async def _csv(house: House, **asked: Any) -> list[dict[str, str]]:
    answer = await house.integration.get("/v1/exports/attendance.csv", params=SPAN | asked)
    assert answer.status_code == 200, answer.text
    assert answer.text.startswith("session_id,session_ref,local_date,")
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def _ndjson(house: House, **asked: Any) -> list[dict[str, Any]]:
    answer = await house.integration.get("/v1/exports/attendance.ndjson", params=SPAN | asked)
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


async def _a_week(house: House) -> None:
    """Late on Monday (measured), a no-show, told ahead, and one that nobody recorded."""
    ours = house.academy
    async with ours.books.transaction() as tx:
        await tx.execute(update(schedules).values(zone="America/New_York", ref="MATH"))
    days = [await ours.session(MONDAY + n * DAY) for n in range(4)]
    ours.now = MONDAY + timedelta(hours=12)
    await ours.outcome(days[2], Code.CANCELLED_BY_STUDENT)
    ours.now = MONDAY + 4 * DAY
    await ours.outcome(days[0], Code.LATE)
    await ours.outcome(days[1], Code.NO_SHOW)
    seen = {"minutes": 48.4, "ratio": 0.8067, "joined_at": MONDAY + timedelta(minutes=11), "late_minutes": 11}
    row = {"org_id": ours.org, "session_id": days[0], "student_id": ours.student, "measured_at": ours.now}
    async with ours.books.transaction() as tx:
        await tx.execute(insert(attendances).values(**row, **seen, early_minutes=0))


async def test_the_csv_tells_every_seat_with_its_category(house: House) -> None:
    await _a_week(house)
    rows = await _csv(house)
    assert [(r["code"], r["ed_fi_category"]) for r in rows] == [
        ("late", "Tardy"),
        ("no_show", "Unexcused Absence"),
        ("cancelled_by_student", ""),
        ("unrecorded", ""),
    ]
    late, unrecorded = rows[0], rows[3]
    assert (late["local_date"], late["local_start"], late["zone"]) == ("2026-03-02", "10:00", "America/New_York")
    assert (late["minutes"], late["version"], late["source"]) == ("48.4", "1", "api")
    assert late["recorded_at"] == "2026-03-06T15:00:00Z"
    assert (unrecorded["minutes"], unrecorded["version"]) == ("", "")
    assert [r["code"] for r in await _csv(house, ed_fi="true")] == ["late", "no_show"]
    assert [r["code"] for r in await _ndjson(house)] == [r["code"] for r in rows]


async def test_ndjson_in_the_shape_of_ed_fi(house: House) -> None:
    await _a_week(house)
    late, absent = await _ndjson(house, ed_fi="true")
    assert late == {
        "attendanceEventCategoryDescriptor": "uri://ed-fi.org/AttendanceEventCategoryDescriptor#Tardy",
        "eventDate": "2026-03-02",
        "studentReference": {"studentUniqueId": house.academy.student},
        "sectionReference": {"sectionIdentifier": "MATH"},
        "eventDuration": 0.8067,
        "sectionAttendanceDuration": 48,
        "arrivalTime": "10:11:00",
    }
    assert absent["attendanceEventCategoryDescriptor"] == ed_fi.descriptor_of("Unexcused Absence")
    assert absent["eventDuration"] == 1


async def test_no_name_becomes_a_formula(house: House) -> None:
    ours = house.academy
    await ours.session(MONDAY)
    for name in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"):
        async with ours.books.transaction() as tx:
            await tx.execute(update(students).where(students.c.org_id == ours.org).values(name=name))
            await tx.execute(update(staff).where(staff.c.id == ours.instructor).values(name='A "B", C\nD'))
        [row] = await _csv(house)
        assert (row["student_name"], row["instructor_name"]) == (f"'{name}", 'A "B", C\nD')
        assert (await _ndjson(house))[0]["student_name"] == name


async def test_a_long_file_comes_in_parts_that_miss_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 2)
    expected = [await house.academy.session(MONDAY + timedelta(hours=n // 2)) for n in range(7)]
    found = [r["session_id"] for r in await _csv(house)]
    assert (len(found), set(found)) == (7, set(expected))


async def test_a_span_is_a_year_at_most_and_what_is_named_must_exist(house: House) -> None:
    path = "/v1/exports/attendance.csv"
    for span in (SPAN | {"to": "2027-03-03T00:00:00Z"}, SPAN | {"to": SPAN["from"]}, {"from": SPAN["from"]}):
        assert (await house.alice.get(path, params=span)).status_code == 422, span
    unknown = await house.alice.get(path, params=SPAN | {"schedule_id": house.academy.student})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/schedule_unknown")


async def test_charlie_exports_nothing_of_ours(house: House) -> None:
    await house.academy.session(MONDAY)
    for kind, lines in (("csv", 1), ("ndjson", 0)):
        path = f"/v1/exports/attendance.{kind}"
        assert len((await house.charlie.get(path, params=SPAN)).text.splitlines()) == lines
        of_sam = SPAN | {"student_id": house.academy.student}
        assert (await house.charlie.get(path, params=of_sam)).status_code == 404
        assert (await house.anonymous.get(path, params=SPAN)).status_code == 401
