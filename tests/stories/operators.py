"""An operator at work: everything goes in through the API and the classroom's webhooks, time through the jumping clock.

The processes run either by hand (called here, no Temporal) or as real workflows on a real server; a story cannot tell.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Table, insert, select
from temporalio.client import Client

import worker
from activities.advance import advance
from activities.deliver import DeliverActivities
from activities.session import advance_session
from api.app import create_app
from api.students_gateway import Nudge, StudentsGateway
from cli.jumping_clock import JumpingClock
from db import clock, keys
from db.engine import Books
from db.tables import organizations, staff
from domain.value import Id
from messaging.outbox import Outbox
from settings import Settings
from workflows.nudging import nudge, nudge_session

ZOOM_SECRET = "the secret of a story"
OUTBOX = {"sms": Outbox(), "email": Outbox()}


class ByHand:
    """The processes of students and sessions, called directly."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.deliveries = DeliverActivities(books, {"sms": OUTBOX["sms"], "email": OUTBOX["email"]})

    async def nudge(self, org_id: Id, student_id: Id, event_id: Id) -> None:
        """What a student's workflow does until it waits."""
        del event_id
        for _ in range(50):
            async with self.books.transaction() as tx:
                step = await advance(tx, org_id, student_id, datetime.now(UTC) + await clock.ahead(tx))
            changed = [(await self._deliver(org_id, m)).changes_plan for m in step.deliver]
            if not step.again and not any(changed):
                return

    async def nudge_session(self, org_id: Id, session_id: Id, event_id: Id) -> None:
        """What a session's workflow does until it waits."""
        async with self.books.transaction() as tx:
            now = datetime.now(UTC) + await clock.ahead(tx)
            step, students = await advance_session(tx, org_id, session_id, now)
        for message_id in step.deliver:
            await self._deliver(org_id, message_id)
        for student_id in students:
            await self.nudge(org_id, student_id, event_id)
        if step.deliver:
            await self.nudge_session(org_id, session_id, event_id)

    async def _deliver(self, org_id: Id, message_id: Id) -> Any:
        return await self.deliveries.attempt(org_id, message_id, datetime.now(UTC))


class Gateway(StudentsGateway):
    """The API's way to processes that run by hand."""

    def __init__(self, by_hand: ByHand, books: Books) -> None:
        super().__init__(_no_temporal, books)
        self._by_hand = by_hand

    async def _send(self, wake: Nudge, org_id: Id, row_id: Id) -> None:
        event_id = self._waiting.pop((wake, org_id, row_id))
        to = self._by_hand.nudge if wake is nudge else self._by_hand.nudge_session
        await to(org_id, row_id, event_id)


async def _no_temporal() -> Client:
    raise RuntimeError("there is no Temporal server")


@dataclass
class Operator:
    """A tutoring operator with its system. `now` is business time, in UTC."""

    books: Books
    clock: JumpingClock
    http: httpx.AsyncClient
    app: FastAPI
    org: Id
    ids: dict[str, Id] = field(default_factory=dict)

    async def post(self, path: str, body: Any = None, by: str | None = None) -> Any:
        """Do one thing through the API, in the name of a staff member's ref if one is given."""
        headers = {"Bellwether-Actor": by} if by else {}
        return _answer(await self.http.post(f"/v1{path}", json=body or {}, headers=headers))

    async def get(self, path: str, **query: Any) -> Any:
        """Read through the API."""
        return _answer(await self.http.get(f"/v1{path}", params=query))

    async def make(self, kind: str, /, **body: Any) -> Id:
        """Create one row by the API; its id is remembered under its ref."""
        made = await self.post(f"/{kind}", body)
        if body.get("ref"):
            self.ids[body["ref"]] = made["id"]
        return str(made["id"])

    async def now(self) -> datetime:
        """Business time."""
        return await self.clock.now()

    async def until(self, at: datetime) -> None:
        """Let time pass; every deadline on the way is met."""
        await self.clock.run_until(at)

    async def zoom(self, event: str, meeting: str, at: datetime, **participant: Any) -> httpx.Response:
        """A webhook from Zoom, signed as Zoom signs it at this machine's time. It happened `at`; it arrives now."""
        stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        moment = {"joined": "join_time", "left": "leave_time"}.get(event.rpartition("_")[2], "")
        if participant:
            about: dict[str, Any] = {"participant": participant | {moment: stamp}}
        else:
            about = {"start_time" if event.endswith("started") else "end_time": stamp}
        payload = {"account_id": "acc", "object": {"id": meeting, "uuid": f"{meeting}==", "topic": "Lesson", **about}}
        body = json.dumps({"event": event, "event_ts": int(at.timestamp() * 1000), "payload": payload})
        sent = str(int(datetime.now(UTC).timestamp()))
        digest = hmac.new(ZOOM_SECRET.encode(), f"v0:{sent}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {"x-zm-request-timestamp": sent, "x-zm-signature": f"v0={digest}", "content-type": "application/json"}
        return await self.http.post("/v1/webhooks/zoom", content=body, headers=headers | {"Authorization": ""})

    async def rows(self, table: Table, **where: Any) -> list[dict[str, Any]]:
        """Rows of a table."""
        async with self.books.transaction() as tx:
            query = select(table).where(table.c.org_id == self.org)
            for name, value in where.items():
                query = query.where(table.c[name] == value)
            return [dict(r._mapping) for r in await tx.execute(query)]


def _answer(response: httpx.Response) -> Any:
    assert response.is_success, f"{response.request.method} {response.request.url}: {response.text}"
    return response.json()


@asynccontextmanager
async def at_work(database_url: str, books: Books, client: Client | None = None) -> AsyncIterator[Operator]:
    """An operator on these books; with a client its processes are workflows on that server."""
    async with AsyncExitStack() as running:
        by_hand = ByHand(books)
        wake, wake_session = by_hand.nudge, by_hand.nudge_session
        if client is not None:
            wake, wake_session = partial(nudge, client), partial(nudge_session, client)
            for each in worker.workers(client, books, {"sms": OUTBOX["sms"], "email": OUTBOX["email"]}):
                await running.enter_async_context(each)
        settings = Settings(_env_file=None, zoom_webhook_secret=SecretStr(ZOOM_SECRET))

        async def connected() -> Client:
            return client or await _no_temporal()

        app = create_app(settings, database_url, connected)
        await running.enter_async_context(app.router.lifespan_context(app))
        if client is None:
            app.state.gateway = Gateway(by_hand, app.state.books)
        async with books.transaction() as tx:
            org = (
                await tx.execute(
                    insert(organizations)
                    .values(name="Northstar Tutoring", zone="America/Chicago")
                    .returning(organizations.c.id)
                )
            ).scalar_one()
            people = (("alice", "coordinator"), ("lea", "lead"), ("ada", "admin"), ("ivan", "instructor"))
            for ref, role in people:
                about = {"ref": ref, "name": ref.capitalize(), "email": f"{ref}@northstar.example", "role": role}
                await tx.execute(insert(staff).values(org_id=org, **about))
            _, key = await keys.create(tx, org, "story")
        http = await running.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app),
                base_url="http://bellwether.test",
                headers={"Authorization": f"Bearer {key}"},
                timeout=30,
            )
        )
        yield Operator(books, JumpingClock(books, wake, wake_session), http, app, org)


def next_monday(after: datetime) -> datetime:
    """Midnight (UTC) of the first Monday at least a day ahead."""
    day = (after + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=-day.weekday() % 7)
