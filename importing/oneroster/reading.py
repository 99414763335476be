"""From a package to rows: each file, each cell, and what a bulk or a delta row must say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from importing.oneroster.columns import FILES
from importing.oneroster.package import Mode, Package
from importing.reading import Line, Sheets, read_table

MOST_ROWS = 500_000
"""Of all files together. Ours: 5,000 students with four classes each, their guardians and roles are 41,000 rows."""


@dataclass
class Rows:
    """The rows of a package by file: those that stand, and the sourcedIds of those that are gone."""

    modes: dict[str, Mode]
    sheets: Sheets
    standing: dict[str, dict[str, Line]]
    gone: dict[str, dict[str, Line]]

    def is_bulk(self, kind: str) -> bool:
        """True when the file holds everything there is."""
        return self.modes[kind] is Mode.BULK


def rows_of(package: Package, advance: Callable[[int], None] = lambda by: None) -> Rows:
    """All rows. What is wrong stands on each, or on the sheets. `advance` is told of every file."""
    sheets = Sheets(lines={kind: [] for kind in FILES}, remarks=list(package.remarks))
    rows = Rows(package.modes, sheets, {kind: {} for kind in FILES}, {kind: {} for kind in FILES})
    for kind, content in package.contents.items():
        before = len(sheets.every())
        if before + max(content.count(b"\n"), content.count(b"\r")) > MOST_ROWS:
            sheets.refuse(f"{kind}.csv", f"the files hold more than {MOST_ROWS} rows: export the roster in parts")
            break
        read_table(sheets, f"{kind}.csv", content, kind, FILES[kind])
        for line in sheets.lines[kind]:
            _sort_in(rows, kind, line)
        advance(1)
    return rows


def _sort_in(rows: Rows, kind: str, line: Line) -> None:
    ref = line.cells.get("sourcedId")
    if ref is None:
        return
    is_delta = rows.modes[kind] is Mode.DELTA
    if is_delta and "status" not in line.cells and line.is_good:
        line.complain("status", "is empty: a row of a delta file is active or tobedeleted")
    is_gone = line.cells.get("status") == "tobedeleted"
    if is_gone:
        line.problems.clear()  # what a row held that goes away need not be in order
    for known in (rows.standing[kind], rows.gone[kind]):
        if ref in known:
            line.complain("sourcedId", f"stands already in {known[ref]}: keep one of them")
    if is_gone:
        rows.gone[kind].setdefault(ref, line)
        return
    for column in FILES[kind]:
        named = any(problem.column == column.name for problem in line.problems)
        if column.in_header and column.name not in line.cells and not named:
            line.complain(column.name, "is empty: every row needs it")
    rows.standing[kind].setdefault(ref, line)
