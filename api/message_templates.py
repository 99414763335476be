"""What families are told, in an operator's own words: read by coordinators, changed by an admin, tried before."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Row

from api.access import Here
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import Asked, RowId
from db import template_previews, templates
from db.engine import Tx
from db.templates import Which
from domain.phrases import LANGUAGES, shipped
from domain.refusals import NotFound
from domain.segments import measured
from domain.sending import Channel, Purpose
from domain.tasks import Role
from domain.template_checks import Flaw, problems
from domain.template_samples import USUAL, masked, sample
from domain.templates import CHANNELS, VARIABLES, Template
from domain.wording import compose

router = doors("templates")
_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
_Lines = Annotated[str, StringConstraints(strip_whitespace=True, max_length=3000)]


class WordsIn(Asked):
    """Words for a template, with variables in braces. An SMS has no subject."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"story": "We missed {first} at {session} {on}.", "ask": "All well? {ask}"}]}
    )
    subject: _Line = ""
    story: _Lines
    ask: _Lines = ""

    @property
    def template(self) -> Template:
        """The words as the rules know them."""
        return Template(subject=self.subject, story=self.story, ask=self.ask)


class TryIn(WordsIn):
    """Words to try, on a made-up family or on a student's."""

    student_id: RowId | None = None


class Standing(BaseModel):
    """Whose words stand: the operator's own in this version, or the shipped ones. `version` counts both."""

    purpose: Purpose
    channel: Channel
    language: str
    own: bool
    version: int | None = Field(None, description="null while nobody has ever changed it")
    made_by: str | None = None
    made_at: datetime | None = None


class Templates(BaseModel):
    """Every template there is: purpose by channel by language."""

    items: list[Standing]


class Version(BaseModel):
    """One version. Without words it went back to the shipped ones."""

    version: int
    words: Template | None
    made_by: str | None
    made_at: datetime


class Variable(BaseModel):
    """What may stand in braces, and what for."""

    name: str = Field(examples=["first"])
    means: str = Field(examples=["the child's first name"])


class OneTemplate(Standing):
    """A template with its words, the shipped ones, its versions (newest first) and its variables."""

    words: Template
    shipped: Template
    problems: list[Flaw]
    versions: list[Version]
    variables: list[Variable]


class Preview(BaseModel):
    """The message as it would read, the names of families masked; measured with the names as they are."""

    subject: str | None
    body: str
    characters: int
    words: int
    encoding: Literal["GSM-7", "UCS-2"] | None = Field(None, description="Of an SMS: its letters")
    segments: int | None = Field(None, description="Of an SMS: how many it travels in")
    problems: list[Flaw]


def _which(purpose: Purpose, channel: Channel, language: str) -> Which:
    if channel not in CHANNELS.get(purpose, ()) or language not in LANGUAGES:
        raise NotFound("template_unknown", OWN["template_unknown"])
    return Which(purpose, channel, language)


Named = Annotated[Which, Depends(_which)]
"""The template of the address."""


def _standing(which: Which, row: Row[Any] | None) -> dict[str, Any]:
    made = {"version": row.version, "made_by": row.made_by, "made_at": row.made_at} if row else {}
    return {**which._asdict(), "own": templates.words_of(row) is not None, **made}


async def _shown(tx: Tx, org_id: str, which: Which) -> OneTemplate:
    rows = await templates.versions(tx, org_id, which)
    newest = rows[0] if rows else None
    ours = shipped(*which)
    words = templates.words_of(newest) or ours
    return OneTemplate(
        **_standing(which, newest),
        words=words,
        shipped=ours,
        problems=list(problems(words, *which)),
        versions=[
            Version(version=r.version, words=templates.words_of(r), made_by=r.made_by, made_at=r.made_at) for r in rows
        ],
        variables=[Variable(name=name, means=means) for name, means in VARIABLES[which.purpose].items()],
    )


@router.get("/templates")
async def list_templates(here: Here) -> Templates:
    """List every template and whose words stand."""
    here.person(Role.COORDINATOR)
    async with here.transaction() as tx:
        own = await templates.newest(tx, here.org_id)
    every = [Which(p, c, language) for p, channels in CHANNELS.items() for c in channels for language in LANGUAGES]
    return Templates(items=[Standing(**_standing(which, own.get(which))) for which in every])


@router.get("/templates/{purpose}/{channel}/{language}")
async def get_template(here: Here, which: Named) -> OneTemplate:
    """One template: its words, its versions and what it may say."""
    here.person(Role.COORDINATOR)
    async with here.transaction() as tx:
        return await _shown(tx, here.org_id, which)


@router.put("/templates/{purpose}/{channel}/{language}")
async def change_template(here: Here, which: Named, asked: WordsIn) -> OneTemplate:
    """Let these words stand for messages that leave from now on; an admin's act. Every problem is answered at once."""
    by = here.person(Role.ADMIN).id
    wrong = [flaw for flaw in problems(asked.template, *which) if flaw.blocking]
    if wrong:
        raise RequestValidationError(
            [{"type": flaw.code, "loc": ("body", flaw.part), "msg": flaw.sentence} for flaw in wrong]
        )
    async with here.transaction() as tx:
        await templates.change(tx, here.org_id, which, asked.template, by, await here.now(tx))
        return await _shown(tx, here.org_id, which)


@router.delete("/templates/{purpose}/{channel}/{language}")
async def back_to_shipped(here: Here, which: Named) -> OneTemplate:
    """Let the shipped words stand again; an admin's act. The own ones stay among the versions."""
    by = here.person(Role.ADMIN).id
    async with here.transaction() as tx:
        await templates.change(tx, here.org_id, which, None, by, await here.now(tx))
        return await _shown(tx, here.org_id, which)


@router.post("/templates/{purpose}/{channel}/{language}/preview")
async def try_template(here: Here, which: Named, asked: TryIn) -> Preview:
    """Show words that are not saved as a family would read them. Nothing is sent or kept."""
    here.person(Role.COORDINATOR)
    message, names = sample(which.purpose, which.channel), USUAL.model_copy(update={"language": which.language})
    if asked.student_id is not None:
        async with here.transaction() as tx:
            message, names = await template_previews.about(tx, here.org_id, asked.student_id, which, await here.now(tx))
    names = names.model_copy(update={"words": asked.template})
    real = compose(message, names)
    text = compose(message, masked(names)) if asked.student_id else real
    travels = measured(real.body).model_dump() if which.channel is Channel.SMS else {}
    return Preview(
        subject=text.subject,
        body=text.body,
        characters=len(real.body),
        words=len(real.body.split()),
        problems=list(problems(asked.template, *which)),
        **travels,
    )
