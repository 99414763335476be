"""Drafts: what waits for a person's word, as it would leave, with the facts behind it and what is checked of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Row

from api.access import Caller, Here
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import Asked, Listed, Lister, RowId, Told
from db import drafts, drafts_shown, names
from db.drafts_shown import Shown
from db.engine import Tx
from domain.draft_checks import Check, Worded
from domain.draft_facts import Fact, shown
from domain.drafts import Difference, DrafterName, Standing, differences
from domain.explaining import code_in_words
from domain.refusals import Conflict, Invalid
from domain.segments import measured
from domain.sending import Channel, MessageState, Purpose
from domain.tasks import Role
from domain.templates import Template
from domain.value import Id
from domain.wording import compose, in_words

router = doors("drafts")
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\r\n]*$")]


class Waiting(Told):
    """A draft that waits for a person's word. After `expires_at` it would be of no use."""

    id: str
    number: int
    purpose: Purpose
    student_id: str
    student_name: str | None
    guardian_id: str
    guardian_name: str | None
    case_id: str | None
    drafter: DrafterName
    fell_back: str | None
    edited_at: datetime | None
    made_at: datetime
    due_at: datetime
    expires_at: datetime


class Said(BaseModel):
    """Three short texts; what stands around them (greeting, signature, why one gets it) is added when it leaves."""

    subject: str = ""
    story: str
    ask: str = ""


class Preview(BaseModel):
    """A text as it would leave. Encoding and segments are told of an SMS."""

    subject: str | None
    body: str
    characters: int
    words: int
    encoding: str | None = None
    segments: int | None = None


class DraftText(BaseModel):
    """The words for one channel: as they stand, as they were drafted, and how they differ from the template's."""

    message_id: str
    channel: Channel
    state: MessageState
    reason: str | None
    words: Said
    drafted: Said
    differs: list[Difference]
    preview: Preview


class Draft(BaseModel):
    """A draft. `changed` names facts that are not what they were: it has expired then, and `newer_id` follows it.

    An act on it names the `version` that was read. `leaves_at` is set once it is approved, `can_undo` until it leaves.
    """

    id: str
    number: int
    version: int
    state: Standing
    purpose: Purpose
    student_id: str
    student_name: str | None
    guardian_id: str
    guardian_name: str | None
    session_id: str | None
    case_id: str | None
    drafter: DrafterName
    fell_back: str | None
    fell_back_in_words: str | None
    facts: list[Fact]
    texts: list[DraftText]
    checks: list[Check]
    can_approve: bool
    changed: list[Fact]
    newer_id: str | None
    made_at: datetime
    due_at: datetime | None
    expires_at: datetime | None
    edited_by: str | None
    edited_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    leaves_at: datetime | None
    can_undo: bool


class NewWords(Asked):
    """New words for one channel, names and all."""

    channel: Channel
    subject: Line = ""
    story: Words
    ask: Words = ""


