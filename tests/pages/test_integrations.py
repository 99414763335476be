"""How other systems come in and hear of us: keys and secrets that are shown once, and what was sent where."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
from playwright.sync_api import Page, expect

from db import webhook_deliveries
from db.tables import api_keys
from db.webhook_tables import webhook_endpoints
from domain.deliveries import Answered, DeliveryState
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.serving import Served

PAGE = "/admin/integrations"
ODD = "<script>alert(1)</script>"


async def _attempt(served: Served, answer: Answered) -> DeliveryState:
    """What is due is tried, and the other side answers so."""
    a = served.academy
    async with a.books.transaction() as tx:
        (due,) = await webhook_deliveries.claim(tx, a.now, {}, per_endpoint=8, at_most=8)
        return await webhook_deliveries.record(tx, due, answer)


def _webhook(page: Page, url: str = "https://crm.example.com/hooks") -> None:
    page.goto(f"{PAGE}/webhooks/new")
    page.get_by_label("Address").fill(url)
    page.get_by_label("What it is for").fill("The CRM")
    page.get_by_label("Attendance settled").check()
    page.get_by_role("button", name="Make it").click()


def test_ada_gives_a_system_a_key_sees_it_once_and_shuts_it_out(served: Served, page: Page) -> None:
    served.sign_in(page, "ada").goto(PAGE)
    page.get_by_label("Who will use it").fill(ODD)
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"The key for {ODD}")
    assert_accessible(page)
    key = page.locator("#secret").inner_text()
    headers = {"Authorization": f"Bearer {key}"}
    assert httpx.get(f"{served.url}/v1/staff", headers=headers).status_code == 200
    page.get_by_role("link", name="I have copied it").click()
    assert key not in page.content()
    row = page.locator("tr", has_text=ODD)
    expect(row).to_contain_text("by Ada")
    row.get_by_text("Revoke", exact=True).click()
    row.get_by_role("button", name="Yes, revoke").click()
    expect(page.get_by_role("status")).to_have_text("Revoked. The key opens nothing any more.")
    expect(row).to_contain_text("Revoked")
    assert httpx.get(f"{served.url}/v1/staff", headers=headers).status_code == 401
    assert page.request.get(f"{PAGE}/keys").url.endswith(PAGE)
    assert_light(page, PAGE)
    assert_accessible(page)


def test_ada_makes_a_webhook_tests_it_and_sends_again_what_failed(served: Served, page: Page) -> None:
    served.sign_in(page, "ada")
    _webhook(page, "http://crm.example.com")
    expect(page.locator("#url-wrong")).to_contain_text("https")
    expect(page.get_by_label("Attendance settled")).to_be_checked()
    assert_accessible(page)
    page.get_by_label("Address").fill("https://crm.example.com/hooks")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#secret")).to_have_text(re.compile("^whsec_"))
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_text("Nothing was sent yet")).to_be_visible()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("It leaves in a moment")
    served.do(_attempt(served, Answered(status=500, ms=80, excerpt=ODD)))
    expect(page.locator("tbody")).to_contain_text(ODD)
    expect(page.get_by_text("it answered 500")).to_be_visible()
    served.academy.now += timedelta(seconds=6)
    assert served.do(_attempt(served, Answered(status=410, ms=20))) is DeliveryState.FAILED
    expect(page.get_by_role("heading", level=2).first).to_contain_text("It answered that it wants nothing any more")
    assert_light(page, page.url)
    assert_accessible(page)
    page.locator(".crumb a").click()
    expect(page.get_by_text("so it is switched off")).to_be_visible()
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("status")).to_have_text("Switched on. It hears of what happens from now on.")
    assert_light(page, page.url)
    assert_accessible(page)
    page.get_by_role("link", name="Test").click()
    page.get_by_role("button", name="Send it again").click()
    served.do(_attempt(served, Answered(status=204, ms=12)))
    expect(page.get_by_role("heading", level=2).first).to_contain_text("The other side has it")
    page.goto(PAGE)
    expect(page.locator(".row")).to_contain_text("1 delivered in 7 days")


def test_without_javascript_a_webhook_is_changed_gets_a_new_secret_and_goes(
    served: Served, without_script: Page
) -> None:
    page = served.sign_in(without_script, "ada")
    _webhook(page)
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Attendance settled").uncheck()
    page.get_by_label("What it is for").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("https://crm.example.com/hooks")
    expect(page.get_by_text("Everything, also what is added later")).to_be_visible()
    page.get_by_text("New secret", exact=True).click()
    page.get_by_role("button", name="Make a new secret").click()
    expect(page.get_by_text("The secret before signs beside it until")).to_be_visible()
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.get_by_text("No webhook yet")).to_be_visible()
    page.get_by_label("Who will use it").fill(" ")
    page.get_by_role("button", name="Make a key").click()
    expect(page.locator("#name-wrong")).to_have_text("This is needed.")


def test_only_an_admin_sees_them_and_charlie_none_of_ours(served: Served, without_script: Page) -> None:
    page = served.sign_in(without_script, "ada")
    _webhook(page)
    (endpoint,) = served.do(served.academy.rows(webhook_endpoints))
    (key,) = served.do(served.academy.rows(api_keys))
    ours = {"Origin": served.url}
    for who, status in (("lea", 403), ("charlie", 404)):
        served.sign_in(page, who)
        assert page.request.get(f"{PAGE}/webhooks/{endpoint['id']}").status == status
        for act in ("secret", "test", "delete"):
            assert page.request.post(f"{PAGE}/webhooks/{endpoint['id']}/{act}", headers=ours).status == status
        page.request.post(f"{PAGE}/keys/{key['id']}/revoke", headers=ours)
        assert "The CRM" not in page.request.get(PAGE).text()
    (key,) = served.do(served.academy.rows(api_keys))
    assert key["revoked_at"] is None
