"""Families who write back: texts signed as Twilio signs them, e-mails posted as SendGrid's Inbound Parse does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
from sqlalchemy import insert
from twilio.request_validator import RequestValidator

from db.journal_tables import messages
from db.reply_tables import replies
from db.tables import enrollments, student_guardians, students
from settings import Settings
from tests.api.conftest import House

TOKEN, PASSWORD, PUBLIC = "a token of Twilio", "a password of Parse", "https://hooks.northstar.example"
MOTHER, OURS = "+14155550101", "+15005550006"
_BOUNDARY = "xYzZY"


@dataclass
class Family:
    """Sam's mother with her phone and her mail program."""

    house: House

    async def text(self, body: str, *, sender: str = MOTHER, sid: str | None = None, **more: str) -> httpx.Response:
        """A text to us, well signed."""
        self.house.academy.now += timedelta(seconds=1)
        form = {"MessageSid": sid or f"SM{uuid4().hex}", "From": sender, "To": OURS, "Body": body} | more
        return await self.post(form)

    async def post(
        self, form: dict[str, str], *, token: str = TOKEN, signature: str | None = None, query: str = ""
    ) -> httpx.Response:
        """A form, signed over the public address."""
        path = f"/v1/webhooks/twilio/inbound{query}"
        signed = signature if signature is not None else RequestValidator(token).compute_signature(PUBLIC + path, form)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        headers |= {"X-Twilio-Signature": signed} if signed else {}
        answer = await self.house.anonymous.post(path, content=urlencode(form), headers=headers)
        await self.house.rest()
        return answer

    async def mail(
        self,
        body: str,
        *,
        sender: str = "Maria <Maria@reed.example>",
        to: str = "replies@parse.northstar.example",
        headers: str = "",
        password: str = PASSWORD,
        charset: str = "utf-8",
        **more: str,
    ) -> httpx.Response:
        """An e-mail to us."""
        said = f"Message-ID: <{uuid4()}@mail.example>\nFrom: {sender}\n{headers}"
        envelope = json.dumps({"to": [to], "from": sender.partition("<")[2].rstrip(">") or sender})
        self.house.academy.now += timedelta(seconds=1)
        fields = {"headers": said, "from": sender, "to": to, "subject": "Re: Maths", "envelope": envelope} | more
        parts = [(name, value.encode()) for name, value in fields.items()]
        parts += [("text", body.encode(charset))]
        parts += [] if "charsets" in more else [("charsets", json.dumps({"text": charset}).encode())]
        content = b"".join(
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value + b"\r\n"
            for name, value in parts
        )
        content += f"--{_BOUNDARY}--\r\n".encode()
        answer = await self.house.anonymous.post(
            "/v1/webhooks/sendgrid/inbound",
            content=content,
            headers={"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"},
            auth=httpx.BasicAuth("bellwether", password),
        )
        await self.house.rest()
        return answer

    async def sister(self, name: str = "Sue Reed") -> str:
        """Another child of hers, enrolled with Bob as the coordinator."""
        academy, child = self.house.academy, str(uuid4())
        async with academy.books.transaction() as tx:
            await tx.execute(insert(students).values(org_id=academy.org, id=child, name=name))
            link = {"student_id": child, "guardian_id": academy.mother, "position": 1}
            await tx.execute(insert(student_guardians).values(org_id=academy.org, **link))
            seat = {"student_id": child, "schedule_id": academy.schedule, "coordinator_id": academy.bob}
            await tx.execute(insert(enrollments).values(org_id=academy.org, started_at=academy.now, **seat))
        return child

    async def travelled_with(self, child: str) -> None:
        """The newest notice to the mother by SMS named this child as well."""
        (sent,) = [m for m in await self.house.academy.rows(messages, channel="sms") if m["state"] == "sent"][-1:]
        row = {**sent, "id": str(uuid4()), "key": f"{uuid4()}:sms", "student_id": child, "state": "merged"}
        async with self.house.academy.books.transaction() as tx:
            await tx.execute(insert(messages).values(row | {"merged_into": sent["id"], "session_id": None}))

    async def kept(self) -> list[dict[str, Any]]:
        """The replies in the books, in their order."""
        rows = await self.house.academy.rows(replies)
        return sorted(rows, key=lambda r: (r["received_at"], r["student_id"] or ""))

    async def waiting(self, which: str = "unclear") -> list[dict[str, Any]]:
        """The coordinator's inbox of replies."""
        found: list[dict[str, Any]] = (await self.house.alice.get(f"/v1/replies?which={which}")).json()["items"]
        return found

    async def answers(self) -> list[dict[str, Any]]:
        """Our answers, as they stand in the books."""
        rows = await self.house.academy.rows(messages, purpose="answer")
        return sorted(rows, key=lambda m: m["created_at"])

    async def later(self, **span: float) -> None:
        """What was handed out leaves; then time passes, and what falls due leaves."""
        academy = self.house.academy
        for m in await academy.rows(messages, state="queued"):
            if m["handed_out_at"]:
                await academy.deliveries.attempt(academy.org, m["id"], academy.now)
        await academy.until(academy.now + timedelta(**span))


def open_family(house: House, **settings: Any) -> Family:
    """Both doors are set up. Twilio answers STOP, START and HELP by itself unless told otherwise."""
    house.app.state.settings = Settings(
        _env_file=None,
        twilio_auth_token=TOKEN,
        twilio_from=OURS,
        public_url=PUBLIC,
        sendgrid_inbound_secret=PASSWORD,
        **settings,
    )
    return Family(house)
