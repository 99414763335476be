"""The calendar over HTTP: series and their sessions, closures, and what a schedule says of its lessons."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from db.tables import sessions
from tests.api.conftest import House

pytestmark = pytest.mark.anyio


async def _schedule(house: House, **more: Any) -> str:
    """A schedule in Chicago, whose clocks go forward on Sunday 8 March; Sam is in it."""
    body = {"ref": "CHI", "subject": "Maths", "zone": "America/Chicago", **more}
    made = await house.integration.post("/v1/schedules", json=body)
    assert made.status_code == 201, made.text
    enrolled = {"student_id": house.academy.student, "schedule_ref": "CHI"}
    assert (await house.integration.post("/v1/enrollments", json=enrolled)).status_code == 201
    return str(made.json()["id"])


async def _series(house: House, schedule: str, rule: str = "FREQ=WEEKLY;BYDAY=TU", **more: Any) -> dict[str, Any]:
    body = {"rule": rule, "starts_on": "2026-03-02", "starts_at": "17:00", "minutes": 60, **more}
    made = await house.alice.post(f"/v1/schedules/{schedule}/recurrences", json=body)
    assert made.status_code == 201, made.text
    answer: dict[str, Any] = made.json()
    assert (await house.alice.get(made.headers["Location"])).json() | {"sessions": answer["sessions"]} == answer
    return answer


async def _calendar(house: House, schedule: str) -> list[str]:
    """Starts of the sessions that stand, called-off ones in brackets."""
    rows = await house.academy.rows(sessions, schedule_id=schedule)
    rows.sort(key=lambda r: r["starts_at"])
    starts = [f"{r['starts_at']:%m-%d %H:%M}" for r in rows]
    return [f"({at})" if r["status"] == "called_off" else at for at, r in zip(starts, rows, strict=True)]


async def test_a_new_series_fills_the_next_four_weeks_and_keeps_its_wall_clock(house: House) -> None:
    schedule = await _schedule(house)
    made = await _series(house, schedule)
    assert (made["sessions"], made["last_on"], made["zone"]) == (4, "2028-02-29", "America/Chicago")
    assert await _calendar(house, schedule) == ["03-03 23:00", "03-10 22:00", "03-17 22:00", "03-24 22:00"]
    assert all(r["next_due"] is not None for r in await house.academy.rows(sessions))
    listed = (await house.alice.get(f"/v1/schedules/{schedule}/recurrences")).json()["items"]
    assert [s["id"] for s in listed] == [made["id"]]


async def test_a_lesson_under_way_is_entered_and_one_that_is_over_is_not(house: House) -> None:
    schedule = await _schedule(house)
    await _series(house, schedule, "FREQ=DAILY;COUNT=2", starts_on="2026-03-01", starts_at="07:30")
    assert await _calendar(house, schedule) == []
    await _series(house, schedule, "FREQ=DAILY;COUNT=2", starts_on="2026-03-01", starts_at="08:30")
    assert await _calendar(house, schedule) == ["03-02 14:30"]


@pytest.mark.parametrize(
    "body",
    [
        {"rule": "FREQ=YEARLY"},
        {"rule": "FREQ=WEEKLY;UNTIL=20260301"},
        {"rule": "FREQ=WEEKLY;COUNT=1000"},
        {"minutes": 0},
        {"starts_at": "17:00Z"},
        {"starts_on": "0001-01-01"},
    ],
)
async def test_a_series_that_cannot_be_is_refused_and_leaves_nothing(house: House, body: dict[str, Any]) -> None:
    path = f"/v1/schedules/{house.academy.schedule}/recurrences"
    whole = {"rule": "FREQ=WEEKLY", "starts_on": "2026-03-02", "starts_at": "17:00", "minutes": 60} | body
    assert (await house.alice.post(path, json=whole)).status_code == 422
    assert (await house.alice.get(path)).json() == {"items": []}
    assert (await house.charlie.post(path, json=whole | {"rule": "FREQ=WEEKLY"})).status_code in (404, 422)
    assert (await house.charlie.get(path)).status_code == 404


async def test_a_series_that_ends_takes_its_untouched_sessions_along_and_keeps_the_others(house: House) -> None:
    schedule = await _schedule(house)
    series = await _series(house, schedule)
    first, second, third, fourth = sorted(await house.academy.rows(sessions), key=lambda r: r["starts_at"])
    told = {"session_id": third["id"], "student_id": house.academy.student, "code": "cancelled_by_student"}
    assert (await house.alice.post("/v1/outcomes", json=told)).status_code == 202
    times = {"starts_at": "2026-03-25T22:00:00Z", "ends_at": "2026-03-25T23:00:00Z"}
    assert (await house.alice.post(f"/v1/sessions/{fourth['id']}/move", json=times)).status_code == 200

    path = f"/v1/recurrences/{series['id']}/end"
    for removed in (1, 0):
        answer = (await house.alice.post(path, json={"from": "2026-03-10"})).json()
        assert (answer["removed"], answer["kept"]) == (removed, [third["id"], fourth["id"]])
        assert (answer["ended_on"], answer["last_on"]) == ("2026-03-10", "2026-03-09")
    left = {r["id"] for r in await house.academy.rows(sessions)}
    assert left == {first["id"], third["id"], fourth["id"]}
    assert second["id"] not in left
    again = await house.alice.post(path, json={"from": "2026-03-17"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/recurrence_ended")
    assert (await house.charlie.post(path)).status_code == 404


async def test_closures_and_public_holidays_are_left_out_unless_the_schedule_says_otherwise(house: House) -> None:
    changed = await house.admin.patch("/v1/organization", json={"country": "us"})
    assert (changed.json()["country"], changed.json()["name"]) == ("US", "Northstar Tutoring")
    house.academy.now = datetime.fromisoformat("2026-06-22T15:00:00+00:00")
    closed = await house.alice.post("/v1/closures", json={"day": "2026-06-26", "until": "2026-06-27", "name": "Moving"})
    assert [c["day"] for c in closed.json()["items"]] == ["2026-06-26", "2026-06-27"]
    schedule = await _schedule(house)
    await _series(house, schedule, "FREQ=WEEKLY;BYDAY=FR;COUNT=3", starts_on="2026-06-22")
    assert await _calendar(house, schedule) == ["07-10 22:00"]  # 3 July is a holiday: the 4th is a Saturday
    open_always = (await house.alice.post("/v1/schedules", json={"subject": "Piano", "on_holidays": True})).json()
    await _series(house, open_always["id"], "FREQ=WEEKLY;BYDAY=FR;COUNT=3", starts_on="2026-06-22")
    assert await _calendar(house, open_always["id"]) == ["07-03 17:00", "07-10 17:00"]

    first = (await house.alice.get("/v1/closures?limit=1")).json()
    rest = (await house.alice.get(first["next"])).json()
    assert [c["day"] for c in first["items"] + rest["items"]] == ["2026-06-26", "2026-06-27"]
    assert (await house.alice.delete("/v1/closures/2026-06-26")).status_code == 204
    assert await _calendar(house, schedule) == ["06-26 22:00", "07-10 22:00"]
    assert (await house.alice.delete("/v1/closures/2026-06-26")).status_code == 404
    assert (await house.charlie.get("/v1/closures")).json()["items"] == []


async def test_a_closure_calls_off_what_stands_on_the_day_and_families_hear_it(house: House) -> None:
    schedule = await _schedule(house)
    await _series(house, schedule)
    by_hand = await house.academy.session(house.academy.now + timedelta(days=8))
    on_that_day = [r["id"] for r in await house.academy.rows(sessions) if r["starts_at"].day == 10]
    closed = (await house.alice.post("/v1/closures", json={"day": "2026-03-10"})).json()
    assert set(closed["called_off"]) == set(on_that_day)
    assert by_hand in on_that_day
    assert await _calendar(house, schedule) == ["03-03 23:00", "(03-10 22:00)", "03-17 22:00", "03-24 22:00"]
    await house.rest()
    mail = (await house.alice.get(f"/v1/messages?student_id={house.academy.student}")).json()["items"]
    assert {m["purpose"] for m in mail} == {"called_off"}
    again = (await house.alice.post("/v1/closures", json={"day": "2026-03-10", "name": "Storm"})).json()
    assert (again["called_off"], again["items"][0]["name"]) == ([], "Storm")
    assert (await house.alice.delete("/v1/closures/2026-03-10")).status_code == 204
    assert "(03-10 22:00)" in await _calendar(house, schedule)


async def test_a_schedule_says_how_its_lessons_are_held(house: House) -> None:
    body = {"attendance": {"late_after": "PT3M"}, "meeting_ref": "948", "join_url": "https://zoom.us/j/948?pwd=x"}
    made = (await house.alice.post("/v1/schedules", json={"subject": "Maths", **body})).json()
    assert {name: made[name] for name in body} == body
    for wrong in (
        {"join_url": "http://zoom.us/j/948"},
        {"join_url": "https://"},
        {"join_url": "javascript:alert(1)"},
        {"attendance": {"late_afters": "PT3M"}},
        {"attendance": {"late_after": "-PT3M"}},
        {"attendance": {"partial_ratio": 0.7}},
    ):
        assert (await house.alice.post("/v1/schedules", json={"subject": "Maths", **wrong})).status_code == 422, wrong


async def test_what_changes_for_a_schedule_reaches_its_sessions_ahead(house: House) -> None:
    schedule = await _schedule(house)
    series = await _series(house, schedule)
    path = f"/v1/schedules/{schedule}"
    for _ in range(2):
        changed = await house.alice.patch(path, json={"join_url": "https://zoom.us/j/1", "on_holidays": True})
        assert changed.json()["join_url"] == "https://zoom.us/j/1"
        assert {r["sequence"] for r in await house.academy.rows(sessions)} == {1}
    taught = await house.alice.patch(path, json={"instructor_id": house.academy.instructor})
    assert (taught.json()["instructor_id"], taught.json()["on_holidays"]) == (house.academy.instructor, True)
    assert (await house.alice.patch(path, json={"attendance": {"partial_ratio": 0.9}})).status_code == 422
    assert (await house.charlie.patch(path, json={})).status_code == 404
    assert (await house.alice.post(f"/v1/recurrences/{series['id']}/end")).json()["kept"] == []


async def test_the_organization_is_changed_by_its_admin_alone(house: House) -> None:
    for nobody in (house.alice, house.integration):
        assert (await nobody.patch("/v1/organization", json={"zone": "Europe/Lisbon"})).status_code == 403
    for wrong in ({"zone": "Mars/Olympus"}, {"country": "Atlantis"}, {"name": ""}, {"zone": None}):
        assert (await house.admin.patch("/v1/organization", json=wrong)).status_code == 422, wrong
    changed = await house.admin.patch("/v1/organization", json={"zone": "Europe/Lisbon"})
    assert (changed.json()["zone"], changed.json()["name"]) == ("Europe/Lisbon", "Northstar Tutoring")
    assert (await house.charlie.get("/v1/organization")).json()["name"] == "Elsewhere"
