"""Classrooms that sign what they send. Signatures are made here from the vendors' published rules, by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import jwt
from sqlalchemy import insert, update

from db.tables import enrollments, schedules, students
from settings import Settings
from tests.api.conftest import House

ZOOM_SECRET = "zoom secret token"
LIVEKIT_KEY, LIVEKIT_SECRET = "APIbellwether", "a livekit secret of more than 32 characters"
CLASSROOM_KEY = b"twenty-four random bytes"
CLASSROOM_SECRET = "whsec_" + base64.b64encode(CLASSROOM_KEY).decode()
MEETING = "98765432100"


@dataclass
class Classroom:
    """A group lesson in a room, with every webhook set up."""

    house: House
    session: str
    woken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.caller = self.house.anonymous

    def minute(self, n: float) -> datetime:
        """An instant so many minutes after the start."""
        return self.house.academy.started_at + timedelta(days=30, minutes=n)

    async def send(self, name: str, body: Any, headers: dict[str, Any], **params: str) -> httpx.Response:
        """Send a body as it is, for our organization if no other is named."""
        params = {"organization": self.house.academy.org} | params
        return await self.caller.post(f"/v1/webhooks/{name}", content=body, headers=headers, params=params)

    def zoom_signed(self, body: bytes, secret: str = ZOOM_SECRET, ago: timedelta = timedelta(0)) -> dict[str, str]:
        """Zoom: hex HMAC-SHA256 of v0:timestamp:body with the secret token."""
        at = str(int((self.house.academy.now - ago).timestamp()))
        made = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
        return {"x-zm-request-timestamp": at, "x-zm-signature": f"v0={made}"}

    async def zoom(self, event: str, about: dict[str, Any], **params: str) -> httpx.Response:
        """An event of Zoom, well signed."""
        body = json.dumps({"event": event, "event_ts": 1, "payload": {"account_id": "a", "object": about}}).encode()
        return await self.send("zoom", body, self.zoom_signed(body), **params)

    async def zoom_person(self, joins: bool, n: float, user_id: str, uuid: str = "m1", **who: str) -> httpx.Response:
        """Somebody comes or goes."""
        verb, time_name = ("joined", "join_time") if joins else ("left", "leave_time")
        person = {"user_id": user_id, time_name: f"{self.minute(n):%Y-%m-%dT%H:%M:%SZ}", **who}
        about = {"id": MEETING, "uuid": uuid, "participant": person}
        return await self.zoom(f"meeting.participant_{verb}", about)

    async def livekit(self, body: bytes, secret: str = LIVEKIT_SECRET, **claims: Any) -> httpx.Response:
        """LiveKit: a JWT with the base64 SHA-256 of the body."""
        now = int(time.time())
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        said = {"iss": LIVEKIT_KEY, "nbf": now, "exp": now + 300, "sha256": digest} | claims
        token = jwt.encode(said, secret, "HS256")
        headers = {"Authorization": token, "Content-Type": "application/webhook+json"}
        return await self.send("livekit", body, headers)

    async def livekit_event(self, event: str, n: float, **more: Any) -> httpx.Response:
        """An event of LiveKit, well signed."""
        about = {"event": event, "id": f"EV_{uuid4().hex}", "createdAt": str(int(self.minute(n).timestamp()))}
        return await self.livekit(json.dumps(about | {"room": {"name": MEETING}} | more).encode())

    def standard(self, body: bytes, webhook_id: str, key: bytes = CLASSROOM_KEY, ago: float = 0) -> dict[str, str]:
        """Standard Webhooks: base64 HMAC-SHA256 of id.timestamp.body."""
        at = str(int(time.time() - ago))
        made = hmac.new(key, f"{webhook_id}.{at}.".encode() + body, hashlib.sha256).digest()
        signature = "v1," + base64.b64encode(made).decode()
        return {"webhook-id": webhook_id, "webhook-timestamp": at, "webhook-signature": signature}

    async def document(self, said: Any, webhook_id: str = "msg_1") -> httpx.Response:
        """A document of any other classroom, well signed."""
        body = json.dumps(said).encode()
        return await self.send("classroom", body, self.standard(body, webhook_id))

    async def evidence(self) -> list[dict[str, Any]]:
        """What is known of the session."""
        found: list[dict[str, Any]] = []
        answer = await self.house.alice.get(f"/v1/sessions/{self.session}/evidence?limit=200")
        found += answer.json()["items"]
        return found

    async def kept(self, **params: str) -> list[dict[str, Any]]:
        """The raw events."""
        found: list[dict[str, Any]] = (await self.house.alice.get("/v1/raw-events", params=params)).json()["items"]
        return found

    async def enroll(self, people: Iterable[tuple[str, str]]) -> list[str]:
        """More students (ref and name) in the lesson, each with an e-mail address of his own."""
        academy, ids = self.house.academy, []
        async with academy.books.transaction() as tx:
            for ref, name in people:
                ids.append(str(uuid4()))
                about = {"id": ids[-1], "ref": ref, "name": name, "email": f"{ref}@students.example".lower()}
                await tx.execute(insert(students).values(org_id=academy.org, **about))
                seat = {"student_id": ids[-1], "schedule_id": academy.schedule, "coordinator_id": academy.alice}
                await tx.execute(insert(enrollments).values(org_id=academy.org, started_at=academy.started_at, **seat))
        return ids


async def open_classroom(house: House) -> Classroom:
    """Sam's lesson from 15:00 to 16:00; it is 15:30. Sam's ref is S-1."""
    academy = house.academy
    session = await academy.session(academy.now)
    async with academy.books.transaction() as tx:
        await tx.execute(update(schedules).values(meeting_ref=MEETING))
        await tx.execute(update(students).values(ref="S-1", email="Sam@reed.example"))
    house.app.state.settings = Settings(
        _env_file=None,
        zoom_webhook_secret=ZOOM_SECRET,
        livekit_api_key=LIVEKIT_KEY,
        livekit_api_secret=LIVEKIT_SECRET,
        classroom_webhook_secret=CLASSROOM_SECRET,
    )
    opened = Classroom(house, session)

    def nudge_session(org_id: str, session_id: str, event_id: str) -> None:
        opened.woken.append(session_id)

    house.gateway.nudge_session = nudge_session  # type: ignore[method-assign]
    academy.now += timedelta(minutes=30)
    return opened
