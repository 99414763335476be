"""What the page of replies shows beside a reply: what it answers, and whose it may be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from db.engine import Tx
from db.journal_tables import messages
from db.tables import guardians, student_guardians, students
from domain.value import Id

MOST = 12
"""Families that a search shows."""
SHORTEST = 2
"""Letters to search for."""
_m, _g, _s, _c = messages.c, guardians.c, students.c, student_guardians.c


async def answered(tx: Tx, org_id: Id, replies: Sequence[Row[Any]]) -> dict[Id, Row[Any]]:
    """The messages that these replies answer, by id."""
    ids = sorted({r.message_id for r in replies if r.message_id})
    if not ids:
        return {}
    query: Select[Any] = select(_m.id, _m.purpose, _m.channel, _m.body, _m.subject, _m.handed_over_at, _m.created_at)
    return {r.id: r for r in await tx.execute(query.where(_m.org_id == org_id, _m.id.in_(ids)))}


def _families(org_id: Id) -> Select[Any]:
    return (
        select(
            _g.id.label("guardian_id"),
            _g.name.label("guardian_name"),
            _g.phone,
            _g.email,
            _s.id.label("student_id"),
            _s.name.label("student_name"),
        )
        .join(student_guardians, and_(_c.org_id == _g.org_id, _c.guardian_id == _g.id))
        .join(students, and_(_s.org_id == _g.org_id, _s.id == _c.student_id))
        .where(_g.org_id == org_id)
        .order_by(_g.name, _s.name, _g.id, _s.id)
    )


async def of_guardians(tx: Tx, org_id: Id, replies: Sequence[Row[Any]]) -> dict[Id, list[Row[Any]]]:
    """The children of those whose reply it is, where only the child is not known."""
    ids = sorted({r.guardian_id for r in replies if r.guardian_id and r.student_id is None})
    found: dict[Id, list[Row[Any]]] = defaultdict(list)
    if ids:
        for row in await tx.execute(_families(org_id).where(_g.id.in_(ids))):
            found[row.guardian_id].append(row)
    return found


async def alike(tx: Tx, org_id: Id, words: str) -> Sequence[Row[Any]]:
    """Contacts and their children by a part of a name, a number or an e-mail address; nothing for fewer letters."""
    if len(words) < SHORTEST:
        return ()
    found: Sequence[Row[Any]] = (await tx.execute(_families(org_id).where(has(words)).limit(MOST))).all()
    return found


def has(words: str) -> ColumnElement[bool]:
    """Whether a family has these words in a name, or in an address of its contact."""
    part = f"%{words.replace('/', '//').replace('%', '/%').replace('_', '/_')}%"
    columns = (_g.name, _s.name, _g.phone, func.coalesce(_g.email, ""))
    return or_(*(column.ilike(part, escape="/") for column in columns))
