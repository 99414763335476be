"""People of the staff: taken in, invited, changed and seen off; and who did what, when and why."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.pages.judging import assert_accessible, assert_light
from tests.pages.look import fill
from tests.pages.serving import Served

PAGE, AUDIT = "/admin/people", "/admin/audit"
ODD = "<script>alert(1)</script> \u0634\u064a\u0631\u0647"


def test_ada_takes_somebody_in_who_sets_a_password_and_comes_in(served: Served, page: Page) -> None:
    served.sign_in(page, "ada").goto(PAGE)
    assert_accessible(page)
    page.get_by_label("Name", exact=True).fill(ODD)
    page.get_by_label("E-mail").fill("alice@northstar.example")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#email-wrong")).to_contain_text("is his alone")
    page.get_by_label("E-mail").fill("new@northstar.example")
    page.get_by_role("radio", name="Lead").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ODD)
    assert_accessible(page)
    mine = page.url.partition("?")[0]
    page.get_by_role("button", name="Make an invitation link").click()
    link = page.locator("#secret").inner_text()
    assert re.search(r"/welcome/\S{20,}$", link)
    assert_accessible(page)
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_text("opens until")).to_be_visible()
    assert link not in page.content()
    assert page.request.get(f"{mine}/invite").url == mine
    assert page.request.get(link).status == 200
    page.goto(PAGE)
    expect(page.get_by_role("listitem").filter(has_text="new@northstar")).to_contain_text("Invited")
    assert_light(page, PAGE)
    assert_light(page, mine)
    assert_light(page, AUDIT)
    expect(page.get_by_role("link", name=f"Ada added {ODD} as lead.")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("About").select_option("Policies")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("Nothing fits these filters")).to_be_visible()


def test_without_javascript_ada_sees_alice_off_and_her_work_goes_to_bob(served: Served, without_script: Page) -> None:
    served.do(fill(served.academy))
    page = served.sign_in(without_script, "ada")
    page.goto(f"{PAGE}/{served.academy.alice}")
    page.get_by_text("No longer works here", exact=True).click()
    page.get_by_label("Open follow-ups and enrollments go to").select_option("Bob")
    page.get_by_label("Why").fill("moved away")
    page.get_by_role("button", name="Yes, see Alice off").click()
    expect(page.get_by_role("status")).to_contain_text("What was open went to colleagues")
    page.goto(f"{PAGE}?show=left")
    page.get_by_role("link", name="Alice").click()
    page.get_by_role("button", name="Works here again").click()
    expect(page.get_by_role("status")).to_contain_text("Active again")
    page.goto(f"{AUDIT}?by={served.people['ada'][1]}&topic=staff")
    expect(page.get_by_text("Ada saw Alice off.")).to_be_visible()
    expect(page.get_by_text("“moved away”")).to_be_visible()
    page.goto(f"{AUDIT}?since=2030-01-01")
    expect(page.get_by_text("Nothing fits these filters")).to_be_visible()


def test_what_cannot_be_done_is_said_on_the_page(served: Served, without_script: Page) -> None:
    page = served.sign_in(without_script, "ada")
    page.goto(f"{PAGE}/{served.academy.instructor}")
    page.get_by_text("No longer works here", exact=True).click()
    page.get_by_role("button", name="Yes, see Ivan off").click()
    expect(page.get_by_text("name this person as instructor")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("")
    page.evaluate("document.querySelector('#name').removeAttribute('required')")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#name-wrong")).to_have_text("This is needed.")
    page.get_by_label("Name", exact=True).fill("Ivan Petrov")
    page.get_by_label("Your own number").fill("I-1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ivan Petrov")
    page.get_by_label("Your own number").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Your own number")).to_have_value("")
    page.goto(f"{PAGE}/{served.people['ada'][1]}")
    assert page.get_by_role("radio").count() == 0
    expect(page.get_by_text("changed by another admin")).to_be_visible()


def test_people_are_an_admins_and_the_audit_a_leads_and_charlie_sees_none_of_ours(
    served: Served, without_script: Page
) -> None:
    page, ours = without_script, {"Origin": served.url}
    alice = f"{PAGE}/{served.academy.alice}"
    for who, people, one, audit in (("lea", 403, 403, 200), ("alice", 403, 403, 403), ("charlie", 200, 404, 200)):
        served.sign_in(page, who)
        assert page.request.get(PAGE).status == people
        assert page.request.get(alice).status == one
        for act in ("", "/leave", "/back", "/invite", "/sign-out"):
            form: dict[str, str | float | bool] = {"name": "X", "email": "x@x.example"}
            assert page.request.post(f"{alice}{act}", form=form, headers=ours).status == one, act
        assert page.request.get(AUDIT).status == audit
    assert "Alice" not in page.request.get(AUDIT).text() + page.request.get(PAGE).text()
