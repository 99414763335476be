"""Who asks: a bearer key opens one organization, and the header `Bellwether-Actor` names who acts in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from uuid import uuid4

from fastapi import Depends, Request

from api.problem_kinds import OWN
from api.problems import Unauthorized
from api.students_gateway import StudentsGateway
from db import clock, keys
from db.engine import Books, Tx
from db.keys import Actor
from domain.refusals import Forbidden
from domain.tasks import Role
from domain.value import Id, id_of

ACTOR = "Bellwether-Actor"
_RANK = tuple(Role)


@dataclass
class Caller:
    """One authenticated request: its organization, who acts, and the way to the books, the clock and the workflows."""

    org_id: Id
    actor: Actor | None
    books: Books
    gateway: StudentsGateway
    clock: Callable[[], datetime]
    seed: str | None = None
    """Set for a request with an Idempotency-Key: its ids are then the same each time it is sent."""
    _to_wake: list[tuple[Id, Id, Id]] = field(default_factory=list)
    _sessions_to_wake: set[Id] = field(default_factory=set)
    _item: int = 0
    _made: int = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """One transaction; who is woken in it is nudged once it stands."""
        self._to_wake.clear()
        self._sessions_to_wake.clear()
        async with self.books.transaction() as tx:
            yield tx
        self.gateway.nudge_all(self._to_wake)
        for session_id in self._sessions_to_wake:
            self.gateway.nudge_session(self.org_id, session_id, session_id)

    def wake(self, student_id: Id, row_id: Id) -> None:
        """Nudge the student's workflow after the commit."""
        self._to_wake.append((self.org_id, student_id, row_id))

    def wake_session(self, session_id: Id) -> None:
        """Nudge the session's workflow after the commit."""
        self._sessions_to_wake.add(session_id)

    async def now(self, tx: Tx) -> datetime:
        """Business time: engine time and the offset in the books."""
        return self.clock() + await clock.ahead(tx)

    def item(self, number: int) -> None:
        """The ids made from here on belong to this item of a batch, whatever became of the items before it."""
        self._item, self._made = number, 0

    def new_id(self) -> Id:
        """A fresh id; the same ones in the same order when a request with an Idempotency-Key is sent again."""
        self._made += 1
        return id_of("request", self.seed, self._item, self._made) if self.seed else str(uuid4())

    @property
    def by(self) -> Id | None:
        """The acting staff member's id; None for an integration."""
        return self.actor.id if self.actor else None

    def person(self, at_least: Role = Role.INSTRUCTOR) -> Actor:
        """Who acts. Raises Forbidden when it is nobody, or somebody of a lower role."""
        if self.actor is None:
            raise Forbidden("actor_needed", OWN["actor_needed"])
        if _RANK.index(self.actor.role) < _RANK.index(at_least):
            raise Forbidden(
                "role_needed", f"{self.actor.name} is {self.actor.role.value}; this takes a {at_least.value}"
            )
        return self.actor


async def admit(request: Request) -> Caller:
    """The caller of a request. Raises Unauthorized without a good key, Forbidden for an unknown actor."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthorized("key_missing", OWN["key_missing"])
    named = request.headers.get(ACTOR, "").strip()
    books: Books = request.app.state.books
    async with books.transaction() as tx:
        org_id = await keys.organization_of(tx, key.strip())
        if org_id is None:
            raise Unauthorized("key_unknown", OWN["key_unknown"])
        actor = await keys.actor(tx, org_id, named) if named else None
    if named and actor is None:
        raise Forbidden("actor_unknown", f"there is no active staff member {named!r}; {OWN['actor_unknown']}")
    return Caller(org_id, actor, books, request.app.state.gateway, request.app.state.clock)


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


Here = Annotated[Caller, Depends(_caller)]
"""The caller, for an endpoint: it was admitted before anything else of the request was read."""
