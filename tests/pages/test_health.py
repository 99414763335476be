"""Health in a browser: what keeps families from being reached, the parts of the house, and the report."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Page, expect
from sqlalchemy import update

from db.journal_tables import messages, tasks
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.running import case, get, needs_htmx, write
from tests.pages.serving import Served


def _trouble(served: Served) -> None:
    """An overdue follow-up, and notices of Sam's that were held."""
    case(served)
    held = update(messages).where(messages.c.purpose == "absence_notice")
    served.do(write(served, held.values(state="held", reason="blast_guard")))
    served.do(served.academy.until(served.academy.now + timedelta(days=4)))


@needs_htmx
def test_ada_sees_what_is_in_the_way_and_opens_the_worst(served: Served, page: Page) -> None:
    _trouble(served)
    served.sign_in(page, "ada").goto("/")
    expect(page).to_have_url(re.compile("/admin$"))
    tiles = page.locator(".obstacles")
    expect(tiles).to_contain_text("Follow-up overdue")
    expect(tiles.get_by_role("link", name="Sam Reed").first).to_be_visible()
    expect(page.locator(".lamps")).to_contain_text("Temporal cannot be reached")
    expect(page.get_by_text("Fewer than five misses in these 28 days")).to_be_visible()
    expect(page.get_by_role("table").last).to_contain_text("The next message to the family")
    assert_accessible(page)
    page.get_by_role("link", name="Open the worst first").click()
    expect(page).to_have_url(re.compile(f"/admin/workflows/student/{served.academy.student}"))
    assert_light(page, "/admin")


@needs_htmx
def test_what_a_colleague_finishes_is_out_of_the_way_within_two_seconds(served: Served, page: Page) -> None:
    _trouble(served)
    served.sign_in(page, "lea").goto("/admin")
    expect(page.locator(".obstacles")).to_contain_text("1 follow-up overdue")
    served.wait_for_listeners()
    page.get_by_role("link", name="7 days").focus()
    finished = {"status": "done", "outcome": "reached", "finished_at": served.academy.now}
    served.do(write(served, update(tasks).where(tasks.c.finished_at.is_(None)).values(finished)))
    expect(page.locator(".obstacles")).not_to_contain_text("1 follow-up overdue", timeout=2000)
    assert page.evaluate("document.activeElement.textContent") == "7 days"


def test_without_javascript_everything_is_shown_at_once(served: Served, without_script: Page) -> None:
    _trouble(served)
    page = served.sign_in(without_script, "lea")
    page.goto("/admin")
    page.get_by_role("link", name="Show everything at once").first.click()
    expect(page.locator(".lamps")).to_contain_text("Text messages")
    page.get_by_text("What each number counts").click()
    expect(page.get_by_text("No-shows and late cancellations settled in the time shown")).to_be_visible()


def test_only_a_lead_or_an_admin_sees_health_and_each_his_own(served: Served) -> None:
    _trouble(served)
    for who, status in (("alice", 403), ("ivan", 403), ("lea", 200), ("charlie", 200)):
        for path in ("/admin", "/admin/now", "/admin/lamps", "/admin/reaching?days=7"):
            assert served.do(get(served, who, path)).status_code == status, (who, path)
    assert "Sam Reed" not in served.do(get(served, "charlie", "/admin?whole=true")).text
    assert served.do(get(served, "lea", "/admin?days=93")).status_code == 422
