"""`bellwether up` as a user runs it: a process of its own, ended by a signal, started again on the same folder."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.cli.parents import ends_within, is_running

BELLWETHER = Path(sys.executable).with_name("bellwether")
PATIENCE = 40.0


def environment(**settings: str) -> dict[str, str]:
    """Ours without settings of this machine, and with those given."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BELLWETHER_")}
    return ours | {f"BELLWETHER_{name.upper()}": value for name, value in settings.items()}


class Terminal:
    """Commands beside the running system, in this process: starting Python takes longer than they do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        for name in list(os.environ):
            if name.startswith("BELLWETHER_"):
                monkeypatch.delenv(name)

    def command(self, *words: str, folder: Path) -> Result:
        self.monkeypatch.chdir(folder)
        return CliRunner().invoke(app, list(words))

    def json(self, *words: str, folder: Path) -> Any:
        done = self.command(*words, "--json", folder=folder)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(monkeypatch)


class Up:
    """A running `bellwether up`, with what it printed."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process, self.folder = process, folder
        self.out, self.err = folder / "out", folder / "err"

    @property
    def said(self) -> str:
        return self.out.read_text() + self.err.read_text()

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while "Ctrl-C ends it" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    def url(self, what: str) -> str:
        found = re.search(rf"^  {what} +(http\S+)", self.said, re.MULTILINE)
        assert found, self.said
        return found[1]

    def family(self) -> set[int]:
        """Every process below this one."""
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
        below = {self.process.pid}
        while more := {child for child, parent in parents.items() if parent in below} - below:
            below |= more
        return below - {self.process.pid}

    def end(self, number: signal.Signals) -> float:
        """Send a signal; returns the seconds until the process is gone."""
        started = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=PATIENCE)
        return time.monotonic() - started


@contextmanager
def up(folder: Path, **settings: str) -> Iterator[Up]:
    """A running system in the folder; ended at the end at the latest."""
    with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        ours = environment(**{"port": "0"} | settings)
        process = subprocess.Popen([BELLWETHER, "up"], cwd=folder, env=ours, stdout=out, stderr=err, text=True)
    running = Up(process, folder)
    try:
        yield running
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=10)
            finally:
                process.kill()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One system for all that can be asked of a running one."""
    with up(tmp_path_factory.mktemp("first")) as running:
        running.wait_until_up()
        yield running


def test_it_prints_urls_that_answer_and_every_part_is_ready(first: Up) -> None:
    base = first.url("API").removesuffix("/v1")
    ready = httpx.get(f"{base}/readyz", trust_env=False)
    assert ready.status_code == 200
    assert ready.json()["ready"] is True
    assert httpx.get(first.url("API description"), trust_env=False).json()["openapi"].startswith("3.")
    assert httpx.get(first.url("Temporal"), trust_env=False, follow_redirects=True).status_code == 200


def test_the_key_it_prints_opens_the_api(first: Up) -> None:
    found = re.search(r"API key +(bw_\S+) ", first.said)
    assert found
    bearer = {"Authorization": f"Bearer {found[1]}"}
    url = first.url("API")
    assert httpx.get(f"{url}/students", headers=bearer, trust_env=False).json()["items"] == []
    assert httpx.get(f"{url}/students", trust_env=False).status_code == 401


def test_a_second_one_on_the_same_folder_is_refused_in_words(first: Up, terminal: Terminal) -> None:
    second = terminal.command("up", folder=first.folder)
    assert second.exit_code == 1
    assert f"already running (pid {first.process.pid})" in second.stderr


def test_the_doctor_finds_every_part_well(first: Up, terminal: Terminal) -> None:
    told = terminal.json("doctor", folder=first.folder)
    findings = {finding["part"]: finding["state"] for finding in told["findings"]}
    assert (told["ok"], set(findings.values())) == (True, {"ok"})
    assert findings.keys() >= {"PostgreSQL", "books", "Temporal", "namespace", "worker", "API", "SMS", "clock"}


def test_an_import_beside_it_is_settled_and_a_rebuild_finds_the_students(first: Up, terminal: Terminal) -> None:
    assert terminal.command("import", "--template", "files", folder=first.folder).exit_code == 0
    told = terminal.json("import", "files", folder=first.folder)
    assert (told["students_woken"], told["students_left_to_auditor"]) == (3, 0)
    rebuilt = terminal.json("rebuild", folder=first.folder)
    assert rebuilt == {"students": 3, "started": 3, "failed": 0, "sessions": 0, "sessions_failed": 0}
    deadline = time.monotonic() + PATIENCE
    while (now := terminal.json("status", folder=first.folder)["organizations"][0])["waiting_inbox_rows"]:
        assert time.monotonic() < deadline, now
    assert (now["students"], now["open_cases"], now["messages"]) == (3, 0, {})


def test_ctrl_c_ends_it_within_five_seconds_with_no_process_left_and_the_next_start_finds_the_data(
    tmp_path: Path, terminal: Terminal
) -> None:
    with up(tmp_path) as running:
        running.wait_until_up()
        family = running.family()
        assert len(family) >= 3
        assert running.end(signal.SIGINT) < 5
        assert running.process.returncode == 0
        assert [pid for pid in family if is_running(pid)] == []
    made = terminal.json("api-key", "create", "--name", "calendar", folder=tmp_path)
    with port_8000_taken(), up(tmp_path, port="") as again:
        again.wait_until_up()
        assert "made before" in again.said
        assert "port 8000 is taken by another program: the API takes a free one" in again.said
        bearer = {"Authorization": f"Bearer {made['key']}"}
        assert httpx.get(f"{again.url('API')}/staff", headers=bearer, trust_env=False).status_code == 200
        family = again.family()
        assert again.end(signal.SIGTERM) < 5
        assert [pid for pid in family if is_running(pid)] == []


@contextmanager
def port_8000_taken() -> Iterator[None]:
    """By us, unless somebody has it already."""
    with ExitStack() as holding:
        with suppress(OSError):
            holding.enter_context(socket.create_server(("127.0.0.1", 8000)))
        yield


def test_a_signal_while_it_starts_leaves_nothing_behind(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        while "starting Temporal" not in running.said:
            assert running.process.poll() is None
            time.sleep(0.01)
        family = running.family()
        assert running.end(signal.SIGTERM) < 5
        assert running.process.returncode == 128 + signal.SIGTERM
        assert all(ends_within(pid, 3) for pid in family)  # one that was just being forked ends by its parent's death


def test_a_port_that_was_asked_for_and_is_taken_is_named_before_anything_starts(
    tmp_path: Path, terminal: Terminal
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        terminal.monkeypatch.setenv("BELLWETHER_PORT", str(port))
        told = terminal.command("up", folder=tmp_path)
    assert told.exit_code == 1
    assert f"port {port} is taken by another program" in told.stderr
    assert not (tmp_path / ".bellwether" / "postgres").exists()
