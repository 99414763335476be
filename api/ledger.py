"""An enrollment's book: what stands in it in words, units bought, units adjusted by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import Row

from api.access import Caller, Here
from api.acts import NOT_YET, is_decided, not_yet, put
from api.once import router as doors
from api.values import Asked, FreeText, Listed, Lister, RowId, Told
from db import ledger, notes, roster, story
from db.tables import enrollments
from domain.balance import Entry as Line
from domain.balance import EntryKind
from domain.effects import PostEntry
from domain.events import Adjusted, ToppedUp
from domain.explaining import code_in_words, describe_effect
from domain.value import Id

router = doors("ledger")
MOST_UNITS = 10_000


class Entry(Told):
    """A line of the book: signed units, why, and the balance after it."""

    id: str
    kind: EntryKind
    units: int
    balance_after: int
    at: datetime
    words: str
    outcome_id: str | None
    outcome_version: int | None
    session_id: str | None
    reverses: str | None
    by: str | None
    reason: str | None


class Book(Listed[Entry]):
    """Entries, newest first, and the balance: the sum of all of them."""

    enrollment_id: str
    balance: int


class TopUpIn(Asked):
    """Units that were bought."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"units": 10, "reason": "package of ten, invoice 311"}]})
    units: int = Field(gt=0, le=MOST_UNITS)
    reason: FreeText | None = None


class AdjustmentIn(Asked):
    """Units to add or to take by hand, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"units": -1, "reason": "booked twice in the old system"}]}
    )
    units: int = Field(ge=-MOST_UNITS, le=MOST_UNITS)
    reason: FreeText

    @field_validator("units")
    @classmethod
    def _is_something(cls, units: int) -> int:
        if units == 0:
            raise ValueError("an adjustment of 0 changes nothing; give a number above or below 0")
        return units


class Settled(BaseModel):
    """The act is done, and this is the balance after it."""

    status: str = "done"
    act_id: str
    enrollment_id: str
    balance: int


@router.get("/enrollments/{enrollment_id}/ledger")
async def get_ledger(here: Here, enrollment_id: RowId, listing: Lister) -> Book:
    """The enrollment's book, newest entry first."""
    async with here.transaction() as tx:
        enrollment = await roster.one(tx, enrollments, here.org_id, enrollment_id)
        part = await ledger.book(tx, here.org_id, enrollment.id, listing.cut)
        balance = await ledger.balance(tx, here.org_id, enrollment.id)
        zone = await roster.zone_of(tx, here.org_id)
        called = await story.called(tx, here.org_id, enrollment.student_id, zone)
        reasons = await notes.texts(tx, here.org_id, (r.reason_id for r in part.rows))

    def told(row: Row[Any]) -> Entry:
        words = describe_effect(PostEntry(entry=Line.model_validate(dict(row._mapping))), called.__getitem__, zone)
        if row.session_id and row.code:
            words = f"{words}: {called.get(row.session_id, 'the session')}, {code_in_words(row.code)}"
        return Entry.of(row, words=words, reason=reasons.get(row.reason_id))

    told_part = listing.answer(part, told)
    return Book(**dict(told_part), enrollment_id=enrollment.id, balance=balance)


@router.post("/enrollments/{enrollment_id}/top-ups", responses=NOT_YET, response_model=Settled)
async def top_up(here: Here, enrollment_id: RowId, asked: TopUpIn) -> Settled | JSONResponse:
    """Add units that were bought."""
    return await _settle(here, enrollment_id, ToppedUp, asked.units, asked.reason)


@router.post("/enrollments/{enrollment_id}/adjustments", responses=NOT_YET, response_model=Settled)
async def adjust(here: Here, enrollment_id: RowId, asked: AdjustmentIn) -> Settled | JSONResponse:
    """Correct the balance by hand. It fires no alert and re-arms none."""
    return await _settle(here, enrollment_id, Adjusted, asked.units, asked.reason)


async def _settle(
    here: Caller, enrollment_id: Id, kind: type[ToppedUp | Adjusted], units: int, reason: str | None
) -> Settled | JSONResponse:
    act_id, note_id = here.new_id(), here.new_id()
    async with here.transaction() as tx:
        now = await here.now(tx)
        enrollment = await roster.one(tx, enrollments, here.org_id, enrollment_id)
        reason_id = await notes.write(tx, here.org_id, note_id, reason, here.by, now)
        act = kind(act_id=act_id, enrollment_id=enrollment_id, units=units, reason_id=reason_id, by=here.by)
        await put(here, tx, enrollment.student_id, act_id, act, now)
    if not await is_decided(here, act_id):
        return not_yet(act_id)
    async with here.transaction() as tx:
        balance = await ledger.balance(tx, here.org_id, enrollment_id)
    return Settled(act_id=act_id, enrollment_id=enrollment_id, balance=balance)
