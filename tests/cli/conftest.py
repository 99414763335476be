"""Scenes that several files of this folder begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.importing import Academy
from tests.cli.roster import School


@pytest.fixture
def academy(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Academy:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BELLWETHER_DATABASE_URL", database_url)
    monkeypatch.delenv("BELLWETHER_TEMPORAL_ADDRESS", raising=False)
    folder = tmp_path / "files"
    folder.mkdir()
    return Academy(folder, database_url)


@pytest.fixture
def school(academy: Academy, tmp_path: Path) -> School:
    """A school's roster beside books with one coordinator."""
    academy.query(
        "insert into staff (org_id, ref, name, email, role) "
        "select id, 'ana', 'Ana', 'ana@northstar.example', 'coordinator' from organizations"
    )
    return School(tmp_path)
