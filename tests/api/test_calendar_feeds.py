"""Private calendars: what a calendar program reads, read back with the same library a program would use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from icalendar import Calendar
from sqlalchemy import Table, update

from db.session_tables import calendar_feeds
from db.tables import enrollments, schedules, sessions, staff, student_guardians, students
from domain.outcomes import Code
from tests.academy import _add
from tests.api.conftest import MONDAY, House

pytestmark = pytest.mark.anyio
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def _address(house: House, people: str, person_id: str) -> str:
    answer = await house.integration.post(f"/v1/{people}/{person_id}/calendar")
    assert answer.status_code == 201, answer.text
    url: str = answer.json()["url"]
    return url.removeprefix("http://bellwether.test")


async def _read(house: House, path: str) -> dict[str, Any]:
    """The calendar's events by the session's id."""
    answer = await house.anonymous.get(path)
    assert answer.status_code == 200, answer.text
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    whole: Any = Calendar.from_ical(answer.content)
    return {str(e["uid"]).partition("@")[0]: e for e in whole.walk("VEVENT")}


async def _set(house: House, table: Table, row_id: str, **values: Any) -> None:
    async with house.academy.books.transaction() as tx:
        await tx.execute(update(table).where(table.c.id == row_id).values(values))


async def _sister(house: House, name: str) -> str:
    """Another child of Maria Reed in the same schedule."""
    ours = house.academy
    who = await _add(ours.books, students, org_id=ours.org, name=name)
    seat = {"schedule_id": ours.schedule, "coordinator_id": ours.alice, "started_at": MONDAY - DAY}
    await _add(ours.books, enrollments, org_id=ours.org, student_id=who, **seat)
    link = {"org_id": ours.org, "student_id": who, "guardian_id": ours.mother, "position": 1}
    async with ours.books.transaction() as tx:
        await tx.execute(student_guardians.insert().values(link))
    return who


async def test_a_calendar_is_read_without_a_key_by_whoever_has_its_address(house: House) -> None:
    ours = house.academy
    session = await ours.session(MONDAY + DAY)
    await _set(house, schedules, ours.schedule, join_url="https://meet.example/m?a=1,2;b")
    path = await _address(house, "students", ours.student)
    answer = await house.anonymous.get(path)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    whole: Any = Calendar.from_ical(answer.content)
    assert (whole["x-wr-calname"], whole["version"]) == ("Sam Reed · Northstar Tutoring", "2.0")
    assert whole["refresh-interval"].dt == HOUR
    [event] = whole.walk("VEVENT")
    assert (event["uid"], event["summary"], event["status"]) == (f"{session}@bellwether", "Maths", "CONFIRMED")
    assert (event["dtstart"].dt, event["dtend"].dt) == (MONDAY + DAY, MONDAY + DAY + HOUR)
    assert event["url"] == event["location"] == "https://meet.example/m?a=1,2;b"
    head = await house.anonymous.head(path)
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", answer.headers["ETag"])


async def test_only_the_hash_of_an_address_is_kept_and_a_new_one_ends_the_one_before(house: House) -> None:
    ours = house.academy
    first = await _address(house, "guardians", ours.mother)
    second = await _address(house, "guardians", ours.mother)
    token = second.removeprefix("/v1/calendars/").removesuffix(".ics")
    assert len(token) >= 43  # 256 bits
    rows = await ours.rows(calendar_feeds)
    assert len(rows) == 2
    assert token not in str(rows)
    gone = await house.anonymous.get(first)
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/calendar_unknown")
    assert (await house.anonymous.get(second)).status_code == 200
    revoke = f"/v1/guardians/{ours.mother}/calendar/revoke"
    assert [(await house.alice.post(revoke)).json()["revoked"] for _ in range(2)] == [True, False]
    assert (await house.anonymous.get(second)).status_code == 404
    assert (await house.anonymous.head("/v1/calendars/guess.ics")).status_code == 404


async def test_an_address_is_not_kept_for_a_repeated_request(house: House) -> None:
    key = {"Idempotency-Key": "calendar-1"}
    path = f"/v1/students/{house.academy.student}/calendar"
    answers = [await house.integration.post(path, headers=key) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert len({a.json()["url"] for a in answers}) == 2


async def test_what_has_not_changed_is_not_sent_again(house: House) -> None:
    ours = house.academy
    session = await ours.session(MONDAY + DAY)
    path = await _address(house, "students", ours.student)
    tag = (await house.anonymous.get(path)).headers["ETag"]
    for asked in (tag, f'"other", W/{tag}', "*"):
        again = await house.anonymous.get(path, headers={"If-None-Match": asked})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    await _set(house, sessions, session, topic="Fractions")
    assert (await house.anonymous.get(path, headers={"If-None-Match": tag})).status_code == 200


async def test_a_weekly_lesson_keeps_its_local_time_across_a_clock_change(house: House) -> None:
    ours = house.academy
    new_york = ZoneInfo("America/New_York")
    before, after = [datetime(2026, 3, day, 17, tzinfo=new_york) for day in (3, 10)]  # 8 March: the clocks change
    for at in (before, after):
        await ours.session(at.astimezone(UTC))
    events = (await _read(house, await _address(house, "students", ours.student))).values()
    assert [f"{e['dtstart'].dt.astimezone(new_york):%H:%M}" for e in events] == ["17:00", "17:00"]
    assert [f"{e['dtstart'].dt:%H:%M %Z}" for e in events] == ["22:00 UTC", "21:00 UTC"]


async def test_a_cancelled_session_stays_and_says_so_and_its_sequence_never_goes_back(house: House) -> None:
    ours = house.academy
    session = await ours.session(MONDAY + 3 * DAY)
    await _set(house, sessions, session, created_at=MONDAY - DAY)
    path = await _address(house, "students", ours.student)
    teachers = await _address(house, "staff", ours.instructor)
    seen = [(await _read(house, path))[session]]
    told = {"session_id": session, "student_id": ours.student, "code": "cancelled_by_student"}
    outcome = (await house.alice.post("/v1/outcomes", json=told)).json()
    seen.append((await _read(house, path))[session])
    assert (await _read(house, teachers))[session]["status"] == "CONFIRMED"  # the family's matter
    await house.alice.post(f"/v1/outcomes/{outcome['id']}/corrections", json={"code": "scheduled"})
    seen.append((await _read(house, path))[session])
    await _set(house, sessions, session, status="called_off", called_off="cancelled_by_instructor", sequence=1)
    seen.append((await _read(house, path))[session])
    assert [e["status"] for e in seen] == ["CONFIRMED", "CANCELLED", "CONFIRMED", "CANCELLED"]
    assert [e["sequence"] for e in seen] == [0, 1, 2, 3]
    assert [e["last-modified"].dt for e in seen[:2]] == [MONDAY - DAY, MONDAY]
    assert (await _read(house, teachers))[session]["status"] == "CANCELLED"


async def test_a_guardian_of_several_reads_who_comes(house: House) -> None:
    ours = house.academy
    ann = await _sister(house, "Ann, the 2nd; \\o/ 👩‍🚀\nline")
    session = await ours.session(MONDAY + DAY)
    path = await _address(house, "guardians", ours.mother)
    assert (await _read(house, path))[session]["summary"] == "Maths (Ann, the 2nd; \\o/ 👩‍🚀\nline, Sam Reed)"
    ours.now = MONDAY
    await ours.outcome(session, Code.EXCUSED_ABSENCE)
    both = (await _read(house, path))[session]
    assert (both["summary"], both["status"]) == ("Maths (Ann, the 2nd; \\o/ 👩‍🚀\nline)", "CONFIRMED")
    await house.alice.post("/v1/outcomes", json={"session_id": session, "student_id": ann, "code": "excused_absence"})
    assert (await _read(house, path))[session]["status"] == "CANCELLED"
    assert (await _read(house, await _address(house, "guardians", ours.father)))[session]["summary"] == "Maths"


async def test_names_written_from_the_right_stand_apart(house: House) -> None:
    ours = house.academy
    await _set(house, students, ours.student, name="שרה כהן\x07")
    session = await ours.session(MONDAY + DAY)
    found = (await _read(house, await _address(house, "staff", ours.instructor)))[session]
    assert found["summary"] == "Maths (\u2068שרה כהן \u2069)"


async def test_no_name_breaks_out_of_its_line(house: House) -> None:
    ours = house.academy
    await _set(house, students, ours.student, name="Sam, R; \\\nEND:VCALENDAR\r\nX: é")
    answer = await house.anonymous.get(await _address(house, "students", ours.student))
    assert "X-WR-CALNAME:Sam\\, R\\; \\\\\\nEND:VCALENDAR\\nX: é · Northstar Tutoring" in answer.text.splitlines()
    assert len(Calendar.from_ical(answer.content, multiple=True)) == 1


async def test_who_has_left_sees_nothing_ahead(house: House) -> None:
    ours = house.academy
    held, ahead = await ours.session(MONDAY - DAY), await ours.session(MONDAY + DAY)
    await ours.session(MONDAY - 31 * DAY)
    path = await _address(house, "students", ours.student)
    assert set(await _read(house, path)) == {held, ahead}
    await house.alice.post("/v1/outcomes", json={"session_id": ahead, "student_id": ours.student, "code": "no_show"})
    await house.alice.post(f"/v1/students/{ours.student}/withdraw")
    assert set(await _read(house, path)) == {held}
    teachers = await _address(house, "staff", ours.instructor)
    await _set(house, staff, ours.instructor, active=False)
    assert (await house.anonymous.get(teachers)).status_code == 404


async def test_charlie_makes_no_address_for_our_people(house: House) -> None:
    ours = house.academy
    for people, person in (("students", ours.student), ("guardians", ours.mother), ("staff", ours.instructor)):
        for path in (f"/v1/{people}/{person}/calendar", f"/v1/{people}/{person}/calendar/revoke"):
            answer: httpx.Response = await house.charlie.post(path)
            assert answer.status_code == 404, path
            assert (await house.anonymous.post(path)).status_code == 401
