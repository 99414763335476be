"""A person's own message to a family, for a task or without one; and what the template would say to begin with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.access import Caller, Here
from api.acts import NOT_YET, is_decided, not_yet, put
from api.drafts import Draft, Line, Preview, Said, detail, preview
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import Asked, FreeText, RowId
from db import drafts, drafts_shown, follow_ups, names, story
from db.drafts import Made
from db.engine import Tx
from domain.deciding import Deciding
from domain.draft_checks import Check, Worded, stand_in_the_way
from domain.draft_facts import Fact, facts_of, shown
from domain.explaining import refusal
from domain.facts import Facts
from domain.ladder import total_of
from domain.refusals import Conflict, Invalid
from domain.review_events import MessageWritten
from domain.reviewing import own_messages
from domain.sending import Channel, Message, Purpose
from domain.state import State
from domain.tasks import Role, TaskKind
from domain.templates import Template
from domain.value import Id
from domain.wording import in_words

router = doors("drafts")
Answer = Draft | JSONResponse


class OwnMessageIn(Asked):
    """Whom to write to, how, and what. `sms_body` is the shorter text for the phone, `subject` is for the e-mail."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "guardian_id": "0b0e1d3c-6f0e-4d0e-9a5b-2f2c0b8a7d11",
                    "channels": ["sms"],
                    "body": "Thank you for the call. Sam is back on Monday.",
                }
            ]
        }
    )
    guardian_id: RowId
    channels: list[Channel] = Field(min_length=1, max_length=2)
    subject: Line | None = None
    body: FreeText
    sms_body: FreeText | None = None


class Suggested(BaseModel):
    """What the template says for one channel, and how it would leave."""

    channel: Channel
    words: Said
    preview: Preview


class Suggestion(BaseModel):
    """Words to begin with, the facts they rest on, and what is checked of them."""

    guardian_id: str
    task_id: str | None
    texts: list[Suggested]
    facts: list[Fact]
    checks: list[Check]


@router.get("/tasks/{task_id}/messages/draft")
async def draft_for_task(
    here: Here, task_id: RowId, guardian_id: Annotated[RowId | None, Query()] = None
) -> Suggestion:
    """What the template would say to a contact for this task; by default to the first one."""
    async with here.transaction() as tx:
        return await _suggest(here, tx, await _student_of(here, tx, task_id), guardian_id, task_id)


@router.get("/students/{student_id}/messages/draft")
async def draft_for_student(
    here: Here, student_id: RowId, guardian_id: Annotated[RowId | None, Query()] = None
) -> Suggestion:
    """What the template would say to a contact of the student; by default to the first one."""
    async with here.transaction() as tx:
        return await _suggest(here, tx, student_id, guardian_id, None)


@router.post("/tasks/{task_id}/messages", status_code=201, responses=NOT_YET, response_model=Draft)
async def write_for_task(here: Here, task_id: RowId, asked: OwnMessageIn, response: Response) -> Answer:
    """Write to the family for a task. It leaves in 20 seconds, can be taken back until then, and counts as outreach."""
    async with here.transaction() as tx:
        student_id = await _student_of(here, tx, task_id)
    return await _write(here, student_id, asked, task_id, response)


@router.post("/students/{student_id}/messages", status_code=201, responses=NOT_YET, response_model=Draft)
async def write_for_student(here: Here, student_id: RowId, asked: OwnMessageIn, response: Response) -> Answer:
    """Write to the family of a student. With a case open it is outreach for the case's task."""
    return await _write(here, student_id, asked, None, response)


async def _student_of(here: Caller, tx: Tx, task_id: Id) -> Id:
    row = await follow_ups.one_task(tx, here.org_id, task_id)
    if row.student_id is None:
        raise Invalid("no_family", OWN["no_family"])
    student_id: Id = row.student_id
    return student_id


async def _suggest(here: Caller, tx: Tx, student_id: Id, guardian_id: Id | None, task_id: Id | None) -> Suggestion:
    now = await here.now(tx)
    state, facts = await story.present(tx, here.org_id, student_id, now)
    return await suggestion(here, tx, (state, facts, now), guardian_id, task_id)


