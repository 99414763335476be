"""The scene of the import's tests: CSV files in a folder, empty books with one organization, and the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
from typer.testing import CliRunner

from cli.main import app
from importing.examples import TEMPLATES


class Academy:
    """A folder of CSV files beside empty books with one organization, and the command on them."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.plain_url = database_url.replace("postgresql+psycopg://", "postgresql://")
        self.query("insert into organizations (name, zone) values ('Northstar', 'Europe/London')")

    def query(self, question: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.plain_url, autocommit=True) as connection:
            answer = connection.execute(question)
            return list(answer.fetchall()) if answer.description else []

    def count(self, table: str) -> int:
        return int(self.query(f"select count(*) from {table}")[0][0])

    def counts(self) -> list[tuple[Any, ...]]:
        tables = ("staff", "students", "guardians", "schedules", "enrollments", "sessions", "outcomes", "inbox")
        return self.query(" union all ".join(f"select count(*) from {table}" for table in tables))

    def has(self, kind: str, text: str | bytes) -> None:
        content = text if isinstance(text, bytes) else text.encode()
        (self.folder / f"{kind}.csv").write_bytes(content)

    def has_examples(self) -> None:
        for kind, text in TEMPLATES.items():
            self.has(kind, text)

    def changes(self, kind: str, before: str, after: str) -> None:
        path = self.folder / f"{kind}.csv"
        assert before in path.read_text()
        path.write_text(path.read_text().replace(before, after, 1))

    def imported(self, *options: str) -> dict[str, Any]:
        done = CliRunner().invoke(app, ["import", "--json", *options, str(self.folder)])
        assert done.exit_code == 0, done.output
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def refused(self) -> list[tuple[str, int | None, str | None, str]]:
        """The problems; nothing may have been written."""
        before = self.counts()
        done = CliRunner().invoke(app, ["import", "--json", str(self.folder)])
        assert done.exit_code == 2, done.output
        assert self.counts() == before
        return [(p["file"], p["row"], p["column"], p["message"]) for p in json.loads(done.stdout)["problems"]]
