"""Automation in a browser: an admin finds a run, reads why, and steps in; a lead does it without scripts."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Page, expect
from sqlalchemy import update

from db.journal_tables import messages
from db.tables import students
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.look import NAMES, fill
from tests.pages.running import AT, case, clock_of_a_lesson, get, needs_htmx, write
from tests.pages.serving import Served


def test_ada_finds_a_run_reads_why_and_skips_a_step(served: Served, page: Page) -> None:
    at = case(served)
    served.do(fill(served.academy))
    served.sign_in(page, "ada").goto(AT)
    for name in NAMES:
        expect(page.locator(".row bdi", has_text=" ".join(name[:160].split())).first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("reed")
    page.get_by_label("Stands").select_option(label="Open case")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".row")).to_have_count(1)
    assert_accessible(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(at))
    opened = page.locator(".tl > .done", has_text="Opened a tier 2 case and gave it to Alice")
    expect(opened).to_contain_text(
        "Missed 2 sessions in a row without notice in time (Thu 26 Feb and Fri 27 Feb, limit 2)"
    )
    expect(opened).to_contain_text("E-mail to Maria Reed: concern, sent")
    opened.get_by_text("Raw decision").click()
    expect(opened.locator("pre")).to_contain_text('"kind": "put_case"')
    armed = page.locator("[aria-current=step]")
    expect(armed).to_contain_text("SMS and e-mail to Maria Reed")
    armed.get_by_role("link", name="Step in").click()
    page.get_by_label("Skip a step").check()
    assert_accessible(page)
    page.get_by_label("Which step to skip").select_option(index=0)
    page.get_by_label("Reason").fill("The mother has called <b>us</b>")
    page.get_by_role("button", name="Record and do it").click()
    expect(page.get_by_role("status")).to_contain_text("The step is skipped")
    assert page.evaluate("document.activeElement.id") == "said"
    expect(page.locator(".skip-step")).to_contain_text("Ada skipped it.")
    newest = page.locator("#past ~ * .done, .tl .done").first
    expect(newest).to_contain_text("Ada skipped a step")
    expect(newest).to_contain_text("“The mother has called <b>us</b>”")
    page.get_by_role("link", name="People 1").click()
    expect(page.locator(".tl .done")).to_have_count(1)
    for path in (AT, at):
        assert_light(page, path)


def test_lea_steps_in_without_javascript_and_is_told_what_cannot_be_done(served: Served, without_script: Page) -> None:
    case(served)
    failed = update(messages).where(messages.c.channel == "email", messages.c.guardian_id.is_not(None))
    served.do(write(served, failed.values(state="undelivered", reason="bounced")))
    page = served.sign_in(without_script, "lea")
    page.goto("/inbox")
    page.get_by_role("link", name="admin").click()
    page.get_by_role("link", name="Automation").click()
    page.get_by_role("link", name="Sam Reed").click()
    page.get_by_role("link", name=re.compile("^Failures")).click()
    expect(page.locator(".tl .fail").first).to_contain_text("bounced")
    page.get_by_label("Give back a charge").check()
    page.get_by_label("Reason").fill("A power cut in the street")
    page.get_by_role("button", name="Record and do it").click()
    expect(page.get_by_role("status")).to_have_text("The charge is given back.")
    expect(page.get_by_text("−1 lesson, sum of 3 entries")).to_be_visible()
    page.get_by_label("Send a message again").check()
    page.get_by_label("Reason").fill("The mailbox is empty again")
    page.get_by_role("button", name="Record and do it").click()
    expect(page.get_by_role("status")).to_have_text("The message goes again.")
    page.get_by_label("Have a step taken now").check()
    page.get_by_label("Which step to take now").select_option(index=1)
    page.get_by_label("Reason").fill("They travel tomorrow")
    served.do(write(served, update(students).values(state={"version": 1})))
    page.get_by_role("button", name="Record and do it").click()
    expect(page.get_by_role("alert")).to_contain_text("One value needs another look")
    expect(page.get_by_label("Reason")).to_have_value("They travel tomorrow")


@needs_htmx
def test_a_run_says_that_something_was_decided_within_two_seconds(served: Served, page: Page) -> None:
    at = case(served)
    served.sign_in(page, "ada").goto(at)
    served.wait_for_listeners()
    page.get_by_label("Reason").focus()
    served.missed(1)
    expect(page.get_by_text("Something was decided since you opened this")).to_be_visible(timeout=2000)
    assert page.evaluate("document.activeElement.name") == "reason"


def test_a_lesson_has_a_run_of_its_own(served: Served, page: Page) -> None:
    session = served.do(clock_of_a_lesson(served))
    served.sign_in(page, "ada").goto(f"{AT}?kind=session&stands=unrecorded")
    page.get_by_role("link", name="Maths").click()
    expect(page).to_have_url(re.compile(session))
    expect(page.locator(".tl .done").first).to_contain_text("Time to ask the instructor for attendance")
    expect(page.locator(".tl .done").first).to_contain_text("E-mail to Ivan")
    expect(page.locator("[aria-current=step]")).to_be_visible()
    expect(page.get_by_role("link", name="Open the lesson")).to_have_attribute("href", f"/lessons/{session}")
    assert_accessible(page)


def test_who_may_look_and_what_filters_find(served: Served) -> None:
    at = case(served)
    session = served.do(clock_of_a_lesson(served))
    for who, path, status in (
        ("alice", AT, 403),
        ("ivan", at, 403),
        ("lea", at, 200),
        ("charlie", at, 404),
        ("charlie", f"{AT}/session/{session}", 404),
        ("lea", f"{at}?act=skip&of=nothing", 200),
    ):
        assert served.do(get(served, who, path)).status_code == status, (who, path)
    day = served.academy.now.date()
    for query, shown in (
        ("rule=unannounced_in_row&since=2026-02-01", True),
        (f"since={day + timedelta(days=1)}", False),
        ("policy_version=1&step=ladder_step", True),
        ("q=nobody", False),
        ("rule=charged", True),
    ):
        page = served.do(get(served, "ada", f"{AT}?{query}"))
        assert ("Sam Reed" in page.text, "Clear the filters" in page.text) == (shown, not shown), query
    theirs = served.do(get(served, "charlie", AT)).text
    assert "Sam Reed" not in theirs
    assert "No runs yet" in theirs
    quiet = served.do(get(served, "charlie", f"{at}/changes?seen=1")).text
    assert quiet.strip() == ""
