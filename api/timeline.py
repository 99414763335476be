"""A student's timeline: what was decided and why, in words; every message; and what will happen by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, TypeAdapter
from sqlalchemy import Row

from api.access import Here
from api.messages import Message, message
from api.once import router as doors
from api.values import Listed, Lister, RowId
from db import ledger, mail, roster, story
from db.listing import Cut
from db.tables import students
from domain.effects import Effect
from domain.explaining import describe_effect, describe_step, explain
from domain.facts import Facts
from domain.plan import Step, plan
from domain.state import State
from domain.value import Because, Id

router = doors("timeline")
MESSAGES_SHOWN = 50
_EFFECTS: TypeAdapter[list[Effect]] = TypeAdapter(list[Effect])
Who = Callable[[Id], str]


class Past(BaseModel):
    """One decision: what it was about, why, and what it did. `refused` names the rule when an act was not accepted."""

    id: str
    at: datetime
    event: str
    because: list[str]
    effects: list[str]
    refused: str | None


class Ahead(BaseModel):
    """One step ahead. The first one that will run is the armed one; `why_not` says why another will not.

    `key` names it to those who skip it or have it taken now.
    """

    key: str
    at: datetime
    act: str
    words: str
    will_run: bool
    why_not: str | None
    about: str


class Account(BaseModel):
    """An enrollment and its balance."""

    enrollment_id: str
    subject: str
    balance: int
    billing_status: str
    ended_at: datetime | None


class Timeline(Listed[Past]):
    """Past decisions newest first (in parts), the newest messages, the steps ahead, and the balances now."""

    student_id: str
    name: str
    now: datetime
    zone: str
    undecided: int
    case_id: str | None
    withdrawn: bool
    enrollments: list[Account]
    ahead: list[Ahead]
    messages: list[Message]


def namer(called: Mapping[Id, str]) -> Who:
    """What an id is called on a page; answers for any id."""
    return lambda of: called.get(of, "somebody or something no longer here")


def _past(row: Row[Any], who: Who, zone: str) -> Past:
    return Past(
        id=row.id,
        at=row.at,
        event=row.event["kind"],
        because=[explain(Because.model_validate(b), who, zone) for b in row.because],
        effects=[describe_effect(e, who, zone) for e in _EFFECTS.validate_python(row.effects)],
        refused=row.refused,
    )


def step_ahead(step: Step, state: State, facts: Facts, who: Who, zone: str) -> Ahead:
    """One step of the plan in words."""
    return Ahead(
        key=step.key,
        at=step.due_at,
        act=step.act,
        words=describe_step(step, state, facts, who, zone),
        will_run=step.will_run,
        why_not=explain(step.why_not, who, zone) if step.why_not else None,
        about=step.about,
    )


@router.get("/students/{student_id}/timeline")
async def get_timeline(here: Here, student_id: RowId, listing: Lister) -> Timeline:
    """What happened to a student and why, and what happens next unless something changes."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        student = await roster.one(tx, students, here.org_id, student_id)
        zone = await roster.zone_of(tx, here.org_id)
        state, facts = await story.present(tx, here.org_id, student.id, now)
        called = await story.called(tx, here.org_id, student.id, zone)
        part = await story.past(tx, here.org_id, student.id, listing.cut)
        letters = await mail.list_messages(tx, here.org_id, Cut(MESSAGES_SHOWN), student_id=student.id)
        accounts = await ledger.balances(tx, here.org_id, student.id)
        undecided = await story.waiting(tx, here.org_id, student.id)
    who = namer(called)
    return Timeline(
        **dict(listing.answer(part, lambda row: _past(row, who, zone))),
        student_id=student.id,
        name=student.name,
        now=now,
        zone=zone,
        undecided=undecided,
        case_id=state.case.id if state.case else None,
        withdrawn=state.withdrawn,
        enrollments=[
            Account(
                enrollment_id=a.id,
                subject=who(a.id),
                balance=a.balance,
                billing_status=a.billing_status,
                ended_at=a.ended_at,
            )
            for a in accounts
        ],
        ahead=[step_ahead(step, state, facts, who, zone) for step in plan(state, facts, now)],
        messages=[message(row, dict(called)) for row in letters.rows],
    )
