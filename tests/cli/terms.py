"""Terms to read: the real one where it lies beside the repository, and small ones of the same shape."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
REAL_TERMS = ROOT.parent / "shared" / "data" / "real_terms_2013"
CLASS = "GEN-2013J"


def write_term(folder: Path, *, students: int, weeks: int) -> dict[str, int]:
    """A class in which each student misses in a rhythm of his own; returns its counts.

    Student 0 left before day 0 and has no session. Student n > 0 misses every (n + 1)th session, number 1 in a row.
    """
    days = [7 * week + day for week in range(weeks) for day in (0, 2, 4)]
    people = [(str(n), CLASS, -30, -3 if n == 0 else "", 7 * weeks) for n in range(students)]
    held = [
        (str(n), CLASS, day, int(_attended(n, at)), 3 * int(_attended(n, at)))
        for n in range(1, students)
        for at, day in enumerate(days)
    ]
    _write(
        folder / "students.csv.gz", ("student_ref", "class_ref", "joined_day", "withdrew_day", "length_days"), people
    )
    _write(folder / "sessions.csv.gz", ("student_ref", "class_ref", "session_day", "attended", "engagement"), held)
    return {
        "enrolled": students,
        "with_sessions": students - 1,
        "outcomes": len(held),
        "absences": sum(not row[3] for row in held),
        "tier_2_students": sum(_alarms(n, len(days)) for n in range(1, students)),
    }


def _attended(n: int, at: int) -> bool:
    return at < 2 if n == 1 else (at + 1) % (n + 1) != 0


def _alarms(n: int, sessions: int) -> bool:
    """Who misses every 2nd or 3rd session misses twice in seven days; who misses fewer never has three in eight."""
    return sessions > 3 if n == 1 else n <= 2 and sessions >= 2 * (n + 1)


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
