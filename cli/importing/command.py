"""`bellwether import`: read, check whole, write in one transaction, wake the students."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError

from cli import organizations
from cli.configured import settings
from cli.importing import known as import_known
from cli.importing import templates as import_templates
from cli.importing.checking import check
from cli.importing.plan import Plan
from cli.importing.reading import Problem, Sheets, files_in, read
from cli.importing.writing import Writer, Written
from cli.nudging import nudge_students
from cli.problems import CommandError, UnreachableError
from cli.reaching import books_url, opened, temporal
from cli.terminal import complain, progress, say, show, show_json, show_table
from db import clock
from domain.refusals import Refusal
from domain.value import Id
from settings import Settings

SHOWN = 50
"""Problems shown; the rest is counted."""


@dataclass(frozen=True)
class Done:
    """What an import did: written rows and the students woken, or why nothing was written."""

    problems: Sequence[Problem] = ()
    written: Written | None = None
    woken: int = 0
    left_to_auditor: int = 0


def write_templates(folder: Path) -> None:
    """Write example files that import cleanly as they are."""
    for path in import_templates.write(folder):
        show(str(path))
    say(f"Look at them, then try: bellwether import --dry-run {folder}")


def import_files(paths: Sequence[Path], org: str | None, *, dry_run: bool, as_json: bool) -> int:
    """Import files; the exit code is 2 when something in them is wrong, and then nothing was written."""
    files = files_in(paths)
    given = settings()
    with progress("reading", len(files)) as advance:
        sheets = read(files, advance)
    for remark in sheets.remarks:
        say(remark)
    if sheets.problems:
        # What these files hold is not known, so references are not checked before they can be read.
        done = Done(problems=sheets.all_problems())
    else:
        with books_url(given) as url:
            done = asyncio.run(_import(given, url, sheets, org, dry_run=dry_run))
    if as_json:
        _tell_json(done, dry_run=dry_run)
    else:
        _tell(done, sheets, dry_run=dry_run)
    return 2 if done.problems else 0


async def _import(given: Settings, url: str, sheets: Sheets, org: str | None, *, dry_run: bool) -> Done:
    async with opened(url) as books:
        try:
            async with books.transaction() as tx:
                now = datetime.now(UTC) + await clock.ahead(tx)
                organization = await organizations.chosen(tx, org)
                plan = Plan(sheets, await import_known.load(tx, organization, sheets, now))
                check(plan)
                if problems := sheets.all_problems():
                    return Done(problems=problems)
                with progress("writing", len(sheets.every())) as advance:
                    written = await Writer(tx, plan, advance).write()
                if dry_run:
                    await tx.rollback()
                    return Done(written=written)
        except (IntegrityError, Refusal) as problem:
            raise CommandError(
                f"somebody else changed the same rows meanwhile, so nothing was written: run it again ({problem})"
            ) from problem
        except DBAPIError as problem:
            raise CommandError(f"the books refused the import, nothing was written: {problem.orig}") from problem
    woken, left = await _wake(given, [(organization.id, student) for student in sorted(written.students)])
    return Done(written=written, woken=woken, left_to_auditor=left)


async def _wake(given: Settings, students: list[tuple[Id, Id]]) -> tuple[int, int]:
    """Nudge the students; how many were, and how many the auditor will."""
    if not students:
        return 0, 0
    try:
        client = await temporal(given)
    except UnreachableError:
        return 0, len(students)
    with progress("waking students", len(students)) as advance:
        failed = await nudge_students(client, students, "import", advance)
    return len(students) - failed, failed


def _tell(done: Done, sheets: Sheets, *, dry_run: bool) -> None:
    if done.problems:
        for problem in done.problems[:SHOWN]:
            where = ", ".join(
                part
                for part in (problem.file, f"row {problem.row}" if problem.row else "", problem.column or "")
                if part
            )
            complain(f"{where}: {problem.message}")
        count = len(done.problems)
        rest = f" ({count - SHOWN} more are not shown)" if count > SHOWN else ""
        say(f"{count} problem{'s' if count > 1 else ''}{rest}. Nothing was written.")
        return
    counts = done.written.as_data() if done.written else {}
    show_table(
        ["", "added", "changed", "unchanged"],
        [[kind, *(str(number) for number in count.values())] for kind, count in counts.items()],
    )
    if dry_run:
        say("Everything is in order. Nothing was written: this was a dry run.")
    elif done.woken:
        say(f"{done.woken} students were woken to settle what is new.")
    if done.left_to_auditor:
        say(
            f"{done.left_to_auditor} could not be: Temporal is not running here. "
            "The auditor wakes them once worker and Temporal run (`bellwether up`)."
        )


def _tell_json(done: Done, *, dry_run: bool) -> None:
    show_json(
        {
            "written": done.written is not None and not dry_run,
            "dry_run": dry_run,
            "counts": done.written.as_data() if done.written else {},
            "problem_count": len(done.problems),
            "problems": [asdict(problem) for problem in done.problems[:SHOWN]],
            "students_woken": done.woken,
            "students_left_to_auditor": done.left_to_auditor,
        }
    )
