"""The inbox in a browser: what a coordinator sees in the morning, and what she does with it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from api.pages import static_files
from db.journal_tables import tasks
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.look import NAMES, fill
from tests.pages.serving import Served


def _at_noon(served: Served) -> None:
    served.academy.now -= timedelta(hours=3)


def test_alice_sees_whom_to_follow_up_and_why(served: Served, page: Page) -> None:
    served.missed()
    served.sign_in(page, "alice").goto("/")
    assert page.url.endswith("/inbox")
    row = page.locator(".row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Sam Reed")
    expect(row).to_contain_text("Missed 2 in a row")
    assert row.get_by_role("img").get_attribute("aria-label") == "Sam Reed, last 2 lessons: 2 missed"


def test_names_of_every_script_stand_as_they_are_written(served: Served, page: Page) -> None:
    served.do(fill(served.academy))
    served.sign_in(page, "alice").goto("/inbox")
    shown = page.locator(".row .who bdi").all_inner_texts()
    for name in NAMES:
        assert " ".join(name[:160].split()) in shown
    assert page.locator(".row script").count() == 0


def test_the_inbox_is_accessible_and_light(served: Served, page: Page) -> None:
    served.do(fill(served.academy))
    weight = assert_light(served.sign_in(page, "alice"), "/inbox")
    assert weight.requests <= 8
    assert_accessible(page)
    page.locator(".row input").first.check()
    assert_accessible(page)


def test_an_empty_inbox_says_so_and_where_to_look(served: Served, page: Page) -> None:
    served.sign_in(page, "alice").goto("/inbox")
    expect(page.get_by_text("All caught up")).to_be_visible()
    assert_accessible(page)


def test_alice_hands_over_without_javascript(served: Served, without_script: Page) -> None:
    served.missed()
    page = served.sign_in(without_script, "alice")
    page.goto("/inbox")
    page.get_by_label("Select Sam Reed").check()
    page.get_by_label("Hand over to").select_option(served.academy.bob)
    page.get_by_role("button", name="Assign").click()
    expect(page.get_by_role("status")).to_have_text("Given to a colleague.")
    expect(page.locator(".row")).to_have_count(0)
    (task,) = served.do(served.academy.rows(tasks))
    assert task["owner_id"] == served.academy.bob


def test_alice_puts_off_by_keyboard_alone_and_the_focus_is_never_lost(served: Served, page: Page) -> None:
    served.missed()
    served.sign_in(page, "alice").goto("/inbox")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "Sam Reed"
    page.keyboard.press("s")
    expect(page.get_by_role("status")).to_have_text("Put off.")
    assert page.evaluate("document.activeElement.id") == "said"
    assert page.url.endswith("/inbox")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/tasks/"))


def test_nothing_is_done_when_nothing_is_ticked(served: Served, without_script: Page) -> None:
    served.missed()
    page = served.sign_in(without_script, "alice")
    page.goto("/inbox")
    answer = page.request.post("/inbox", form={"verb": "claim"}, headers={"Origin": served.url})
    assert "Nothing was chosen" in answer.text()


@pytest.mark.skipif(not static_files.has("htmx.min.js"), reason="htmx is missing: npm ci --ignore-scripts")
def test_a_change_shows_in_another_tab_within_two_seconds(served: Served, page: Page) -> None:
    _at_noon(served)
    served.sign_in(page, "alice").goto("/inbox")
    served.wait_for_listeners()
    expect(page.locator("#tabs .n")).to_have_count(0)
    page.get_by_role("link", name="Students").focus()
    served.missed(3)
    expect(page.locator("#tabs .n")).to_have_text("1 waiting", timeout=2000)
    expect(page.get_by_text("This list has changed")).to_be_visible(timeout=500)
    assert page.evaluate("document.activeElement.textContent") == "Students"


def test_charlie_sees_nothing_of_it(served: Served, page: Page) -> None:
    served.missed()
    served.sign_in(page, "charlie").goto("/inbox?view=team")
    expect(page.get_by_text("Nobody has an open follow-up")).to_be_visible()
    (task,) = served.do(served.academy.rows(tasks))
    form = {"verb": "claim", "task": task["id"]}
    answer = page.request.post("/inbox", form=form, headers={"Origin": served.url})
    assert "There is no such task" in answer.text()
