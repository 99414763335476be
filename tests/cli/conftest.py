"""Scenes that several files of this folder begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.importing import Academy


@pytest.fixture
def academy(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Academy:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BELLWETHER_DATABASE_URL", database_url)
    monkeypatch.delenv("BELLWETHER_TEMPORAL_ADDRESS", raising=False)
    folder = tmp_path / "files"
    folder.mkdir()
    return Academy(folder, database_url)
