"""The door of `/v1`: admit the caller first, then do a POST with an `Idempotency-Key` only once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.types import Message

from api.access import ACTOR, Caller, admit
from api.problem_kinds import OWN
from db import idempotency
from domain.refusals import Conflict, Invalid

KEY = "Idempotency-Key"
LARGEST_BODY = 5 * 1024 * 1024
REPLAYED = "Idempotency-Replayed"
_KEPT_HEADERS = ("location", "content-type")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Door(APIRoute):
    """A route that nobody passes without a key, so that strangers learn nothing about what a body should be."""

    largest_body: ClassVar[int] = LARGEST_BODY

    def get_route_handler(self) -> Handler:
        """Wrap the route's own handler."""
        then = super().get_route_handler()

        async def handle(request: Request) -> Response:
            request = limited(request, self.largest_body)
            caller = request.state.caller = await admit(request)
            key = request.headers.get(KEY)
            if request.method != "POST" or key is None:
                return await then(request)
            return await _once(request, caller, key, then)

        return handle


def router(tag: str, door: type[Door] = Door) -> APIRouter:
    """A router of `/v1` whose routes are doors."""
    return APIRouter(prefix="/v1", tags=[tag], route_class=door)


def limited(request: Request, most: int) -> Request:
    """The same request; reading more than `most` bytes of it ends in a problem."""
    seen = 0

    async def receive() -> Message:
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413)
        return message

    return Request(request.scope, receive)


async def _once(request: Request, caller: Caller, key: str, then: Handler) -> Response:
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise Invalid("idempotency_key_invalid", OWN["idempotency_key_invalid"])
    wanted = await _hash(request)
    async with caller.books.transaction() as tx:
        standing = await idempotency.claim(tx, caller.org_id, key, wanted)
    match standing.is_:
        case "answered":
            return _again(standing)
        case "another":
            raise Invalid("idempotency_key_reused", OWN["idempotency_key_reused"])
        case "in_flight":
            raise Conflict("idempotency_in_flight", OWN["idempotency_in_flight"])
    caller.seed = f"{caller.org_id}:{key}:{wanted}"
    try:
        response = await then(request)
    except Exception:
        await _release(caller, key)
        raise
    # what may not be stored holds a secret: asked again it is made anew
    if not 200 <= response.status_code < 300 or response.headers.get("Cache-Control") == "no-store":
        await _release(caller, key)
        return response
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    kept = json.dumps({"headers": headers, "body": bytes(response.body).decode()})
    async with caller.books.transaction() as tx:
        await idempotency.keep(tx, caller.org_id, key, response.status_code, kept)
    return response


async def _release(caller: Caller, key: str) -> None:
    async with caller.books.transaction() as tx:
        await idempotency.release(tx, caller.org_id, key)


async def _hash(request: Request) -> str:
    """What makes two requests the same: address, actor and body."""
    digest = hashlib.sha256()
    for part in (request.url.path, request.url.query, request.headers.get(ACTOR, "")):
        digest.update(part.encode() + b"\0")
    digest.update(await request.body())
    return digest.hexdigest()


def _again(standing: idempotency.Standing) -> Response:
    kept = json.loads(standing.response)
    return Response(kept["body"], standing.status, {**kept["headers"], REPLAYED: "true"})
