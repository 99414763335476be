"""Cases: an episode of recurring absence with its evidence, what people did about it, and how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from sqlalchemy import Row

from api.access import Here
from api.messages import Message, message
from api.once import router as doors
from api.tasks import Outreach, Task, outreach, task
from api.values import Listed, Lister, RowId, Told
from db import follow_ups, names, notes
from domain.cases import CaseOutcome, FollowUp
from domain.explaining import code_in_words

router = doors("cases")


class Case(Told):
    """A case. `follow_up` says whether a person reached out before the task was due."""

    id: str
    student_id: str
    student_name: str
    enrollment_id: str
    tier: int
    rule: str
    opened_at: datetime
    policy_version: int
    evidence: list[str]
    silent: bool
    step: int
    openings: int
    stopped: str | None
    stopped_in_words: str | None
    outreach_at: datetime | None
    follow_up: FollowUp
    watch_since: datetime | None
    outcome: CaseOutcome | None
    closed_at: datetime | None


class CaseDetail(Case):
    """A case with its tasks, who tried to reach the family, and every message of it."""

    tasks: list[Task]
    outreach: list[Outreach]
    messages: list[Message]


def _words(row: Row[Any]) -> str | None:
    return code_in_words(row.stopped) if row.stopped else None


@router.get("/cases")
async def list_cases(
    here: Here,
    listing: Lister,
    is_open: Annotated[bool | None, Query(alias="open")] = None,
    student_id: RowId | None = None,
    tier: Annotated[int | None, Query(ge=2, le=3)] = None,
) -> Listed[Case]:
    """List cases, newest first."""
    wanted = student_id
    async with here.transaction() as tx:
        part = await follow_ups.list_cases(tx, here.org_id, listing.cut, is_open=is_open, student_id=wanted, tier=tier)
    return listing.answer(part, lambda row: Case.of(row, stopped_in_words=_words(row)))


@router.get("/cases/{case_id}")
async def get_case(here: Here, case_id: RowId) -> CaseDetail:
    """One case with everything that belongs to it."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        row = await follow_ups.one_case(tx, here.org_id, case_id)
        its_tasks = await follow_ups.tasks_of_case(tx, here.org_id, row.id)
        tried = await follow_ups.outreach_of(tx, here.org_id, case_id=row.id)
        letters = await follow_ups.messages_of_case(tx, here.org_id, row.id)
        texts = await notes.texts(tx, here.org_id, (r.note_id for r in (*its_tasks, *tried)))
        people = await names.of_people(tx, here.org_id)
    return CaseDetail.of(
        row,
        stopped_in_words=_words(row),
        tasks=[task(r, now, texts) for r in its_tasks],
        outreach=[outreach(r, texts) for r in tried],
        messages=[message(r, people) for r in letters],
    )
