"""Who classrooms have shown us: the unmatched listed with suggestions, matched by a person, or registered ahead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, model_validator
from sqlalchemy import Row

from api.access import Caller, Here
from api.evidence import wake
from api.once import router as doors
from api.persons import NamedIn, ShownIn
from api.problem_kinds import OWN
from api.values import Listed, Lister, RowId, Told
from db import participants, unmatched
from db.engine import Tx
from db.roster import Directory
from db.tables import staff, students
from domain.refusals import Invalid
from domain.tasks import Role

router = doors("evidence")
UnmatchedOnly = Annotated[bool, Query(alias="unmatched", description="only those whom nobody has matched or ignored")]


class MatchIn(NamedIn):
    """Who it is; or nobody of interest, such as a recorder or a visitor."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"student_ref": "S-1"}, {"ignore": True}]})
    ignore: Literal[True] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> MatchIn:
        if self.is_named is (self.ignore is True):
            raise ValueError("name a student or a staff member, or say ignore: true")
        return self


class ParticipantIn(NamedIn, ShownIn):
    """A key a classroom will show, and whose it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"student_ref": "S-1", "registrant_id": "rX7-aQ"}]})


class Suggestion(BaseModel):
    """A student who was expected where the participant was seen, and how alike the names are, 0 to 1."""

    student_id: str
    name: str
    likeness: float


class Participant(Told):
    """Somebody a classroom has shown. With a `session_id` he is known, and matched, in that session alone."""

    id: str
    source: str
    key: str
    name: str | None
    email: str | None
    session_id: str | None
    first_seen_at: datetime
    student_id: str | None
    student_name: str | None
    staff_id: str | None
    staff_name: str | None
    ignored: bool
    matched_by: str | None
    seen_in: list[str]
    suggestions: list[Suggestion]


async def _told(here: Caller, tx: Tx, people: Sequence[Row[Any]], now: datetime) -> list[Participant]:
    seen = await unmatched.seen_in(tx, here.org_id, [p.id for p in people], now)
    maybe = await unmatched.suggestions(tx, here.org_id, people)
    return [
        Participant.of(p, seen_in=seen[p.id], suggestions=[Suggestion(**vars(s)) for s in maybe.get(p.id, [])])
        for p in people
    ]


@router.get("/participants")
async def list_participants(
    here: Here, listing: Lister, unmatched_only: UnmatchedOnly = False, session_id: RowId | None = None
) -> Listed[Participant]:
    """List who was seen, newest first. `seen_in` names sessions of the last 72 hours, which a match still changes."""
    async with here.transaction() as tx:
        part = await unmatched.listed(tx, here.org_id, listing.cut, unmatched=unmatched_only, session_id=session_id)
        items = await _told(here, tx, part.rows, await here.now(tx))
    return listing.answer_made(part, items)


@router.post("/participants", status_code=201)
async def register_participant(here: Here, asked: ParticipantIn, response: Response) -> Participant:
    """Tell ahead whose key a classroom will show: its registrant id, identity, customer key or e-mail address."""
    if here.actor is not None:
        here.person(Role.COORDINATOR)
    shown = asked.shown()
    if not shown.keys:
        raise Invalid("key_needed", OWN["key_needed"])
    async with here.transaction() as tx:
        now = await here.now(tx)
        student_id, staff_id = await _named(Directory(tx, here.org_id), asked)
        row = await participants.register(tx, here.org_id, here.new_id(), shown, student_id, staff_id, now)
        (made,) = await _told(here, tx, [await unmatched.one(tx, here.org_id, row.id)], now)
    response.headers["Location"] = f"/v1/participants/{made.id}"
    return made


@router.get("/participants/{participant_id}")
async def get_participant(here: Here, participant_id: RowId) -> Participant:
    """One participant."""
    async with here.transaction() as tx:
        row = await unmatched.one(tx, here.org_id, participant_id)
        (found,) = await _told(here, tx, [row], await here.now(tx))
    return found


@router.post("/participants/{participant_id}/match")
async def match_participant(here: Here, participant_id: RowId, asked: MatchIn) -> Participant:
    """Say who it is. What is decided of the sessions of the last 72 hours in which he was seen is decided anew."""
    by = here.person(Role.COORDINATOR).id
    async with here.transaction() as tx:
        now = await here.now(tx)
        row = await unmatched.one(tx, here.org_id, participant_id)
        student_id, staff_id = (None, None) if asked.ignore else await _named(Directory(tx, here.org_id), asked)
        await participants.match_to(tx, here.org_id, row.id, student_id, staff_id, by)
        (matched,) = await _told(here, tx, [await unmatched.one(tx, here.org_id, row.id)], now)
        await wake(here, tx, matched.seen_in, now)
    return matched


async def _named(names: Directory, asked: NamedIn) -> tuple[str | None, str | None]:
    """The student's or the staff member's id. Raises NotFound, Invalid."""
    person = await names.maybe(staff, asked.staff_id, asked.staff_ref)
    if person is None:
        return str((await names.find(students, asked.student_id, asked.student_ref)).id), None
    if asked.student_id or asked.student_ref:
        raise Invalid("named_twice", "name a student or a staff member, not both")
    return None, str(person.id)
