"""An operator's own words: versions that are only ever added. The newest of each template stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from db.engine import Tx
from db.template_tables import message_templates
from domain.refusals import Conflict
from domain.sending import Channel, Purpose
from domain.templates import Template
from domain.value import Id

_t = message_templates.c


class Which(NamedTuple):
    """What a template is for. `language` is one that families are written to in."""

    purpose: Purpose
    channel: Channel
    language: str


def words_of(row: Row[Any] | None) -> Template | None:
    """The words of a version; None for the shipped ones."""
    if row is None or row.story is None:
        return None
    return Template(subject=row.subject, story=row.story, ask=row.ask)


async def newest(tx: Tx, org_id: Id) -> dict[Which, Row[Any]]:
    """The version that stands of every template that was ever changed."""
    each = (_t.purpose, _t.channel, _t.language)
    rows = await tx.execute(
        select(message_templates).ext(distinct_on(*each)).where(_t.org_id == org_id).order_by(*each, _t.version.desc())
    )
    return {Which(Purpose(r.purpose), Channel(r.channel), r.language): r for r in rows}


async def versions(tx: Tx, org_id: Id, which: Which, limit: int | None = None) -> list[Row[Any]]:
    """The versions of a template, newest first."""
    rows = await tx.execute(
        select(message_templates).where(_is(org_id, which)).order_by(_t.version.desc()).limit(limit)
    )
    return list(rows.all())


async def standing(tx: Tx, org_id: Id, which: Which) -> Row[Any] | None:
    """The version that stands; None while only the shipped words have."""
    return next(iter(await versions(tx, org_id, which, 1)), None)


async def change(tx: Tx, org_id: Id, which: Which, words: Template | None, by: Id, now: datetime) -> None:
    """Let these words stand from now on; None is back to the shipped ones. Words that stand already change nothing.

    Raises Conflict when somebody else changed the template in this moment.
    """
    before = await standing(tx, org_id, which)
    if words_of(before) == words:
        return
    said = words.model_dump() if words else {}
    key = {"org_id": org_id, **{name: str(value) for name, value in which._asdict().items()}}
    row = key | said | {"version": before.version + 1 if before else 1}
    made = await tx.execute(
        insert(message_templates)
        .values(row | {"made_by": by, "made_at": now})
        .on_conflict_do_nothing()
        .returning(_t.version)
    )
    if made.one_or_none() is None:
        raise Conflict("template_changing", "somebody else changed this template in this moment; read it and try again")


def _is(org_id: Id, which: Which) -> ColumnElement[bool]:
    purpose, channel, language = map(str, which)
    return and_(_t.org_id == org_id, _t.purpose == purpose, _t.channel == channel, _t.language == language)
