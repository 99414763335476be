"""The drafts' own workflow on a real server: whatever waits for a person's word gets its draft within seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert
from temporalio.testing import WorkflowEnvironment

import worker
from db.decisions import message_row
from db.draft_tables import drafts
from db.engine import Books
from db.journal_tables import messages
from domain.sending import REVIEW, MessageState, Purpose
from messaging.drafting import TemplateDrafter
from tests.academy import open_academy
from tests.builders import a_message
from tests.waiting import eventually
from workflows.schedules import ensure_schedules

pytestmark = pytest.mark.anyio


async def test_what_waits_for_a_persons_word_gets_a_draft(temporal: WorkflowEnvironment, books: Books) -> None:
    now = datetime.now(UTC)
    academy = await open_academy(books, now)
    session = await academy.session(now)
    about: dict[str, Any] = {
        "recipient_id": academy.mother,
        "student_id": academy.student,
        "session_id": session,
        "created_at": now,
    }
    waits: dict[str, Any] = {
        "state": MessageState.HELD,
        "reason": REVIEW,
        "due_at": now,
        "expires_at": now.replace(year=now.year + 1),
    }
    held = a_message(Purpose.ABSENCE_NOTICE, **about, **waits)
    row = message_row(held) | {"org_id": academy.org}
    del row["id"]
    async with books.transaction() as tx:
        await tx.execute(insert(messages).values(row))
    await ensure_schedules(temporal.client)
    async with worker.drafts_worker(temporal.client, books, TemplateDrafter()):

        async def drafted() -> bool:
            return len(await academy.rows(drafts)) == 1

        await eventually(drafted)
    (made,) = await academy.rows(drafts)
    assert (made["drafter"], made["group_key"], made["number"]) == ("template", held.group, 1)
