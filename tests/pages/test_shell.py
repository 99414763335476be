"""What stands around every page: protections, problems in plain words, files that are kept, the way around."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from api.pages import times
from api.pages.guarding import CSP
from api.pages.navigation import areas_of, tabs_at
from api.pages.pictures import strip
from domain.tasks import Role
from tests.pages.judging import assert_accessible
from tests.pages.serving import Served

HTML = {"Accept": "text/html"}


def _browser(served: Served, page: Page) -> httpx.Client:
    cookies = {c["name"]: c["value"] for c in page.context.cookies()}
    return httpx.Client(base_url=served.url, cookies=cookies, headers=HTML)


@pytest.mark.parametrize(
    ("headers", "heard"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "https://elsewhere.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_a_form_of_another_site_is_not_heard(served: Served, page: Page, headers: dict[str, str], heard: bool) -> None:
    with _browser(served, served.sign_in(page, "alice")) as client:
        answer = client.post("/inbox", data={"verb": "claim"}, headers=headers)
    assert answer.status_code == (303 if heard else 403)


def test_every_answer_carries_the_protections_and_pages_are_kept_nowhere(served: Served, page: Page) -> None:
    with _browser(served, served.sign_in(page, "alice")) as client:
        for path in ("/inbox", "/login", "/nowhere", "/v1/tasks", "/healthz"):
            answer = client.get(path)
            assert answer.headers["content-security-policy"] == CSP
            assert answer.headers["x-content-type-options"] == "nosniff"
        inbox = client.get("/inbox")
        assert inbox.headers["cache-control"] == "private, no-store"
        assert "HX-Request" in inbox.headers["vary"]
        assert inbox.headers["content-encoding"] == "gzip"


def test_files_are_kept_for_ever_under_the_digest_of_their_content(served: Served, page: Page) -> None:
    with _browser(served, served.sign_in(page, "alice")) as client:
        path = re.search(r'href="(/static/\w+/bellwether\.css)"', client.get("/inbox").text)
        assert path
        answer = client.get(path[1])
        assert "immutable" in answer.headers["cache-control"]
        assert client.get("/static/000000000000/bellwether.css").status_code == 404


def test_what_goes_wrong_is_a_page_for_people_and_a_document_for_programs(served: Served, page: Page) -> None:
    served.sign_in(page, "alice").goto("/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    assert_accessible(page)
    with _browser(served, page) as client:
        assert client.get("/inbox?view=nothing").status_code == 422
        assert client.get("/v1/tasks").headers["content-type"] == "application/problem+json"
        assert "<html" not in client.get("/nowhere", headers={"HX-Request": "true"}).text


def test_who_is_not_signed_in_is_sent_to_the_door_and_back(served: Served, page: Page) -> None:
    page.goto("/inbox?view=team")
    assert page.url.startswith(f"{served.url}/login?next=%2Finbox%3Fview%3Dteam")


def test_an_instructor_is_told_that_the_inbox_is_not_his(served: Served, page: Page) -> None:
    served.sign_in(page, "ivan").goto("/inbox")
    expect(page.get_by_role("heading", level=1)).to_have_text("This is not open to you")
    expect(page.get_by_role("navigation", name="Main")).not_to_contain_text("Drafts")


def test_each_role_finds_its_own_way_around(served: Served, page: Page) -> None:
    assert [a.name for a in areas_of(Role.ADMIN)] == ["desk", "admin"]
    assert [a.name for a in areas_of(Role.INSTRUCTOR)] == ["teach"]
    assert [t.words for t in tabs_at("/admin/policies/3", Role.ADMIN, {}) if t.is_here] == ["Policies"]
    assert [t.words for t in tabs_at("/tasks/1", Role.COORDINATOR, {}) if t.is_here] == ["Today"]
    served.sign_in(page, "ada").goto("/more")
    expect(page.get_by_role("main").get_by_role("link", name="Automation")).to_be_visible()
    assert_accessible(page)


def test_a_phone_shows_the_tabs_at_its_foot_and_nothing_hangs_over(
    served: Served, phone: Page, new_context: Callable[..., BrowserContext]
) -> None:
    served.missed()
    served.sign_in(phone, "alice").goto("/inbox")
    tabs = phone.get_by_role("navigation", name="Main").bounding_box()
    assert tabs
    assert tabs["y"] + tabs["height"] == pytest.approx(844, abs=1)
    assert phone.evaluate("document.documentElement.scrollWidth") == 390


def test_times_are_the_viewers_and_the_other_partys_stands_beside_when_clocks_differ() -> None:
    at = datetime(2026, 11, 25, 23, tzinfo=UTC)
    known = {"zone": "America/New_York", "lang": "en", "now": datetime(2026, 11, 23, 19, 5, tzinfo=UTC)}
    shown = times.both(known, at, "America/Mexico_City")  # type: ignore[arg-type]
    assert shown.striptags() == "Wed 25 Nov 18:00 (17:00 in Mexico City)"
    assert 'datetime="2026-11-25T23:00:00Z"' in shown
    assert times.both(known, at, "America/Toronto").striptags() == "Wed 25 Nov 18:00"  # type: ignore[arg-type]
    assert times.both(known, at, "Asia/Tokyo", "theirs").striptags() == "Wed 25 Nov 18:00 (Thu 08:00 theirs)"  # type: ignore[arg-type]


def test_the_strip_says_in_words_what_it_shows() -> None:
    drawn = strip(["attended", "late", "no_show", "technical_failure", "late_cancelled"], '<b>"Ana"</b>')
    assert "last 4 lessons: 1 attended, 1 late or in part, 1 missed, 1 cancelled late" in drawn
    assert "&lt;b&gt;&#34;Ana&#34;" in drawn
