"""What families are told: whose words stand for each purpose, channel and language; changed, tried and taken back."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response

from api.message_templates import (
    Named,
    Preview,
    TryIn,
    WordsIn,
    back_to_shipped,
    change_template,
    get_template,
    list_templates,
    try_template,
)
from api.pages.desk.draft_lines import language
from api.pages.forms import Filled, read, sent
from api.pages.office import template_lines
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Admin, Lead, StaffVisit
from db import audit_log, pages_templates
from db.templates import Which
from domain.refusals import Conflict

router = staff_pages()
HOME = "/admin/templates"
ONE = f"{HOME}/{{purpose}}/{{channel}}/{{language}}"
OVERTAKEN = "Somebody saved other words in the meantime: see the versions. Save again to let yours stand."
MOST_STUDENTS = 12
"""Students on whom words can be tried: those whose families were told something last."""


def _at(which: Which) -> str:
    return "/".join((HOME, *map(str, which)))


@router.get(HOME)
async def grid(request: Request, here: Lead) -> Response:
    """Every template, and whose words stand."""
    items = (await list_templates(here)).items
    return render(
        request,
        "words/page.html",
        lines=template_lines.grid(items),
        columns=template_lines.columns(),
        channels=template_lines.CHANNELS,
        language=language,
        own=sum(s.own for s in items),
        of=len(items),
    )


@router.get(ONE)
async def one(request: Request, here: Lead, which: Named) -> Response:
    """One template: its words to change and to try, its variables and its versions."""
    return await _page(request, here, which)


async def _page(
    request: Request, here: StaffVisit, which: Which, *, filled: Filled | None = None, status: int = 200
) -> Response:
    found = await get_template(here, which)
    if filled is None:
        filled = Filled.with_values(found.words.model_dump())
    async with here.transaction() as tx:
        names = await audit_log.called(tx, here.org_id, [v.made_by for v in found.versions], here.zone)
        to_try = await pages_templates.lately_told(tx, here.org_id, MOST_STUDENTS)
    return render(
        request,
        "words/template.html",
        status=status,
        address=_at(which),
        which=which,
        made=found,
        title=template_lines.title(*which),
        sent_when=template_lines.PURPOSES[which.purpose][1],
        parts=template_lines.PARTS,
        changes=template_lines.changes,
        names=names,
        students=[(row.id, row.name) for row in to_try],
        language=language,
        filled=filled,
        preview=await _tried(here, which, filled),
    )


async def _tried(here: StaffVisit, which: Which, filled: Filled) -> Preview | None:
    """The words of the form as a family would read them; None while there are none to read."""
    asked = read(TryIn, Filled(filled.values))
    return await try_template(here, which, asked) if asked else None


async def _sent(request: Request) -> Filled:
    """The form; browsers send a line's end as two signs, of which one is a sign that nobody sees."""
    filled = await sent(request)
    for part in template_lines.PARTS:
        filled.values[part] = filled.values[part].replace("\r\n", "\n")
    return filled


@router.post(f"{ONE}/preview")
async def preview(request: Request, here: Lead, which: Named) -> Response:
    """Words that are not saved as a family would read them, and what is wrong with them."""
    values: dict[str, Any] = {"which": which, "parts": template_lines.PARTS}
    return render(request, "words/_preview.html", preview=await _tried(here, which, await _sent(request)), **values)


@router.post(ONE)
async def change(request: Request, here: Lead, which: Named) -> Response:
    """Let these words stand, or only look at them."""
    filled = await _sent(request)
    if filled.values["verb"] == "preview":
        return await _page(request, here, which, filled=filled)
    asked = read(WordsIn, filled)
    if asked is None:
        return await _page(request, here, which, filled=filled, status=422)
    stands = await get_template(here, which)
    if filled.values["base"] not in ("", str(stands.version or 0)):
        filled.errors[""] = OVERTAKEN
        return await _page(request, here, which, filled=filled, status=409)
    try:
        await change_template(here, which, asked)
    except RequestValidationError as wrong:
        for flaw in wrong.errors():
            part = str(flaw["loc"][-1])
            filled.errors[part] = " ".join(filter(None, (filled.errors[part], flaw["msg"])))
        return await _page(request, here, which, filled=filled, status=422)
    except Conflict as why:
        return await _page(request, here, which, filled=filled.refused(why), status=409)
    return go(_at(which), "words_stand")


@router.post(f"{ONE}/shipped")
async def shipped(here: Admin, which: Named) -> Response:
    """Let the words it comes with stand again."""
    try:
        await back_to_shipped(here, which)
    except Conflict as why:
        return go(_at(which), why.kind)
    return go(_at(which), "words_shipped")
