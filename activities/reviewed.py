"""The words of a message that a person has let go, or has asked to be sent again, and whether they still hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from db import drafts, messages
from db.engine import Tx
from domain.draft_facts import changed, facts_of
from domain.said import Names
from domain.sending import REVIEW, Message, MessageState, Purpose
from domain.templates import Template
from domain.value import Id


async def as_read(tx: Tx, org_id: Id, message: Message, said: Names, now: datetime) -> Names | None:
    """What the message may say, with the words a person has read where he has; None when their facts have changed.

    It waits for a person's word again then, and the next look for drafts words it anew. What people write themselves
    rests on no facts of ours, and who sends a message again means the words it had.
    """
    if not (message.approved_by or message.resent_by):
        return said
    draft = await drafts.words_of(tx, org_id, message.id)
    if draft is None:
        return said
    ours = message.resent_by is None and message.purpose is not Purpose.PERSONAL
    if ours and (because := changed(draft.facts, facts_of(message, said))):
        again: dict[str, Any] = {"reason": REVIEW, "approved_by": None, "approved_at": None, "handed_out_at": None}
        await messages.record(tx, org_id, message, MessageState.HELD, now, **again)
        await drafts.expire(tx, org_id, draft.draft_id, because, now)
        return None
    return said.model_copy(update={"written": Template(subject=draft.subject, story=draft.story, ask=draft.ask)})
