"""Imports by upload: files are checked and shown as a preview; what is applied is what was shown, or nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import File as FormFile
from fastapi import Path, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from api.access import Caller, Here
from api.once import Door
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import Asked, Listed, Lister, RowId, Told
from db import audit_log, imports, organizations
from db.engine import Tx
from db.organizations import Organization
from domain.refusals import Conflict, NotFound
from domain.tasks import Role
from importing.done import Done
from importing.examples import TEMPLATES
from importing.reading import File, unusable
from importing.uploads import Upload, digest_of, upload_of
from importing.writing import Change

MOST_BYTES = 20 * 1024 * 1024
MOST_FILES = 20
SHOWN = 500
"""Changes kept of each kind and each of add, change and end; and problems. The rest is counted."""


class Wide(Door):
    """A door that takes larger bodies: files, with what a form puts around them."""

    largest_body = MOST_BYTES + 1024 * 1024


router = doors("imports", Wide)


class Counts(BaseModel):
    """Rows of one kind by what becomes of them."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    ended: int | None = None


class RowProblem(BaseModel):
    """What is wrong, where, and what to do. `row` is that of a spreadsheet: the header is row 1."""

    file: str
    row: int | None
    column: str | None
    message: str


class RowChange(BaseModel):
    """One row added, changed or ended; of what differs the old and the new value."""

    kind: str = Field(examples=["students"])
    what: Literal["add", "change", "end"]
    ref: str | None
    name: str
    values: dict[str, list[Any]]


class Import(Told):
    """An upload: what it would do or did. `refused`: rows are wrong, so it cannot be applied.

    `ends_too_much`: what a bulk roster ends more than a fifth of; applying it must allow that.
    """

    id: str
    kind: Literal["csv", "oneroster"]
    state: Literal["refused", "previewed", "applied", "discarded"]
    files: list[dict[str, str | int]]
    uploaded_at: datetime
    uploaded_by: str
    counts: dict[str, Counts]
    problem_count: int
    remarks: list[str]
    ends_too_much: list[str]
    ended_at: datetime | None
    ended_by: str | None


class ImportDetail(Import):
    """An upload with its rows: the first 500 changes of each kind, and the first 500 problems."""

    changes: list[RowChange]
    problems: list[RowProblem]


class ApplyIn(Asked):
    """Whether a bulk roster may end more than a fifth of what stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"allow_ends": False}]})
    allow_ends: bool = False


@router.post("/imports", status_code=201)
async def upload_import(
    here: Here, files: Annotated[list[UploadFile], FormFile(max_length=MOST_FILES)], response: Response
) -> ImportDetail:
    """Upload CSV files named by their kind, or one OneRoster 1.2 zip; an admin's act. Nothing is written yet.

    At most 20 MB. The answer is a preview: what would be added, changed and ended, or what is wrong in which row.
    """
    here.person(Role.ADMIN)
    made = await preview(here, [File(file.filename or "", await file.read()) for file in files])
    response.headers["Location"] = f"/v1/imports/{made.id}"
    return made


async def preview(here: Caller, held: Sequence[File]) -> ImportDetail:
    """Check what was uploaded and keep it as a preview; an admin's act. Raises Invalid for files of no use at all."""
    by = here.person(Role.ADMIN).id
    if sum(len(file.content) for file in held) > MOST_BYTES:
        raise unusable("the files are larger than 20 MB together: upload them in parts, or use `bellwether import`")
    if len({file.name for file in held}) < len(held):
        raise unusable("two files have the same name: upload each once")
    upload = await asyncio.to_thread(upload_of, held)
    async with here.transaction() as tx:
        await imports.one_at_a_time(tx, here.org_id)
        now, done = await _tried(here, tx, upload)
        await tx.rollback()
    kept = _as_kept(upload, held, done, now) | {"uploaded_at": now, "uploaded_by": by}
    async with here.transaction() as tx:
        await imports.forget(tx, here.org_id, now)
        waits = [(file.name, file.content) for file in held] if kept["state"] == "previewed" else []
        row = await imports.keep(tx, here.org_id, here.new_id(), kept, waits)
    return ImportDetail.of(row)


@router.get("/imports")
async def list_imports(here: Here, listing: Lister) -> Listed[Import]:
    """List imports, newest first; for an admin's eyes."""
    here.person(Role.ADMIN)
    async with here.transaction() as tx:
        part = await imports.listed(tx, here.org_id, listing.cut)
    return listing.answer(part, Import.of)


