"""How completely lessons are recorded, as a lead reads it."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Page, expect

from domain.outcomes import Code
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.serving import Served


def test_lea_sees_who_has_not_recorded_and_takes_it_with_her(served: Served, page: Page) -> None:
    a = served.academy
    served.sign_in(page, "lea").goto("/admin/reports?days=7")
    expect(page.get_by_text("No lesson ended in these days")).to_be_visible()
    recorded = served.do(a.session(a.now - timedelta(days=2)))
    served.do(a.outcome(recorded, Code.ATTENDED))
    served.do(a.session(a.now - timedelta(days=3)))
    page.reload()
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("50 %")
    assert_light(page, "/admin/reports")
    assert_accessible(page)
    text = page.request.get("/admin/reports/recording.csv").text().splitlines()
    assert text[0] == "instructor,ended,recorded,unrecorded,share,median_minutes"
    assert text[1].split(",")[1:5] == ["2", "1", "1", "0.5"]
    for who in ("alice", "ivan"):
        assert served.sign_in(page, who).request.get("/admin/reports").status == 403
    assert "Ivan" not in served.sign_in(page, "charlie").request.get("/admin/reports").text()
