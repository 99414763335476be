"""Single changes of the calendar: a session moved, taught by somebody else, or called off."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import ConfigDict, model_validator

from api.access import Caller, Here
from api.calendar_rights import actor_of, may_plan, wake_all
from api.once import router as doors
from api.sessions import Session
from api.values import Asked, FreeText, Instant, Reference, RowId
from db import session_changes
from db.roster import Directory
from db.session_changes import Changed
from db.tables import staff
from domain.outcomes import Code

router = doors("calendar")


class MoveIn(Asked):
    """The session's new times."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"starts_at": "2026-03-04T15:00:00+00:00", "ends_at": "2026-03-04T16:00:00+00:00"}]
        }
    )
    starts_at: Instant
    ends_at: Instant

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must come after starts_at")
        return self


class SubstituteIn(Asked):
    """Who teaches this session."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"instructor_ref": "I-2"}]})
    instructor_id: RowId | None = None
    instructor_ref: Reference | None = None


class CallOffIn(Asked):
    """Who calls it off, and why if that is to be kept."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"code": "cancelled_by_instructor", "reason": "Ivan is ill"}]}
    )
    code: Literal[Code.CANCELLED_BY_INSTRUCTOR, Code.CANCELLED_BY_OPERATOR]
    reason: FreeText | None = None


def _told(here: Caller, changed: Changed) -> Session:
    wake_all(here, changed)
    return Session.of(changed.session)


@router.post("/sessions/{session_id}/move")
async def move_session(here: Here, session_id: RowId, asked: MoveIn) -> Session:
    """Move a session that has not begun and holds no outcome. Its reminders and its settling move along."""
    async with here.transaction() as tx:
        now, by = await here.now(tx), actor_of(here)
        times = (asked.starts_at, asked.ends_at)
        return _told(here, await session_changes.move(tx, here.org_id, session_id, *times, by, now))


@router.post("/sessions/{session_id}/substitute")
async def substitute_instructor(here: Here, session_id: RowId, asked: SubstituteIn) -> Session:
    """Give one session to another instructor. Naming the schedule's own instructor undoes it."""
    async with here.transaction() as tx:
        who = await Directory(tx, here.org_id).find(
            staff, asked.instructor_id, asked.instructor_ref, called="instructor"
        )
        now, by = await here.now(tx), actor_of(here)
        return _told(here, await session_changes.substitute(tx, here.org_id, session_id, who, by, now))


@router.post("/sessions/{session_id}/call-off")
async def call_session_off(here: Here, session_id: RowId, asked: CallOffIn) -> Session:
    """Call a session off for everybody: an outcome for each expected student, nobody is charged, families hear it."""
    if asked.code is Code.CANCELLED_BY_OPERATOR:
        may_plan(here)
    note = (here.new_id(), asked.reason) if asked.reason else None
    async with here.transaction() as tx:
        now, by = await here.now(tx), actor_of(here)
        changed = await session_changes.call_off(tx, here.org_id, session_id, asked.code, by, now, note=note)
        return _told(here, changed)
