"""Who did what and when: acts written down here because no journal holds them, and all acts read as one list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import DateTime, Select, Subquery, Text, Uuid, bindparam, insert, select, text, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from db import listing
from db.engine import Tx
from db.listing import Cut, Part
from db.office_tables import audit_log
from db.tables import api_keys, guardians, schedules, sessions, staff, students
from db.webhook_tables import webhook_endpoints
from domain.value import Id
from domain.wording import when

Topic = Literal[
    "student",
    "session",
    "calendar",
    "task",
    "message",
    "policy",
    "template",
    "staff",
    "key",
    "webhook",
    "import",
    "settings",
    "login",
]
"""What an act is about. Acts on students and sessions stand in their journals, policies in their own table."""
_UUID = Uuid(as_uuid=False)


async def write(
    tx: Tx,
    org_id: Id,
    by: Id | None,
    topic: Topic,
    act: str,
    now: datetime,
    *,
    about: Id | None = None,
    reason_id: Id | None = None,
    **numbers: int | str | None,
) -> None:
    """Write an act down, in the transaction that does it. `numbers` are ids, codes, numbers and times: never names."""
    row = {"org_id": org_id, "at": now, "by": by, "topic": topic, "act": act, "about": about, "reason_id": reason_id}
    await tx.execute(insert(audit_log).values(row | {"numbers": numbers}))


@dataclass(frozen=True)
class Wanted:
    """Which acts are asked for; None asks for nothing. `since` is included, `until` is not."""

    by: Id | None = None
    topic: Topic | None = None
    since: datetime | None = None
    until: datetime | None = None


_COLUMNS: dict[str, TypeEngine[Any]] = {
    "at": DateTime(timezone=True),
    **dict.fromkeys(("id", "by", "about", "reason_id", "student_id"), _UUID),
    **dict.fromkeys(("topic", "act", "refused"), Text()),
    **dict.fromkeys(("numbers", "because"), JSONB()),
}
_NULLS = {
    **dict.fromkeys(("about", "reason_id", "student_id"), "null::uuid"),
    **dict.fromkeys(("numbers", "because"), "null::jsonb"),
    "refused": "null::text",
}


_NOT_LOGGED = ("student_id", "because", "refused")


def _source(table: str, where: str = "true", **columns: str) -> str:
    """The acts that stand in one book, with the same columns as those of every other."""
    told = ", ".join(f'{value} as "{name}"' for name, value in (_NULLS | columns).items())
    return f"select {told} from {table} where org_id = :org and {where}"


_OF_SESSION = "because -> 0 -> 'numbers'"
_SOURCES = (
    _source(
        "decisions",
        "event ->> 'by' is not null",
        **{"at": "at", "id": "id", "topic": "'student'", "act": "event ->> 'kind'", "by": "(event ->> 'by')::uuid"},
        **{"about": "student_id", "student_id": "student_id", "numbers": "event", "because": "because -> 0"},
        refused="refused",
        reason_id="coalesce(event ->> 'reason_id', event ->> 'note_id')::uuid",
    ),
    _source(
        "session_decisions",
        f"{_OF_SESSION} ->> 'by' is not null",
        **{"at": "at", "id": "id", "topic": "'session'", "act": "because -> 0 ->> 'rule'", "about": "session_id"},
        by=f"({_OF_SESSION} ->> 'by')::uuid",
        reason_id=f"({_OF_SESSION} ->> 'reason_id')::uuid",
        numbers=_OF_SESSION,
    ),
    _source(
        "policies",
        **{"at": "published_at", "topic": "'policy'", "act": "'policy_published'", "by": "published_by"},
        id="md5(concat('policy', org_id, version))::uuid",
        numbers="jsonb_build_object('version', version)",
    ),
    _source(
        "message_templates",
        **{"at": "made_at", "topic": "'template'", "by": "made_by"},
        act="case when story is null then 'template_reset' else 'template_changed' end",
        id="md5(concat('template', org_id, purpose, channel, language, version))::uuid",
        numbers="jsonb_build_object('purpose', purpose, 'channel', channel, 'language', language, 'version', version)",
    ),
    _source(
        "logins",
        "staff_id is not null",
        **{"at": "created_at", "id": "id", "topic": "'login'", "act": "'signed_in'", "by": "staff_id"},
    ),
    _source(
        "sign_in_links",
        "made_by is not null and staff_id is not null",
        **{
            "at": "created_at",
            "id": "id",
            "topic": "'staff'",
            "act": "'invited'",
            "by": "made_by",
            "about": "staff_id",
        },
    ),
    _source("audit_log", **{name: f'"{name}"' for name in _COLUMNS if name not in _NOT_LOGGED}),
)
"""Every book in which an act of a person stands; each is read by an index on its time."""


async def acts(tx: Tx, org_id: Id, wanted: Wanted, cut: Cut) -> Part:
    """A part of the acts of people, newest first.

    Each has `topic`, `act`, `by`, what it is `about`, `student_id`, `because` (the journal's first rule, or None),
    `refused`, `reason_id` and `numbers`.
    """
    org = bindparam("org", org_id, _UUID)
    parts = [_part(text(source).bindparams(org).columns(**_COLUMNS).subquery(), wanted, cut) for source in _SOURCES]
    found = union_all(*(select(part.subquery()) for part in parts)).subquery("acts")
    return await listing.part(tx, select(found), [found.c.at, found.c.id], cut, newest_first=True)


def _part(of: Subquery, wanted: Wanted, cut: Cut) -> Select[Any]:
    """What one book gives to a part: bounded by itself, so that its index is read no further."""
    query = select(*(of.c[name] for name in _COLUMNS))
    for one, value in ((of.c.topic, wanted.topic), (of.c.by, wanted.by)):
        if value is not None:
            query = query.where(one == value)
    if wanted.since is not None:
        query = query.where(of.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(of.c.at < wanted.until)
    return listing.bounded(query, [of.c.at, of.c.id], cut, newest_first=True)


async def called(tx: Tx, org_id: Id, ids: Iterable[Id | None], zone: str) -> Mapping[Id, str]:
    """What the ids in these acts are called: people, keys, endpoints, schedules, sessions with their times."""
    wanted = sorted({one for one in ids if one is not None})
    if not wanted:
        return {}
    named = [
        select(t.c.id, name.label("name")).where(t.c.org_id == org_id, t.c.id.in_(wanted))
        for t, name in (
            (staff, staff.c.name),
            (students, students.c.name),
            (guardians, guardians.c.name),
            (api_keys, api_keys.c.name),
            (webhook_endpoints, webhook_endpoints.c.url),
            (schedules, schedules.c.subject),
        )
    ]
    words = {row.id: row.name for row in await tx.execute(union_all(*named))}
    held = await tx.execute(
        select(sessions.c.id, sessions.c.starts_at, schedules.c.subject)
        .join(schedules, (schedules.c.org_id == sessions.c.org_id) & (schedules.c.id == sessions.c.schedule_id))
        .where(sessions.c.org_id == org_id, sessions.c.id.in_(wanted))
    )
    return words | {row.id: f"{row.subject} on {when(row.starts_at, zone)}" for row in held}
