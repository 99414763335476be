"""What passed between a student's family and us, from the three books that hold it: messages, replies, outreach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import TIMESTAMP, ColumnElement, Row, Table, and_, case, cast, func, literal, select, union_all

from db import listing, notes
from db.draft_tables import draft_texts
from db.engine import Tx
from db.journal_tables import messages, outreach
from db.listing import Cut
from db.reply_tables import replies
from db.student_facts import to_message
from db.tables import students
from domain.conversation import Letter, Outreach, Reply
from domain.sending import WAITING
from domain.value import Id

_m, _r, _o = messages.c, replies.c, outreach.c
_ENDED_AT = cast(_m.history[-1]["at"].astext, TIMESTAMP(timezone=True))
_SAID_AT = func.coalesce(
    _m.handed_over_at,
    case((_m.state.in_([s.value for s in sorted(WAITING)]), _m.due_at), else_=_ENDED_AT),
    _m.created_at,
)
"""When a message left; else when it is to, or when it came to nothing."""
_Made = TypeVar("_Made")


async def part(
    tx: Tx, org_id: Id, student_id: Id, cut: Cut
) -> tuple[list[Letter], list[Reply], list[Outreach], str | None]:
    """The newest part of it, and the cursor of the part before. A notice to staff is no part of it."""

    def of(table: Table, kind: str, at: ColumnElement[Any], *where: ColumnElement[bool]) -> Any:
        mine = (table.c.org_id == org_id, table.c.student_id == student_id, *where)
        return select(literal(kind).label("kind"), table.c.id.label("id"), at.label("at")).where(*mine)

    said = union_all(
        of(messages, "message", _SAID_AT, _m.guardian_id.is_not(None)),
        of(replies, "reply", _r.received_at),
        of(outreach, "outreach", _o.at),
    ).subquery("said")
    found = await listing.part(tx, select(said), [said.c.at, said.c.id], cut, newest_first=True)
    at = {r.id: r.at for r in found.rows}

    async def made(kind: str, table: Table, make: Callable[[Row[Any]], _Made]) -> list[_Made]:
        ids = [r.id for r in found.rows if r.kind == kind]
        rows = await tx.execute(select(table).where(table.c.org_id == org_id, table.c.id.in_(ids))) if ids else ()
        return [make(r) for r in rows]

    letters = await _with_drafts(tx, org_id, await made("message", messages, lambda r: (r, _letter(r, at[r.id]))))
    told = await notes.texts(tx, org_id, [r.note_id for r in await made("outreach", outreach, lambda r: r)])
    return (
        await _with_companions(tx, org_id, letters),
        await made("reply", replies, _reply),
        await made("outreach", outreach, lambda r: _outreach(r, told)),
        found.next_cursor,
    )


async def _with_drafts(tx: Tx, org_id: Id, letters: list[tuple[Row[Any], Letter]]) -> list[tuple[Row[Any], Letter]]:
    """A message that has not left has the words of its draft, if it has one."""
    unsaid = [r.id for r, letter in letters if letter.words is None]
    if not unsaid:
        return letters
    d = draft_texts.c
    query = select(d.message_id, d.subject, d.story, d.ask).where(d.org_id == org_id, d.message_id.in_(unsaid))
    drafted = {
        r.message_id: {"subject": r.subject or None, "words": "\n\n".join(p for p in (r.story, r.ask) if p) or None}
        for r in await tx.execute(query)
    }
    return [(r, letter.model_copy(update=drafted.get(r.id, {}))) for r, letter in letters]


async def _with_companions(tx: Tx, org_id: Id, letters: list[tuple[Row[Any], Letter]]) -> list[Letter]:
    """Each message that travelled in another's text says whose that was."""
    carriers = {r.merged_into for r, _ in letters if r.merged_into is not None}
    whose: dict[Id, str] = {}
    if carriers:
        named = students.join(messages, and_(_m.org_id == students.c.org_id, _m.student_id == students.c.id))
        query = select(_m.id, students.c.name).select_from(named).where(_m.org_id == org_id, _m.id.in_(carriers))
        whose = {r.id: r.name for r in await tx.execute(query)}
    return [letter.model_copy(update={"with_student": whose.get(r.merged_into)}) for r, letter in letters]


def _letter(r: Row[Any], at: Any) -> Letter:
    return Letter(message=to_message(r), at=at, subject=r.subject, words=r.body)


def _reply(r: Row[Any]) -> Reply:
    return Reply(
        id=r.id,
        at=r.received_at,
        guardian_id=r.guardian_id,
        sender=r.sender,
        channel=r.channel,
        words=r.text,
        meaning=r.meaning,
        rule=r.rule or "",
        read_by=r.read_by,
    )


def _outreach(r: Row[Any], told: dict[Id, str]) -> Outreach:
    return Outreach(id=r.id, at=r.at, by=r.by, channel=r.channel, outcome=r.outcome, note=told.get(r.note_id))
