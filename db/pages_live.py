"""What has changed lately, for open pages: ids and kinds alone, looked for each second, so always by an index."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, and_, func, or_, select, text

from db.draft_tables import drafts
from db.drafts import GROUP
from db.engine import Tx
from db.journal_tables import decisions, messages, tasks
from db.reply_tables import replies
from db.session_tables import session_decisions
from domain.sending import REVIEW, MessageState
from domain.value import Id

LOOK_BACK = 300
"""Decisions are numbered when written and seen when committed: so many numbers back a late one is still found."""
_t, _r, _m, _d = tasks.c, replies.c, messages.c, drafts.c


@dataclass(frozen=True)
class Change:
    """Something changed: `kind` is what pages listen for, `about` the id of it, or "" for a list as a whole."""

    org_id: Id
    kind: str
    about: str = ""


@dataclass
class Looked:
    """What the last look saw; the first one only learns how things stand."""

    newest: dict[str, int] = field(default_factory=dict)
    seen: dict[str, set[int]] = field(default_factory=dict)
    marks: dict[tuple[str, Id], Any] = field(default_factory=dict)


async def look(tx: Tx, orgs: Collection[Id], before: Looked) -> list[Change]:
    """What changed for these organizations since the look before, which is brought up to date."""
    in_rooms = await _seen_in_a_room(tx, before)
    found = dict.fromkeys(
        [
            *[Change(o, "student-changed", i) for o, i in await _decided(tx, decisions, "student_id", before)],
            *[Change(o, "lesson-changed", i) for o, i in await _decided(tx, session_decisions, "session_id", before)],
            *[Change(o, "lesson-changed") for o in orgs if in_rooms],
            *_differing("task-changed", await _open_tasks(tx, orgs), before, orgs),
            *_differing("draft-changed", await _drafts(tx, orgs), before, orgs),
            *_differing("reply-changed", await _replies(tx, orgs), before, orgs),
        ]
    )
    return [c for c in found if c.org_id in orgs]


async def _seen_in_a_room(tx: Tx, before: Looked) -> bool:
    """Whether evidence has come in anywhere: by its number alone, which costs nothing however much there is.

    A number is taken before its row can be read, so a change is told at this look and at the next.
    """
    newest = (await tx.execute(text("select last_value from evidence_seq_seq"))).scalar_one()
    known, told = before.newest.get("evidence", newest), before.newest.get("evidence told", newest)
    before.newest |= {"evidence": newest, "evidence told": known}
    return bool(newest != told)


async def _decided(tx: Tx, journal: Table, about: str, before: Looked) -> list[tuple[Id, Id]]:
    name, c = journal.name, journal.c
    if name not in before.newest:
        before.newest[name] = (await tx.execute(select(func.max(c.seq)))).scalar_one() or 0
        before.seen[name] = set(range(before.newest[name] - LOOK_BACK, before.newest[name] + 1))
        return []
    after = before.newest[name] - LOOK_BACK
    rows = (await tx.execute(select(c.seq, c.org_id, c[about]).where(c.seq > after).order_by(c.seq))).all()
    fresh = [r for r in rows if r.seq not in before.seen[name]]
    before.newest[name] = max([before.newest[name], *(r.seq for r in fresh)])
    kept = {s for s in before.seen[name] if s > before.newest[name] - LOOK_BACK}
    before.seen[name] = kept | {r.seq for r in fresh}
    return [(r[1], r[2]) for r in fresh]


def _differing(kind: str, marks: dict[Id, Any], before: Looked, orgs: Collection[Id]) -> Iterator[Change]:
    for org_id in orgs:
        mark, key = marks.get(org_id), (kind, org_id)
        if key in before.marks and before.marks[key] != mark:
            yield Change(org_id, kind)
        before.marks[key] = mark


async def _open_tasks(tx: Tx, orgs: Collection[Id]) -> dict[Id, Any]:
    state = func.concat_ws("|", _t.id, _t.status, _t.owner_id, _t.due_at, _t.claimed_until, _t.snoozed_until, _t.tier)
    query = (
        select(_t.org_id, func.count(), func.sum(func.hashtextextended(state, 0)))
        .where(_t.org_id.in_(orgs), _t.finished_at.is_(None))
        .group_by(_t.org_id)
    )
    return {r[0]: tuple(r[1:]) for r in await tx.execute(query)}


async def _drafts(tx: Tx, orgs: Collection[Id]) -> dict[Id, Any]:
    """What waits to be read, its drafts, which are made a moment later, and what was changed in them."""
    of_message = and_(_d.org_id == _m.org_id, _d.group_key == GROUP, _d.expired_at.is_(None))
    query = (
        select(_m.org_id, func.count(), func.max(_m.created_at), func.max(_d.made_at), func.sum(_d.version))
        .outerjoin(drafts, of_message)
        .where(_m.org_id.in_(orgs), _m.state == MessageState.HELD.value, _m.reason == REVIEW)
        .where(text("messages.state in ('queued', 'held')"))  # word for word, so that the partial index is taken
        .group_by(_m.org_id)
    )
    return {r[0]: tuple(r[1:]) for r in await tx.execute(query)}


async def _replies(tx: Tx, orgs: Collection[Id]) -> dict[Id, Any]:
    unread = or_(_r.meaning == "unclear", _r.student_id.is_(None))
    query = (
        select(_r.org_id, func.count(), func.max(_r.received_at))
        .where(_r.org_id.in_(orgs), _r.read_at.is_(None), unread)
        .group_by(_r.org_id)
    )
    return {r[0]: tuple(r[1:]) for r in await tx.execute(query)}
