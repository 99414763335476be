"""`bellwether import`: read, check whole, write in one transaction, wake the students."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError

from cli import organizations
from cli.configured import settings
from cli.importing import known as import_known
from cli.importing import telling
from cli.importing import templates as import_templates
from cli.importing.checking import check
from cli.importing.plan import Plan
from cli.importing.reading import files_in, read
from cli.importing.telling import Done
from cli.importing.writing import Writer
from cli.nudging import nudge_each
from cli.oneroster.columns import FILES
from cli.oneroster.package import is_package, read_package
from cli.oneroster.reading import rows_of
from cli.oneroster.roster import apply_roster
from cli.organizations import Organization
from cli.problems import CommandError, UnreachableError, UnusableInputError
from cli.reaching import books_url, opened, temporal
from cli.terminal import progress, say, show, show_json
from db import clock
from db.engine import Tx
from domain.refusals import Refusal
from domain.value import Id
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
    done = _roster(packages[0], org, dry_run, allow_ends) if packages else _plain(paths, org, dry_run)
    if as_json:
        show_json(telling.as_data(done))
    else:
        telling.tell(done)
    return 2 if done.problems else 0


def _plain(paths: Sequence[Path], org: str | None, dry_run: bool) -> Done:
    files = files_in(paths)
    with progress("reading", len(files)) as advance:
        sheets = read(files, advance)
    for remark in sheets.remarks:
        say(remark)
    if sheets.problems:
        # What these files hold is not known, so references are not checked before they can be read.
        return Done(dry_run, problems=sheets.all_problems())

    async def work(tx: Tx, organization: Organization, now: datetime) -> Done:
        plan = Plan(sheets, await import_known.load(tx, organization, sheets, now))
        check(plan)
        if problems := sheets.all_problems():
            return Done(dry_run, problems=problems)
        with progress("writing", len(sheets.every())) as advance:
            return Done(dry_run, written=await Writer(tx, plan, advance).write())

    return _run(work, org)


def _roster(path: Path, org: str | None, dry_run: bool, allow_ends: bool) -> Done:
    with progress("reading", len(FILES)) as advance:
        rows = rows_of(read_package(path), advance)
    if rows.sheets.problems:
        return Done(dry_run, problems=rows.sheets.all_problems())

    async def work(tx: Tx, organization: Organization, now: datetime) -> Done:
        return await apply_roster(tx, organization, now, rows, dry_run=dry_run, allow_ends=allow_ends)

    done = _run(work, org)
    for remark in rows.sheets.remarks:
        say(remark)
    return done


Work = Callable[[Tx, Organization, datetime], Awaitable[Done]]


def _run(work: Work, org: str | None) -> Done:
    given = settings()
    with books_url(given) as url:
        return asyncio.run(_import(given, url, work, org))


async def _import(given: Settings, url: str, work: Work, org: str | None) -> Done:
    async with opened(url) as books:
        try:
            async with books.transaction() as tx:
                # Large files are checked inside the transaction, longer than a request may be idle in one.
                await tx.exec_driver_sql("set local idle_in_transaction_session_timeout = '10min'")
                now = datetime.now(UTC) + await clock.ahead(tx)
                organization = await organizations.chosen(tx, org)
                done = await work(tx, organization, now)
                if done.problems or done.dry_run or done.written is None:
                    await tx.rollback()
                    return done
        except (IntegrityError, Refusal) as problem:
            raise CommandError(
                f"somebody else changed the same rows meanwhile, so nothing was written: run it again ({problem})"
            ) from problem
        except DBAPIError as problem:
            raise CommandError(f"the books refused the import, nothing was written: {problem.orig}") from problem
    woken, left = await _wake(given, [(organization.id, student) for student in sorted(done.written.students)])
    return replace(done, woken=woken, left_to_auditor=left)


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
