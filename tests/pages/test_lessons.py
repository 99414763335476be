"""Lessons and boards in a browser: a day, one lesson, a group; what a coordinator sees of them and does."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert

from activities.inputs import AdvanceSessionOut
from activities.session import advance_session
from db.journal_tables import messages, outcomes
from db.session_tables import evidence, participants
from db.tables import enrollments, schedules, sessions, students
from domain.outcomes import Code
from domain.value import Id
from tests.academy import Academy
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.look import NAMES
from tests.pages.serving import Served


async def _seen(academy: Academy, session: Id, kind: str, **whom: Any) -> None:
    async with academy.books.transaction() as tx:
        row = {"org_id": academy.org, "session_id": session, "source": "zoom", "key": str(uuid4()), "kind": kind}
        times = {"at": academy.now, "received_at": academy.now}
        await tx.execute(insert(evidence).values(row | times | whom))


async def _guest(academy: Academy, session: Id, name: str) -> Id:
    guest = str(uuid4())
    async with academy.books.transaction() as tx:
        row = {"org_id": academy.org, "id": guest, "source": "zoom", "key": guest, "name": name}
        await tx.execute(insert(participants).values(row | {"session_id": session, "first_seen_at": academy.now}))
    await _seen(academy, session, "joined", participant_id=guest)
    return guest


async def _advanced(academy: Academy, session: Id) -> AdvanceSessionOut:
    async with academy.books.transaction() as tx:
        return (await advance_session(tx, academy.org, session, academy.now))[0]


async def _group(academy: Academy) -> Id:
    """Physics, with students of many names and four lessons, the last one ahead."""
    group = str(uuid4())
    async with academy.books.transaction() as tx:
        row = {"org_id": academy.org, "id": group, "subject": "Physics", "kind": "group"}
        await tx.execute(insert(schedules).values(row | {"instructor_id": academy.instructor, "zone": "Asia/Tokyo"}))
        seats = []
        for name in NAMES:
            student, seat = str(uuid4()), str(uuid4())
            seats.append((student, seat))
            await tx.execute(insert(students).values(org_id=academy.org, id=student, name=name[:160]))
            row = {"org_id": academy.org, "id": seat, "student_id": student, "schedule_id": group}
            more = {"coordinator_id": academy.alice, "started_at": academy.started_at}
            await tx.execute(insert(enrollments).values(row | more))
    for days in (-6, -4, -2, 2):
        held = await academy.session(academy.now + timedelta(days=days), schedule=group)
        if days > 0:
            continue
        async with academy.books.transaction() as tx:
            for number, (student, seat) in enumerate(seats[: -1 if days == -2 else None]):
                code = (Code.ATTENDED, Code.LATE, Code.NO_SHOW, Code.EXCUSED_ABSENCE)[(number - days) % 4]
                row = {"org_id": academy.org, "session_id": held, "student_id": student, "enrollment_id": seat}
                more = {"code": code.value, "received_at": academy.now}
                await tx.execute(insert(outcomes).values(row | more))
    return group


def _client(served: Served, page: Page) -> httpx.Client:
    """The same visitor without a browser."""
    cookies = {c["name"]: c["value"] for c in page.context.cookies()}
    headers = {"Origin": served.url, "Accept": "text/html"}
    return httpx.Client(base_url=served.url, cookies=cookies, headers=headers)


def test_alice_sees_what_is_not_recorded_and_asks_the_instructor(served: Served, page: Page) -> None:
    a = served.academy
    session = served.do(a.session(a.now - timedelta(hours=3)))
    served.do(a.session(a.now + timedelta(hours=1)))
    served.sign_in(page, "alice").goto("/inbox")
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.get_by_role("heading", level=1)).to_have_text("Today's lessons")
    expect(page.get_by_role("link", name="All 2")).to_be_visible()
    page.get_by_role("link", name="Not recorded 1").click()
    row = page.locator(".row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Sam Reed")
    row.get_by_role("button").click()
    expect(page.get_by_role("status")).to_have_text("The instructor is asked by e-mail.")
    expect(row).to_contain_text("Asked just now")
    (asked,) = served.do(a.rows(messages))
    assert (asked["purpose"], asked["staff_id"], asked["session_id"]) == ("unrecorded", a.instructor, session)
    assert served.do(_advanced(a, session)).deliver == (asked["id"],)
    row.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("within the last hour")
    assert len(served.do(a.rows(messages))) == 1
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sam Reed, Maths")
    page.get_by_role("link", name="Mark").click()
    page.get_by_label("What is right").select_option("no_show")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("settled again in a moment")
    (mark,) = served.do(a.rows(evidence))
    assert (mark["code"], mark["by"]) == ("no_show", a.alice)
    other = served.do(a.session(a.now - timedelta(hours=5)))
    page.goto(f"/lessons/{other}")
    page.get_by_role("button", name="All attended").click()
    assert [m["code"] for m in served.do(a.rows(evidence, session_id=other))] == ["attended"]


def test_the_board_follows_the_room_while_nobody_touches_it(served: Served, page: Page) -> None:
    a = served.academy
    session = served.do(a.session(a.now - timedelta(minutes=6)))
    served.do(_seen(a, session, "room_opened"))
    served.do(_seen(a, session, "joined", staff_id=a.instructor))
    served.sign_in(page, "alice").goto("/lessons")
    row = page.locator(".row")
    expect(row).to_contain_text("Nobody joined yet")
    row.get_by_role("link").focus()
    page.wait_for_timeout(1200)
    served.do(_seen(a, session, "joined", student_id=a.student))
    expect(row).to_contain_text("Joined", timeout=2500)
    assert page.evaluate("document.activeElement.textContent") == "Sam Reed"
    page.keyboard.press("Enter")
    expect(page.locator(".tracks li").nth(2)).to_contain_text("Sam Reed")
    expect(page.locator(".tracks li").nth(2)).to_contain_text("15:00 to now")


def test_alice_says_who_the_unknown_guest_is_without_javascript(served: Served, without_script: Page) -> None:
    a = served.academy
    session = served.do(a.session(a.now - timedelta(minutes=30)))
    guest = served.do(_guest(a, session, "sam r"))
    page = served.sign_in(without_script, "alice")
    page.goto(f"/lessons/{session}")
    who = page.get_by_label("Who is sam r?")
    assert who.locator("option").all_inner_texts()[:2] == ["Sam Reed (alike)", "Ivan (teacher)"]
    page.get_by_role("button", name="Match").click()
    expect(page.get_by_role("status")).to_contain_text("Matched.")
    (matched,) = served.do(a.rows(participants))
    assert (matched["id"], matched["student_id"]) == (guest, a.student)
    expect(page.get_by_text("unknown guest")).to_have_count(0)


def test_alice_corrects_moves_gives_away_and_calls_off(served: Served, without_script: Page) -> None:
    a = served.academy
    served.missed(1)
    ahead = served.do(a.session(a.now + timedelta(days=2)))
    page = served.sign_in(without_script, "alice")
    (past,) = [s for s in served.do(a.rows(sessions)) if s["id"] != ahead]
    page.goto(f"/lessons/{past['id']}")
    page.get_by_role("link", name="Correct").click()
    page.get_by_label("What is right").select_option("attended")
    page.get_by_label("Why").fill("She was in the other room")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Corrected.")
    expect(page.locator("table")).to_contain_text("corrected by Alice")
    expect(page.locator("table")).to_contain_text("She was in the other room")
    page.goto(f"/lessons/{ahead}")
    page.get_by_text("Move to another time").click()
    page.get_by_label("Begins").fill("18:00")
    page.get_by_role("button", name="Move the lesson").click()
    expect(page.get_by_role("alert")).to_contain_text("another look")
    expect(page.get_by_text("It must end after it begins.")).to_be_visible()
    page.get_by_label("Ends").fill("19:00")
    page.get_by_role("button", name="Move the lesson").click()
    expect(page.get_by_text("18:00 to 19:00")).to_be_visible()
    page.get_by_text("Another teacher").click()
    page.get_by_label("Taught by").select_option(label="Bob (coordinator)")
    page.get_by_role("button", name="Give the lesson").click()
    expect(page.get_by_text("with Bob")).to_be_visible()
    page.get_by_text("Call it off").click()
    page.get_by_label("Who calls it off").select_option("cancelled_by_operator")
    page.get_by_role("button", name="Call the lesson off").click()
    expect(page.get_by_role("status")).to_contain_text("Called off.")
    expect(page.get_by_text("Change it")).to_have_count(0)


def test_boards_and_lessons_are_accessible_light_and_name_everybody(served: Served, page: Page) -> None:
    a = served.academy
    group = served.do(_group(a))
    session = served.do(a.session(a.now - timedelta(minutes=20), schedule=group))
    served.do(_seen(a, session, "joined", staff_id=a.instructor))
    served.do(_guest(a, session, "Grace O."))
    served.sign_in(page, "alice")
    for path in ("/lessons", "/lessons/week", f"/lessons/{session}", "/groups", f"/groups/{group}"):
        assert_light(page, f"{served.url}{path}")
        assert_accessible(page)
        assert page.locator("main script").count() == 0
    named = page.locator(".board tbody th bdi").all_inner_texts()
    assert {" ".join(n[:160].split()) for n in NAMES} <= set(named)
    served.do(_seen(a, session, "mark", student_id=a.student, code="attended"))
    page.wait_for_timeout(1500)
    expect(page.get_by_text("This board has changed")).to_have_count(0)
    served.do(a.session(a.now + timedelta(days=1), schedule=group))
    served.do(_seen(a, session, "left", staff_id=a.instructor))
    expect(page.get_by_text("This board has changed")).to_be_visible(timeout=2500)
    columns = page.locator(".board thead th a")
    expect(columns).to_have_count(5)
    expect(page.locator(".board tbody")).to_contain_text("missed")
    page.get_by_label("Only who missed").check()
    page.get_by_label("Student", exact=True).fill("grace")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".board tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Grace Okonkwo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Grace Okonkwo")
    expect(page.locator(".board tbody tr")).to_contain_text("Physics")


def test_variants_of_the_pages(served: Served, page: Page) -> None:
    a = served.academy
    group = served.do(_group(a))
    with _client(served, served.sign_in(page, "alice")) as alice:
        assert "No lessons on this day" in alice.get("/lessons?day=2026-01-01").text
        assert "Nothing fits these filters" in alice.get("/lessons?day=2026-02-28&show=called_off").text
        assert "No lessons in this week" in alice.get("/lessons/week?of=2025-01-01").text
        assert "Nothing fits these filters" in alice.get("/groups?q=nobody").text
        assert "Physics" in alice.get("/groups?q=okonk").text
        assert "Sam" in alice.get("/groups?kind=one_to_one").text
        assert "No lessons in this time" in alice.get(f"/groups/{group}?from=2025-01-01&to=2025-02-01").text
        assert "Nothing fits these filters" in alice.get(f"/groups/{group}?q=nobody&from=&to=").text
        file = alice.get(f"/groups/{group}/attendance.csv?from=2026-02-01&to=2026-03-09")
        assert file.headers["content-type"].startswith("text/csv")
        assert len(file.text.splitlines()) == 1 + 4 * len(NAMES)
        grid = alice.get("/lessons/week?of=2026-02-26").text
        assert re.search(r">1<span class=\"vh\"> not recorded", grid)


@pytest.mark.parametrize(("who", "status"), [("charlie", 404), ("ivan", 403)])
def test_others_see_nothing_of_it(served: Served, page: Page, who: str, status: int) -> None:
    a = served.academy
    session = served.do(a.session(a.now - timedelta(hours=3)))
    with _client(served, served.sign_in(page, who)) as other:
        for path in (f"/lessons/{session}", f"/groups/{a.schedule}", f"/students/{a.student}/attendance"):
            assert other.get(path).status_code == status
        for path in ("ask", "all-attended", f"students/{a.student}", "move", "call-off"):
            answer = other.post(
                f"/lessons/{session}/{path}", data={"code": "no_show", "by_whom": "cancelled_by_operator"}
            )
            assert answer.status_code == status, path
        assert "Sam" not in other.get("/lessons").text
    assert served.do(a.rows(evidence)) == served.do(a.rows(messages)) == []
