"""Drafts in the books: made for what waits for a person's word, edited, and put aside when the facts have changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, insert, select, update

from db import listing
from db.draft_tables import draft_texts, drafts
from db.engine import Tx
from db.journal_tables import messages
from db.listing import Cut, Part
from db.student_facts import to_message
from db.tables import students
from domain.draft_facts import Facts, fingerprint
from domain.drafts import DrafterName
from domain.refusals import NotFound
from domain.sending import CAP_SPAN, REVIEW, Channel, Message, MessageState, Purpose
from domain.templates import Template
from domain.value import Id

_d, _t, _m = drafts.c, draft_texts.c, messages.c
GROUP: ColumnElement[str] = func.left(_m.key, -(func.length(_m.channel) + 1))
"""What the messages of one notice have in common: the key without its channel."""
_CURRENT = (_d.org_id == _t.org_id, _d.id == _t.draft_id, _d.expired_at.is_(None))
_IN_REVIEW = and_(_m.state == MessageState.HELD.value, _m.reason == REVIEW)


@dataclass(frozen=True)
class Notice:
    """One notice to one guardian that waits for a person's word, on each of its channels."""

    org_id: Id
    group: str
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Made:
    """A draft to be written down: who worded it, from which facts, and the words of each message."""

    drafter: DrafterName
    facts: Facts
    words: Mapping[Id, tuple[Channel, Template]]
    fell_back: str | None = None
    tokens: int = 0


async def without_draft(tx: Tx, now: datetime, at_most: int) -> list[Notice]:
    """Notices that wait for a person's word and have no draft whose facts hold; the first due first.

    Rows that somebody has in hand are left for the next look.
    """
    worded = exists().where(_t.org_id == _m.org_id, _t.message_id == _m.id, *_CURRENT)
    query = select(messages).where(_IN_REVIEW, _m.expires_at > now, ~worded).order_by(_m.due_at, _m.id)
    return _notices((await tx.execute(query.limit(at_most).with_for_update(skip_locked=True))).all())


async def still_in_review(tx: Tx, notice: Notice) -> list[Message]:
    """All messages of a notice that wait now, locked so that nobody decides on them meanwhile."""
    query = (
        select(messages)
        .where(_m.org_id == notice.org_id, GROUP.is_not_distinct_from(notice.group), _IN_REVIEW)
        .order_by(_m.id)
    )
    return [to_message(r) for r in await tx.execute(query.with_for_update(skip_locked=True))]


def _notices(rows: Sequence[Row[Any]]) -> list[Notice]:
    grouped: dict[tuple[Id, str], list[Message]] = {}
    for row in rows:
        message = to_message(row)
        grouped.setdefault((row.org_id, message.group), []).append(message)
    return [Notice(org, group, tuple(found)) for (org, group), found in grouped.items()]


async def make(tx: Tx, org_id: Id, about: Message, made: Made, now: datetime, *, draft_id: Id | None = None) -> None:
    """Write a draft of the notice that `about` belongs to, under its next number, unless somebody just did.

    One that lacks a message of the notice makes room for it.
    """
    newest = select(func.coalesce(func.max(_d.number), 0)).where(_d.org_id == org_id, _d.group_key == about.group)
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"draft:{about.group}", 0))))
    there = select(_d.id, _t.message_id).where(_d.org_id == org_id, _d.group_key == about.group, *_CURRENT)
    worded = (await tx.execute(there)).all()
    if set(made.words) <= {r.message_id for r in worded}:
        return
    for draft in {r.id for r in worded}:
        await expire(tx, org_id, draft, (), now)
    row = {
        "org_id": org_id,
        **({"id": draft_id} if draft_id else {}),
        "group_key": about.group,
        "number": (await tx.execute(newest)).scalar_one() + 1,
        "student_id": about.student_id,
        "guardian_id": about.recipient_id,
        "session_id": about.session_id,
        "case_id": about.case_id,
        "drafter": made.drafter,
        "fell_back": made.fell_back,
        "facts": made.facts,
        "fingerprint": fingerprint(made.facts),
        "tokens": made.tokens,
        "made_at": now,
    }
    new_id = (await tx.execute(insert(drafts).values(row).returning(_d.id))).scalar_one()
    texts = [
        {"org_id": org_id, "draft_id": new_id, "message_id": message_id, "channel": channel.value}
        | words.model_dump()
        | {f"original_{part}": said for part, said in words.model_dump().items()}
        for message_id, (channel, words) in made.words.items()
    ]
    await tx.execute(insert(draft_texts), texts)


async def current(tx: Tx, at_most: int = 1000) -> list[tuple[Row[Any], Message]]:
    """Drafts that wait for a person's word, each with one of its messages: to see whether their facts still hold."""
    joined = and_(_d.org_id == _m.org_id, _d.group_key == GROUP, _d.expired_at.is_(None))
    query = select(messages, _d.id.label("draft_id"), _d.facts).join(drafts, joined)
    query = query.where(_IN_REVIEW, _m.purpose != Purpose.PERSONAL.value)
    rows = (await tx.execute(query.order_by(_d.made_at, _d.id, _m.id).limit(at_most))).all()
    return [(r, to_message(r)) for r in {r.draft_id: r for r in rows}.values()]


async def expire(tx: Tx, org_id: Id, draft_id: Id, because: Sequence[str], now: datetime) -> None:
    """The facts behind a draft have changed: a new one is made for what still waits."""
    await tx.execute(
        update(drafts)
        .where(_d.org_id == org_id, _d.id == draft_id, _d.expired_at.is_(None))
        .values(expired_at=now, expired_because=list(because))
    )


