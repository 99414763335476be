"""An import as it is shown: its rows in words, and the bars that say how much of the files changes anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup
from pydantic import TypeAdapter, ValidationError

from api.imports import SHOWN, Counts, Import, ImportDetail, RowChange
from domain.explaining import code_in_words
from domain.plain_words import lasting, listed

KINDS: Mapping[str, tuple[str, str]] = {
    "terms": ("Terms", "the parts of the year"),
    "staff": ("Staff", "who teaches and who works in the office"),
    "students": ("Students", "who comes to lessons"),
    "guardians": ("Contacts", "whom to tell, by which number and address"),
    "links": ("Contacts beside students", "who is asked for whom"),
    "schedules": ("Schedules", "what is taught, by whom, and what it charges"),
    "enrollments": ("Enrollments", "who takes part in what, and the balance to begin with"),
    "sessions": ("Lessons", "when each one is held"),
    "outcomes": ("Attendance", "what became of past lessons"),
}
"""Kinds of rows in the order in which they are written: what people call them, and what a file of them holds."""
WHAT: Mapping[str, tuple[str, str, str]] = {
    "add": ("New", "check", "ok"),
    "change": ("Changes", "pen", "late"),
    "end": ("Ends", "x", "bad"),
}
"""What becomes of a row: its word, its sign and its tone."""
STATES: Mapping[str, tuple[str, str, str]] = {
    "previewed": ("Waits for you", "clock", "now"),
    "refused": ("Cannot be applied", "x", "bad"),
    "applied": ("Applied", "check", "ok"),
    "discarded": ("Discarded", "slash", ""),
}
_LENGTH: TypeAdapter[timedelta] = TypeAdapter(timedelta)
_NAMED = 3
WIDE = 1000


@dataclass(frozen=True)
class Tally:
    """The rows of one kind, counted, and drawn as a bar."""

    kind: str
    words: str
    counts: Counts
    picture: Markup


@dataclass(frozen=True)
class Shown:
    """One row that is added, changed or ended; `values` are what differs: its name, what stands, and what would."""

    kind: str
    what: str
    ref: str | None
    name: str
    values: Sequence[tuple[str, Any, Any]]


def title(made: Import) -> str:
    """What an import is called: by its files."""
    names = [str(file["name"]) for file in made.files]
    more = len(names) - _NAMED
    return listed([*names[:_NAMED], f"{more} more"] if more > 0 else names)


def size(made: Import) -> str:
    """How large the files were together."""
    kib = sum(int(file["bytes"]) for file in made.files) / 1024
    return f"{kib / 1024:.1f} MB" if kib >= 1000 else f"{max(kib, 1):.0f} KB"


def totals(made: Import) -> Mapping[str, int]:
    """All kinds together: rows by what becomes of them, and `same` for those that stand already."""
    every = made.counts.values()
    return {
        "add": sum(c.added for c in every),
        "change": sum(c.changed for c in every),
        "end": sum(c.ended or 0 for c in every),
        "same": sum(c.unchanged for c in every),
    }


def effect(made: Import, done: bool = False) -> str:
    """What it does, in words: "adds 12 and changes 3"; empty when it does nothing."""
    verbs = ("added", "changed", "ended") if done else ("adds", "changes", "ends")
    sums = totals(made)
    parts = [f"{verb} {sums[what]}" for verb, what in zip(verbs, WHAT, strict=True) if sums[what]]
    return listed(parts)


def tallies(made: Import) -> list[Tally]:
    """One line for each kind that the files hold, in the order of writing."""
    return [
        Tally(kind, KINDS[kind][0] if kind in KINDS else kind, counts, _bar(counts))
        for kind, counts in sorted(made.counts.items(), key=lambda pair: _place(pair[0]))
    ]


def _place(kind: str) -> int:
    return list(KINDS).index(kind) if kind in KINDS else len(KINDS)


def _bar(counts: Counts) -> Markup:
    """What is added, changed and ended as parts of all rows; the numbers stand beside it."""
    parts = (("student", counts.added), ("guest", counts.changed), ("gone", counts.ended or 0))
    whole = sum(n for _, n in parts) + counts.unchanged
    drawn, x = "", 0.0
    for look, number in parts:
        wide = number / whole * WIDE if whole else 0
        drawn += f'<rect class="{look}" x="{x:.0f}" y="2" width="{max(wide, 4):.0f}" height="8"/>' if number else ""
        x += wide
    return Markup(
        f'<svg class="track" aria-hidden="true" viewBox="0 0 {WIDE} 12" preserveAspectRatio="none">'
        f'<rect class="held" width="{WIDE}" height="12"/>{drawn}</svg>'
    )


def rows(made: ImportDetail, kind: str, what: str) -> list[RowChange]:
    """The rows of a kind and of what becomes of them; empty means all."""
    return [c for c in made.changes if kind in ("", c.kind) and what in ("", c.what)]


def is_cut_off(made: ImportDetail) -> bool:
    """Whether there are more rows of some kind than are kept to look at."""
    return SHOWN in Counter((c.kind, c.what) for c in made.changes).values()


def shown(change: RowChange) -> Shown:
    """A row with its values as people read them."""
    values = [(_column(k), _value(k, pair[0]), _value(k, pair[-1])) for k, pair in change.values.items()]
    return Shown(change.kind, change.what, change.ref, change.name, values)


def _column(name: str) -> str:
    return name.removesuffix("_id").removesuffix("_ref").replace("_", " ")


def _value(column: str, value: Any) -> Any:
    """Times as times, yes and no, codes in words; everything else as it is. None is nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{code_in_words(k)}: {code_in_words(str(v))}" for k, v in value.items()) or None
    if isinstance(value, str) and column.endswith("_at"):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and column == "cancel_notice":
        try:
            return lasting(_LENGTH.validate_python(value))
        except ValidationError:
            return value
    return value
