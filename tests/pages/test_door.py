"""The door in a browser: a family's link, a forgotten password, one's own account; with scripts and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from db import sign_in_links
from db.logins import Whose
from domain.signing_in import Purpose
from domain.value import Id
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.serving import Served

PASSWORD = "correct horse battery"


def _link(served: Served, purpose: Purpose, whose: Whose, person: Id) -> str:
    async def made() -> str:
        a = served.academy
        async with a.books.transaction() as tx:
            return (await sign_in_links.make(tx, a.org, purpose, whose, person, a.now))[1]

    return f"{'welcome' if purpose == 'welcome' else 'l'}/{served.do(made())}"


def test_alice_chooses_a_password_comes_back_with_it_and_signs_out(served: Served, without_script: Page) -> None:
    page = without_script
    page.goto(f"{served.url}/{_link(served, 'welcome', 'staff', served.academy.alice)}")
    assert page.get_by_role("heading", level=1).inner_text() == "Choose a password, Alice"
    page.get_by_label("New password").fill("short")
    page.get_by_label("The same once more").fill("short")
    page.get_by_role("button", name="Set password").click()
    assert "at least 12 characters" in page.get_by_role("alert").inner_text()
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    assert page.url.endswith("/inbox")
    page.goto(f"{served.url}/account")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto(f"{served.url}/account")
    assert page.url.endswith("/login?next=%2Faccount")
    page.get_by_label("E-mail address").fill("alice@northstar.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    assert "do not belong together" in page.get_by_role("alert").inner_text()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    assert page.url.endswith("/account")


def test_her_times_and_keys_are_her_own(served: Served, page: Page) -> None:
    served.sign_in(page, "alice").goto("/account")
    page.get_by_label("Show times in").fill("Asia/Tokyo")
    page.get_by_role("button", name="Save").click()
    assert "Saved." in page.inner_text("main")
    assert page.get_by_text("Tokyo time").count()
    page.get_by_role("button", name="Turn keys off").click()
    page.get_by_role("button", name="Turn keys on").wait_for()
    assert page.locator("body").get_attribute("data-keys") == "off"


def test_pages_at_the_door_are_light_and_accessible(served: Served, page: Page) -> None:
    family = _link(served, "family", "guardian", served.academy.mother)
    served.app.state.one_click = True
    for path in ("/login", "/login/forgot", "/family/request-link", f"/{family}"):
        assert assert_light(page, f"{served.url}{path}").kib <= 30
    assert re.match("Hello Maria Reed", page.get_by_role("heading", level=1).inner_text())
    for path in ("/login", f"/{family}", f"/{_link(served, 'welcome', 'staff', served.academy.bob)}"):
        page.goto(path)
        assert_accessible(page)


@pytest.mark.parametrize("who", ["alice", "ivan"])
def test_ones_own_account_is_accessible(served: Served, page: Page, who: str) -> None:
    assert_light(served.sign_in(page, who), "/account")
    assert_accessible(page)


def test_a_parent_opens_the_link_on_a_phone(served: Served, phone: Page) -> None:
    phone.goto(f"/{_link(served, 'family', 'guardian', served.academy.mother)}")
    phone.get_by_role("button", name="See the family page").click()
    assert f"/family/{served.academy.student}" in phone.url
    assert "bellwether-guardian" in {c["name"] for c in phone.context.cookies()}
