"""Sessions in the users' words: attendance is captured by itself, settled once, and never silently missing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from cli.embedded.temporal import EmbeddedTemporal
from db.engine import Books
from db.journal_tables import messages, tasks
from db.promises import check
from domain.working_time import instant
from tests.stories.operators import Operator, at_work
from workflows.contract import session_workflow_id

pytestmark = pytest.mark.anyio
CHICAGO = "America/Chicago"
MEETING = "98765432100"
GROUP = ("ann", "ben", "cleo", "dan", "eve", "fay")


@pytest.fixture
async def operator(database_url: str, books: Books) -> AsyncIterator[Operator]:
    """An operator whose processes run by hand."""
    async with at_work(database_url, books) as opened:
        yield opened


def day_after(now: datetime, weekday: int, weeks: int = 0) -> date:
    """The first such day at least four days ahead, Monday being 0."""
    first = (now + timedelta(days=4)).date()
    return first + timedelta(days=(weekday - first.weekday()) % 7, weeks=weeks)


async def enrolled(operator: Operator, students: tuple[str, ...], *, kind: str, weekday: str, first: date) -> None:
    """A weekly lesson at 17:00 in Chicago, Ivan's; each student with a mother and ten prepaid sessions."""
    schedule = await operator.make(
        "schedules",
        ref="maths",
        subject="Maths",
        kind=kind,
        zone=CHICAGO,
        instructor_ref="ivan",
        meeting_ref=MEETING,
        join_url="https://rooms.example/maths",
    )
    for number, ref in enumerate(students):
        await operator.make("students", ref=ref, name=f"{ref.capitalize()} Reed", email=f"{ref}@school.example")
        family = {"phone": f"+1312555010{number}", "email": f"mother-of-{ref}@families.example", "zone": CHICAGO}
        link = [{"student_ref": ref, "position": 1}]
        await operator.make("guardians", ref=f"mother-of-{ref}", name=f"Mrs {ref}", students=link, **family)
        began = (await operator.now() - timedelta(days=90)).isoformat()
        about = {"ref": f"e-{ref}", "student_ref": ref, "schedule_ref": "maths", "coordinator_ref": "alice"}
        enrollment = await operator.make("enrollments", started_at=began, imported=True, **about)
        await operator.post(f"/enrollments/{enrollment}/top-ups", {"units": 10, "reason": "package"}, by="alice")
    weekly = {"rule": f"FREQ=WEEKLY;BYDAY={weekday}", "starts_on": first.isoformat(), "starts_at": "17:00"}
    await operator.post(f"/schedules/{schedule}/recurrences", weekly | {"minutes": 60}, by="alice")


