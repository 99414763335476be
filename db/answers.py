"""Guardians' replies: kept as they came, told to the students they are about, read by people where rules cannot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, and_, exists, func, insert, or_, select, update

from db import families, inbox, listing
from db.engine import Tx
from db.journal_tables import tasks
from db.listing import Cut, Part
from db.reply_tables import consents, replies
from db.tables import guardians, student_guardians, students
from domain.events import ReplyReceived
from domain.refusals import Invalid, NotFound
from domain.replies import ANSWERS_A_DAY, Meaning
from domain.tasks import TaskKind
from domain.value import Id

Which = Literal["unclear", "unmatched", "all"]
_r, _g, _s, _t = replies.c, guardians.c, students.c, tasks.c
READ_WITH_ITS_TASK = exists().where(
    *(_t.org_id == _r.org_id, _t.student_id == _r.student_id, _t.kind == TaskKind.READ_REPLY.value),
    _t.finished_at >= _r.received_at,
)
"""Whether somebody has finished the student's task to read replies since this one came."""


@dataclass(frozen=True)
class Said:
    """A reply as it is kept. `rule` is why it means what it means."""

    text: str
    meaning: Meaning
    rule: str
    channel: Literal["api", "sms", "email"] = "api"
    sender: str | None = None
    event_id: Id | None = None
    message_id: Id | None = None


async def check_guardian(tx: Tx, org_id: Id, student_id: Id, guardian_id: Id) -> None:
    """Raises Invalid unless the guardian is a contact of the student."""
    g = student_guardians.c
    found = await tx.execute(
        select(g.position).where(g.org_id == org_id, g.student_id == student_id, g.guardian_id == guardian_id)
    )
    if found.one_or_none() is None:
        raise Invalid("not_their_guardian", "this guardian is no contact of the student; link the guardian first")


async def opt(
    tx: Tx, org_id: Id, guardian_id: Id, meaning: Meaning, reply_id: Id | None, now: datetime, by: Id | None = None
) -> None:
    """STOP and START count from this moment, for the phone: the claim of the next SMS sees them. Each leaves a line.

    Without a reply it was the button of the family's own page.
    """
    if meaning not in ("stop", "start"):
        return
    phone = (await tx.execute(select(_g.phone).where(_g.org_id == org_id, _g.id == guardian_id))).scalar_one()
    whom = [(r.org_id, r.id, r.sms_opted_out_at) for r in await families.same_phone(tx, phone)] if phone else []
    if all((o, g) != (org_id, guardian_id) for o, g, _ in whom):
        own = await tx.execute(select(_g.sms_opted_out_at).where(_g.org_id == org_id, _g.id == guardian_id))
        whom.append((org_id, guardian_id, own.scalar_one()))
    for org, guardian, since in whom:
        if (since is None) is (meaning == "start"):
            continue
        to = {"sms_opted_out_at": now if meaning == "stop" else None}
        await tx.execute(update(guardians).where(_g.org_id == org, _g.id == guardian).values(to))
        line: dict[str, Any] = {"channel": "sms", "change": "opted_out" if meaning == "stop" else "opted_in", "at": now}
        line |= {"org_id": org, "guardian_id": guardian, "reply_id": reply_id, "by": by if org == org_id else None}
        await tx.execute(insert(consents).values(line))


async def may_answer(tx: Tx, org_id: Id, sender: str, now: datetime) -> bool:
    """False when this number was answered often enough in the last 24 hours: machines must not talk for ever."""
    since = now - timedelta(hours=24)
    given = select(func.count()).where(_r.org_id == org_id, _r.sender == sender, _r.answered, _r.received_at > since)
    return (await tx.execute(given)).scalar_one() < ANSWERS_A_DAY


async def keep(tx: Tx, org_id: Id, reply_id: Id, said: Said, guardian_id: Id | None, now: datetime) -> None:
    """Keep a reply that is about nobody we can tell."""
    await _write(tx, org_id, reply_id, said, guardian_id, None, now, answered=False)


