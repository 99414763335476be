"""Progress and remarks on stderr, data on stdout; no colour into pipes, nor where NO_COLOR is set."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

remarks = Console(stderr=True, highlight=False, soft_wrap=True)
data = Console(highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """A remark on stderr, as it is: brackets in names and addresses are no markup."""
    remarks.print(text, markup=False)


def complain(text: str) -> None:
    """What went wrong, on stderr."""
    remarks.print(text, markup=False, style="red")


def show(text: str) -> None:
    """Data on stdout, one line."""
    data.print(text, markup=False)


def show_json(value: Any) -> None:
    """Data on stdout as JSON; times and the like as text."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def show_table(columns: list[str], rows: list[list[str]]) -> None:
    """Data on stdout as a table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(cell.replace("[", "\\[") for cell in row))
    data.print(table)


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr; the function given moves it on by so many. Nothing is drawn where nobody watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=remarks, transient=True, disable=not remarks.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda by: bar.advance(task, by)


def log_to_stderr(ours: int = logging.WARNING) -> None:
    """Warnings of everybody, and ours from the given level on. Client libraries log addresses at level INFO."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("bellwether", "uvicorn"):
        logging.getLogger(name).setLevel(ours)
