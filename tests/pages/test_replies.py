"""Replies in a browser: what families wrote, read by a person where rules could not."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from db.journal_tables import tasks
from db.reply_tables import replies
from domain.sending import Channel, MessageState
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.letters import message, replied
from tests.pages.serving import Served


def test_alice_reads_what_no_rule_could_and_turns_one_into_a_call(served: Served, page: Page) -> None:
    notice = message(
        served, MessageState.SENT, body="Northstar: Sam was not at Maths.", handed_over_at=served.academy.now
    )
    replied(served, "Perdón <script>alert(1)</script> ¿el jueves?", message_id=notice)
    replied(served, "he fell off his bike")
    assert_light(served.sign_in(page, "alice"), "/replies")
    expect(page.get_by_role("heading", name="What does it mean?")).to_be_visible()
    expect(page.get_by_text("Answers our text of today 15:00: “Northstar: Sam was not at Maths.”")).to_be_visible()
    assert page.locator("li script").count() == 0
    assert_accessible(page)
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id").startswith("reply-")
    page.locator("li", has_text="bike").get_by_role("button", name="Ill or unwell").click()
    expect(page.get_by_role("status")).to_contain_text("Noted.")
    page.get_by_role("button", name="Call them back today").click()
    expect(page.get_by_role("status")).to_contain_text("A call for today is in the list of follow-ups.")
    expect(page.get_by_text("No unread replies")).to_be_visible()
    served.do(served.rest())
    assert "call_back" in {t["kind"] for t in served.do(served.academy.rows(tasks))}
    page.get_by_role("link", name="All", exact=True).click()
    expect(page.get_by_text("Understood as ill. A person has read it.")).to_be_visible()


def test_alice_finds_whose_reply_it_is_without_javascript(served: Served, without_script: Page) -> None:
    found = replied(served, "We are on our way", known=False)
    page = served.sign_in(without_script, "alice")
    page.goto("/replies")
    expect(page.get_by_role("heading", name="Whose is it, about whom?")).to_be_visible()
    page.get_by_label("Name, number or address of the family").fill("%")
    page.get_by_role("button", name="Find the family").click()
    expect(page.get_by_text("Nobody has “%” in a name, number or address.")).to_be_visible()
    page.get_by_label("Name, number or address of the family").fill("sam r")
    page.get_by_role("button", name="Find the family").click()
    page.get_by_role("button", name="Maria Reed about Sam Reed").click()
    expect(page.get_by_role("status")).to_contain_text("Noted whose reply it is.")
    page.get_by_role("button", name="Nothing to do").click()
    expect(page.get_by_text("There is nothing to do about it.")).to_be_visible()
    (row,) = served.do(served.academy.rows(replies, id=found))
    assert (row["student_id"], row["meaning"]) == (served.academy.student, "nothing")


def test_a_reply_shows_by_itself_and_only_to_those_it_is_for(served: Served, page: Page) -> None:
    served.sign_in(page, "alice").goto("/replies")
    served.wait_for_listeners()
    found = replied(served, "See you then")
    expect(page.get_by_text("1 new reply waits.")).to_be_visible(timeout=3000)
    page.keyboard.press("n")
    expect(page.get_by_text("See you then")).to_be_visible()
    page.context.clear_cookies()
    served.sign_in(page, "charlie").goto("/replies")
    expect(page.get_by_text("No unread replies")).to_be_visible()
    answer = page.request.post(f"/replies/{found}/understand", form={"meaning": "ill"}, headers={"Origin": served.url})
    assert answer.status == 404
    assert page.request.get(f"/outbox?m={message(served, MessageState.SENT, channel=Channel.SMS)}").status == 404