class WordsIn(Asked):
    """New words, and the version that was read."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 1,
                    "texts": [{"channel": "sms", "story": "Sam missed 3 of the last 8 lessons.", "ask": "Call us?"}],
                }
            ]
        }
    )
    version: int
    texts: list[NewWords] = Field(min_length=1, max_length=2)


def preview(text: Worded) -> Preview:
    """How a text would leave."""
    composed = compose(text.message, text.names.model_copy(update={"written": text.words}))
    travels = measured(composed.body).model_dump() if text.message.channel is Channel.SMS else {}
    size = {"characters": len(composed.body), "words": len(composed.body.split())}
    return Preview(subject=composed.subject, body=composed.body, **size, **travels)


def _text(text: Worded, original: Template) -> DraftText:
    ours = in_words(text.message, text.names)
    return DraftText(
        message_id=text.message.id,
        channel=text.message.channel,
        state=text.message.state,
        reason=text.message.reason,
        words=Said(**text.words.model_dump()),
        drafted=Said(**original.model_dump()),
        differs=list(differences(f"{ours.story} {ours.ask}", f"{text.words.story} {text.words.ask}")),
        preview=preview(text),
    )


def answer(found: Shown, people: dict[Id, str]) -> Draft:
    """The answer for a draft."""
    row, messages = found.draft, found.messages
    first = messages[0] if messages else None
    approved = next((m for m in messages if m.approved_by), None)
    told = found.texts[0].names if found.texts else None
    blocked = any(c.blocking and not c.passed for c in found.checks)
    own = {c: row._mapping[c] for c in _SAME}
    return Draft(
        **own,
        state=found.standing,
        purpose=_purpose(row),
        student_name=told.student_name if told else None,
        guardian_name=people.get(row.guardian_id),
        fell_back_in_words=code_in_words(row.fell_back) if row.fell_back else None,
        facts=list(shown(row.facts)),
        texts=[_text(t, found.originals[t.message.id]) for t in found.texts],
        checks=list(found.checks),
        can_approve=found.standing == "waiting" and not blocked,
        changed=[f for f in shown(dict.fromkeys(found.changed, "") | row.facts) if f.name in found.changed],
        newer_id=found.newer_id,
        due_at=min((m.due_at for m in messages), default=None),
        expires_at=first.expires_at if first else None,
        approved_by=approved.approved_by if approved else None,
        approved_at=approved.approved_at if approved else None,
        leaves_at=approved.due_at if approved and approved.state is MessageState.QUEUED else None,
        can_undo=any(m.can_be_recalled for m in messages),
    )


_SAME = (
    *("id", "number", "version", "student_id", "guardian_id", "session_id", "case_id", "drafter", "fell_back"),
    *("made_at", "edited_by", "edited_at"),
)


def _purpose(row: Row[Any]) -> Purpose:
    return Purpose(row.group_key.partition(":")[0])


async def detail(here: Caller, tx: Tx, draft_id: Id) -> Draft:
    """A draft as it stands. Raises NotFound."""
    found = await drafts_shown.show(tx, here.org_id, await drafts.one(tx, here.org_id, draft_id), await here.now(tx))
    return answer(found, await names.of_people(tx, here.org_id))


@router.get("/drafts")
async def list_drafts(
    here: Here, listing: Lister, student_id: RowId | None = None, guardian_id: RowId | None = None
) -> Listed[Waiting]:
    """List the drafts that wait for a person's word, the first due first."""
    async with here.transaction() as tx:
        part = await drafts.list_waiting(tx, here.org_id, listing.cut, student_id=student_id, guardian_id=guardian_id)
        people = await names.of_people(tx, here.org_id)
        students = await drafts.student_names(tx, here.org_id, [r.student_id for r in part.rows])

    def waiting(row: Row[Any]) -> Waiting:
        called = {"student_name": students.get(row.student_id), "guardian_name": people.get(row.guardian_id)}
        return Waiting.of(row, purpose=_purpose(row), **called)

    return listing.answer(part, waiting)


@router.get("/drafts/{draft_id}")
async def get_draft(here: Here, draft_id: RowId) -> Draft:
    """One draft, as it stands."""
    async with here.transaction() as tx:
        return await detail(here, tx, draft_id)


@router.put("/drafts/{draft_id}/words")
async def edit_draft(here: Here, draft_id: RowId, asked: WordsIn) -> Draft:
    """Change the words of a draft that waits. They are checked as they stand; what is wrong keeps them from leaving."""
    by = here.person(Role.COORDINATOR).id
    async with here.transaction() as tx:
        now = await here.now(tx)
        draft = await drafts.one(tx, here.org_id, draft_id, lock=True)
        found = await drafts_shown.show(tx, here.org_id, draft, now)
        as_read(found, asked.version)
        ids = {t.message.channel: t.message.id for t in found.texts}
        if any(t.channel not in ids for t in asked.texts):
            raise Invalid("channel_not_drafted", OWN["channel_not_drafted"])
        words = {ids[t.channel]: _words(t) for t in asked.texts}
        await drafts.edit(tx, here.org_id, draft, words, by, now)
        return await detail(here, tx, draft_id)


def _words(asked: NewWords) -> Template:
    subject = asked.subject if asked.channel is Channel.EMAIL else ""
    return Template(subject=subject, story=asked.story, ask=asked.ask)


def as_read(found: Shown, version: int) -> None:
    """Raises Conflict when the draft no longer waits, or somebody changed it since it was read."""
    if found.standing != "waiting":
        raise Conflict("draft_not_waiting", f"this draft is {found.standing}; reload the list to see what waits")
    if found.draft.version != version:
        raise Conflict("draft_changed", OWN["draft_changed"])
