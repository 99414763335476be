"""An instructor's day in a browser: the sheet of a lesson, what it costs, and students who miss lessons."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from playwright.sync_api import Page, expect
from sqlalchemy import insert

from db import recording
from db.journal_tables import outcomes, tasks
from db.session_tables import evidence
from db.tables import sessions, staff
from domain.events import TaskClaimed
from domain.outcomes import Code
from domain.value import Id
from tests.pages.classes import NAMES, group, settle
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.serving import Served

BEA, IKRAM, EUNJI, MAX, NOA, SCRIPT = NAMES


def _marks(served: Served, people: dict[str, Id]) -> dict[str, dict[str, Any]]:
    names = {i: name for name, i in people.items()}
    return {names[r["student_id"]]: r for r in served.do(served.academy.rows(evidence, kind="mark"))}


def _row(page: Page, name: str) -> Any:
    return page.locator("fieldset", has=page.get_by_text(name, exact=True).first)


def test_ivan_records_a_full_class_with_two_taps(served: Served, phone: Page) -> None:
    session, people = served.do(group(served.academy))
    page = served.sign_in(phone, "ivan")
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your lessons")
    page.get_by_role("link", name="Algebra 2").tap()
    page.get_by_role("button", name="Save attendance").tap()
    expect(page.get_by_role("status")).to_have_text("Attendance is saved.")
    expect(page.locator(".row").get_by_text("7 of 7 marked")).to_be_visible()
    codes = {name: r["code"] for name, r in _marks(served, people).items()}
    assert codes == dict.fromkeys(people, "attended") | {IKRAM: "late", MAX: "no_show"}
    served.wait_for_listeners()
    served.academy.now += timedelta(minutes=5)
    served.do(settle(served.academy, session))
    page.get_by_role("link", name="Show it as it is now").tap(timeout=2000)
    expect(page.locator(".row").get_by_text("6 there, 1 missed")).to_be_visible()


def test_ivan_marks_exceptions_by_keyboard_sees_what_they_cost_and_loses_nothing(served: Served, page: Page) -> None:
    session, people = served.do(group(served.academy))
    served.sign_in(page, "ivan").goto(f"/teach/lessons/{session}")
    late = _row(page, IKRAM)
    expect(late.get_by_label("Late", exact=True)).to_be_checked()
    expect(late.get_by_label("Minutes late")).to_have_value("8")
    expect(late.locator(".cost")).to_contain_text("4 lessons left, 3 after saving")
    missed = _row(page, MAX)
    expect(missed.get_by_label("Missed")).to_be_checked()
    expect(missed.get_by_text("The family is told").locator("visible=true")).to_have_count(1)
    expect(page.locator("fieldset script")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('fieldset').querySelector('.name').textContent") == SCRIPT
    page.keyboard.press("4")
    expect(_row(page, SCRIPT).locator(".cost")).to_contain_text("8 lessons left, stays 8. The family gets")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("2")
    _row(page, EUNJI).get_by_label("Minutes late").fill("soon")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Write a whole number of minutes.")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "mistakes"
    _row(page, EUNJI).get_by_label("Minutes late").fill("12")
    page.get_by_label("Note for the office").fill("Max's line dropped last week too.")
    page.goto(f"/teach/lessons/{session}")
    expect(page.get_by_text("Not saved yet: your changes from")).to_be_visible()
    expect(_row(page, EUNJI).get_by_label("Minutes late")).to_have_value("12")
    page.get_by_label("To catch up on").fill("Pages 12 to 14")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile("/teach$"))
    marks = _marks(served, people)
    assert {n: marks[n]["code"] for n in (SCRIPT, EUNJI, MAX)} == {
        SCRIPT: "excused_absence",
        EUNJI: "late",
        MAX: "no_show",
    }
    assert (marks[EUNJI]["late_minutes"], marks[BEA]["late_minutes"]) == (12, None)
    (lesson,) = served.do(served.academy.rows(sessions, id=session))
    assert lesson["catch_up"] == "Pages 12 to 14"
    page.go_back()
    expect(page.locator("#kept")).to_be_hidden()
    served.sign_in(page, "alice").goto("/inbox?view=team")
    expect(page.locator(".row")).to_contain_text("Max's line dropped last week too.")


def test_without_javascript_a_sheet_that_somebody_changed_meanwhile_is_shown_again(
    served: Served, without_script: Page
) -> None:
    session, people = served.do(group(served.academy))
    page = served.sign_in(without_script, "ivan")
    page.goto(f"/teach/lessons/{session}")
    _row(page, MAX).get_by_label("Tech fault").check(force=True)
    expect(_row(page, MAX).locator(".cost")).to_contain_text("6 lessons left, stays 6")

    async def colleague() -> None:
        a = served.academy
        async with a.books.transaction() as tx:
            await recording.record(
                tx, a.org, recording.Report(session, people[BEA], Code.EXCUSED_ABSENCE, by=a.alice), a.now
            )

    served.do(colleague())
    page.get_by_role("button", name="Save attendance").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else has changed this sheet")
    expect(_row(page, MAX).get_by_label("Tech fault")).to_be_checked()
    page.get_by_role("button", name="Save attendance").click()
    expect(page.get_by_role("status")).to_have_text("Attendance is saved.")
    assert _marks(served, people)[MAX]["code"] == "technical_failure"


def test_ivan_reads_what_the_office_does_while_it_does_it(served: Served, page: Page) -> None:
    served.missed()
    served.sign_in(page, "ivan").goto("/teach/alerts")
    alert = page.get_by_role("article", name="Sam Reed")
    expect(alert).to_contain_text("Missed 2 in a row")
    expect(alert).to_contain_text("Alice follows up")
    expect(page.locator("#tabs .n")).to_have_text("1 waiting")
    served.wait_for_listeners()
    alert.get_by_role("link", name="Sam Reed").focus()
    (task,) = served.do(served.academy.rows(tasks))

    async def claimed() -> None:
        await served.academy.happens(TaskClaimed(task_id=task["id"], by=served.academy.alice))
        await served.academy.settle()

    served.do(claimed())
    expect(alert).to_contain_text("Alice is on it", timeout=2000)
    assert page.evaluate("document.activeElement.textContent") == "Sam Reed"
    alert.get_by_role("link", name="Sam Reed").click()
    expect(page.get_by_role("heading", name="What the office is doing")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_his_pages_are_accessible_and_light(served: Served, page: Page) -> None:
    served.missed()
    session, _ = served.do(group(served.academy))
    old = served.do(served.academy.session(served.academy.now - timedelta(days=5)))
    served.do(served.academy.session(served.academy.now + timedelta(hours=2)))
    served.sign_in(page, "ivan")
    paths = (
        "",
        f"/lessons/{session}",
        f"/lessons/{old}",
        "/alerts",
        "/students",
        f"/students/{served.academy.student}",
    )
    for path in paths:
        assert_light(page, f"/teach{path}")
        assert_accessible(page)


def _get(served: Served, page: Page, who: str, path: str) -> Any:
    served.sign_in(page, who)
    return page.request.get(path, max_redirects=0)


def test_an_instructor_sees_his_own_alone_and_charlie_nothing(served: Served, page: Page) -> None:
    session = served.do(served.academy.session(served.academy.now - timedelta(hours=2)))
    student = served.academy.student

    async def joins() -> Id:
        async with served.academy.books.transaction() as tx:
            row = {"org_id": served.academy.org, "name": "Uma", "email": "uma@northstar.example", "role": "instructor"}
            return str((await tx.execute(insert(staff).values(row).returning(staff.c.id))).scalar_one())

    served.people["uma"] = (served.academy.org, served.do(joins()))
    for who in ("uma", "charlie"):
        for path in (f"/teach/lessons/{session}", f"/teach/students/{student}"):
            assert _get(served, page, who, path).status == 404
        form: dict[str, str | float | bool] = {f"o-{student}": "no_show", "seen": ""}
        answer = page.request.post(f"/teach/lessons/{session}", form=form, headers={"Origin": served.url})
        assert answer.status == 404
        assert "Sam Reed" not in _get(served, page, who, "/teach").text()
    assert "Sam Reed" in _get(served, page, "alice", f"/teach/lessons/{session}").text()
    assert served.do(served.academy.rows(evidence)) == []


def test_after_three_days_he_asks_and_reads_the_answer(served: Served, without_script: Page) -> None:
    session = served.do(served.academy.session(served.academy.now - timedelta(days=4)))
    served.do(served.academy.outcome(session, Code.NO_SHOW))
    page = served.sign_in(without_script, "ivan")
    page.goto(f"/teach/lessons/{session}")
    expect(page.locator("tbody")).to_contain_text("No-show")
    page.get_by_label("What should it say").fill("Sam was there, in the other room.")
    page.get_by_role("button", name="Ask for a correction").click()
    expect(page.get_by_role("status")).to_have_text("Your note is with the office.")
    (task,) = [t for t in served.do(served.academy.rows(tasks)) if t["kind"] == "read_note"]
    assert (task["owner_id"], task["session_id"]) == (served.academy.alice, session)
    key = {"Authorization": f"Bearer {served.key}", "Bellwether-Actor": served.academy.alice}
    done = page.request.post(
        f"/v1/tasks/{task['id']}/complete", headers=key, data={"outcome": "done", "note": "Corrected, thank you."}
    )
    assert done.ok, done.text()
    page.goto("/teach/alerts")
    expect(page.get_by_text("Sam was there, in the other room.")).to_be_visible()
    expect(page.get_by_text("Corrected, thank you.")).to_be_visible()
    assert [o["code"] for o in served.do(served.academy.rows(outcomes))] == ["no_show"]
