"""The page by which a family stops e-mail, in a browser without scripts."""

from __future__ import annotations

from playwright.sync_api import Page
from sqlalchemy import update

from db import messages, unsubscribing
from db.tables import guardians, organizations
from domain.sending import Channel, Message, Purpose
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.serving import Served


def link(served: Served, language: str) -> str:
    """The link in an e-mail to the mother, who reads this language."""
    a = served.academy
    mail = Message(
        id="m",
        key="k:email",
        purpose=Purpose.CONCERN,
        channel=Channel.EMAIL,
        recipient_id=a.mother,
        due_at=a.now,
        expires_at=a.now,
        created_at=a.now,
    )

    async def made() -> str | None:
        async with a.books.transaction() as tx:
            await tx.execute(update(guardians).values(language=language))
            await tx.execute(update(organizations).values(name="Tutoría <Norte> & Sons"))
            mother = await messages.lock_recipient(tx, a.org, a.mother, None)
            return await unsubscribing.link_for(tx, a.org, mail, mother, served.url, a.now)

    return served.do(made()) or ""


def test_a_mother_presses_the_button_and_takes_it_back(served: Served, without_script: Page) -> None:
    page, address = without_script, link(served, "en")
    page.goto(address)
    assert page.get_by_role("heading", level=1).inner_text() == "Stop e-mails from Tutoría <Norte> & Sons"
    page.get_by_role("button", name="Stop e-mails").click()
    assert "are stopped" in page.get_by_role("heading", level=1).inner_text()
    assert page.url == address, "so that a reload asks for nothing twice"
    page.get_by_role("button", name="Get e-mails again").click()
    assert page.get_by_role("button", name="Stop e-mails").count()


def test_the_page_is_light_and_accessible_in_the_familys_language(served: Served, page: Page) -> None:
    assert assert_light(page, link(served, "es-MX")).kib <= 30
    assert page.locator("html").get_attribute("lang") == "es"
    assert_accessible(page)
