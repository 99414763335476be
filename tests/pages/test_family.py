"""A family's pages and a student's, as parents and children use them: no script, their language, their clock."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert, update

from db import answers, sign_in_links
from db.session_tables import planned_absences
from db.tables import guardians, student_guardians
from db.tables import students as students_table
from domain.events import Paused
from domain.outcomes import Code
from domain.value import Id
from tests.pages.families import balance, browser, live, sibling, sign_in, token_of
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.serving import Served

LIGHT = 30
"""KiB a family's page may weigh, cold."""


def test_a_mother_opens_her_link_tells_an_absence_reads_what_it_costs_and_takes_it_back(
    served: Served, without_script: Page
) -> None:
    served.do(live(served))
    a, page = served.academy, without_script

    async def link() -> str:
        async with a.books.transaction() as tx:
            await tx.execute(update(guardians).where(guardians.c.id == a.mother).values(language="es-MX"))
            return (await sign_in_links.make(tx, a.org, "family", "guardian", a.mother, a.now))[1]

    page.goto(f"/l/{served.do(link())}")
    assert page.locator("html").get_attribute("lang") == "es"
    page.get_by_role("button", name="Ver la página de la familia").click()
    assert page.url.endswith(f"/family/{a.student}"), "an only child's page at once"
    assert page.get_by_role("heading", level=1).inner_text() == "Clases de Sam"
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("From now on we speak English"))
    assert "14:00 in Mexico City" in page.inner_text("main")
    assert "for whom it is 20:00" in page.inner_text("main")
    assert "4 lessons are paid and not used." in page.inner_text("main")

    today, wednesday = page.get_by_label("today 14:00"), page.get_by_label("Wed 4 Mar 09:00")
    assert not today.is_checked(), "nothing that costs is chosen for her"
    assert "1 lesson counts as used" in today.locator("xpath=..").inner_text()
    assert "nothing is charged" in wednesday.locator("xpath=..").inner_text()
    wednesday.check()
    page.get_by_label("Why (you need not say)").select_option("ill")
    page.get_by_role("button", name="Tell Northstar Tutoring").click()
    assert "Sam does not come on Wed 4 Mar 09:00" in page.inner_text("main")
    assert served.do(balance(served)) == 4
    (row,) = served.do(a.rows(planned_absences))
    assert (row["reason"], row["guardian_id"], row["by"]) == ("ill", a.mother, None)
    page.get_by_role("button", name="Sam comes after all").click()
    assert "The lesson takes place." in page.inner_text("main")
    assert not page.get_by_text("does not come").count()

    page.get_by_role("link", name="Several days, or another lesson").click()
    page.get_by_label("First day").fill("2026-03-02")
    page.get_by_label("Last day").fill("2026-03-06")
    page.get_by_role("button", name="See what it means").click()
    assert page.get_by_role("listitem").filter(has_text="Algebra 2").count() == 3
    assert "1 lesson counts as used in all." in page.inner_text("main")
    page.get_by_role("button", name="Tell Northstar Tutoring").click()
    assert "Sam does not come from today to Fri 6 Mar" in page.inner_text("main")
    assert served.do(balance(served)) == 3
    page.get_by_role("button", name="Close it now").click()
    page.goto(f"/family/{a.student}")
    assert "/family/request-link" in page.url


def test_a_mother_of_two_chooses_what_reaches_her_and_takes_the_statement_home(
    served: Served, without_script: Page
) -> None:
    served.do(live(served))
    served.do(sibling(served, "<script>alert(1)</script> Reed"))
    a, page = served.academy, without_script
    sign_in(served, page, "guardian", a.mother).goto("/family")
    assert page.get_by_role("link", name="<script>alert(1)</script> Reed").count()
    page.get_by_role("link", name="Sam Reed").click()
    page.get_by_role("link", name="Everything we sent you").click()
    page.get_by_text("Read it").first.click()
    assert "Algebra 2" in page.locator(".said-so").first.inner_text()
    page.get_by_role("link", name="Back to Sam’s lessons").click()
    page.get_by_role("link", name="All lessons so far").click()
    assert "there from 08:08 to 09:00, came 8 minutes after the start" in page.inner_text("main")
    page.get_by_role("link", name="Back to Sam’s lessons").click()
    page.get_by_role("link", name="See every lesson bought and used").click()
    with page.expect_download() as pdf:
        page.get_by_role("button", name="As PDF").click()
    assert pdf.value.suggested_filename.endswith(".pdf")
    page.get_by_role("link", name="Language, texts and e-mails").click()
    page.get_by_role("button", name="Stop texts").click()
    assert "You get no more texts from us." in page.inner_text("main")
    (mother,) = served.do(a.rows(guardians, id=a.mother))
    assert mother["sms_opted_out_at"] is not None
    page.get_by_role("button", name="Get texts again").click()
    page.get_by_role("button", name="Stop e-mails").click()
    assert "You get no e-mails." in page.inner_text("main")
    page.get_by_role("button", name="Get e-mails again").click()
    page.get_by_role("button", name="Make an address").click()
    assert "/v1/calendars/" in page.get_by_label("Calendar address").input_value()
    page.get_by_role("button", name="Close the address").click()
    assert page.get_by_role("button", name="Make an address").count()


