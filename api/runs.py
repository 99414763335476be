"""Runs: what each student's and each session's process did, why, and what it will do; searched by an admin or a lead.

Everything is read from the journal, so it is here long after the workflow engine has forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field, TypeAdapter
from sqlalchemy import Row

from api.access import Caller, Here
from api.messages import Message, message
from api.once import router as doors
from api.timeline import Ahead, Who, namer, step_ahead
from api.values import Instant, Listed, Lister, RowId, Told
from db import notes, roster, run_history, story
from db.listing import Cut, Part
from db.run_history import Show, Wanted
from db.tables import students
from domain.effects import Effect, QueueMessage
from domain.events import EVENT
from domain.explaining import describe_effect, explain, refusal
from domain.plan import plan
from domain.refusals import Invalid
from domain.run_headlines import headline
from domain.run_words import Letter, counted_sessions, event_in_words, letters_in_words
from domain.value import Because, Id
from settings import Settings
from workflows.contract import session_workflow_id, student_workflow_id

router = doors("runs")
Stands = Literal["open_case", "unrecorded", "waiting", "stuck", "finished"]
_EFFECTS: TypeAdapter[list[Effect]] = TypeAdapter(list[Effect])
Kind = Literal["student", "session"]


class Run(Told):
    """A run. `stands`: an open case, an unrecorded session, waiting for a fact or a time, stuck, or finished.

    `policy_version` is the one the open case keeps. `next_act` is the armed step as of the last decision.
    """

    kind: Kind
    id: str
    name: str
    ref: str | None
    stands: Stands
    case_id: str | None = None
    tier: int | None = None
    policy_version: int | None = None
    starts_at: datetime | None = Field(None, description="Of a session")
    instructor_name: str | None = None
    next_act: str | None
    next_due: datetime | None
    last_at: datetime | None
    workflow_id: str
    temporal_url: str | None


class Reason(BaseModel):
    """Why: in words, with the rule and its numbers; `counted` names the sessions and the limit behind a rule."""

    words: str
    rule: str
    numbers: dict[str, int | str | None]
    counted: str | None = None


class Done(BaseModel):
    """One thing that was done, in words; `kind` is the effect's own name, such as `put_task`."""

    kind: str
    words: str


class Group(BaseModel):
    """One fact and what followed from it. Equal ones in a row are one group: `times` says how many, `raw` holds all.

    `title` says what came in, `headline` what mattered most of it. `by` is who did it, `note` his reason. `refused`
    says why an act was not accepted.
    """

    id: str
    at: datetime
    last_at: datetime
    times: int = 1
    kind: str
    title: str
    headline: str
    by: str | None = None
    by_name: str | None = None
    note: str | None = None
    because: list[Reason]
    effects: list[Done]
    refused: str | None = None
    messages: list[Message] = []
    messages_in_words: str | None = None
    raw: list[dict[str, Any]]


class RunDetail(Listed[Group]):
    """A student's run: groups oldest first (`next` leads to older ones), and what lies ahead."""

    run: Run
    now: datetime
    zone: str
    policy_version: int
    undecided: int
    ahead: list[Ahead]


class Engine:
    """Where runs are found in the workflow engine."""

    def __init__(self, request: Request) -> None:
        self._settings: Settings = request.app.state.settings

    def _url(self, workflow_id: str) -> str | None:
        s = self._settings
        if s.temporal_ui_url is None:
            return None
        return f"{s.temporal_ui_url.rstrip('/')}/namespaces/{s.temporal_namespace}/workflows/{workflow_id}"

    def run(self, kind: Kind, row: Row[Any]) -> Run:
        """The answer for a run's row."""
        workflow_id = student_workflow_id(row.id) if kind == "student" else session_workflow_id(row.id)
        return Run.of(row, kind=kind, workflow_id=workflow_id, temporal_url=self._url(workflow_id))


Engines = Annotated[Engine, Depends()]


def reasons(because: Iterable[Because], who: Who, zone: str, begins: dict[Id, datetime]) -> list[Reason]:
    """Reasons of a decision in words, each with its numbers."""
    return [
        Reason(words=explain(b, who, zone), counted=counted_sessions(b, begins.get, zone), **b.model_dump())
        for b in because
    ]


def _letters_of(row: Row[Any], effects: Sequence[Effect]) -> list[Id]:
    """The messages a decision made, and the one it was about."""
    about = [row.event["message_id"]] if row.event.get("message_id") else []
    return about + [e.message.id for e in effects if isinstance(e, QueueMessage)]


def sessions_named(rows: Sequence[Row[Any]]) -> list[Id]:
    """The sessions behind the rules of these decisions. Rules that only count them have a number there, and no ids."""
    named = [b["numbers"].get("sessions") for r in rows for b in r.because]
    return [i for ids in named if isinstance(ids, str) for i in ids.split()]


def collapsed(groups: Iterable[Group], in_words: Callable[[list[Message]], str | None]) -> list[Group]:
    """Equal groups in a row as one; what people did and what was refused stays apart."""

    def likeness(g: Group) -> tuple[object, ...]:
        own = g.id if g.by or g.refused else None
        return (g.title, g.headline if g.kind != "step_due" else "", tuple(b.rule for b in g.because), own)

    made = []
    for _, same in groupby(groups, key=likeness):
        first, *more = same
        letters = [m for g in (first, *more) for m in g.messages]
        whole = {
            "last_at": (more or [first])[-1].at,
            "times": 1 + len(more),
            "messages": letters,
            "messages_in_words": in_words(letters),
            "effects": list({e.words: e for g in (first, *more) for e in g.effects}.values()),
            "raw": [r for g in (first, *more) for r in g.raw],
        }
        made.append(first.model_copy(update=whole))
    return made


