"""Who did what, when and why: acts on students and sessions, and everything an office changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Row

from api.access import Here
from api.once import router as doors
from api.values import Instant, Listed, Lister, RowId
from db import audit_log, notes, roster
from db.audit_log import Topic, Wanted
from domain.audit_words import act_in_words
from domain.explaining import code_in_words, explain, refusal
from domain.tasks import Role
from domain.value import Because, Id

router = doors("audit")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOBODY, GONE = "an integration", "something no longer here"


class AuditedAct(BaseModel):
    """One act. `by` is empty for an integration; `refused` says why it was not accepted; `numbers` hold its details."""

    id: str
    at: datetime
    topic: Topic
    act: str
    by: str | None
    by_name: str
    about: str | None
    student_id: str | None
    student_name: str | None
    words: str
    reason: str | None
    refused: str | None
    numbers: dict[str, Any]


@router.get("/audit")
async def list_audited_acts(
    here: Here,
    listing: Lister,
    by: Annotated[RowId | None, Query(description="a staff member")] = None,
    topic: Topic | None = None,
    since: Annotated[Instant | None, Query(alias="from", description="at or after")] = None,
    until: Annotated[Instant | None, Query(alias="to", description="before")] = None,
) -> Listed[AuditedAct]:
    """List acts of people, newest first; for a lead's and an admin's eyes."""
    here.person(Role.LEAD)
    async with here.transaction() as tx:
        part = await audit_log.acts(tx, here.org_id, Wanted(by, topic, since, until), listing.cut)
        zone = await roster.zone_of(tx, here.org_id)
        called = await audit_log.called(tx, here.org_id, _ids(part.rows), zone)
        reasons = await notes.texts(tx, here.org_id, (row.reason_id for row in part.rows))
    return listing.answer(part, lambda row: _told(row, called, reasons, zone))


def _ids(rows: Any) -> set[Id]:
    """Every id that a row says something of."""
    named = {one for row in rows for one in (row.by, row.about, row.student_id) if one}
    for row in rows:
        said = {**(row.numbers or {}), **((row.because or {}).get("numbers") or {})}
        named |= {value for value in said.values() if isinstance(value, str) and _ID.fullmatch(value)}
    return named


def _told(row: Row[Any], called: Mapping[Id, str], reasons: Mapping[Id, str], zone: str) -> AuditedAct:
    def who(one: Id) -> str:
        return called.get(one, "")

    by = called.get(row.by, GONE) if row.by else NOBODY
    if row.because is not None and not row.refused:
        words = explain(Because.model_validate(row.because), lambda one: who(one) or GONE, zone)
    elif row.refused:
        words = f"{by}: {code_in_words(row.act)}. {refusal(row.refused)}"
    else:
        words = act_in_words(row.act, by, called.get(row.about, GONE) if row.about else GONE, row.numbers or {}, who)
    return AuditedAct(
        id=row.id,
        at=row.at,
        topic=row.topic,
        act=row.act,
        by=row.by,
        by_name=by,
        about=row.about,
        student_id=row.student_id,
        student_name=called.get(row.student_id) if row.student_id else None,
        words=words,
        reason=reasons.get(row.reason_id) if row.reason_id else None,
        refused=row.refused,
        numbers={name: value for name, value in (row.numbers or {}).items() if value is not None},
    )
