"""Messages and replies to look at: a draft that waits, texts that came in, messages of every state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import insert

from activities.drafting import DraftActivities
from db import messages
from db.decisions import message_row
from db.journal_tables import messages as message_table
from db.reply_tables import replies
from db.student_facts import to_message
from domain.sending import Channel, Message, MessageState, Purpose
from domain.value import Id
from tests.pages.serving import Served


def api(served: Served, who: str) -> httpx.Client:
    """The API for this person, as another system has it."""
    return httpx.Client(
        base_url=served.url,
        headers={"Authorization": f"Bearer {served.key}", "Bellwether-Actor": f"{who}@northstar.example"},
    )


def draft(served: Served) -> Id:
    """Concern messages are read by a person, and Sam has missed two lessons: one draft waits."""
    with api(served, "ada") as ada:
        assert ada.post("/v1/policies", json={"first_concern": "review"}).status_code == 201
        served.missed()
        served.do(DraftActivities(served.academy.books).look(served.academy.now))
        (found,) = ada.get("/v1/drafts").json()["items"]
    return str(found["id"])


def replied(served: Served, text: str, *, meaning: str = "unclear", known: bool = True, **more: Any) -> Id:
    """A text that came in, from Sam's mother or from nobody we know."""
    a = served.academy
    row: dict[str, Any] = {"id": str(uuid4()), "org_id": a.org, "text": text, "meaning": meaning, "channel": "sms"}
    row |= {"sender": "+14155550101" if known else "+14155559999", "rule": "nothing_matches"}
    row |= {"received_at": a.now - timedelta(minutes=5)}
    row |= {"guardian_id": a.mother, "student_id": a.student} if known else {}

    async def come() -> None:
        async with a.books.transaction() as tx:
            await tx.execute(insert(replies).values(row | more))

    served.do(come())
    return str(row["id"])


def message(
    served: Served, state: MessageState, reason: str | None = None, *, channel: Channel = Channel.SMS, **more: Any
) -> Id:
    """A message to Sam's mother that stands there, for this reason."""
    a = served.academy
    made = Message(
        id=str(uuid4()),
        key=f"look:{uuid4()}:{channel.value}",
        purpose=Purpose.ABSENCE_NOTICE,
        channel=channel,
        recipient_id=a.mother,
        student_id=a.student,
        due_at=a.now,
        expires_at=a.now + timedelta(hours=18),
        created_at=a.now,
    )

    async def stand() -> None:
        async with a.books.transaction() as tx:
            await tx.execute(insert(message_table).values({"org_id": a.org} | message_row(made)))
            row = await messages.lock_message(tx, a.org, made.id)
            await messages.record(tx, a.org, to_message(row), state, a.now, reason=reason, **more)

    served.do(stand())
    return made.id
