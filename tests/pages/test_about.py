"""Pages about the pages: what words and keys mean, accessibility, privacy; for staff and for everybody else."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from api.pages.about import WHEN
from domain.outcomes import REPORTABLE
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.serving import Served


def test_help_explains_every_outcome_and_the_keys(served: Served, page: Page) -> None:
    assert set(WHEN) == set(REPORTABLE)
    served.sign_in(page, "alice").goto("/inbox")
    page.get_by_role("link", name="Help").click()
    row = page.get_by_role("row", name="No-show")
    expect(row).to_contain_text("a lesson")
    expect(row).to_contain_text("that the lesson was missed")
    expect(page.get_by_text("Single keys are on for you.")).to_be_visible()
    assert_light(page, "/help")
    assert_accessible(page)
    served.sign_in(page, "ivan").goto("/help")
    expect(page.get_by_role("heading", name="Follow-ups")).to_have_count(0)
    for path in ("/privacy", "/accessibility"):
        assert_light(page, path)
        assert_accessible(page)


def test_families_read_about_privacy_in_their_language_without_signing_in(served: Served, page: Page) -> None:
    for path, english, spanish in (
        ("/privacy", "What is known about you", "Qué se sabe de usted"),
        ("/accessibility", "Accessibility", "Accesibilidad"),
    ):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text(english)
        page.get_by_role("link", name="Español").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(spanish)
        assert page.locator("html").get_attribute("lang") == "es"
        assert_light(page, f"{path}?lang=es", 30)
        assert_accessible(page)


def test_whoever_builds_on_it_reads_what_each_address_takes(served: Served, page: Page) -> None:
    page.goto("/docs")
    told = page.locator("details", has_text="/v1/tasks/{task_id}/complete")
    told.locator("summary").click()
    expect(told).to_contain_text("Finish a task with its outcome")
    expect(told).to_contain_text('"outcome": "reached"')
    assert_light(page, "/docs")
    assert_accessible(page)
