"""What an import did or would do, for people and as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from cli.terminal import complain, say, show, show_table
from domain.wording import counted
from importing.reading import Problem
from importing.writing import Change, Written

SHOWN = 50
"""Problems shown, and changes of each kind; the rest is counted."""
_SIGNS = {"add": "+", "change": "~", "end": "-"}
_CALLED = {"links": "guardians of students"}


@dataclass(frozen=True)
class Told:
    """What an import did: written rows and the students woken, or why nothing was written."""

    dry_run: bool
    problems: Sequence[Problem] = ()
    written: Written | None = None
    woken: int = 0
    left_to_auditor: int = 0


def tell(done: Told) -> None:
    """Problems, or the counts; of a dry run what would change as well."""
    if done.written is not None and (done.dry_run or done.problems):
        _show_changes(done.written.changes)
    if done.written is not None:
        counts = done.written.as_data()
        names = list(next(iter(counts.values()), ()))
        rows = [[_CALLED.get(kind, kind), *(str(number) for number in row.values())] for kind, row in counts.items()]
        show_table(["", *names], rows)
    if done.problems:
        _complain(done.problems)
    elif done.dry_run:
        say("Everything is in order. Nothing was written: this was a dry run.")
    elif done.woken:
        say(f"Woken to settle what is new: {counted(done.woken, 'student')}.")
    if done.left_to_auditor:
        say(
            f"{done.left_to_auditor} could not be: Temporal is not running here. "
            "The auditor wakes them once worker and Temporal run (`bellwether up`)."
        )


def as_data(done: Told) -> dict[str, Any]:
    """The same as JSON: of a dry run all that would change."""
    written = done.written
    changes = written.changes if written and (done.dry_run or done.problems) else []
    return {
        "written": written is not None and not done.dry_run and not done.problems,
        "dry_run": done.dry_run,
        "counts": written.as_data() if written else {},
        "changes": [_change(change) for change in changes],
        "problem_count": len(done.problems),
        "problems": [asdict(problem) for problem in done.problems[:SHOWN]],
        "students_woken": done.woken,
        "students_left_to_auditor": done.left_to_auditor,
    }


def _complain(problems: Sequence[Problem]) -> None:
    for problem in problems[:SHOWN]:
        row = f"row {problem.row}" if problem.row else ""
        where = ", ".join(part for part in (problem.file, row, problem.column or "") if part)
        complain(f"{where}: {problem.message}")
    count = len(problems)
    rest = f" ({count - SHOWN} more are not shown)" if count > SHOWN else ""
    say(f"{count} problem{'s' if count > 1 else ''}{rest}. Nothing was written.")


def _show_changes(changes: Sequence[Change]) -> None:
    for kind in dict.fromkeys(change.kind for change in changes):
        mine = [change for change in changes if change.kind == kind]
        show(f"{_CALLED.get(kind, kind)}:")
        for change in mine[:SHOWN]:
            values = "; ".join(f"{name} {_said(old)} -> {_said(new)}" for name, (old, new) in change.values.items())
            named = " ".join(part for part in (change.ref, change.name) if part)
            show(f"  {_SIGNS[change.what]} {named}{': ' if values else ''}{values}")
        if len(mine) > SHOWN:
            show(f"  and {len(mine) - SHOWN} more (all of them with --json)")


def _said(value: Any) -> str:
    if value is None:
        return "nothing"
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else str(value)


def _change(change: Change) -> dict[str, Any]:
    values = {name: {"old": old, "new": new} for name, (old, new) in change.values.items()}
    return {"kind": change.kind, "what": change.what, "ref": change.ref, "name": change.name, "values": values}
