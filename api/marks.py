"""The attendance sheet: what an instructor says of each student."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Row

from api.access import Caller, Here
from api.evidence import wake
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import Asked, Reference, RowId
from db import evidence, roster
from db.evidence import Seen
from db.roster import Directory
from db.tables import schedules, sessions, students
from domain.evidence import MARKABLE, EvidenceKind
from domain.outcomes import DISPUTE_WINDOW, Code
from domain.refusals import Forbidden, Invalid
from domain.tasks import Role

router = doors("evidence")
SOURCE = "marks"
MOST = 1000
LATEST = 1440
"""Minutes: no session is longer than a day."""


class MarkIn(Asked):
    """What became of the session for one student."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"student_ref": "S-1", "code": "late"}]})
    student_id: RowId | None = None
    student_ref: Reference | None = None
    code: Code
    late_minutes: Annotated[int | None, Field(ge=1, le=LATEST, description="only with `late`")] = None

    @model_validator(mode="after")
    def _is_markable(self) -> MarkIn:
        if self.code not in MARKABLE:
            raise ValueError(f"a mark is one of {', '.join(sorted(MARKABLE))}; post another outcome to /v1/outcomes")
        if self.late_minutes is not None and self.code is not Code.LATE:
            raise ValueError("late_minutes belongs to the code late")
        return self


class MarksIn(Asked):
    """Marks of single students, or `all` with the exceptions. A newer mark replaces the older.

    `all` leaves out who pauses or told ahead that he would not come; to mark him all the same, name him.
    """

    model_config = ConfigDict(
        populate_by_name=True,
        json_schema_extra={
            "examples": [
                {"all": "attended", "except": [{"student_ref": "S-2", "code": "no_show"}]},
                {"marks": [{"student_ref": "S-1", "code": "late"}]},
            ]
        },
    )
    marks: Annotated[list[MarkIn], Field(min_length=1, max_length=MOST)] | None = None
    everybody: Literal["attended"] | None = Field(None, alias="all")
    but: Annotated[list[MarkIn], Field(max_length=MOST)] = Field(default=[], alias="except")

    @model_validator(mode="after")
    def _is_one_way(self) -> MarksIn:
        if (self.marks is None) is (self.everybody is None):
            raise ValueError("give marks, or all with its exceptions")
        if self.but and self.everybody is None:
            raise ValueError("except belongs to all")
        return self


class Mark(BaseModel):
    """A mark that stands in the books."""

    student_id: str
    student_name: str
    code: Code
    late_minutes: int | None
    by: str | None
    at: datetime


class Marks(BaseModel):
    """The marks that were made."""

    items: list[Mark]


@router.post("/sessions/{session_id}/marks", status_code=201)
async def mark_students(here: Here, session_id: RowId, asked: MarksIn) -> Marks:
    """Mark who was there. By the session's instructor or staff from coordinator up, or a system of yours; more than
    72 hours after the end by an admin alone."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        session = await roster.one(tx, sessions, here.org_id, session_id)
        schedule = await roster.one(tx, schedules, here.org_id, session.schedule_id)
        _check(here, session, session.instructor_id or schedule.instructor_id, now)
        expected = {s.id: s for s in await evidence.sheet(tx, here.org_id, session.id)}
        everybody = [s.id for s in expected.values() if s.is_awaited] if asked.everybody else []
        names, codes = Directory(tx, here.org_id), dict.fromkeys(everybody, Code.ATTENDED)
        late: dict[str, int | None] = {}
        for mark in (*(asked.marks or ()), *asked.but):
            student = await names.find(students, mark.student_id, mark.student_ref)
            if student.id not in expected:
                raise Invalid("not_expected", f"{student.name} is not expected in this session; {OWN['not_expected']}")
            codes[student.id], late[student.id] = mark.code, mark.late_minutes
        seen = [
            Seen(here.new_id(), EvidenceKind.MARK, now, student_id=s, code=c, late_minutes=late.get(s), by=here.by)
            for s, c in codes.items()
        ]
        await evidence.write(tx, here.org_id, session.id, SOURCE, seen, now)
        await wake(here, tx, [session.id], now)
    return Marks(
        items=[
            Mark(student_id=s, student_name=expected[s].name, code=c, late_minutes=late.get(s), by=here.by, at=now)
            for s, c in codes.items()
        ]
    )


def _check(here: Caller, session: Row[Any], instructor_id: str | None, now: datetime) -> None:
    """Raises Forbidden or Invalid when this caller may not mark this session now."""
    role = here.actor.role if here.actor else None
    if role is Role.INSTRUCTOR and here.by != instructor_id:
        raise Forbidden("not_your_session", "an instructor marks his own sessions only; ask a coordinator")
    if now - session.ends_at > DISPUTE_WINDOW and role is not Role.ADMIN:
        raise Forbidden("dispute_window_over", "the session ended more than 72 hours ago: only an admin can mark it")
    if now < session.starts_at:
        raise Invalid("session_ahead", "the session has not begun; until then it can only be cancelled or excused")