async def words_of(tx: Tx, org_id: Id, message_id: Id) -> Row[Any] | None:
    """The words that stand for a message, with the facts behind them and the draft's id; None without a draft."""
    columns: list[ColumnElement[Any]] = [_t.subject, _t.story, _t.ask, _d.facts, _d.id.label("draft_id")]
    query = (
        select(*columns)
        .join(drafts, and_(_d.org_id == _t.org_id, _d.id == _t.draft_id))
        .where(_t.org_id == org_id, _t.message_id == message_id)
        .order_by(_d.number.desc())
        .limit(1)
    )
    found: Row[Any] | None = (await tx.execute(query)).one_or_none()
    return found


async def copy_words(tx: Tx, org_id: Id, old_id: Id, new_id: Id) -> None:
    """A message that is sent once more says what the first one said."""
    same = [c for c in draft_texts.columns if c.name != "message_id"]
    newest = select(*same).join(drafts, and_(_d.org_id == _t.org_id, _d.id == _t.draft_id))
    found = await tx.execute(newest.where(_t.org_id == org_id, _t.message_id == old_id).order_by(_d.number.desc()))
    row = found.first()
    if row is not None:
        await tx.execute(insert(draft_texts).values(**row._mapping, message_id=new_id))


# --- for people ------------------------------------------------------------------------------------------------------


def _waiting(org_id: Id) -> Select[Any]:
    """Drafts that wait, with when the first of their messages is due and when it is of no use any more."""
    of_messages = (
        select(
            GROUP.label("group_key"), func.min(_m.due_at).label("due_at"), func.min(_m.expires_at).label("expires_at")
        )
        .where(_m.org_id == org_id, _IN_REVIEW)
        .group_by(GROUP)
        .subquery("waiting")
    )
    w = of_messages.c
    return (
        select(drafts, w.due_at, w.expires_at)
        .join(of_messages, w.group_key == _d.group_key)
        .where(_d.org_id == org_id, _d.expired_at.is_(None))
    )


async def list_waiting(
    tx: Tx, org_id: Id, cut: Cut, *, student_id: Id | None = None, guardian_id: Id | None = None
) -> Part:
    """Drafts that wait for a person's word, the first due first."""
    query = _waiting(org_id)
    for column, value in ((_d.student_id, student_id), (_d.guardian_id, guardian_id)):
        if value is not None:
            query = query.where(column == value)
    waiting = query.subquery("w")
    return await listing.part(tx, select(waiting), [waiting.c.due_at, waiting.c.id], cut)


async def one(tx: Tx, org_id: Id, draft_id: Id, *, lock: bool = False) -> Row[Any]:
    """A draft. Raises NotFound."""
    query = select(drafts).where(_d.org_id == org_id, _d.id == draft_id)
    found = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    if found is None:
        raise NotFound("draft_unknown", f"there is no draft with the id {draft_id}; list /v1/drafts to find it")
    return found


async def newer(tx: Tx, draft: Row[Any]) -> Id | None:
    """The newest draft of the same notice, if it is not this one."""
    query = select(_d.id).where(_d.org_id == draft.org_id, _d.group_key == draft.group_key, _d.number > draft.number)
    found: Id | None = (await tx.execute(query.order_by(_d.number.desc()).limit(1))).scalar_one_or_none()
    return found


async def texts_of(tx: Tx, org_id: Id, draft_ids: Sequence[Id]) -> list[Row[Any]]:
    """The words of drafts with the messages that they are for, SMS first. A message may not stand in the books yet."""
    of_message = and_(_m.org_id == _t.org_id, _m.id == _t.message_id)
    of_text = [_t.draft_id, _t.subject.label("words_subject"), _t.story, _t.ask]
    of_text += [_t.original_subject, _t.original_story, _t.original_ask]
    query = select(messages, *of_text).join(draft_texts, of_message)
    query = query.where(_t.org_id == org_id, _t.draft_id.in_(draft_ids)).order_by(_t.draft_id, _t.channel.desc())
    return list((await tx.execute(query)).all())


async def edit(tx: Tx, org_id: Id, draft: Row[Any], words: Mapping[Id, Template], by: Id, now: datetime) -> None:
    """The words of these messages as a person wants them; who changed them last, and when, is kept."""
    for message_id, said in words.items():
        mine = and_(_t.org_id == org_id, _t.draft_id == draft.id, _t.message_id == message_id)
        await tx.execute(update(draft_texts).where(mine).values(**said.model_dump()))
    changes = {"version": _d.version + 1, "edited_by": by, "edited_at": now}
    await tx.execute(update(drafts).where(_d.org_id == org_id, _d.id == draft.id).values(changes))


async def student_names(tx: Tx, org_id: Id, ids: Sequence[Id]) -> dict[Id, str]:
    """What these students are called."""
    query = select(students.c.id, students.c.name).where(students.c.org_id == org_id, students.c.id.in_(ids))
    return {r.id: r.name for r in await tx.execute(query)}


async def texts_in_7_days(tx: Tx, org_id: Id, guardian_id: Id, now: datetime) -> int:
    """Texts that were handed over to a guardian in the last seven days, of any purpose."""
    query = select(func.count()).where(
        *(_m.org_id == org_id, _m.guardian_id == guardian_id, _m.channel == Channel.SMS.value),
        *(_m.handed_over_at > now - CAP_SPAN, _m.merged_into.is_(None)),
    )
    found: int = (await tx.execute(query)).scalar_one()
    return found


async def tokens_since(tx: Tx, since: datetime) -> int:
    """Tokens that drafters have spent since then, for all organizations of these books."""
    found: int = (
        await tx.execute(select(func.coalesce(func.sum(_d.tokens), 0)).where(_d.made_at >= since))
    ).scalar_one()
    return found
