"""The HTTP API's reference, made from its own description: what each address takes and what it does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.rendering import render

router = APIRouter(include_in_schema=False)
EVERYWHERE = frozenset({"Bellwether-Actor", "Idempotency-Key"})
"""Headers told once for all."""
Document = Mapping[str, Any]


class Operation(NamedTuple):
    """One method of one address. `takes` are its parameters with whether they must be there; `example` is a body."""

    method: str
    path: str
    does: str
    takes: tuple[tuple[str, bool, str], ...]
    example: str


@router.get("/docs")
async def reference(request: Request) -> Response:
    """Every operation, by topic."""
    description = request.app.openapi()
    topics: dict[str, list[Operation]] = {}
    for topic, operation in _operations(description):
        topics.setdefault(topic, []).append(operation)
    return render(request, "about/reference.html", topics=topics, version=description["info"]["version"])


def _operations(description: Document) -> Iterator[tuple[str, Operation]]:
    schemas = description["components"]["schemas"]
    for path, methods in description["paths"].items():
        for method, told in methods.items():
            takes = tuple(
                (p["name"], bool(p.get("required")), p.get("description", ""))
                for p in told.get("parameters", ())
                if p["name"] not in EVERYWHERE
            )
            body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            operation = Operation(method.upper(), path, told.get("description", ""), takes, _example(body, schemas))
            yield told.get("tags", ["system"])[0], operation


def _example(schema: Document, schemas: Document) -> str:
    """The first example of a body, as one would write it; nothing where none is given."""
    named = schemas.get(str(schema.get("$ref", "")).rpartition("/")[2], schema)
    examples = named.get("examples") or ()
    return json.dumps(examples[0], ensure_ascii=False, indent=1) if examples else ""
