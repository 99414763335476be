"""Long lists a page at a time, by keyset: the next page begins after the last row's sort values, so none is skipped."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Date, DateTime, Integer, Row, Select, Uuid, literal, tuple_

from db.engine import Tx
from domain.refusals import Invalid

LONGEST = 200


@dataclass(frozen=True)
class Cut:
    """Which part of a list is wanted: at most `limit` rows after `cursor`."""

    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True)
class Part:
    """Rows of a list; `next_cursor` is None at its end."""

    rows: Sequence[Row[Any]]
    next_cursor: str | None = None


async def part(
    tx: Tx, query: Select[Any], keys: Sequence[ColumnElement[Any]], cut: Cut, *, newest_first: bool = False
) -> Part:
    """One part of a query, sorted by `keys`, the last of which is unique. The query must select them.

    Raises Invalid for a cursor that is not one of ours.
    """
    rows = (await tx.execute(bounded(query, keys, cut, newest_first=newest_first))).all()
    if len(rows) <= cut.limit:
        return Part(rows)
    rows = rows[: cut.limit]
    return Part(rows, _cursor([rows[-1]._mapping[k] for k in keys]))


def bounded(
    query: Select[Any], keys: Sequence[ColumnElement[Any]], cut: Cut, *, newest_first: bool = False
) -> Select[Any]:
    """The query for the rows of one part and the row after them: for lists that are put together from several."""
    if cut.cursor is not None:
        after = [literal(v, k.type) for v, k in zip(_values(cut.cursor, keys), keys, strict=True)]
        place = tuple_(*keys)
        query = query.where(place < tuple_(*after) if newest_first else place > tuple_(*after))
        # follows from the line above, and lets an index begin there also when the keys lie in several tables
        query = query.where(keys[0] <= after[0] if newest_first else keys[0] >= after[0])
    return query.order_by(*(k.desc() if newest_first else k.asc() for k in keys)).limit(cut.limit + 1)


def _cursor(values: Sequence[Any]) -> str:
    plain = [v.isoformat() if isinstance(v, date) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _values(cursor: str, keys: Sequence[ColumnElement[Any]]) -> list[Any]:
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [_value(v, k) for v, k in zip(plain, keys, strict=True)]
    except (ValueError, TypeError, binascii.Error) as problem:
        raise Invalid("cursor_invalid", "this cursor is not from this list; start again without it") from problem


def _value(value: Any, key: ColumnElement[Any]) -> Any:
    match key.type:
        case DateTime():
            at = datetime.fromisoformat(value)
            if at.tzinfo is None:
                raise ValueError("an instant without its offset")
            return at
        case Date():
            return date.fromisoformat(value)
        case Uuid():
            return str(UUID(value))
        case Integer() | BigInteger():
            if not -(2**63) <= int(value) < 2**63:
                raise ValueError("out of range")
            return int(value)
        case _:
            return str(value)
