"""The message log and the outbox in a browser: where every message stands, and how it looks where it arrives."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from pydantic import SecretStr
from sqlalchemy import insert

from db.delivery_tables import suppressed_addresses
from db.journal_tables import messages, notes, tasks
from db.reply_tables import replies
from domain.sending import Channel, MessageState
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.letters import message, replied
from tests.pages.serving import Served

STOP = "http://academy.example/stop/a-secret-of-hers"
MAIL = f"Hello Maria Reed,\n\nSam was not at Maths.\n\nTo stop these e-mails: {STOP}"
S = MessageState


def test_every_message_tells_where_it_stands_and_why(served: Served, page: Page) -> None:
    message(served, S.SUPPRESSED, "weekly_cap")
    message(served, S.UNDELIVERED, "landline", body="Northstar: Sam was not at Maths.")
    mail = message(served, S.SENT, channel=Channel.EMAIL, subject="Sam was not at Maths", body=MAIL)
    assert_light(served.sign_in(page, "ada"), "/admin/messages")
    expect(page.locator(".row")).to_have_count(3)
    expect(page.get_by_text("The weekly limit of texts is reached")).to_be_visible()
    expect(
        page.get_by_role("img", name="Last 14 days: 1 left, 1 did not arrive, 1 not sent or waiting")
    ).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Did not arrive").click()
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row")).to_contain_text("The number is a landline")
    page.get_by_label("Name").fill("Nobody")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Nothing fits these filters")).to_be_visible()
    page.goto(f"/admin/messages/{mail}")
    expect(page.get_by_text("/stop/...")).to_be_visible()
    assert "a-secret-of-hers" not in page.content()
    assert_accessible(page)
    page.get_by_label("Why, for colleagues").fill("her mailbox works again")
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_role("status")).to_contain_text("It goes once more")
    assert "her mailbox works again" in {n["text"] for n in served.do(served.academy.rows(notes))}
    page.context.clear_cookies()
    assert served.sign_in(page, "charlie").request.get(f"/admin/messages/{mail}").status == 404


def test_lea_lets_held_messages_go_and_alice_cannot(served: Served, without_script: Page) -> None:
    message(served, S.HELD, "blast_guard")
    message(served, S.HELD, "blast_guard", channel=Channel.EMAIL)
    page = served.sign_in(without_script, "alice")
    page.goto("/admin/messages")
    expect(page.get_by_text("A lead or an admin decides.")).to_be_visible()
    form: dict[str, str | float | bool] = {"held_by": "blast_guard", "verb": "release"}
    assert page.request.post("/admin/messages/holds", form=form, headers={"Origin": served.url}).status == 403
    page.context.clear_cookies()
    served.sign_in(page, "lea").goto("/admin/messages")
    expect(page.get_by_role("heading", name="2 messages wait for a person")).to_be_visible()
    page.get_by_label("Why, for colleagues").fill("It was snow")
    page.get_by_role("button", name="Let them go").click()
    expect(page.get_by_role("status")).to_contain_text("2 messages may leave now.")
    assert {(m["state"], m["reason"]) for m in served.do(served.academy.rows(messages))} == {("queued", "released")}


def test_alice_opens_a_closed_address_on_the_familys_word(served: Served, page: Page) -> None:
    a = served.academy
    row = {"org_id": a.org, "channel": "email", "address": "maria@reed.example", "reason": "bounced", "since": a.now}

    async def closes() -> None:
        async with a.books.transaction() as tx:
            await tx.execute(insert(suppressed_addresses).values(row))

    served.do(closes())
    served.sign_in(page, "alice").goto("/admin/messages/closed")
    expect(page.get_by_text("the e-mail address bounced")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Open maria@reed.example again").click()
    expect(page.get_by_text("Every address is open")).to_be_visible()


def test_in_the_demo_one_looks_at_the_phone_and_answers_as_the_family(served: Served, page: Page) -> None:
    served.app.state.one_click = True
    served.sign_in(page, "alice").goto("/outbox")
    expect(page.get_by_text("Nothing in it yet")).to_be_visible()
    message(served, S.SENT, channel=Channel.EMAIL, subject="Sam was not at Maths", body=MAIL)
    served.academy.now = served.academy.now.replace(minute=1)
    message(served, S.SUPPRESSED, "daily_cap")
    message(served, S.DELIVERED, body="Northstar: <b>Sam</b> was not at Maths. يوسف")
    replied(served, "1", meaning="ill")
    assert_light(page, "/outbox")
    expect(page.locator(".phone")).to_contain_text("<b>Sam</b> was not")
    expect(page.locator(".phone .held")).to_contain_text("Absence notice about Sam Reed")
    expect(page.get_by_role("link", name=STOP)).to_have_attribute("href", STOP)
    assert_accessible(page)
    page.get_by_label("Reply as Maria Reed").fill("please call me")
    page.get_by_role("button", name="Reply").click()
    expect(page.get_by_role("status")).to_have_text("The reply has come in.")
    expect(page.locator(".bubble.me").last).to_have_text("please call me")
    expect(page.get_by_text("understood as: please call me")).to_be_visible()
    served.do(served.rest())
    assert "call_back" in {t["kind"] for t in served.do(served.academy.rows(tasks))}


def test_the_outbox_is_there_only_where_messages_stay_in_it(served: Served, page: Page) -> None:
    mail = message(served, S.SENT, channel=Channel.EMAIL, subject="Sam was not at Maths", body=MAIL)
    served.sign_in(page, "alice")
    seen = page.request.get(f"/outbox?m={mail}")
    assert seen.status == 200
    assert "a-secret-of-hers" not in seen.text()
    own = {"Origin": served.url}
    assert page.request.post(f"/outbox/{mail}/answer", form={"text": "1"}, headers=own).status == 404
    assert served.do(served.academy.rows(replies)) == []
    given = {"twilio_account_sid": "AC1", "twilio_auth_token": SecretStr("t"), "twilio_from": "+15005550006"}
    given |= {"sendgrid_api_key": SecretStr("k"), "sendgrid_from": "hello@northstar.example"}
    served.app.state.settings = served.app.state.settings.model_copy(update=given)
    assert page.request.get("/outbox").status == 404