@router.get("/imports/examples/{kind}", response_class=Response)
async def get_import_example(here: Here, kind: Annotated[str, Path(max_length=40)]) -> Response:
    """A small CSV file of this kind that imports as it is: staff, students, guardians, schedules and so on."""
    name = kind.removesuffix(".csv")
    if name not in TEMPLATES:
        raise NotFound("import_kind_unknown", f"there is no kind {name!r}; the kinds are {', '.join(TEMPLATES)}")
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(TEMPLATES[name], media_type="text/csv; charset=utf-8; header=present", headers=headers)


@router.get("/imports/{import_id}")
async def get_import(here: Here, import_id: RowId) -> ImportDetail:
    """One import with its changes, or what is wrong with it."""
    here.person(Role.ADMIN)
    async with here.transaction() as tx:
        return ImportDetail.of(await imports.one(tx, here.org_id, import_id))


@router.post("/imports/{import_id}/apply")
async def apply_import(here: Here, import_id: RowId, asked: ApplyIn | None = None) -> ImportDetail:
    """Write what the preview showed. Refused when the books have changed so that it would do something else.

    Asked again, it answers as it stands.
    """
    by = here.person(Role.ADMIN).id
    async with here.transaction() as tx:
        await imports.one_at_a_time(tx, here.org_id)
        row = await imports.one(tx, here.org_id, import_id, lock=True)
        if row.state == "applied":
            return ImportDetail.of(row)
        if row.state != "previewed":
            raise Conflict("import_not_applicable", OWN["import_not_applicable"])
        if row.ends_too_much and not (asked and asked.allow_ends):
            ended = " and ".join(row.ends_too_much)
            raise Conflict("import_ends_too_much", f"it would end {ended}; if that is meant, apply it with allow_ends")
        files = [File(name, content) for name, content in await imports.files_of(tx, here.org_id, import_id)]
        upload = await asyncio.to_thread(upload_of, files)
        now, done = await _tried(here, tx, upload)
        if done.problems or done.written is None or digest_of(done.written, now) != row.digest:
            raise Conflict("import_outdated", OWN["import_outdated"])
        row = await imports.end(tx, here.org_id, import_id, "applied", by, now)
        await audit_log.write(tx, here.org_id, by, "import", "import_applied", now, about=import_id)
        for student_id in sorted(done.written.students):
            here.wake(student_id, import_id)
    return ImportDetail.of(row)


@router.delete("/imports/{import_id}", status_code=204)
async def discard_import(here: Here, import_id: RowId) -> None:
    """Discard a preview that waits: its files are deleted, and that it was there stays."""
    by = here.person(Role.ADMIN).id
    async with here.transaction() as tx:
        row = await imports.one(tx, here.org_id, import_id, lock=True)
        if row.state == "applied":
            raise Conflict("import_not_applicable", OWN["import_not_applicable"])
        if row.state == "previewed":
            await imports.end(tx, here.org_id, import_id, "discarded", by, await here.now(tx))


async def _tried(here: Caller, tx: Tx, upload: Upload) -> tuple[datetime, Done]:
    """Write it all in this transaction, which decides whether it stands; and the time it was done at."""
    now = await here.now(tx)
    organization = Organization.of(await organizations.one(tx, here.org_id))
    return now, await upload.apply(tx, organization, now)


def _as_kept(upload: Upload, files: Sequence[File], done: Done, now: datetime) -> dict[str, Any]:
    written = done.written
    return {
        "kind": upload.kind,
        "state": "refused" if done.problems or written is None else "previewed",
        "files": [{"name": file.name, "bytes": len(file.content)} for file in files],
        "counts": written.as_data() if written else {},
        "changes": _first(written.changes) if written else [],
        "problems": [asdict(problem) for problem in done.problems[:SHOWN]],
        "problem_count": len(done.problems),
        "remarks": upload.sheets.remarks,
        "ends_too_much": list(done.ends_too_much),
        "digest": digest_of(written, now) if written and not done.problems else None,
    }


def _first(changes: Sequence[Change]) -> list[dict[str, Any]]:
    seen: Counter[tuple[str, str]] = Counter()
    kept = []
    for change in changes:
        seen[change.kind, change.what] += 1
        if seen[change.kind, change.what] <= SHOWN:
            made = RowChange(
                kind=change.kind,
                what=change.what,
                ref=change.ref,
                name=change.name,
                values={name: list(pair) for name, pair in change.values.items()},
            )
            kept.append(made.model_dump(mode="json"))
    return kept
