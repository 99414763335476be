"""One session's run: each step of its clock with what was decided and why, and the steps ahead."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, TypeAdapter
from sqlalchemy import Row

from api.access import Caller, Here
from api.messages import Message, message
from api.once import router as doors
from api.runs import Done, Engine, Engines, Group, Run, collapsed, reasons
from api.timeline import namer
from api.values import Listed, Lister, RowId
from db import names, roster, run_history, session_facts
from db.listing import Cut, Part
from db.tables import sessions
from domain.run_words import Letter, describe_session_effect, letters_in_words, step_in_words
from domain.session import ahead_of, armed
from domain.session_effects import QueueStaffMessage, SessionEffect
from domain.value import Because, Id
from domain.wording import when

router = doors("runs")
_EFFECTS: TypeAdapter[list[SessionEffect]] = TypeAdapter(list[SessionEffect])
_OVER = {"settled": "attendance is recorded", "called_off": "the session is called off"}


class SessionAhead(BaseModel):
    """One step of the session's clock that was not taken yet; `why_not` says why it will not run."""

    at: datetime
    act: str
    words: str
    will_run: bool
    why_not: str | None


class SessionRunDetail(Listed[Group]):
    """A session's run: groups oldest first (`next` leads to older ones), and the steps ahead."""

    run: Run
    now: datetime
    zone: str
    ahead: list[SessionAhead]


@router.get("/runs/session/{session_id}")
async def get_session_run(here: Here, session_id: RowId, listing: Lister, engine: Engines) -> SessionRunDetail:
    """One session's run: what its clock did, what was decided of whom and why, and what is armed next."""
    found = await session_run(here, session_id, engine, listing.cut)
    return found.model_copy(update=dict(listing.answer_made(Part((), found.next_cursor), found.items)))


async def session_run(
    here: Caller, session_id: Id, engine: Engine, cut: Cut, *, zone: str | None = None
) -> SessionRunDetail:
    """One part of a session's run. Its words tell times in `zone`; without one, in the organization's."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        session = await roster.one(tx, sessions, here.org_id, session_id)
        run = await run_history.of_session(tx, here.org_id, session_id, now)
        zone = zone or await roster.zone_of(tx, here.org_id)
        part = await run_history.decided_of_session(tx, here.org_id, session_id, cut)
        made = {r.id: _EFFECTS.validate_python(r.effects) for r in part.rows}
        queued = {r: [e.message.id for e in effects if isinstance(e, QueueStaffMessage)] for r, effects in made.items()}
        letters = await run_history.letters(tx, here.org_id, (i for ids in queued.values() for i in ids))
        people = await names.of_people(tx, here.org_id)
        named = {str(b["numbers"].get("student")) for r in part.rows for b in r.because if b["numbers"].get("student")}
        told = {
            e.student_id for effects in made.values() for e in effects if e.kind in ("record_outcome", "tell_student")
        }
        people |= await names.of_students(tx, here.org_id, named | told)
        stands = await session_facts.as_it_stands(tx, here.org_id, session_id)
        assert stands is not None, "it was found above in the same transaction"
        facts = await session_facts.load(tx, here.org_id, stands)
    state = session_facts.remembered(stands)
    called = people | {session.id: f"{run.name} on {when(session.starts_at, zone)}"}
    who, told_in = namer(called), zone

    def group(row: Row[Any]) -> Group:
        return Group(
            id=row.id,
            at=row.at,
            last_at=row.at,
            kind=row.step,
            title=step_in_words(row.step),
            headline=step_in_words(row.step),
            because=reasons((Because.model_validate(b) for b in row.because), who, told_in, {}),
            effects=[Done(kind=e.kind, words=describe_session_effect(e, who)) for e in made[row.id]],
            messages=[message(letters[i], people) for i in queued[row.id] if i in letters],
            raw=[{k: getattr(row, k) for k in ("id", "at", "due_at", "step", "because", "effects")}],
        )

    def in_words(sent: list[Message]) -> str | None:
        return letters_in_words([Letter(m.channel, m.state, asks=False) for m in sent], answered=False)

    groups = collapsed((group(row) for row in reversed(part.rows)), in_words)
    why_not = None if armed(state, facts) else _OVER.get(facts.status)
    return SessionRunDetail(
        items=groups,
        next_cursor=part.next_cursor,
        run=engine.run("session", run),
        now=now,
        zone=zone,
        ahead=[
            SessionAhead(
                at=step.due_at,
                act=step.step.value,
                words=step_in_words(step.step.value),
                will_run=why_not is None,
                why_not=why_not,
            )
            for step in ahead_of(state, facts)
        ],
    )
