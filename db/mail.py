"""Messages as people look at them, and what people do with them: send one again, release or discard what is held."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, and_, insert, select, update

from db import drafts, listing
from db.engine import Tx
from db.journal_tables import messages
from db.listing import Cut, Part
from domain.refusals import Conflict, NotFound
from domain.sending import RELEASED, REVIEW, TIED_TO_SESSION, MessageState
from domain.value import Id

Held = Literal["blast_guard", "misconfigured"]
"""Why messages wait for a person."""
RESENDABLE = frozenset({MessageState.FAILED, MessageState.UNKNOWN, MessageState.UNDELIVERED, MessageState.SENT})


async def list_messages(
    tx: Tx,
    org_id: Id,
    cut: Cut,
    *,
    student_id: Id | None = None,
    session_id: Id | None = None,
    guardian_id: Id | None = None,
    state: str | None = None,
    channel: str | None = None,
) -> Part:
    """Messages, newest first."""
    m = messages.c
    query = select(messages).where(m.org_id == org_id)
    wanted = {
        m.student_id: student_id,
        m.session_id: session_id,
        m.guardian_id: guardian_id,
        m.state: state,
        m.channel: channel,
    }
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    return await listing.part(tx, query, [m.created_at, m.id], cut, newest_first=True)


async def one(tx: Tx, org_id: Id, message_id: Id, *, lock: bool = False) -> Row[Any]:
    """A message. Raises NotFound."""
    query = select(messages).where(messages.c.org_id == org_id, messages.c.id == message_id)
    found = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    if found is None:
        raise NotFound("message_unknown", f"there is no message with the id {message_id}; list the messages to find it")
    return found


async def resend(tx: Tx, org_id: Id, message_id: Id, new_id: Id, by: Id, now: datetime) -> Row[Any]:
    """Queue the same message once more, as a row of its own that names who asked for it.

    Raises Conflict when it is still under way or cannot be of use any more.
    """
    old = await one(tx, org_id, message_id, lock=True)
    if old.state not in RESENDABLE:
        raise Conflict(
            "not_resendable", f"this message is {old.state}; only one that was sent, failed or is unknown can go again"
        )
    useful = old.expires_at if old.purpose in TIED_TO_SESSION else now + (old.expires_at - old.created_at)
    if useful <= now:
        raise Conflict("useless_by_now", "the session has begun, so this message is of no use any more; call instead")
    again = {
        **{name: old._mapping[name] for name in _SAME},
        "org_id": org_id,
        "id": new_id,
        # The channel stays last: the SMS and the e-mail of one notice share the key before it.
        "key": f"{old.key.rsplit(':', 1)[0]}:again:{new_id}:{old.channel}",
        "state": MessageState.QUEUED.value,
        "due_at": now,
        "expires_at": useful,
        "created_at": now,
        "resent_by": by,
        "history": [{"state": MessageState.QUEUED.value, "at": now.isoformat()}],
    }
    made = await tx.execute(insert(messages).values(again).returning(messages))
    row: Row[Any] = made.one()
    await drafts.copy_words(tx, org_id, message_id, new_id)
    return row


_SAME = (
    *("purpose", "channel", "recipient_kind", "guardian_id", "staff_id", "student_id", "session_id"),
    *("case_id", "task_id", "numbers", "offers_replies"),
)


async def release(tx: Tx, org_id: Id, why: Held, now: datetime) -> list[Row[Any]]:
    """What is held for this reason may leave now; returns the messages."""
    return await _let_go(tx, org_id, messages.c.reason == why, now, _released(now))


async def release_one(tx: Tx, org_id: Id, message_id: Id, now: datetime) -> None:
    """One held message may leave now. Raises Conflict when it is held no more, or its draft waits to be read."""
    this = and_(messages.c.id == message_id, messages.c.reason != REVIEW)
    if not await _let_go(tx, org_id, this, now, _released(now)):
        raise Conflict("not_held", "this message is not held any more; reload it to see where it stands")


def _released(now: datetime) -> dict[str, Any]:
    return {"state": MessageState.QUEUED.value, "reason": RELEASED, "due_at": now, "handed_out_at": None}


async def discard(tx: Tx, org_id: Id, why: Held, now: datetime) -> list[Row[Any]]:
    """What is held for this reason never leaves; returns the messages."""
    changes = {"state": MessageState.CANCELLED.value, "reason": "discarded_by_a_person"}
    return await _let_go(tx, org_id, messages.c.reason == why, now, changes)


async def _let_go(
    tx: Tx, org_id: Id, which: ColumnElement[bool], now: datetime, changes: dict[str, Any]
) -> list[Row[Any]]:
    m = messages.c
    step = [{"state": changes["state"], "at": now.isoformat()}]
    done = await tx.execute(
        update(messages)
        .where(m.org_id == org_id, m.state == MessageState.HELD.value, which)
        .values(changes | {"history": m.history.concat(step)})
        .returning(m.id, m.student_id, m.session_id)
    )
    return list(done.all())
