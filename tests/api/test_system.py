"""Health, readiness, and the description of the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from db.engine import Books
from tests.api.conftest import House

pytestmark = pytest.mark.anyio


async def test_it_lives_and_says_which_part_is_down(house: House) -> None:
    assert (await house.anonymous.get("/livez")).json() == {"status": "alive"}
    answer = await house.anonymous.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["books"] == answer.json()["migrations"] == {"ready": True}
    assert answer.json()["temporal"]["ready"] is False


async def test_a_missing_migration_is_told(house: House, books: Books) -> None:
    async with books.transaction() as tx:
        await tx.execute(text("update alembic_version set version_num = '0000'"))
    migrations = (await house.anonymous.get("/readyz")).json()["migrations"]
    assert migrations["ready"] is False
    assert "bellwether db upgrade" in migrations["detail"]


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


async def test_the_description_is_whole(house: House) -> None:
    described = (await house.anonymous.get("/openapi.json")).json()
    assert described["info"]["title"] == "Bellwether"
    assert described["info"]["version"]
    operations = [o for path in described["paths"].values() for o in path.values()]
    ids = [o["operationId"] for o in operations]
    assert len(ids) == len(set(ids)) > 40
    assert all(o["tags"] for o in operations)
    schemas = described["components"]["schemas"]
    for reference in _references(described):
        assert reference.removeprefix("#/components/schemas/") in schemas, reference
    for name, schema in schemas.items():
        if name.endswith("In") and schema.get("properties"):
            assert schema.get("examples") or name == "WithdrawIn", name
    for path, methods in described["paths"].items():
        if path.startswith("/v1/"):
            for method, operation in methods.items():
                private = path.startswith("/v1/calendars/")  # its address is the secret
                assert operation["security"] == ([] if private else [{"key": []}])
                assert "application/problem+json" in operation["responses"]["default"]["content"]
                named = {p["name"] for p in operation["parameters"]}
                assert ("Idempotency-Key" in named) == (method == "post")
                assert "422" not in operation["responses"]
