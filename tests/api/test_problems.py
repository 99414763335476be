"""Every wrong request gets a problem that says what to do."""

from __future__ import annotations

import ast
import logging
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from api.problem_kinds import KINDS
from cli.embedded.postgres import EmbeddedPostgres
from db.engine import Books
from tests.api.conftest import House

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]


def _problem(answer: httpx.Response, status: int, kind: str) -> dict[str, object]:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    body: dict[str, object] = answer.json()
    assert (answer.status_code, body["type"]) == (status, f"/problems/{kind}"), body
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


async def test_unknown_addresses_and_methods_are_problems_too(house: House) -> None:
    _problem(await house.alice.get("/v1/pupils"), 404, "route_unknown")
    wrong = await house.alice.delete("/v1/students")
    _problem(wrong, 405, "method_not_allowed")
    assert wrong.headers["Allow"]


async def test_a_wrong_value_is_pointed_at(house: House) -> None:
    answer = await house.alice.post("/v1/outcomes", json={"session_ref": "a", "student_ref": "b", "code": "vanished"})
    body = _problem(answer, 422, "invalid_request")
    assert body["errors"] == [
        {"pointer": "#/code", "detail": body["errors"][0]["detail"]}  # type: ignore[index]
    ]
    assert "attended" in str(body["detail"])
    many = _problem(await house.alice.get("/v1/students?limit=900"), 422, "invalid_request")
    assert many["errors"][0]["parameter"] == "limit"  # type: ignore[index]


async def test_a_misspelt_field_is_refused_not_lost(house: House) -> None:
    body = _problem(await house.alice.post("/v1/students", json={"nmae": "Sam"}), 422, "invalid_request")
    assert {e["pointer"] for e in body["errors"]} == {"#/name", "#/nmae"}  # type: ignore[attr-defined]


async def test_a_body_that_is_no_json_and_one_that_is_too_large(house: House) -> None:
    headers = {"Content-Type": "application/json"}
    _problem(await house.alice.post("/v1/students", content=b"{", headers=headers), 422, "malformed_json")
    huge = b'{"name": "' + b"x" * (6 * 1024 * 1024) + b'"}'
    _problem(await house.alice.post("/v1/students", content=huge, headers=headers), 413, "body_too_large")


async def test_characters_that_cannot_be_stored_are_refused(house: House) -> None:
    for name in ("Sam\u0000Reed", "Sam\ud800"):
        answer = await house.alice.post(
            "/v1/students",
            content=f'{{"name": "{name.encode("unicode_escape").decode()}"}}'.replace("\\x00", "\\u0000"),
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 422, answer.text


async def test_a_cursor_of_another_list_is_refused(house: House) -> None:
    for cursor in ("nonsense", "WzFd", "WyJhIiwiYiJd", "bnVsbA"):
        _problem(await house.alice.get(f"/v1/students?cursor={cursor}"), 422, "cursor_invalid")


async def test_something_unexpected_tells_nothing_of_the_inside(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("api.students.roster.one", broken)
    with caplog.at_level(logging.ERROR):
        answer = await house.alice.get(f"/v1/students/{house.academy.student}")
    _problem(answer, 500, "unexpected")
    assert "secret" not in answer.text
    assert "secret detail" in caplog.text


async def test_a_row_that_is_locked_too_long_is_a_503_to_be_tried_again(house: House, books: Books) -> None:
    async with books.transaction() as tx:
        await tx.execute(text("lock table students in access exclusive mode"))
        answer = await house.alice.get("/v1/students")
    _problem(answer, 503, "books_busy")
    assert answer.headers["Retry-After"] == "5"


async def test_without_postgresql_nothing_is_half_done(house: House, postgres: EmbeddedPostgres, books: Books) -> None:
    session = await house.academy.session(house.academy.now)
    told = {"session_id": session, "student_id": house.academy.student, "code": "no_show"}
    house.academy.now = house.academy.now.replace(hour=17)
    async with books.transaction() as tx:
        name = (await tx.execute(text("select current_database()"))).scalar_one()
    await books.close()
    import psycopg

    async with await psycopg.AsyncConnection.connect(
        postgres.url("postgres").replace("+psycopg", ""), autocommit=True
    ) as control:
        await control.execute(f"alter database {name} allow_connections false")
        await control.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
        try:
            answer = await house.alice.post("/v1/outcomes", json=told)
            batch = await house.alice.post("/v1/outcomes/batch", json={"items": [told]})
            ready = await house.anonymous.get("/readyz")
        finally:
            await control.execute(f"alter database {name} allow_connections true")
    for refused in (answer, batch):
        _problem(refused, 503, "books_unavailable")
        assert refused.headers["Retry-After"] == "5"
    assert ready.status_code == 503
    assert ready.json()["books"]["ready"] is False
    assert (await house.alice.get("/v1/outcomes")).json()["items"] == []
    assert (await house.alice.post("/v1/outcomes", json=told)).status_code == 202


async def test_every_kind_of_problem_has_its_page(house: House) -> None:
    page = await house.anonymous.get("/problems/session_ahead")
    assert page.status_code == 200
    assert "cancelled" in page.text
    _problem(await house.anonymous.get("/problems/no_such_kind"), 404, "route_unknown")


def test_every_refusal_in_the_code_is_explained() -> None:
    refusals = {"NotFound", "Conflict", "Invalid", "Forbidden", "Unauthorized"}
    named = set()
    for folder in ("api", "db"):
        for file in (ROOT / folder).glob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", None) in refusals:
                    kind = node.args[0]
                    if isinstance(kind, ast.Constant):
                        named.add(kind.value)
    assert named - set(KINDS) == set()
    assert len(named) > 20
