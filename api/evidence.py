"""Evidence of a session: what was seen of it, told by any system, and read back with names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Body, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from api.access import Caller, Here
from api.batches import MOST, Batch, Batched, Result
from api.evidence_items import EvidenceIn, Kind, check_time, observed
from api.once import router as doors
from api.problems import Problem, problem_of
from api.values import Listed, Lister, RowId, Told
from db import attendance_board, evidence, observing, roster
from db.attendance_board import Span
from db.engine import Tx
from db.observing import Observed
from db.roster import Directory
from db.tables import sessions
from domain.evidence import EvidenceKind
from domain.outcomes import Code
from domain.refusals import Refusal

router = doors("evidence")
SOURCE = "api"


def _body() -> dict[str, Any]:
    """How the body is described: one piece of evidence, or several."""
    one = EvidenceIn.model_json_schema()
    kinds = one.pop("$defs")["Kind"]
    one["properties"]["kind"] = kinds
    items = {"type": "array", "items": one, "minItems": 1, "maxItems": MOST}
    many = {"type": "object", "properties": {"items": items}, "required": ["items"]}
    return {"oneOf": [one, many], "examples": one["examples"]}


EvidenceBody = Annotated[dict[str, Any], Body(json_schema_extra=_body())]


class Taken(BaseModel):
    """Evidence that stands in the books. `repeated`: it was known already; a summary has no id."""

    id: str | None
    kind: Kind
    at: datetime | None
    repeated: bool


class Evidence(Told):
    """One thing seen, with whom it is about; nobody has matched a participant who is neither student nor staff."""

    id: str
    source: str
    kind: EvidenceKind
    at: datetime
    received_at: datetime
    student_id: str | None
    student_name: str | None
    staff_id: str | None
    staff_name: str | None
    participant_id: str | None
    participant_name: str | None
    ignored: bool
    connection: str | None
    code: Code | None
    late_minutes: int | None
    value: float | None
    by: str | None


class Stay(BaseModel):
    """A stretch of time in the room."""

    joined_at: datetime
    left_at: datetime


class SessionAttendance(Told):
    """What was measured of a student and what came of it. Minutes count inside the scheduled time."""

    student_id: str
    student_name: str
    code: str
    outcome_id: str | None
    minutes: float | None
    ratio: float | None
    joined_at: datetime | None
    left_at: datetime | None
    late_minutes: float | None
    early_minutes: float | None
    engagement: float | None
    comprehension: float | None
    stays: list[Stay]


@router.post("/sessions/{session_id}/evidence", status_code=201)
async def record_evidence(
    here: Here, session_id: RowId, body: EvidenceBody, response: Response
) -> Taken | Batched[Taken]:
    """Tell what was seen of a session: one thing, or `items` with up to 1,000, each alone.

    The same `event_id` again, or without one the same words, changes nothing. The order does not matter.
    """
    many = "items" in body
    try:
        raws = Batch.model_validate(body).items if many else [body]
    except ValidationError as wrong:
        raise _in_the_body(wrong) from wrong
    async with here.transaction() as tx:
        now = await here.now(tx)
        session = await roster.one(tx, sessions, here.org_id, session_id)
        names = Directory(tx, here.org_id)
        read: list[tuple[EvidenceIn, Observed] | Problem] = []
        for raw in raws:
            try:
                read.append(await _read(names, raw, session.starts_at, now))
            except (ValidationError, Refusal) as wrong:
                if not many:
                    raise (_in_the_body(wrong) if isinstance(wrong, ValidationError) else wrong) from wrong
                read.append(problem_of(wrong))
        told = [r[1] for r in read if not isinstance(r, Problem)]
        made = await observing.record(tx, here.org_id, session.id, SOURCE, told, here.by, now)
        await wake(here, tx, [session.id], now)
    results = [_result(r, made) for r in read]
    if many:
        response.status_code = 200
        return Batched(items=results)
    taken = results[0].item
    assert taken is not None
    return taken


async def _read(names: Directory, raw: object, starts_at: datetime, now: datetime) -> tuple[EvidenceIn, Observed]:
    asked = EvidenceIn.model_validate(raw)
    if asked.at is not None:
        check_time(asked.at, starts_at, now)
    return asked, await observed(names, asked, asked.key, now)


def _result(read: tuple[EvidenceIn, Observed] | Problem, made: dict[str, str]) -> Result[Taken]:
    """What became of an item. The second of two that are the same repeats the first."""
    if isinstance(read, Problem):
        return Result(status=read.status, problem=read)
    asked, told = read
    row_id = made.pop(told.key, None)
    repeated = row_id is None and asked.kind is not Kind.SUMMARY
    return Result(status=201, item=Taken(id=row_id, kind=asked.kind, at=asked.at, repeated=repeated))


def _in_the_body(wrong: ValidationError) -> RequestValidationError:
    return RequestValidationError([{**e, "loc": ("body", *e["loc"])} for e in wrong.errors(include_input=False)])


async def wake(here: Caller, tx: Tx, session_ids: Sequence[str], now: datetime) -> None:
    """Have those sessions decided anew whose evidence can change anything now."""
    for due in await evidence.due_now(tx, here.org_id, session_ids, now):
        here.wake_session(due)


@router.get("/sessions/{session_id}/evidence")
async def list_evidence(here: Here, listing: Lister, session_id: RowId) -> Listed[Evidence]:
    """What was seen of a session, in the order in which it was told."""
    async with here.transaction() as tx:
        session = await roster.one(tx, sessions, here.org_id, session_id)
        part = await evidence.listed(tx, here.org_id, session.id, listing.cut)
    return listing.answer(part, lambda row: Evidence.of(row, ignored=bool(row.ignored)))


@router.get("/sessions/{session_id}/attendance")
async def list_session_attendance(here: Here, listing: Lister, session_id: RowId) -> Listed[SessionAttendance]:
    """Everybody expected in a session: what was measured of each, and the outcome as it stands."""
    async with here.transaction() as tx:
        session = await roster.one(tx, sessions, here.org_id, session_id)
        span = Span(session_id=session.id)
        part = await attendance_board.attendance(tx, here.org_id, span, listing.cut, await here.now(tx))
        stays = await evidence.stays(tx, here.org_id, session.id)
    return listing.answer(part, lambda row: SessionAttendance.of(row, stays=stays.get(row.student_id, [])))
