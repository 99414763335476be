"""`bellwether import`: read, check whole, write in one transaction, wake the students."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError

from cli import organizations
from cli.configured import settings
from cli.importing import telling
from cli.importing import templates as import_templates
from cli.importing.telling import Told
from cli.nudging import nudge_each
from cli.problems import CommandError, UnreachableError, UnusableInputError
from cli.reaching import books_url, opened, temporal
from cli.terminal import progress, say, show, show_json
from db import clock
from domain.refusals import Invalid, Refusal
from domain.value import Id
from importing.done import Done
from importing.oneroster.columns import FILES
from importing.oneroster.package import is_package, read_package
from importing.oneroster.reading import rows_of
from importing.reading import File, Problem, kind_of, read
from importing.uploads import Upload
from settings import Settings


def write_templates(folder: Path) -> None:
    """Write example files that import cleanly as they are."""
    for path in import_templates.write(folder):
        show(str(path))
    say(f"Look at them, then try: bellwether import --dry-run {folder}")


def import_files(paths: Sequence[Path], org: str | None, *, dry_run: bool, allow_ends: bool, as_json: bool) -> int:
    """Import CSV files or one OneRoster package; the exit code is 2 when something is wrong: nothing was written."""
    packages = [path for path in paths if is_package(path)]
    if packages and len(paths) > 1:
        raise UnusableInputError(f"{packages[0].name} is a OneRoster package: import it alone, and other files apart")
    try:
        upload = _roster(packages[0]) if packages else _plain(paths)
    except Invalid as problem:
        raise UnusableInputError(problem.detail) from problem
    given = settings()
    with books_url(given) as url:
        done = asyncio.run(_import(given, url, upload, org, dry_run=dry_run, allow_ends=allow_ends))
    if as_json:
        show_json(telling.as_data(done))
    else:
        telling.tell(done)
    return 2 if done.problems else 0


def _plain(paths: Sequence[Path]) -> Upload:
    files = files_in(paths)
    with progress("reading", len(files)) as advance:
        return Upload("csv", read((File(path.name, _content(path)) for path in files), advance))


def _roster(path: Path) -> Upload:
    with progress("reading", len(FILES)) as advance:
        return Upload("oneroster", rows_of(read_package(path), advance))


def files_in(paths: Sequence[Path]) -> list[Path]:
    """The files; of a folder, its CSV files. Raises UnusableInputError, which names the file."""
    found = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix.lower() == ".csv")
            if not inside:
                raise UnusableInputError(
                    f"{path} holds no CSV file: `bellwether import --template DIR` writes examples"
                )
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise UnusableInputError(f"there is no file {path}")
    every = list(dict.fromkeys(found))
    for path in every:
        kind_of(path.name)
    return every


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise UnusableInputError(f"{path} cannot be read: {problem}") from problem


async def _import(
    given: Settings, url: str, upload: Upload, org: str | None, *, dry_run: bool, allow_ends: bool
) -> Told:
    async with opened(url) as books:
        try:
            async with books.transaction() as tx:
                # Large files are checked inside the transaction, longer than a request may be idle in one.
                await tx.exec_driver_sql("set local idle_in_transaction_session_timeout = '10min'")
                now = datetime.now(UTC) + await clock.ahead(tx)
                organization = await organizations.chosen(tx, org)
                done = await upload.apply(tx, organization, now, progress)
                for remark in upload.sheets.remarks:
                    say(remark)
                problems = [*done.problems, *(() if allow_ends else _too_much(done))]
                if problems or dry_run or done.written is None:
                    await tx.rollback()
                    return Told(dry_run, problems, done.written)
        except (IntegrityError, Refusal) as problem:
            raise CommandError(
                f"somebody else changed the same rows meanwhile, so nothing was written: run it again ({problem})"
            ) from problem
        except DBAPIError as problem:
            raise CommandError(f"the books refused the import, nothing was written: {problem.orig}") from problem
    woken, left = await _wake(given, [(organization.id, student) for student in sorted(done.written.students)])
    return Told(dry_run, written=done.written, woken=woken, left_to_auditor=left)


def _too_much(done: Done) -> list[Problem]:
    if not done.ends_too_much:
        return []
    told = (
        f"this bulk import would end {' and '.join(done.ends_too_much)}, more than a fifth. "
        "Look at what it ends with --dry-run; if it is meant, add --allow-ends"
    )
    return [Problem("manifest.csv", None, None, told)]


async def _wake(given: Settings, students: list[tuple[Id, Id]]) -> tuple[int, int]:
    """Nudge the students; how many were, and how many the auditor will."""
    if not students:
        return 0, 0
    try:
        client = await temporal(given)
    except UnreachableError:
        return 0, len(students)
    with progress("waking students", len(students)) as advance:
        failed = await nudge_each(client, students, "import", advance)
    return len(students) - failed, failed
