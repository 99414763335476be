"""A real term as an operator would import it: students and their sessions of one class, read where the files lie."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.problems import UnusableInputError

DAYS_A_WEEK = 7
_STUDENTS = ("student_ref", "class_ref", "joined_day", "withdrew_day")
_SESSIONS = ("student_ref", "class_ref", "session_day", "attended")


@dataclass(frozen=True)
class Held:
    """One session of one student. `day` counts from day 0 of the term."""

    day: int
    attended: bool


@dataclass(frozen=True)
class Learner:
    """A student of the class with his sessions in order. `withdrew_day` is None for who stayed."""

    ref: str
    joined_day: int
    withdrew_day: int | None
    sessions: tuple[Held, ...]

    @property
    def alarmed_on(self) -> int | None:
        """The day of the first session at which a rule of tier 2 holds; None if none ever does.

        Written a second time on purpose, straight from the rules: two missed in a row, two within seven days, three
        of the last eight, or two of the first four. It must not share a line with what it checks.
        """
        for at, held in enumerate(self.sessions):
            if held.attended:
                continue
            so_far = self.sessions[: at + 1]
            days = [s.day for s in so_far if not s.attended]
            in_row = at > 0 and not self.sessions[at - 1].attended
            in_week = len(days) > 1 and days[-1] - days[-2] <= DAYS_A_WEEK
            of_eight = sum(not s.attended for s in so_far[-8:]) >= 3
            of_four = len(so_far) <= 4 and len(days) >= 2
            if in_row or in_week or of_eight or of_four:
                return held.day
        return None


@dataclass(frozen=True)
class Term:
    """The first weeks of one class."""

    class_ref: str
    weeks: int
    learners: tuple[Learner, ...]

    @property
    def counts(self) -> dict[str, int]:
        """What was read."""
        return {
            "enrolled": len(self.learners),
            "with_sessions": sum(bool(x.sessions) for x in self.learners),
            "outcomes": sum(len(x.sessions) for x in self.learners),
            "absences": sum(not s.attended for x in self.learners for s in x.sessions),
            "tier_2_students": sum(x.alarmed_on is not None for x in self.learners),
        }


def read_term(folder: Path, class_ref: str, weeks: int) -> Term:
    """The class's first weeks. Raises UnusableInputError for a missing file, column, class or a value out of range."""
    held: defaultdict[str, list[Held]] = defaultdict(list)
    for ref, _, day, attended in _rows(folder / "sessions.csv.gz", _SESSIONS, class_ref):
        if _number(day, "session_day") < weeks * DAYS_A_WEEK:
            if attended not in ("0", "1"):
                raise UnusableInputError(f"sessions.csv.gz: attended is {attended!r}; it must be 0 or 1")
            held[ref].append(Held(int(day), attended == "1"))
    learners = [
        Learner(
            ref,
            _number(joined, "joined_day"),
            _number(left, "withdrew_day") if left else None,
            tuple(sorted(held.pop(ref, []), key=lambda s: s.day)),
        )
        for ref, _, joined, left in _rows(folder / "students.csv.gz", _STUDENTS, class_ref)
    ]
    if not learners:
        raise UnusableInputError(f"students.csv.gz has no class {class_ref!r}: {_classes(folder)}")
    if held:
        raise UnusableInputError(f"sessions.csv.gz names {len(held)} students that students.csv.gz does not have")
    return Term(class_ref, weeks, tuple(learners))


def _rows(path: Path, columns: tuple[str, ...], class_ref: str | None = None) -> Iterator[tuple[str, ...]]:
    """The named columns of each row, of one class or all."""
    try:
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            header = next(lines, [])
            missing = [c for c in columns if c not in header]
            if missing:
                raise UnusableInputError(f"{path.name} lacks the column {missing[0]}; it has: {', '.join(header)}")
            at, class_at = [header.index(c) for c in columns], header.index("class_ref")
            for line in lines:
                if class_ref is None or line[class_at] == class_ref:
                    yield tuple(line[i] for i in at)
    except FileNotFoundError as problem:
        raise UnusableInputError(
            f"there is no {path.name} in {path.parent}; a term has students and sessions"
        ) from problem
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, IndexError) as problem:
        raise UnusableInputError(f"{path.name} cannot be read as gzipped CSV in UTF-8: {problem}") from problem


def _classes(folder: Path) -> str:
    found = sorted({row[0] for row in _rows(folder / "students.csv.gz", ("class_ref",))})
    return f"choose one of {', '.join(found)}" if found else "it is empty"


def _number(value: str, column: str) -> int:
    try:
        return int(value)
    except ValueError as problem:
        raise UnusableInputError(f"{column} is {value!r}; it must be a whole number of days") from problem