async def suggestion(
    here: Caller,
    tx: Tx,
    as_it_stands: tuple[State, Facts, datetime],
    guardian_id: Id | None,
    task_id: Id | None,
    channels: tuple[Channel, ...] = tuple(Channel),
) -> Suggestion:
    """What the template would say to a contact, told for these channels. Raises Conflict when he is none."""
    by, (state, facts, now) = here.person().id, as_it_stands
    whom = guardian_id or next((g.id for g in facts.guardians), None)
    if whom is None or all(g.id != whom for g in facts.guardians):
        raise Conflict("contact_not_linked", refusal("contact_not_linked"))
    act = _act(here, whom, channels, by, task_id)
    texts = []
    for message in own_messages(state, facts, act, now):
        said = await names.of(tx, here.org_id, message, now)
        about = _as_template_says(message, state, facts, now)
        texts.append(Worded(message=message, names=said, words=in_words(about, said)))
    first = _as_template_says(texts[0].message, state, facts, now)
    return Suggestion(
        guardian_id=whom,
        task_id=task_id,
        texts=[
            Suggested(channel=t.message.channel, words=Said(**t.words.model_dump()), preview=preview(t)) for t in texts
        ],
        facts=list(shown(facts_of(first, texts[0].names))),
        checks=list(await drafts_shown.checked(tx, here.org_id, texts, now)),
    )


def _act(here: Caller, guardian_id: Id, channels: tuple[Channel, ...], by: Id, task_id: Id | None) -> MessageWritten:
    how = [c.value for c in dict.fromkeys(channels)]
    made = {"act_id": here.new_id(), "draft_id": here.new_id(), "guardian_id": guardian_id, "channels": how}
    return MessageWritten.model_validate(made | {"by": by, "task_id": task_id})


def _as_template_says(message: Message, state: State, facts: Facts, now: datetime) -> Message:
    """With a case open, what its messages say, with the numbers as they stand; else whom or what it is about."""
    case, task = state.case, state.task(message.task_id) if message.task_id else None
    if task and task.kind is TaskKind.LOW_BALANCE and task.enrollment_id:
        enrollment = facts.enrollment(task.enrollment_id)
        return message.model_copy(update={"numbers": {"left": enrollment.balance if enrollment else 0}})
    if case is None or message.case_id != case.id:
        return message
    missed, last = total_of(Deciding(state, facts, now), case)
    return message.model_copy(update={"purpose": Purpose.CONCERN, "numbers": {"missed": missed, "last": last}})


async def _write(here: Caller, student_id: Id, asked: OwnMessageIn, task_id: Id | None, response: Response) -> Answer:
    by = here.person(Role.COORDINATOR).id
    act = _act(here, asked.guardian_id, tuple(asked.channels), by, task_id)
    async with here.transaction() as tx:
        now = await here.now(tx)
        state, facts = await story.present(tx, here.org_id, student_id, now)
        texts = await _worded(here, tx, state, facts, act, asked, now)
        if wrong := stand_in_the_way(await drafts_shown.checked(tx, here.org_id, texts, now)):
            raise Invalid("draft_not_ready", wrong)
        made = Made(
            "person",
            facts_of(texts[0].message, texts[0].names),
            {t.message.id: (t.message.channel, t.words) for t in texts},
        )
        await drafts.make(tx, here.org_id, texts[0].message, made, now, draft_id=act.draft_id)
        await put(here, tx, student_id, act.act_id, act, now)
    if not await is_decided(here, act.act_id):
        return not_yet(act.act_id)
    response.headers["Location"] = f"/v1/drafts/{act.draft_id}"
    async with here.transaction() as tx:
        return await detail(here, tx, act.draft_id)


async def try_out(here: Caller, student_id: Id, asked: OwnMessageIn, task_id: Id | None) -> Suggestion:
    """How these words would leave and what is checked of them; nothing is written. Raises Conflict."""
    act = _act(here, asked.guardian_id, tuple(asked.channels), here.person(Role.COORDINATOR).id, task_id)
    async with here.transaction() as tx:
        now = await here.now(tx)
        state, facts = await story.present(tx, here.org_id, student_id, now)
        texts = await _worded(here, tx, state, facts, act, asked, now)
        return Suggestion(
            guardian_id=act.guardian_id,
            task_id=task_id,
            texts=[
                Suggested(channel=t.message.channel, words=Said(**t.words.model_dump()), preview=preview(t))
                for t in texts
            ],
            facts=list(shown(facts_of(texts[0].message, texts[0].names))),
            checks=list(await drafts_shown.checked(tx, here.org_id, texts, now)),
        )


async def _worded(
    here: Caller, tx: Tx, state: State, facts: Facts, act: MessageWritten, asked: OwnMessageIn, now: datetime
) -> list[Worded]:
    if all(g.id != act.guardian_id for g in facts.guardians):
        raise Conflict("contact_not_linked", refusal("contact_not_linked"))
    return [
        Worded(message=m, names=said, words=_words(asked, m.channel, in_words(m, said).subject))
        for m in own_messages(state, facts, act, now)
        for said in [await names.of(tx, here.org_id, m, now)]
    ]


def _words(asked: OwnMessageIn, channel: Channel, subject: str) -> Template:
    if channel is Channel.SMS:
        return Template(story=asked.sms_body or asked.body)
    return Template(subject=asked.subject or subject, story=asked.body)