async def lesson_of(operator: Operator, day: date) -> tuple[str, datetime]:
    """The session of that day: its id and its start."""
    start = instant(day, time(17), CHICAGO)
    around = {"from": (start - timedelta(hours=1)).isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    (found,) = (await operator.get("/sessions", **around))["items"]
    assert datetime.fromisoformat(found["starts_at"]) == start
    return found["id"], start


async def outcomes_of(operator: Operator, session: str) -> dict[str, str]:
    """The code of each student, by ref."""
    refs = {operator.ids[ref]: ref for ref in GROUP if ref in operator.ids}
    rows = (await operator.get("/outcomes", session_id=session))["items"]
    return {refs[row["student_id"]]: row["code"] for row in rows}


async def balance_of(operator: Operator, ref: str) -> int:
    """Prepaid sessions left."""
    found = await operator.get(f"/enrollments/{operator.ids[f'e-{ref}']}/ledger")
    return int(found["balance"])


async def sent_to(operator: Operator, ref: str, session: str) -> list[tuple[str, str]]:
    """Purpose and channel of what left for a student's mother about a session, in order."""
    rows = await operator.rows(messages, guardian_id=operator.ids[f"mother-of-{ref}"], session_id=session)
    left = sorted((r for r in rows if r["state"] == "sent"), key=lambda r: (r["handed_over_at"], r["channel"]))
    return [(r["purpose"], r["channel"]) for r in left]


async def classroom(operator: Operator, start: datetime, who: str, *stays: tuple[float, float]) -> None:
    """Zoom's joins and leaves of one person, in minutes after the start; the leaves arrive first, and one twice."""
    domain = "northstar" if who == "ivan" else "school"
    for number, (joined, left) in enumerate(stays):
        one = {"user_id": f"{who}{number}", "user_name": who, "email": f"{who}@{domain}.example"}
        for kind, minute in (("left", left), ("joined", joined), ("left", left)):
            at = start + timedelta(minutes=minute)
            answer = await operator.zoom(f"meeting.participant_{kind}", MEETING, at, **one)
            assert answer.status_code == 200, answer.text


REMINDERS = [("reminder", "email"), ("reminder", "sms")]


async def a_whole_tuesday(operator: Operator) -> str:
    """Six students, one lesson, everything from Zoom; returns the session."""
    tuesday = day_after(await operator.now(), 1)
    await enrolled(operator, GROUP, kind="group", weekday="TU", first=tuesday)
    session, start = await lesson_of(operator, tuesday)
    await operator.until(start - timedelta(hours=30))
    away = {"from": (start - timedelta(hours=2)).isoformat(), "to": (start + timedelta(hours=2)).isoformat()}
    await operator.post(f"/students/{operator.ids['fay']}/absences", away | {"reason": "clash"}, by="alice")

    await operator.until(start + timedelta(minutes=4))
    await operator.zoom("meeting.started", MEETING, start - timedelta(minutes=2))
    host = {"user_id": "host", "user_name": "Ivan", "email": "ivan@northstar.example"}
    await operator.zoom("meeting.participant_joined", MEETING, start - timedelta(minutes=2), **host)
    for who, minute in (("ann", -1), ("cleo", 0), ("dan", 0)):
        one = {"user_id": f"{who}0", "user_name": who, "email": f"{who}@school.example"}
        await operator.zoom("meeting.participant_joined", MEETING, start + timedelta(minutes=minute), **one)

    await operator.until(start + timedelta(minutes=61))
    await classroom(operator, start, "ann", (-1, 60))
    await classroom(operator, start, "ben", (8, 60))
    await classroom(operator, start, "cleo", (0, 20), (25, 60))
    await classroom(operator, start, "dan", (0, 25))
    await operator.zoom("meeting.participant_left", MEETING, start + timedelta(minutes=61), **host)
    await operator.zoom("meeting.ended", MEETING, start + timedelta(minutes=61))

    await operator.until(start + timedelta(minutes=90))
    return session


async def tuesday_went_right(operator: Operator, session: str) -> None:
    """Outcomes, balances and what each family was told."""
    assert await outcomes_of(operator, session) == {
        "ann": "attended",
        "ben": "late",
        "cleo": "attended",
        "dan": "partial",
        "eve": "no_show",
        "fay": "excused_absence",
    }
    assert [await balance_of(operator, ref) for ref in GROUP] == [9, 9, 9, 9, 9, 10]
    missed = [("absence_notice", "email"), ("absence_notice", "sms")]
    asked = ("live_rescue", "sms")
    told = {ref: await sent_to(operator, ref, session) for ref in GROUP}
    assert told == {
        "ann": REMINDERS,
        "ben": [*REMINDERS, asked],
        "cleo": REMINDERS,
        "dan": REMINDERS,
        "eve": [*REMINDERS, asked, *missed],
        "fay": [("cancellation_confirmation", "email")],
    }
    board = {row["student_id"]: row for row in (await operator.get(f"/sessions/{session}/attendance"))["items"]}
    assert [board[operator.ids[ref]]["minutes"] for ref in ("ann", "ben", "cleo", "dan")] == [60, 52, 55, 25]
    assert (await operator.get(f"/sessions/{session}"))["status"] == "settled"
    async with operator.books.transaction() as tx:
        broken = {p.name: p.broken for p in await check(tx, await operator.now()) if not p.kept}
    assert broken == {}


async def test_a_tuesday_of_a_group_from_zoom_to_the_families(operator: Operator) -> None:
    await tuesday_went_right(operator, await a_whole_tuesday(operator))


@pytest.mark.slow
async def test_the_same_tuesday_through_the_real_workflows(database_url: str, books: Books, tmp_path: Path) -> None:
    with EmbeddedTemporal.start(tmp_path, port=0, ui_port=0) as server:
        client = await Client.connect(server.address, data_converter=pydantic_data_converter)
        async with at_work(database_url, books, client) as operator:
            session = await a_whole_tuesday(operator)
            await tuesday_went_right(operator, session)
            handle = client.get_workflow_handle(session_workflow_id(session))
            description = await handle.describe()
            raw = (await handle.fetch_history()).to_json()
    assert description.status is not None
    assert description.status.name == "COMPLETED"
    assert description.history_length <= 50
    assert not any(word in raw for word in ("Reed", "@school", "Maths", "312555"))


async def test_a_weekly_lesson_stays_at_five_over_a_change_of_clocks(operator: Operator) -> None:
    """A week before the next change in Chicago, the lesson is at 17:00, and so it is a week later."""
    now = await operator.now()
    change = next(
        d
        for n in range(10, 400)
        if instant(d := (now + timedelta(days=n)).date(), time(12), CHICAGO).hour
        != instant(d - timedelta(days=1), time(12), CHICAGO).hour
    )
    before = change - timedelta(days=3)
    weekday = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[before.weekday()]
    await operator.until(instant(before, time(12), CHICAGO) - timedelta(days=3))
    await enrolled(operator, ("ann",), kind="one_to_one", weekday=weekday, first=before)
    starts = []
    for day in (before, before + timedelta(days=7)):
        session, start = await lesson_of(operator, day)
        starts.append(start)
        await operator.until(start + timedelta(minutes=61))
        await classroom(operator, start, "ivan", (0, 60))
        await classroom(operator, start, "ann", (0, 60))
        await operator.until(start + timedelta(minutes=75))
        assert await outcomes_of(operator, session) == {"ann": "attended"}
        rows = await operator.rows(messages, session_id=session, purpose="reminder")
        assert {(start - r["due_at"]).total_seconds() // 3600 for r in rows} <= {0, 1, 23, 24}
        assert all("17:00" in r["body"] for r in rows if r["state"] == "sent")
    assert starts[1] - starts[0] in (timedelta(days=7, hours=1), timedelta(days=7, hours=-1))
    assert await balance_of(operator, "ann") == 8


async def test_evidence_that_comes_three_hours_late_is_still_the_sessions_own(operator: Operator) -> None:
    """The classroom's system is away. Nobody is called absent meanwhile; the instructor is asked, then it all comes."""
    tuesday = day_after(await operator.now(), 1)
    await enrolled(operator, ("ann", "eve"), kind="group", weekday="TU", first=tuesday)
    session, start = await lesson_of(operator, tuesday)
    await operator.until(start + timedelta(hours=4))
    assert await outcomes_of(operator, session) == {}
    (waiting,) = (await operator.get("/sessions/unrecorded"))["items"]
    assert waiting["id"] == session
    chased = await operator.rows(messages, session_id=session, purpose="unrecorded")
    assert [(m["staff_id"] is not None, m["state"]) for m in chased] == [(True, "sent")]

    seen = [(None, "ivan", 0, 60), ("ann", None, 0, 60)]
    items = [
        {"kind": kind, "at": (start + timedelta(minutes=minute)).isoformat()}
        | ({"student_ref": student} if student else {"staff_ref": teacher})
        for student, teacher, joined, left in seen
        for kind, minute in (("left", left), ("joined", joined))
    ]
    await operator.post(f"/sessions/{session}/evidence", {"items": items})
    await operator.until(start + timedelta(hours=20))

    assert await outcomes_of(operator, session) == {"ann": "attended", "eve": "no_show"}
    notices = await operator.rows(messages, session_id=session, purpose="absence_notice")
    assert {m["channel"]: m["state"] for m in notices} == {"email": "sent", "sms": "sent"}
    assert all(
        m["handed_over_at"].astimezone(UTC) >= instant(tuesday + timedelta(days=1), time(8), CHICAGO) for m in notices
    )
    assert len(await operator.rows(messages, session_id=session, purpose="unrecorded")) == 1
    assert (await operator.get("/sessions/unrecorded"))["items"] == []


async def test_what_nobody_ever_records_becomes_a_task_that_closes_by_itself(operator: Operator) -> None:
    tuesday = day_after(await operator.now(), 1)
    await enrolled(operator, ("ann",), kind="one_to_one", weekday="TU", first=tuesday)
    session, start = await lesson_of(operator, tuesday)
    await operator.until(start + timedelta(hours=26))
    (task,) = await operator.rows(tasks, kind="unrecorded")
    chased = await operator.rows(messages, session_id=session, purpose="unrecorded")
    assert (len(chased), task["finished_at"], await outcomes_of(operator, session)) == (2, None, {})

    await operator.post(f"/sessions/{session}/marks", {"all": "attended"}, by="ivan")
    await operator.until(await operator.now() + timedelta(minutes=5))
    (task,) = await operator.rows(tasks, kind="unrecorded")
    assert (task["status"], task["reason"]) == ("closed", "recorded")
    assert (await outcomes_of(operator, session), await balance_of(operator, "ann")) == ({"ann": "attended"}, 9)


async def test_a_corrected_mark_is_taken_back_with_one_all_clear(operator: Operator) -> None:
    tuesday = day_after(await operator.now(), 1)
    await enrolled(operator, ("ann",), kind="one_to_one", weekday="TU", first=tuesday)
    session, start = await lesson_of(operator, tuesday)
    await operator.until(start + timedelta(minutes=62))
    await operator.post(f"/sessions/{session}/marks", _marks(ann="no_show"), by="ivan")
    await operator.until(start + timedelta(minutes=80))
    assert (await sent_to(operator, "ann", session))[2:] == [("absence_notice", "email"), ("absence_notice", "sms")]

    await operator.post(f"/sessions/{session}/marks", _marks(ann="technical_failure"), by="ivan")
    await operator.until(start + timedelta(hours=2))
    assert await outcomes_of(operator, session) == {"ann": "technical_failure"}
    assert await balance_of(operator, "ann") == 10
    assert sorted((await sent_to(operator, "ann", session))[4:]) == [("all_clear", "email"), ("all_clear", "sms")]


def _marks(**codes: str) -> dict[str, Any]:
    return {"marks": [{"student_ref": ref, "code": code} for ref, code in codes.items()]}
