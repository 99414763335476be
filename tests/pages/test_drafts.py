"""Drafts in a browser: read, changed, let go, taken back, or not sent."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Page, expect
from sqlalchemy import update

from db.journal_tables import messages
from db.tables import guardians
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.letters import api, draft
from tests.pages.serving import Served


def _states(served: Served) -> set[tuple[str, str | None]]:
    return {(m["state"], m["reason"]) for m in served.do(served.academy.rows(messages, purpose="concern"))}


def test_alice_lets_a_draft_go_and_takes_it_back_by_keyboard_alone(served: Served, page: Page) -> None:
    found = draft(served)
    assert_light(served.sign_in(page, "alice"), "/drafts")
    expect(page.get_by_role("heading", level=1)).to_have_text("To Maria Reed, about Sam Reed")
    expect(page.locator(".bubble mark").filter(has_text="Sam")).to_have_count(1)
    expect(page.get_by_text("It names Sam.")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Held for 20 seconds, then it leaves to Maria Reed.")).to_be_visible()
    assert _states(served) == {("queued", None)}
    expect(page.locator("#undo [role=status]")).to_be_focused()
    assert_accessible(page)
    page.keyboard.press("z")
    expect(page.get_by_role("status")).to_have_text("Taken back. It waits for your word again.")
    assert page.url.endswith(f"/drafts/{found}")
    assert _states(served) == {("held", "review")}


def test_alice_changes_words_and_what_blames_does_not_leave(served: Served, page: Page) -> None:
    found = draft(served)
    served.sign_in(page, "alice").goto("/drafts")
    served.wait_for_listeners()
    words = {"version": 1, "texts": [{"channel": "sms", "story": "Sam was missed.", "ask": "Call us?"}]}
    with api(served, "bob") as bob:
        assert bob.put(f"/v1/drafts/{found}/words", json=words).status_code == 200
    page.get_by_text("A colleague has changed this draft.").get_by_role("link").click(timeout=2000)
    page.keyboard.press("r")
    story = page.get_by_label("What happened").first
    story.fill("Sam never bothers to come. It is your fault.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("One value needs another look.")
    expect(page.get_by_text("It cannot leave so.")).to_be_visible()
    assert_accessible(page)
    assert _states(served) == {("held", "review")}
    story.fill("Sam was missed at Maths, 3 lessons now.\nShall we talk?")
    page.get_by_role("button", name="Save and check").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    expect(page.locator("ins").first).to_be_attached()
    expect(page.locator(".bubble")).to_contain_text("Shall we talk?")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Held for 20 seconds")).to_be_visible()
    assert _states(served) == {("queued", None)}


def test_without_javascript_the_quicker_colleague_wins_and_a_reason_is_asked(
    served: Served, without_script: Page
) -> None:
    found = draft(served)
    page = served.sign_in(without_script, "alice")
    page.goto("/drafts")
    words = {"version": 1, "texts": [{"channel": "sms", "story": "Sam was missed by Ivan.", "ask": "Call us?"}]}
    with api(served, "bob") as bob:
        assert bob.put(f"/v1/drafts/{found}/words", json=words).status_code == 200
    page.get_by_role("button", name="Approve and send").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else changed the draft")
    expect(page.locator(".bubble")).to_contain_text("Sam was missed by Ivan.")
    assert _states(served) == {("held", "review")}
    page.locator("summary", has_text="Do not send").click()
    page.get_by_role("button", name="Do not send it").click()
    expect(page.get_by_text("This is needed.")).to_be_visible()
    page.get_by_label("Why not").select_option("told_otherwise")
    page.get_by_label("Note for colleagues").fill("I called")
    page.get_by_role("button", name="Do not send it").click()
    expect(page.get_by_role("status")).to_have_text("It is not sent.")
    expect(page.get_by_text("No drafts wait")).to_be_visible()
    assert _states(served) == {("cancelled", "rejected")}
    page.goto(f"/drafts/{found}")
    expect(page.get_by_text("It is not sent: a person did not want it.")).to_be_visible()


def test_the_page_says_what_changed_when_it_leaves_and_why_nothing_waits(served: Served, page: Page) -> None:
    served.sign_in(page, "alice").goto("/drafts")
    expect(page.get_by_text("No drafts wait, and none will")).to_be_visible()
    assert_accessible(page)
    served.wait_for_listeners()
    found = draft(served)
    expect(page.get_by_text("1 new draft waits")).to_be_visible(timeout=2000)

    async def moves(to: str) -> None:
        async with served.academy.books.transaction() as tx:
            await tx.execute(update(guardians).values(zone=to))

    served.do(moves("Asia/Tokyo"))
    page.goto(f"/drafts/{found}")
    expect(
        page.get_by_text(re.compile("What it says is not so any more: the contact's time zone changed"))
    ).to_be_visible()
    expect(page.get_by_role("button", name="Approve and send")).to_have_count(0)
    served.do(moves("UTC"))
    served.academy.now += timedelta(hours=8)
    page.reload()
    expect(page.get_by_text(re.compile("It is night there: it leaves .*08:00"))).to_be_visible()
    for who, status in (("ivan", 403), ("charlie", 404)):
        page.context.clear_cookies()
        assert served.sign_in(page, who).request.get(f"/drafts/{found}").status == status
