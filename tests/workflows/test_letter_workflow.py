"""A message that is about no student leaves by a workflow of its own: at once, once, and again by the auditor."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from activities.audit import AuditActivities
from db import link_mail
from db.journal_tables import messages
from tests.waiting import eventually
from tests.workflows.conftest import Stack
from workflows.contract import letter_workflow_id
from workflows.nudging import send_letter

pytestmark = pytest.mark.anyio


async def test_a_link_to_sign_in_leaves_once_however_often_it_is_asked_for(stack: Stack) -> None:
    a, engine_now = stack.academy, stack.academy.now
    async with stack.books.transaction() as tx:
        message = await link_mail.forgotten_password(tx, a.org, a.alice, "http://localhost", engine_now, engine_now)
    sent: list[str] = []

    async def send(org_id: str, message_id: str, event_id: str) -> None:
        sent.append(message_id)
        await send_letter(stack.env.client, org_id, message_id, event_id)

    async def nobody(org_id: str, row_id: str, event_id: str) -> None:
        del org_id, row_id, event_id

    auditor = AuditActivities(stack.books, nobody, nobody, send)
    await auditor.look(engine_now)
    assert sent == [], "what was just asked for is on its way"
    await asyncio.gather(*(auditor.look(engine_now + timedelta(minutes=2)) for _ in range(3)))
    assert sent == [message] * 3

    async def has_left() -> bool:
        (row,) = await a.rows(messages)
        return bool(row["state"] == "sent" and len(row["attempts"]) == 1)

    await eventually(has_left)
    history = await stack.env.client.get_workflow_handle(letter_workflow_id(message)).fetch_history()
    assert "localhost" not in history.to_json()