def test_sam_sees_his_next_lessons_and_a_kind_word(served: Served, phone: Page) -> None:
    served.do(live(served))
    a = served.academy
    sign_in(served, phone, "student", a.student).goto("/me")
    assert phone.get_by_role("link", name="Open the classroom").count() == 3
    assert "You were at 5 of your last 8 lessons." in phone.inner_text("main")
    with phone.expect_download() as lesson:
        phone.get_by_role("link", name="Add to calendar").first.click()
    assert "BEGIN:VEVENT" in lesson.value.path().read_text()
    phone.get_by_role("link", name="Español").click()
    assert phone.get_by_role("heading", level=1).inner_text() == "Hola, Sam"
    phone.get_by_role("button", name="Crear una dirección").click()
    assert "/v1/calendars/" in phone.get_by_label("Dirección del calendario").input_value()
    phone.get_by_role("button", name="Cerrar la dirección").click()
    assert "La dirección del calendario está cerrada." in phone.inner_text("main")


def test_every_page_is_light_and_accessible(served: Served, page: Page) -> None:
    served.do(live(served))
    a = served.academy
    sign_in(served, page, "guardian", a.mother)
    sign_in(served, page, "student", a.student)
    home = f"/family/{a.student}"
    away = f"{home}/away?from=2026-03-02&to=2026-03-07"
    for path in (f"{home}/lessons", f"{home}/messages", f"{home}/book"):
        assert assert_light(page, f"{served.url}{path}").kib <= LIGHT
    for path in (home, away, "/family/preferences", "/me"):
        assert assert_light(page, f"{served.url}{path}").kib <= LIGHT
        assert not page.locator("script").count()
        assert_accessible(page)


def test_nobody_sees_a_child_that_is_not_his(served: Served) -> None:
    a = served.academy

    async def asks() -> list[int]:
        foreign, _ = served.people["charlie"]
        other: Id = "5b0f7f0e-0000-4000-8000-000000000001"
        async with a.books.transaction() as tx:
            row = {"org_id": foreign, "id": other, "name": "Charlie's friend"}
            await tx.execute(insert(guardians).values(row))
            child = {"org_id": foreign, "id": other, "name": "Cleo"}
            await tx.execute(insert(students_table).values(child))
            seat = {"org_id": foreign, "student_id": other, "guardian_id": other, "position": 1}
            await tx.execute(insert(student_guardians).values(seat))
        token = await token_of(served, "guardian", other, foreign)
        found = []
        async with browser(served, guardian=token) as client:
            for path in ("", "/lessons", "/messages", "/book", "/away", "/statement.csv", f"/lessons/{other}.ics"):
                found.append((await client.get(f"/family/{a.student}{path}")).status_code)
            told = await client.post(f"/family/{a.student}/tell", data={"lesson": f"{other}:9"})
            found.append(told.status_code)
            found.append((await client.post(f"/family/{a.student}/away/{other}/back")).status_code)
        return found

    assert set(served.do(asks())) == {404}


def test_staff_and_families_have_doors_of_their_own(served: Served) -> None:
    a = served.academy

    async def asks() -> list[str]:
        mother = await token_of(served, "guardian", a.mother)
        async with browser(served, guardian=mother) as client:
            return [(await client.get(path)).headers["location"] for path in ("/me", "/inbox")]

    own, staff = served.do(asks())
    assert own.startswith("/family/request-link")
    assert staff.startswith("/login")


def test_what_costs_more_by_now_is_read_first(served: Served) -> None:
    today, *_ = served.do(live(served))
    a = served.academy

    async def tells() -> tuple[httpx.Response, httpx.Response]:
        mother = await token_of(served, "guardian", a.mother)
        async with browser(served, guardian=mother) as client:
            one = await client.post(f"/family/{a.student}/tell", data={"lesson": f"{today}:0"})
            days = {"from": "2026-03-02", "to": "2026-03-03", "units": "0"}
            return one, await client.post(f"/family/{a.student}/away", data=days)

    for answer in served.do(tells()):
        assert answer.status_code == 409
        assert "What it takes has changed since you looked." in answer.text
    assert served.do(a.rows(planned_absences)) == []
    assert served.do(balance(served)) == 4


