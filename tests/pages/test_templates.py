"""What families are told, in an operator's own words: tried while they are written, saved, and taken back."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from db.template_tables import message_templates
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.serving import Served

PAGE = "/admin/templates"
NOTICE = f"{PAGE}/absence_notice/sms/en"
OURS: dict[str, str | float | bool] = {"story": "We missed {first} at {session} {on}.", "ask": "All well? {ask}"}


def test_ada_writes_own_words_sees_them_as_a_family_would_and_goes_back(served: Served, page: Page) -> None:
    served.missed()
    served.sign_in(page, "ada").goto(PAGE)
    assert_accessible(page)
    page.get_by_role("link", name="Missed lesson, text in English").click()
    story, preview = page.get_by_label("What happened"), page.get_by_role("region", name="As a family reads it")
    story.fill("We missed {first} at {session} {on}. {grade}")
    expect(preview).to_contain_text("There is no {grade} in this message")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.locator("#story-wrong")).to_contain_text("There is no {grade}")
    assert_accessible(page)
    story.fill(str(OURS["story"]))
    expect(preview).to_contain_text("Bright Path: We missed Ana at the Maths session")
    expect(preview).to_contain_text("Nothing stands in the way")
    page.get_by_label("Tried on").select_option("Sam Reed")
    expect(preview).to_contain_text("We missed S... at")
    assert "Sam" not in preview.inner_text()
    story.press("Control+Enter")
    expect(page.get_by_role("status")).to_contain_text("Messages that leave from now on are told so")
    expect(page.get_by_text("Your words, version 1")).to_be_visible()
    assert_accessible(page)
    assert_light(page, NOTICE)
    assert_light(page, PAGE)
    row = page.get_by_role("row", name="Missed lesson")
    expect(row).to_contain_text("Version 1")
    expect(row).to_contain_text("Not yet yours")
    page.goto(NOTICE)
    page.get_by_text("Back to these", exact=True).click()
    page.get_by_role("button", name="Yes, back to these").click()
    expect(page.get_by_text("Version 2: back to the standard words")).to_be_visible()
    page.get_by_text("Its words").nth(0).click()
    page.get_by_role("button", name="Use the words of version 1 again").click()
    expect(story).to_have_value(str(OURS["story"]))
    assert [r["version"] for r in served.do(served.academy.rows(message_templates))] == [1, 2, 3]


def test_without_javascript_words_of_several_lines_are_shown_and_saved(served: Served, without_script: Page) -> None:
    page = served.sign_in(without_script, "ada")
    page.goto(f"{PAGE}/absence_notice/email/es")
    page.get_by_label("Subject").fill("<script>alert(1)</script> {first}")
    page.get_by_label("What happened").fill("{first} no vino a {session} {on}.\n\n\u0645\u0631\u062d\u0628\u0627")
    page.get_by_role("button", name="Show it").click()
    expect(page.locator(".mail h3")).to_have_text("<script>alert(1)</script> Ana")
    page.get_by_label("Subject").fill("{first}")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    (saved,) = served.do(served.academy.rows(message_templates))
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label("Subject").fill("{first}, again")
    other.get_by_role("button", name="Save as a new version").click()
    page.get_by_label("Subject").fill("{first}, a third time")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody saved other words in the meantime")
    expect(page.get_by_label("Subject")).to_have_value("{first}, a third time")
    assert saved["story"].split("\n")[-1] == "\u0645\u0631\u062d\u0628\u0627"
    assert "\r" not in saved["story"]


def test_a_lead_tries_words_and_an_admin_alone_changes_them(served: Served, without_script: Page) -> None:
    page, ours = without_script, {"Origin": served.url}
    for who, reads, tries, saves in (("lea", 200, 200, 403), ("alice", 403, 403, 403), ("charlie", 200, 200, 200)):
        served.sign_in(page, who)
        assert page.request.get(NOTICE).status == reads
        assert page.request.post(f"{NOTICE}/preview", form=OURS, headers=ours).status == tries
        assert page.request.post(NOTICE, form=OURS, headers=ours).status == saves
        assert page.request.get(f"{PAGE}/absence_notice/sms/xx").status == (404 if reads == 200 else 403)
    assert served.do(served.academy.rows(message_templates)) == []
    served.sign_in(page, "lea").goto(NOTICE)
    expect(page.get_by_text("An admin changes these words")).to_be_visible()
    assert page.get_by_role("button", name="Save").count() == 0
