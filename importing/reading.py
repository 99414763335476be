"""From files to rows: which kind a file is, its encoding, its header and each cell by itself."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath
from typing import Any
from zoneinfo import ZoneInfo

from domain.refusals import Invalid
from importing.columns import KINDS, Column


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong in a file, where, and what to do. `row` is that of a spreadsheet: the header is row 1."""

    file: str
    row: int | None
    column: str | None
    message: str


@dataclass
class Line:
    """One row. `cells` are those that are not empty, by column; `problems` what is wrong with it."""

    file: str
    number: int
    kind: str
    cells: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, column: str | None, message: str) -> None:
        """Note a problem of this row."""
        self.problems.append(Problem(self.file, self.number, column, message))

    @property
    def is_good(self) -> bool:
        """True while nothing is wrong with it."""
        return not self.problems

    def __str__(self) -> str:
        return f"row {self.number} of {self.file}"


@dataclass
class Sheets:
    """All rows of all files by kind; problems of whole files, and remarks about what is left out."""

    lines: dict[str, list[Line]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    headers: dict[str, list[str]] = field(default_factory=dict)
    """The columns of the file read last of each kind."""

    def every(self) -> list[Line]:
        """The rows of all kinds, in the order of writing."""
        return [line for lines in self.lines.values() for line in lines]

    def refuse(self, file: str, message: str, row: int | None = None, column: str | None = None) -> None:
        """Note a problem of a whole file."""
        self.problems.append(Problem(file, row, column, message))

    def all_problems(self) -> list[Problem]:
        """Whole files first, then by row."""
        return self.problems + [problem for line in self.every() for problem in line.problems]


@dataclass(frozen=True)
class File:
    """One CSV file with its name, which tells its kind."""

    name: str
    content: bytes


def unusable(why: str) -> Invalid:
    """That a file cannot be used at all; `why` says what to do."""
    return Invalid("import_unusable", why)


def kind_of(name: str) -> str:
    """The kind that a file's name tells. Raises Invalid."""
    named = [word for word in re.split(r"[^a-z]+", PurePath(name).stem.lower()) if word in KINDS]
    if len(set(named)) != 1:
        raise unusable(f"{name} does not tell what it holds: name it after one of {', '.join(KINDS)}")
    return named[0]


def read(files: Iterable[File], advance: Callable[[int], None] = lambda by: None) -> Sheets:
    """All rows, each cell checked by itself. `advance` is told of every file. Raises Invalid for an unknown kind."""
    sheets = Sheets()
    for file in files:
        kind = kind_of(file.name)
        if unknown := read_table(sheets, file.name, file.content, kind, KINDS[kind]):
            known = ", ".join(column.name for column in KINDS[kind])
            sheets.remarks.append(f"{file.name}: left out the columns {', '.join(unknown)}; {kind} have {known}")
        advance(1)
    return sheets


def read_table(sheets: Sheets, file: str, content: bytes, kind: str, known: Sequence[Column]) -> list[str]:
    """Add the rows of one file, or what is wrong with it; returns the columns that are not known."""

    def refuse(message: str, row: int | None = None, column: str | None = None) -> list[str]:
        sheets.refuse(file, message, row, column)
        return []

    try:
        text = _text(content)
    except ValueError as problem:
        return refuse(str(problem))
    header, _, _ = text.partition("\n")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count), strict=True)
    try:
        columns = {column.name: column for column in known}
        written = {name.lower(): name for name in columns}
        names = [written.get(name.strip().lower(), name.strip().lower()) for name in next(rows, [])]
        if not _is_good_header(names, columns, refuse):
            return []
        sheets.headers[kind] = names
        for number, row in enumerate(rows, start=2):
            if any(cell.strip() for cell in row):
                sheets.lines[kind].append(_line(file, number, kind, names, row, columns))
    except csv.Error as problem:
        refuse(f"cannot be read as CSV from line {rows.line_num} on: {problem}; look for a quote that is not closed")
        return []
    return [name for name in names if name and name not in columns]


def _text(content: bytes) -> str:
    """The file as text. Raises ValueError with what to do."""
    advice = "save it as CSV with the encoding UTF-8 (in Excel: `CSV UTF-8`)"
    if content.startswith(b"PK"):
        raise ValueError(f"is a workbook and no CSV file: {advice}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise ValueError(
            f"is not UTF-8 (line {line} holds the byte 0x{content[problem.start]:02X}, as Latin-1 files do): {advice}"
        ) from problem
    if "\0" in text:
        raise ValueError(f"holds zero bytes and is no UTF-8 text: {advice}")
    return text


def _is_good_header(names: list[str], columns: dict[str, Column], refuse: Callable[..., object]) -> bool:
    missing = [c.name for c in columns.values() if (c.is_required or c.in_header) and c.name not in names]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    for name in missing:
        needs = "every row needs it. " if columns[name].is_required else ""
        refuse(f"is missing: {needs}The first row must name the columns", 1, name)
    for name in twice:
        refuse("stands there twice: keep one", 1, name)
    return not missing and not twice


def _line(file: str, number: int, kind: str, names: list[str], row: list[str], columns: dict[str, Column]) -> Line:
    line = Line(file, number, kind)
    if any(cell.strip() for cell in row[len(names) :]):
        line.complain(None, f"has more cells ({len(row)}) than the header ({len(names)}): quote cells that hold commas")
    given = {name: cell.strip() for name, cell in zip(names, row, strict=False) if name in columns}
    for column in columns.values():
        cell = given.get(column.name, "")
        if cell:
            try:
                line.cells[column.name] = column.read(cell)
            except ValueError as problem:
                line.complain(column.name, str(problem))
        elif column.is_required:
            line.complain(column.name, "is empty: every row needs it")
    _place_in_time(line)
    return line


def _place_in_time(line: Line) -> None:
    """Local times get the row's zone. One that a change of clocks skips takes the offset before; of two, the first."""
    for name, value in line.cells.items():
        if isinstance(value, datetime) and value.tzinfo is None:
            if "zone" in line.cells:
                line.cells[name] = value.replace(tzinfo=ZoneInfo(line.cells["zone"]))
            else:
                line.complain(name, "has no offset: write 2026-09-14T16:00+02:00, or add a column zone")