def test_a_button_pressed_twice_tells_once(served: Served) -> None:
    _, wednesday, *_ = served.do(live(served))
    a = served.academy

    async def tells() -> list[int]:
        mother = await token_of(served, "guardian", a.mother)
        one, days = {"lesson": f"{wednesday}:0"}, {"from": "2026-03-05", "to": "2026-03-09", "units": "0"}
        async with browser(served, guardian=mother) as client:
            asked = (("tell", one), ("tell", one), ("away", days), ("away", days))
            return [(await client.post(f"/family/{a.student}/{to}", data=data)).status_code for to, data in asked]

    assert served.do(tells()) == [303] * 4
    assert len(served.do(a.rows(planned_absences))) == 2


def test_a_pause_and_a_lesson_we_owe_are_said(served: Served) -> None:
    a = served.academy

    async def asks() -> str:
        held = await a.session(a.now - timedelta(days=1))
        await a.outcome(held, Code.CANCELLED_BY_INSTRUCTOR)
        await a.happens(Paused(until=a.now + timedelta(days=7)))
        await a.settle()
        await a.session(a.now + timedelta(days=1))
        mother = await token_of(served, "guardian", a.mother)
        async with browser(served, guardian=mother) as client:
            return (await client.get(f"/family/{a.student}")).text

    text = re.sub("<[^>]+>", "", served.do(asks()))
    assert "We owe you the lesson of yesterday. Tell us by" in text
    assert "Lessons pause until Monday 9 March." in text


@pytest.mark.parametrize(("first", "last"), [("2026-03-05", "2026-03-04"), ("2026-02-01", "2026-02-02")])
def test_days_that_cannot_be_are_said_beside_the_field(served: Served, first: str, last: str) -> None:
    async def asks() -> httpx.Response:
        mother = await token_of(served, "guardian", served.academy.mother)
        async with browser(served, guardian=mother) as client:
            return await client.get(f"/family/{served.academy.student}/away?from={first}&to={last}")

    answer = served.do(asks())
    assert answer.status_code == 422
    assert "Choose a last day" in answer.text


def test_texts_that_were_stopped_by_a_text_come_back_by_a_text_alone(served: Served) -> None:
    a = served.academy

    async def tries() -> str:
        async with a.books.transaction() as tx:
            await answers.opt(tx, a.org, a.mother, "stop", "5b0f7f0e-0000-4000-8000-000000000002", a.now)
        mother = await token_of(served, "guardian", a.mother)
        async with browser(served, guardian=mother) as client:
            await client.post("/family/texts", data={"wanted": "yes"})
            return (await client.get("/family/preferences")).text

    assert "send START" in served.do(tries())
    (mother,) = served.do(a.rows(guardians, id=a.mother))
    assert mother["sms_opted_out_at"] is not None


def _spanish(path: str, asked: dict[str, str]) -> Callable[[Served], Any]:
    async def asks(served: Served) -> httpx.Response:
        async with browser(served) as client:
            return await client.get(path, headers=asked)

    return lambda served: served.do(asks(served))


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/family/request-link", "Pida un enlace a la página de la familia"),
        ("/l/nobody-made-this", "Este enlace ya no se abre"),
        ("/stop/nobody-made-this", "No conocemos este enlace"),
        ("/family/nowhere/at/all", "Aquí no hay nada"),
    ],
)
def test_at_the_door_the_browser_says_the_language_until_the_family_is_known(
    served: Served, path: str, says: str
) -> None:
    by_browser = _spanish(path, {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"})(served)
    assert says in by_browser.text
    assert 'lang="es"' in by_browser.text
    assert says in _spanish(f"{path}?lang=es", {})(served).text
    assert says not in _spanish(path, {})(served).text


def test_an_empty_page_says_what_comes_and_what_is_on_now(served: Served) -> None:
    a = served.academy

    async def asks() -> str:
        await a.session(a.now - timedelta(minutes=10))
        mother = await token_of(served, "guardian", a.mother)
        async with browser(served, guardian=mother) as client:
            return (await client.get(f"/family/{a.student}")).text

    text = served.do(asks())
    assert "It is on now" in text
    assert "No lessons yet" in text
    assert "Nothing so far." in text