async def receive(
    tx: Tx,
    org_id: Id,
    student_id: Id,
    guardian_id: Id,
    reply_id: Id,
    said: Said,
    now: datetime,
    *,
    answer: bool = False,
    children: int = 1,
) -> Id:
    """Keep a reply and tell the student's process; returns the inbox row."""
    await _write(tx, org_id, reply_id, said, guardian_id, student_id, now, answered=answer)
    event = ReplyReceived(
        reply_id=reply_id, guardian_id=guardian_id, meaning=said.meaning, answer=answer, children=children, at=now
    )
    return await inbox.put(tx, org_id, student_id, event, now)


async def _write(
    tx: Tx,
    org_id: Id,
    reply_id: Id,
    said: Said,
    guardian_id: Id | None,
    student_id: Id | None,
    now: datetime,
    *,
    answered: bool,
) -> None:
    row = {"org_id": org_id, "id": reply_id, "guardian_id": guardian_id, "student_id": student_id, "received_at": now}
    await tx.execute(insert(replies).values(row | said.__dict__ | {"answered": answered}))


async def known(tx: Tx, org_id: Id, reply_id: Id) -> Row[Any] | None:
    """A reply that was received before."""
    found = await tx.execute(select(replies).where(_r.org_id == org_id, _r.id == reply_id))
    return found.one_or_none()


async def one(tx: Tx, org_id: Id, reply_id: Id) -> Row[Any]:
    """A reply, locked. Raises NotFound."""
    found = await tx.execute(select(replies).where(_r.org_id == org_id, _r.id == reply_id).with_for_update())
    row = found.one_or_none()
    if row is None:
        raise NotFound("reply_unknown", f"there is no reply {reply_id}; list /v1/replies to find it")
    return row


async def change(tx: Tx, org_id: Id, reply_id: Id, **values: Any) -> None:
    """Write what a person said of a reply."""
    await tx.execute(update(replies).where(_r.org_id == org_id, _r.id == reply_id).values(values))


def _shown(org_id: Id) -> Any:
    return (
        select(replies, _g.name.label("guardian_name"), _s.name.label("student_name"))
        .outerjoin(guardians, and_(_g.org_id == _r.org_id, _g.id == _r.guardian_id))
        .outerjoin(students, and_(_s.org_id == _r.org_id, _s.id == _r.student_id))
        .where(_r.org_id == org_id)
    )


async def shown(tx: Tx, org_id: Id, reply_id: Id) -> Row[Any]:
    """A reply with its people's names."""
    row: Row[Any] = (await tx.execute(_shown(org_id).where(_r.id == reply_id))).one()
    return row


async def list_replies(tx: Tx, org_id: Id, student_id: Id, cut: Cut) -> Part:
    """The replies about a student, newest first, with who sent them."""
    return await listing.part(
        tx, _shown(org_id).where(_r.student_id == student_id), [_r.received_at, _r.id], cut, newest_first=True
    )


async def waiting(tx: Tx, org_id: Id, which: Which, cut: Cut) -> Part:
    """Replies that need a person, the oldest first: about nobody we can tell, or unclear; or all, the newest first.

    Whoever has finished the student's task to read replies has read those that had come by then.
    """
    query = _shown(org_id)
    if which == "all":
        return await listing.part(tx, query, [_r.received_at, _r.id], cut, newest_first=True)
    query = query.where(_r.read_at.is_(None), or_(_r.meaning == "unclear", _r.student_id.is_(None)))
    if which == "unmatched":
        query = query.where(_r.student_id.is_(None))
    else:
        query = query.where(_r.student_id.is_not(None), ~READ_WITH_ITS_TASK)
    return await listing.part(tx, query, [_r.received_at, _r.id], cut)


async def is_anything_unmatched(tx: Tx, org_id: Id) -> bool:
    """True while a reply waits for a person to say whom it is about."""
    left = select(_r.id).where(_r.org_id == org_id, _r.student_id.is_(None), _r.read_at.is_(None)).limit(1)
    return (await tx.execute(left)).first() is not None
