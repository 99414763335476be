"""The students in a browser: found, understood, written to; and what a coordinator notes about them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert, update

from api.pages import static_files
from db import logins
from db.delivery_tables import suppressed_addresses
from db.journal_tables import messages, tasks
from db.session_tables import planned_absences
from db.tables import guardians
from domain.events import ToppedUp
from domain.outcomes import Code
from tests.academy import Academy
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.look import NAMES, fill
from tests.pages.serving import Served

BOUGHT = "00000000-0000-4000-8000-000000000001"
LIFE = (Code.ATTENDED, Code.LATE, Code.ATTENDED, Code.EXCUSED_ABSENCE, Code.ATTENDED, Code.NO_SHOW, Code.NO_SHOW)
Asked = Callable[[httpx.AsyncClient], Awaitable[None]]


async def _lives(academy: Academy, codes: tuple[Code, ...] = LIFE) -> None:
    """Sam's family buys ten lessons; he has some every three days, and one is ahead."""
    now = academy.now
    academy.now = now - timedelta(days=3 * len(codes) + 1)
    await academy.happens(ToppedUp(act_id=BOUGHT, enrollment_id=academy.enrollment, units=10, by=academy.alice))
    await academy.settle()
    for ago, code in zip(range(len(codes), 0, -1), codes, strict=True):
        academy.now = now - timedelta(days=3 * ago)
        await academy.outcome(await academy.session(academy.now - timedelta(hours=2)), code)
        await academy.settle()
    academy.now = now
    await academy.settle()
    await academy.session(now + timedelta(hours=26))
    async with academy.books.transaction() as tx:
        hers = update(guardians).where(guardians.c.id == academy.mother)
        await tx.execute(hers.values(zone="America/Mexico_City", language="es"))


def ask(served: Served, who: str, asked: Asked) -> None:
    """Look without a browser, signed in as somebody of the staff."""

    async def asking() -> None:
        org_id, person = served.people[who]
        async with served.academy.books.transaction() as tx:
            token = await logins.begin(tx, org_id, "staff", person, None, served.academy.now)
        transport = httpx.ASGITransport(served.app)
        headers = {"Origin": served.url}
        async with httpx.AsyncClient(
            transport=transport, base_url=served.url, cookies={"bellwether": token}, headers=headers
        ) as client:
            await asked(client)

    served.do(asking())


def test_alice_finds_sam_by_his_mothers_number_and_sees_how_it_goes(served: Served, page: Page) -> None:
    served.do(_lives(served.academy))
    served.do(fill(served.academy))
    served.sign_in(page, "alice")
    assert_light(page, "/students")
    shown = page.locator(".row .who bdi").all_inner_texts()
    assert all(" ".join(name[:160].split()) in shown for name in NAMES)
    assert_accessible(page)
    page.keyboard.press("/")
    page.keyboard.type("5550101")
    page.keyboard.press("Enter")
    row = page.locator(".row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Tier 2")
    expect(row).to_contain_text("4 left")
    assert row.get_by_role("img").get_attribute("aria-label") == (
        "Sam Reed, last 7 lessons: 3 attended, 1 late or in part, 2 missed, 1 excused"
    )
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sam Reed")
    expect(page.get_by_role("link", name=re.compile("^Missed "))).to_be_visible()
    expect(page.get_by_text("4 left", exact=True)).to_be_visible()
    expect(page.get_by_text("11:00 for the family")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Whole book").click()
    expect(page.locator("tbody tr").last).to_contain_text("Bought")
    assert_accessible(page)
    weight = assert_light(page, f"/students/{served.academy.student}")
    assert weight.requests <= 8


def test_alice_keeps_a_note_and_starts_a_follow_up_without_javascript(served: Served, without_script: Page) -> None:
    page = served.sign_in(without_script, "alice")
    page.goto(f"/students/{served.academy.student}")
    page.get_by_label("What colleagues should know").fill("Call after 15:00. مرحبا <b>")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_role("status")).to_have_text("Noted.")
    expect(page.locator("#notes li")).to_contain_text("Call after 15:00. مرحبا <b>")
    page.get_by_text("Start a follow-up").first.click()
    page.get_by_label("Why", exact=True).first.fill("Ivan says that he wants to give up")
    page.get_by_role("button", name="Start it").click()
    expect(page).to_have_url(re.compile(r"/tasks/"))
    expect(page.get_by_role("status")).to_have_text("The follow-up is yours.")
    (task,) = served.do(served.academy.rows(tasks))
    assert (task["kind"], task["owner_id"], task["status"]) == ("follow_up", served.academy.alice, "open")
    page.goto(f"/students/{served.academy.student}")
    expect(page.get_by_text("Ivan says that he wants to give up")).to_be_visible()
    expect(page.get_by_role("button", name="Go on with the follow-up")).to_be_visible()


