"""The replay of a term on the whole system, as somebody runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terms import CLASS, ROOT, write_term

PROGRAM = (sys.executable, "-m", "cli.main", "replay")


def replay(folder: Path, *options: str, home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder of its own."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("BELLWETHER_")}
    environment = plain | {"PYTHONPATH": str(ROOT)} | settings
    return subprocess.run(
        [*PROGRAM, str(folder), *options],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.slow
def test_a_small_term_is_replayed_and_every_check_holds(tmp_path: Path) -> None:
    term, home = tmp_path / "term", tmp_path / "home"
    term.mkdir()
    home.mkdir()
    expected = write_term(term, students=10, weeks=2)

    ran = replay(term, "--class", CLASS, "--weeks", "2", "--json", home=home)

    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["broken"] == []
    assert told["read"] == expected
    assert told["books"]["outcomes_decided"] == told["books"]["charges"] == expected["outcomes"]
    assert told["books"]["students_with_a_case"] == expected["tier_2_students"]
    assert set(told["promises"].values()) == {0}
    assert told["workflows"]["workflows"] == expected["enrolled"]
    assert sum(row["messages"] for row in told["messages"]) == told["books"]["messages"]
    assert "outcomes" in ran.stderr
    assert [path.name for path in home.iterdir()] == [".bellwether"]


def test_real_senders_are_refused(tmp_path: Path) -> None:
    write_term(tmp_path, students=2, weeks=1)
    twilio = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+14155550100"}
    settings = {f"BELLWETHER_{name}": value for name, value in twilio.items()}

    ran = replay(tmp_path, "--class", CLASS, "--weeks", "1", home=tmp_path, **settings)

    assert ran.returncode == 2
    assert "CLOCK_JUMPS is refused while real senders are set" in ran.stderr


def test_a_class_that_is_not_there_is_refused_before_anything_starts(tmp_path: Path) -> None:
    write_term(tmp_path, students=2, weeks=1)

    ran = replay(tmp_path, "--class", "AAA-2013J", home=tmp_path)

    assert ran.returncode == 2
    assert f"choose one of {CLASS}" in ran.stderr
    assert not (tmp_path / ".bellwether").exists()
