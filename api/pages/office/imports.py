"""Imports: files go up, a preview says what would change row by row, and a person applies or discards it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from api.imports import (
    MOST_FILES,
    SHOWN,
    ApplyIn,
    Import,
    Wide,
    apply_import,
    discard_import,
    get_import,
    get_import_example,
    preview,
)
from api.once import limited
from api.pages.forms import Filled
from api.pages.office import import_lines
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Admin, StaffVisit
from api.values import RowId
from db import audit_log, imports
from db.listing import Cut
from domain.refusals import Conflict, Invalid
from importing.examples import TEMPLATES
from importing.reading import File

router = staff_pages()
AT_ONCE = 20
ROWS_AT_ONCE = 50
NOTHING_CHOSEN = "Choose one or more files first."


@router.get("/admin/imports")
async def imports_page(request: Request, here: Admin, cursor: str | None = None) -> Response:
    """Files to bring in, examples of each, and what was imported before."""
    return await _page(request, here, cursor=cursor)


async def _page(
    request: Request, here: StaffVisit, *, filled: Filled | None = None, cursor: str | None = None, status: int = 200
) -> Response:
    async with here.transaction() as tx:
        part = await imports.listed(tx, here.org_id, Cut(AT_ONCE, cursor))
        names = await audit_log.called(tx, here.org_id, [row.uploaded_by for row in part.rows], here.zone)
    return render(
        request,
        "imports/page.html",
        status=status,
        filled=filled or Filled(),
        made=[Import.of(row) for row in part.rows],
        names=names,
        cursor=cursor,
        next_cursor=part.next_cursor,
        examples=[(kind, *import_lines.KINDS[kind]) for kind in TEMPLATES],
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {
        "kinds": import_lines.KINDS,
        "states": import_lines.STATES,
        "what_words": import_lines.WHAT,
        "title_of": import_lines.title,
        "effect_of": import_lines.effect,
        "size_of": import_lines.size,
    }


@router.post("/admin/imports")
async def upload(request: Request, here: Admin) -> Response:
    """Check files and show what they would do; nothing is written."""
    filled = Filled()
    async with limited(request, Wide.largest_body).form(max_files=MOST_FILES) as form:
        chosen = [f for f in form.getlist("files") if isinstance(f, UploadFile) and f.filename]
        held = [File(f.filename or "", await f.read()) for f in chosen]
    if not held:
        filled.errors["files"] = NOTHING_CHOSEN
        return await _page(request, here, filled=filled, status=422)
    try:
        made = await preview(here, held)
    except (Invalid, Conflict) as refused:
        status = 409 if isinstance(refused, Conflict) else 422
        return await _page(request, here, filled=filled.refused(refused, "files"), status=status)
    return go(f"/admin/imports/{made.id}")


@router.get("/admin/imports/examples/{kind}")
async def example(here: Admin, kind: str) -> Response:
    """A small file of a kind that imports as it is."""
    return await get_import_example(here, kind)


@router.get("/admin/imports/{import_id}")
async def import_page(
    request: Request,
    here: Admin,
    import_id: RowId,
    kind: Annotated[str, Query(max_length=40)] = "",
    what: Literal["", "add", "change", "end"] = "",
    after: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """What an import would do or did, row by row; or what is wrong, and where."""
    return await _import(request, here, import_id, kind=kind, what=what, after=after)


async def _import(
    request: Request,
    here: StaffVisit,
    import_id: RowId,
    *,
    kind: str = "",
    what: str = "",
    after: int = 0,
    filled: Filled | None = None,
    status: int = 200,
) -> Response:
    made = await get_import(here, import_id)
    async with here.transaction() as tx:
        names = await audit_log.called(tx, here.org_id, [made.uploaded_by, made.ended_by], here.zone)
    fitting = import_lines.rows(made, kind, what)
    rows = made.problems if made.state == "refused" else fitting
    return render(
        request,
        "imports/import.html",
        status=status,
        filled=filled or Filled(),
        made=made,
        names=names,
        tallies=import_lines.tallies(made),
        cut_off=import_lines.is_cut_off(made),
        most_shown=SHOWN,
        differing=any(c.values for c in fitting),
        kind=kind,
        what=what,
        after=after,
        total=len(rows),
        rows=[import_lines.shown(c) for c in fitting[after : after + ROWS_AT_ONCE]],
        problems=made.problems[after : after + ROWS_AT_ONCE],
        step=ROWS_AT_ONCE,
        waits_for=imports.WAITS_FOR,
        **_words(),
    )


@router.post("/admin/imports/{import_id}/apply")
async def apply(request: Request, here: Admin, import_id: RowId) -> Response:
    """Write what the preview showed."""
    form = await request.form()
    try:
        await apply_import(here, import_id, ApplyIn(allow_ends=form.get("allow_ends") == "yes"))
    except Conflict as refused:
        field = "allow_ends" if refused.kind == "import_ends_too_much" else ""
        filled = Filled().refused(refused, field)
        if field:
            filled.errors[field] = "Tick this if it is meant. If not, look at the file again."
        return await _import(request, here, import_id, filled=filled, status=409)
    return go(f"/admin/imports/{import_id}", "import_applied")


@router.post("/admin/imports/{import_id}/discard")
async def discard(here: Admin, import_id: RowId) -> Response:
    """Nobody wants this preview: its files are deleted."""
    try:
        await discard_import(here, import_id)
    except Conflict as refused:
        return go(f"/admin/imports/{import_id}", refused.kind)
    return go("/admin/imports", "import_discarded")