@router.get("/runs")
async def list_runs(
    here: Here,
    listing: Lister,
    engine: Engines,
    kind: Kind = "student",
    q: Annotated[str | None, Query(max_length=200, description="part of a name, or how a ref begins")] = None,
    stands: Stands | None = None,
    policy_version: Annotated[int | None, Query(ge=1, description="of an open case")] = None,
    step: Annotated[str | None, Query(max_length=50, description="the armed step, such as ladder_step")] = None,
    rule: Annotated[str | None, Query(max_length=50, description="a rule that fired")] = None,
    since: Annotated[Instant | None, Query(description="decided something at or after")] = None,
    until: Annotated[Instant | None, Query(description="decided something before")] = None,
) -> Listed[Run]:
    """Search runs: of students, the newest decision first; of sessions, the latest session first."""
    if kind == "session" and policy_version is not None:
        raise Invalid("filter_not_for_sessions", "only a case keeps a policy version; leave policy_version out")
    wanted = Wanted(q, stands, policy_version, step, rule, since, until)
    async with here.transaction() as tx:
        ask = run_history.of_students if kind == "student" else run_history.of_sessions
        part = await ask(tx, here.org_id, wanted, listing.cut, await here.now(tx))
    return listing.answer(part, lambda row: engine.run(kind, row))


@router.get("/runs/student/{student_id}")
async def get_student_run(
    here: Here,
    student_id: RowId,
    listing: Lister,
    engine: Engines,
    show: Annotated[Show | None, Query(description="only what concerns messages, failures or people's acts")] = None,
) -> RunDetail:
    """One student's run: what happened and why, in groups; what is armed next, and what will not run."""
    found = await student_run(here, student_id, engine, listing.cut, show=show)
    return found.model_copy(update=dict(listing.answer_made(Part((), found.next_cursor), found.items)))


async def student_run(
    here: Caller, student_id: Id, engine: Engine, cut: Cut, *, show: Show | None = None, zone: str | None = None
) -> RunDetail:
    """One part of a student's run. Its words tell times in `zone`; without one, in the organization's."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        await roster.one(tx, students, here.org_id, student_id)
        run = await run_history.of_student(tx, here.org_id, student_id, now)
        zone = zone or await roster.zone_of(tx, here.org_id)
        state, facts = await story.present(tx, here.org_id, student_id, now)
        called = await story.called(tx, here.org_id, student_id, zone)
        part = await run_history.decided(tx, here.org_id, student_id, cut, show)
        made = {r.id: _EFFECTS.validate_python(r.effects) for r in part.rows}
        about = {r.id: _letters_of(r, made[r.id]) for r in part.rows}
        letters = await run_history.letters(tx, here.org_id, (i for ids in about.values() for i in ids))
        replies = await run_history.replied_at(tx, here.org_id, student_id)
        begins = await run_history.begins(tx, here.org_id, sessions_named(part.rows))
        texts = await notes.texts(
            tx, here.org_id, (r.event.get("reason_id") or r.event.get("note_id") for r in part.rows)
        )
        undecided = await story.waiting(tx, here.org_id, student_id)
    who, told_in = namer(called), zone

    def group(row: Row[Any]) -> Group:
        event = EVENT.validate_python(row.event)
        because = [Because.model_validate(b) for b in row.because]
        by = row.event.get("by")
        return Group(
            id=row.id,
            at=row.at,
            last_at=row.at,
            kind=event.kind,
            title=event_in_words(event, who),
            headline=headline(event, because, made[row.id], who, told_in),
            by=by,
            by_name=who(by) if by else None,
            note=texts.get(row.event.get("reason_id") or row.event.get("note_id") or ""),
            because=reasons(because, who, told_in, begins),
            effects=[Done(kind=e.kind, words=describe_effect(e, who, told_in)) for e in made[row.id]],
            refused=refusal(row.refused) if row.refused else None,
            messages=[message(letters[i], dict(called)) for i in about[row.id] if i in letters],
            raw=[{k: getattr(row, k) for k in ("id", "at", "received_at", "event", "because", "effects", "refused")}],
        )

    def in_words(sent: list[Message]) -> str | None:
        asked = {m.id for m in sent if letters[m.id].offers_replies}
        first = min((m.created_at for m in sent if m.id in asked), default=None)
        answered = first is not None and any(at >= first for at in replies)
        told = [Letter(m.channel, m.state, m.id in asked) for m in sent]
        return letters_in_words(told, answered=answered)

    groups = collapsed((group(row) for row in reversed(part.rows)), in_words)
    return RunDetail(
        items=groups,
        next_cursor=part.next_cursor,
        run=engine.run("student", run),
        now=now,
        zone=zone,
        policy_version=run.policy_version or facts.policy.version,
        undecided=undecided,
        ahead=[step_ahead(step, state, facts, who, zone) for step in plan(state, facts, now)],
    )