def test_alice_writes_to_the_mother_and_takes_it_back(served: Served, page: Page) -> None:
    served.sign_in(page, "alice").goto(f"/students/{served.academy.student}")
    page.keyboard.press("w")
    expect(page.get_by_role("heading", level=1)).to_have_text("Write to Maria Reed")
    assert_accessible(page)
    page.get_by_label("Text message").fill("")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Write a text, an e-mail, or both.")).to_be_visible()
    page.get_by_label("Text message").fill("Thank you for the call. Sam is back on Monday.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Your message to Maria Reed leaves in 20 seconds.")).to_be_visible()
    expect(page.locator(".bubble.held")).to_contain_text("Sam is back on Monday.")
    assert_accessible(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back.")
    (message,) = served.do(served.academy.rows(messages))
    assert (message["state"], message["reason"]) == ("held", "review")


@pytest.mark.skipif(not static_files.has("htmx.min.js"), reason="htmx is missing: npm ci --ignore-scripts")
def test_what_happens_to_sam_shows_on_his_page_within_two_seconds(served: Served, page: Page) -> None:
    served.sign_in(page, "alice").goto(f"/students/{served.academy.student}")
    served.wait_for_listeners()
    page.get_by_label("What colleagues should know").focus()
    served.missed()
    expect(page.get_by_text("Something has happened since.")).to_be_visible(timeout=2000)
    assert page.evaluate("document.activeElement.id") == "text"


def test_alice_mends_a_contact_and_makes_a_link_that_is_shown_once(served: Served, page: Page) -> None:
    academy = served.academy
    closed = {"org_id": academy.org, "channel": "email", "address": "maria@reed.example", "reason": "bounced"}

    async def bounce() -> None:
        async with academy.books.transaction() as tx:
            await tx.execute(insert(suppressed_addresses).values(closed | {"since": academy.now}))

    served.do(bounce())
    served.sign_in(page, "alice").goto(f"/students/{academy.student}")
    page.get_by_role("link", name="Change Maria Reed").click()
    assert_accessible(page)
    page.get_by_label("Phone").fill("555")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("write it in international form")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "mistakes"
    page.get_by_label("Phone").fill("+1 415 555 0199")
    page.get_by_label("Time zone").fill("America/Bogota")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    (mother,) = served.do(academy.rows(guardians, id=academy.mother))
    assert (mother["phone"], mother["zone"], mother["language"]) == ("+14155550199", "America/Bogota", "en")
    page.goto(f"/students/{academy.student}/contacts/{academy.mother}")
    page.get_by_role("button", name="Allow e-mail again").click()
    expect(page.get_by_role("status")).to_have_text("Messages may go there again.")
    page.get_by_role("button", name="Make a link").click()
    assert re.search(r"/l/[\w-]{20,}$", page.get_by_label("Link", exact=True).input_value())
    assert_accessible(page)
    page.goto(f"/students/{academy.student}/contacts/{academy.mother}")
    expect(page.get_by_label("Link", exact=True)).to_have_count(0)


def test_filters_say_whom_they_leave(served: Served) -> None:
    served.do(_lives(served.academy, (*LIFE, Code.NO_SHOW, Code.NO_SHOW)))
    served.do(fill(served.academy))

    async def asked(client: httpx.AsyncClient) -> None:
        async def found(query: str) -> set[str]:
            page = (await client.get(f"/students?{query}")).text
            return set(re.findall(r'<a href="/students/[^"]+"><bdi>([^<]+)', page))

        assert len(await found("")) == 1 + len(NAMES)
        assert await found("case=true") == {"Sam Reed"}
        assert await found("low=true") == {"Sam Reed"}
        assert await found("q=maria@reed.example") == {"Sam Reed"}
        assert await found(f"coordinator={served.academy.bob}") == set()
        assert await found(f"instructor={served.academy.instructor}&q=okonk") == {"Grace Okonkwo"}
        assert len(await found("quiet=true")) == 1 + len(NAMES)
        assert await found("q=100%25") == set()
        page = (await client.get("/students?q=nobody&case=true")).text
        assert f"{1 + len(NAMES)} students are hidden by them" in page

    ask(served, "alice", asked)


def test_away_paused_and_gone(served: Served) -> None:
    academy = served.academy
    served.do(_lives(academy, (Code.ATTENDED,)))
    home = f"/students/{academy.student}"
    first, last = ((academy.now + timedelta(days=d)).date().isoformat() for d in (0, 4))

    async def asked(client: httpx.AsyncClient) -> None:
        wrong = await client.post(f"{home}/absences", data={"first": last, "last": first})
        assert wrong.status_code == 422
        assert "The last day comes before the first." in wrong.text
        told = await client.post(f"{home}/absences", data={"first": first, "last": last, "told": "Visits her aunt"})
        assert told.headers["location"] == f"{home}?said=absence_noted#away"
        page = (await client.get(told.headers["location"])).text
        assert "One lesson lies in it" in page
        assert "Visits her aunt" in page
        (row,) = await academy.rows(planned_absences)
        assert (row["starts_at"].hour, row["ends_at"] - row["starts_at"]) == (6, timedelta(days=5))
        back = await client.post(f"{home}/absences/{row['id']}/withdraw")
        assert "absence_withdrawn" in back.headers["location"]
        past = await client.post(f"{home}/pause", data={"back": "2026-01-05"})
        assert "This return date has passed" in past.text
        assert (await client.post(f"{home}/pause", data={"back": "2026-04-07"})).status_code == 303
        assert "Paused until" in (await client.get(home)).text
        assert (await client.post(f"{home}/leave", data={})).status_code == 422
        assert (await client.post(f"{home}/leave", data={"sure": "yes"})).status_code == 303
        assert "Sam Reed" not in (await client.get("/students")).text
        assert "Sam Reed" in (await client.get("/students?left=true")).text

    ask(served, "alice", asked)


def test_money_and_papers(served: Served) -> None:
    academy = served.academy
    served.do(_lives(academy, (Code.ATTENDED,)))
    home = f"/students/{academy.student}"
    book = f"{home}/balance/{academy.enrollment}"

    async def asked(client: httpx.AsyncClient) -> None:
        assert "Maths" in (await client.get(book)).text
        assert (await client.post(f"{book}/top-up", data={"units": "5", "reason": "invoice 311"})).status_code == 303
        refused = await client.post(f"{book}/adjust", data={"units": "0", "reason": "nothing"})
        assert "an adjustment of 0 changes nothing" in refused.text
        page = (await client.get(book)).text
        assert "invoice 311" in page
        assert ": 14 left" in page
        pdf = await client.get(f"{home}/statement?format=pdf&from=2026-01-01&to=2026-03-02")
        assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
        csv = await client.get(f"{home}/statement?format=csv")
        assert csv.text.startswith("kind,date")

    ask(served, "alice", asked)


def test_charlie_and_teachers_see_none_of_it(served: Served) -> None:
    academy = served.academy
    home = f"/students/{academy.student}"
    paths = [
        *("", "/changes?seen=x", "/conversation", "/notes", "/write", "/link", "/statement"),
        *(f"/contacts/{academy.mother}", f"/balance/{academy.enrollment}"),
    ]
    posts = ("/notes", "/follow-up", "/absences", "/pause", "/leave", "/write", "/link", f"/contacts/{academy.mother}")
    sent = {"text": "x", "first": "2026-04-01", "last": "2026-04-01", "back": "2026-04-07", "sure": "yes"}
    sent |= {"to": academy.mother, "sms": "Hello", "zone": "UTC"}

    async def elsewhere(client: httpx.AsyncClient) -> None:
        assert [(await client.get(home + p)).status_code for p in paths] == [404] * len(paths)
        assert [(await client.post(home + p, data=sent)).status_code for p in posts] == [404] * len(posts)
        assert "No students yet" in (await client.get("/students")).text

    async def teacher(client: httpx.AsyncClient) -> None:
        assert {(await client.get(home + p)).status_code for p in paths} == {403}
        assert {(await client.post(home + p, data=sent)).status_code for p in posts} == {403}

    ask(served, "charlie", elsewhere)
    ask(served, "ivan", teacher)
