"""Planned absences: what a family tells ahead for a span of time, and that the student comes after all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from fastapi import Response
from pydantic import ConfigDict, Field, model_validator
from sqlalchemy import Row

from api.access import Caller, Here
from api.once import router as doors
from api.outcomes import CLOCKS_DIFFER_BY
from api.problem_kinds import OWN
from api.values import Asked, FreeText, Instant, Listed, Lister, RowId, Told
from db import absences, answers, notes, roster
from db.engine import Tx
from db.recording import Accepted
from db.session_tables import planned_absences
from db.tables import students
from domain.outcomes import Code
from domain.refusals import Invalid

router = doors("people")
LONGEST = timedelta(days=366)
Reason = Literal["ill", "clash", "holiday", "other"]


class AbsenceIn(Asked):
    """A span in which the student will not come: every session that begins in it. `to` is not part of it.

    `guardian_id` is the contact who told, `declared_at` when he did; by default now.
    """

    model_config = ConfigDict(
        populate_by_name=True,
        json_schema_extra={
            "examples": [{"from": "2026-03-09T00:00:00+00:00", "to": "2026-03-14T00:00:00+00:00", "reason": "holiday"}]
        },
    )
    starts_at: Instant = Field(alias="from")
    ends_at: Instant = Field(alias="to")
    reason: Reason = "other"
    guardian_id: RowId | None = None
    note: FreeText | None = None
    declared_at: Instant | None = None

    @model_validator(mode="after")
    def _is_a_span(self) -> AbsenceIn:
        if not timedelta(0) < self.ends_at - self.starts_at <= LONGEST:
            raise ValueError(f"to must come after from, by {LONGEST.days} days at most")
        return self


class ComesAfterAllIn(Asked):
    """Nothing to say: the student comes after all."""


class ToldOf(Told):
    """A session in the span with its outcome as it stands; `scheduled` when it was taken back."""

    session_id: str
    starts_at: datetime
    outcome_id: str
    code: Code


class Absence(Told):
    """A planned absence. `by` is the staff member who entered it; None for a system."""

    model_config = ConfigDict(populate_by_name=True)
    id: str
    student_id: str
    starts_at: datetime = Field(alias="from")
    ends_at: datetime = Field(alias="to")
    reason: Reason
    guardian_id: str | None
    by: str | None
    note: str | None
    declared_at: datetime
    withdrawn_at: datetime | None


class AbsenceTold(Absence):
    """With the sessions in its span that have an outcome; those made later join them."""

    sessions: list[ToldOf]


async def _told(here: Caller, tx: Tx, row: Row[Any]) -> AbsenceTold:
    note = (await notes.texts(tx, here.org_id, [row.note_id])).get(row.note_id)
    found = await absences.outcomes_in(tx, here.org_id, row)
    return AbsenceTold.of(row, note=note, sessions=[ToldOf.of(r) for r in found])


def _wake(here: Caller, recorded: Iterable[Accepted]) -> None:
    for outcome in recorded:
        if outcome.inbox_id is not None:
            here.wake(outcome.student_id, outcome.inbox_id)


@router.post("/students/{student_id}/absences", status_code=201)
async def declare_absence(here: Here, student_id: RowId, asked: AbsenceIn, response: Response) -> AbsenceTold:
    """Declare an absence ahead. Each open session in the span gets its outcome now, each made later when it is made.

    The server tells early from late and 1:1 from group. It is void for a session the student turns up at.
    """
    absence_id, note_id = here.new_id(), here.new_id()
    async with here.transaction() as tx:
        now = await here.now(tx)
        declared_at = asked.declared_at or now
        if declared_at > now + CLOCKS_DIFFER_BY:
            raise Invalid("declared_ahead", OWN["declared_ahead"])
        if asked.ends_at <= declared_at:
            raise Invalid("not_ahead", OWN["not_ahead"])
        student = await roster.one(tx, students, here.org_id, student_id)
        if asked.guardian_id is not None:
            await answers.check_guardian(tx, here.org_id, student.id, asked.guardian_id)
        values = {
            "student_id": student.id,
            "starts_at": asked.starts_at,
            "ends_at": asked.ends_at,
            "reason": asked.reason,
            "guardian_id": asked.guardian_id,
            "by": here.by,
            "note_id": await notes.write(tx, here.org_id, note_id, asked.note, here.by, now),
            "declared_at": declared_at,
        }
        row, recorded = await absences.declare(tx, here.org_id, absence_id, values, now)
        _wake(here, recorded)
        told = await _told(here, tx, row)
    response.headers["Location"] = f"/v1/absences/{told.id}"
    return told


@router.get("/students/{student_id}/absences")
async def list_absences(here: Here, student_id: RowId, listing: Lister) -> Listed[Absence]:
    """The student's planned absences, by their begin, withdrawn ones as well."""
    async with here.transaction() as tx:
        student = await roster.one(tx, students, here.org_id, student_id)
        part = await absences.of_student(tx, here.org_id, student.id, listing.cut)
        texts = await notes.texts(tx, here.org_id, [r.note_id for r in part.rows])
    return listing.answer(part, lambda row: Absence.of(row, note=texts.get(row.note_id)))


@router.get("/absences/{absence_id}")
async def get_absence(here: Here, absence_id: RowId) -> AbsenceTold:
    """One planned absence, with the sessions in it."""
    async with here.transaction() as tx:
        return await _told(here, tx, await roster.one(tx, planned_absences, here.org_id, absence_id))


@router.post("/absences/{absence_id}/withdraw")
async def withdraw_absence(here: Here, absence_id: RowId, asked: ComesAfterAllIn | None = None) -> AbsenceTold:
    """The student comes after all: its sessions ahead stand as if nothing had been told, and charges are credited back.

    Sessions that have begun stay as they are. Doing it again changes nothing.
    """
    async with here.transaction() as tx:
        row, recorded = await absences.withdraw(tx, here.org_id, absence_id, here.by, await here.now(tx))
        _wake(here, recorded)
        return await _told(here, tx, row)
