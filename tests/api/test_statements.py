"""A family can hold in hand what was bought, what was used, and every lesson."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import update

from db.tables import guardians, schedules, students
from tests.api.conftest import MONDAY, House
from tests.api.scenes import missed

pytestmark = pytest.mark.anyio


async def _lived(house: House) -> str:
    """Ten lessons bought, one missed on Monday and one on Tuesday; the statement's address."""
    top_up = {"units": 10, "reason": "invoice 311"}
    await house.alice.post(f"/v1/enrollments/{house.academy.enrollment}/top-ups", json=top_up)
    await missed(house, 0, 1)
    return f"/v1/students/{house.academy.student}/statement"


async def test_a_statement_says_what_was_bought_and_used_and_what_is_left(house: House) -> None:
    made = (await house.alice.get(await _lived(house))).json()
    (account,) = made["accounts"]
    assert (account["opening"], account["closing"], account["words"]) == (0, 8, "8 lessons left")
    assert [(e["units"], e["balance_after"]) for e in account["entries"]] == [(10, 10), (-1, 9), (-1, 8)]
    assert account["entries"][1]["words"] == "Lesson on Mon 2 Mar 2026: missed"
    assert [(x["subject"], x["teacher"], x["words"]) for x in made["lessons"]] == [("Maths", "Ivan", "Missed")] * 2
    assert made["summary"] == "2 lessons: 0 attended, 2 missed or cancelled by you."


async def test_a_span_begins_with_the_balance_before_it_and_days_are_those_of_the_family(house: House) -> None:
    at = await _lived(house)
    async with house.academy.books.transaction() as tx:
        await tx.execute(update(guardians).values(zone="Pacific/Auckland"))  # where Monday's lesson was on Tuesday
    tuesday = (await house.alice.get(f"{at}?from=2026-03-03&to=2026-03-03")).json()
    (account,) = tuesday["accounts"]
    assert [x["starts_at"] for x in tuesday["lessons"]] == [MONDAY.isoformat().replace("+00:00", "Z")]
    assert (account["opening"], account["closing"], account["balance"]) == (0, 9, 8)
    empty = await house.alice.get(f"{at}?from=2026-03-04&to=2026-03-03")
    assert empty.json()["type"] == "/problems/span_empty"
    assert (await house.charlie.get(at)).status_code == 404


async def test_the_csv_holds_every_lesson_and_every_movement_and_no_formula(house: House) -> None:
    at = await _lived(house)
    async with house.academy.books.transaction() as tx:
        await tx.execute(update(schedules).values(subject="=2+2"))
    file = await house.alice.get(f"{at}?format=csv")
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert [r["kind"] for r in rows] == ["lesson", "lesson", "entry", "entry", "entry"]
    assert {r["subject"] for r in rows} == {"'=2+2"}
    assert [r["balance"] for r in rows] == ["", "", "10", "9", "8"]


async def test_the_pdf_is_accessible_in_both_languages_whatever_the_name(house: House) -> None:
    at = await _lived(house)
    for name in ("Sam Reed", '#panic("x") $ José <script> 🎉', "A" * 80):
        async with house.academy.books.transaction() as tx:
            await tx.execute(update(students).values(name=name))
        for language in ("en", "es"):
            file = await house.alice.get(f"{at}?format=pdf&language={language}")
            assert file.status_code == 200
            assert file.content.startswith(b"%PDF-")
            assert b"pdfuaid:part" in file.content
            assert f"/Lang({language}".encode() in file.content
    span = f"{(MONDAY - timedelta(days=89)).date()}-{(MONDAY + timedelta(days=1)).date()}"
    assert f'filename="statement-{span}.pdf"' in file.headers["Content-Disposition"]


async def test_a_family_reads_it_in_its_own_language(house: House) -> None:
    at = await _lived(house)
    async with house.academy.books.transaction() as tx:
        await tx.execute(update(guardians).values(language="es"))
    made = (await house.alice.get(at)).json()
    assert made["accounts"][0]["words"] == "Quedan 8 clases"
    assert {x["words"] for x in made["lessons"]} == {"No asistió"}
