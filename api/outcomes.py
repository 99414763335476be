"""Outcomes: what became of a session for a student. Accepted at once, decided by the student's workflow."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Caller, Here
from api.batches import Batch, each
from api.once import router as doors
from api.problem_kinds import OWN
from api.problems import Problem
from api.values import Asked, Instant, Listed, Lister, Reference, RowId, Told
from db import outcome_reading, recording
from db.recording import Accepted, Report
from db.roster import Directory
from db.tables import sessions, students
from domain.outcomes import Code
from domain.refusals import Invalid

router = doors("outcomes")
CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""How far ahead of ours another system's clock may be."""


class OutcomeIn(Asked):
    """An outcome to record. `announced_at` says when the family told of an absence; by default now.

    `import` marks history from another system: it settles the balance and opens nothing.
    """

    model_config = ConfigDict(
        populate_by_name=True,
        json_schema_extra={"examples": [{"session_ref": "MATH-7-0302", "student_ref": "S-1", "code": "no_show"}]},
    )
    session_id: RowId | None = None
    session_ref: Reference | None = None
    student_id: RowId | None = None
    student_ref: Reference | None = None
    code: Code
    announced_at: Instant | None = None
    imported: bool = Field(False, alias="import")


class Outcome(Told):
    """An outcome as it stands: its newest version."""

    id: str
    session_id: str
    student_id: str
    code: Code
    version: int
    received_at: datetime


class OutcomeAccepted(Outcome):
    """The code that was decided (early or late is told apart here). `repeated`: it was known, nothing changed."""

    repeated: bool = False


class OutcomeResult(BaseModel):
    """What became of one item of a batch: the outcome, or the problem."""

    status: int
    outcome: OutcomeAccepted | None = None
    problem: Problem | None = None


class OutcomeResults(BaseModel):
    """A result for each item, in the order of the request."""

    items: list[OutcomeResult]


class Version(Told):
    """One version of an outcome. `recorded_by` is None when a system told it."""

    version: int
    code: Code
    announced_at: datetime | None
    recorded_at: datetime
    source: str
    recorded_by: str | None
    reason: str | None


class OutcomeHistory(Outcome):
    """An outcome with all its versions."""

    enrollment_id: str
    announced_at: datetime | None
    imported: bool
    versions: list[Version]


def accepted(here: Caller, found: Accepted) -> OutcomeAccepted:
    """The answer to an accepted outcome; the student is nudged when the transaction stands."""
    if found.inbox_id is not None:
        here.wake(found.student_id, found.inbox_id)
    if found.wakes_session:
        here.wake_session(found.session_id)
    return OutcomeAccepted.model_validate({**asdict(found), "id": found.outcome_id})


async def _record(here: Caller, names: Directory, asked: OutcomeIn, now: datetime) -> OutcomeAccepted:
    if asked.announced_at is not None and asked.announced_at > now + CLOCKS_DIFFER_BY:
        raise Invalid("announced_ahead", OWN["announced_ahead"])
    session = await names.find(sessions, asked.session_id, asked.session_ref)
    student = await names.find(students, asked.student_id, asked.student_ref)
    report = Report(
        session_id=session.id,
        student_id=student.id,
        code=asked.code,
        announced_at=asked.announced_at,
        imported=asked.imported,
        source="import" if asked.imported else "api",
        by=here.by,
    )
    return accepted(here, await recording.record(names.tx, here.org_id, report, now))


@router.post("/outcomes", status_code=202)
async def record_outcome(here: Here, asked: OutcomeIn, response: Response) -> OutcomeAccepted:
    """Record what became of a session for a student. The same outcome again gets the first answer.

    Another code for the same session and student is refused (409); it is a correction.
    """
    async with here.transaction() as tx:
        made = await _record(here, Directory(tx, here.org_id), asked, await here.now(tx))
    response.headers["Location"] = f"/v1/outcomes/{made.id}"
    return made


@router.post("/outcomes/batch")
async def record_outcomes(here: Here, batch: Batch) -> OutcomeResults:
    """Record up to 1,000 outcomes, each alone: a bad one does not stop the others."""
    done = await each(here, batch.items, OutcomeIn, _record, 202)
    return OutcomeResults(items=[OutcomeResult(status=r.status, outcome=r.item, problem=r.problem) for r in done.items])


@router.get("/outcomes")
async def list_outcomes(
    here: Here, listing: Lister, student_id: RowId | None = None, session_id: RowId | None = None
) -> Listed[Outcome]:
    """List outcomes as they stand, in the order in which they came."""
    async with here.transaction() as tx:
        part = await outcome_reading.list_outcomes(
            tx,
            here.org_id,
            listing.cut,
            student_id=student_id,
            session_id=session_id,
        )
    return listing.answer(part, Outcome.of)


@router.get("/outcomes/{outcome_id}")
async def get_outcome(here: Here, outcome_id: RowId) -> OutcomeHistory:
    """One outcome with all its versions."""
    async with here.transaction() as tx:
        row = await outcome_reading.one(tx, here.org_id, outcome_id)
        rows = await outcome_reading.versions(tx, here.org_id, row.id)
    return OutcomeHistory.of(row, versions=[Version.of(r) for r in rows])
