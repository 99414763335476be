"""`Idempotency-Key`: however often a request is sent, it happens once."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from sqlalchemy import func, select, update

from db import idempotency
from db.engine import Books
from db.journal_tables import entries
from db.tables import idempotency_keys, students
from tests.api.conftest import House

pytestmark = pytest.mark.anyio


async def _create(house: House, key: str, name: str = "Nora") -> httpx.Response:
    return await house.alice.post("/v1/students", json={"name": name}, headers={"Idempotency-Key": key})


async def test_the_same_request_gets_the_stored_answer(house: House, books: Books) -> None:
    first, again = await _create(house, "k1"), await _create(house, "k1")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    async with books.transaction() as tx:
        assert (await tx.execute(select(func.count()).select_from(students))).scalar_one() == 2


async def test_the_same_key_with_another_body_is_refused(house: House) -> None:
    await _create(house, "k1")
    other = await _create(house, "k1", "Nils")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency_key_reused")


async def test_keys_of_two_organizations_do_not_meet(house: House) -> None:
    await _create(house, "k1")
    theirs = await house.charlie.post("/v1/students", json={"name": "Carl"}, headers={"Idempotency-Key": "k1"})
    assert theirs.json()["name"] == "Carl"


async def test_a_request_in_flight_is_a_conflict(house: House, books: Books) -> None:
    answers = await asyncio.gather(*(_create(house, "k1") for _ in range(6)))
    statuses = sorted(a.status_code for a in answers)
    assert statuses[0] == 201
    assert set(statuses) <= {201, 409}
    async with books.transaction() as tx:
        assert (await tx.execute(select(func.count()).select_from(students))).scalar_one() == 2


async def test_a_refused_request_gives_its_key_back(house: House) -> None:
    assert (await _create(house, "k1", "")).status_code == 422
    assert (await _create(house, "k1", "Nora")).status_code == 201


async def test_what_a_dead_process_began_is_taken_over_and_happens_once(house: House, books: Books) -> None:
    path = f"/v1/enrollments/{house.academy.enrollment}/top-ups"
    headers = {"Idempotency-Key": "k1"}
    first = await house.alice.post(path, json={"units": 5}, headers=headers)
    assert first.json()["balance"] == 5
    async with books.transaction() as tx:  # as if the process had died between the act and keeping its answer
        await tx.execute(update(idempotency_keys).values(status=None, response=None))
    blocked = await house.alice.post(path, json={"units": 5}, headers=headers)
    assert (blocked.status_code, blocked.json()["type"]) == (409, "/problems/idempotency_in_flight")
    async with books.transaction() as tx:
        past = func.now() - idempotency.ABANDONED_AFTER * 2
        await tx.execute(update(idempotency_keys).values(created_at=past))
    taken_over = await house.alice.post(path, json={"units": 5}, headers=headers)
    assert taken_over.json() == first.json()
    async with books.transaction() as tx:
        assert (await tx.execute(select(func.sum(entries.c.units)))).scalar_one() == 5


async def test_a_key_must_be_readable(house: House) -> None:
    answer = await _create(house, "x" * 300)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency_key_invalid")
