"""The embedded Temporal server, started for real and asked through its own command line."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cli.embedded.errors import AlreadyRunningError, PortTakenError, StartFailedError
from cli.embedded.temporal import EmbeddedTemporal, program_path
from tests.cli.parents import is_running, parent_of_server


def temporal_cli(temporal: EmbeddedTemporal, *arguments: str) -> str:
    command = [
        str(program_path()),
        *arguments,
        "--address",
        temporal.address,
        "--disable-config-env",
        "--disable-config-file",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def temporal(home: Path) -> Iterator[EmbeddedTemporal]:
    with EmbeddedTemporal.start(home, port=0, ui_port=0) as running:
        yield running


def test_closed_workflows_are_kept_for_thirty_days(temporal: EmbeddedTemporal) -> None:
    told = json.loads(temporal_cli(temporal, "operator", "namespace", "describe", "-n", "default", "-o", "json"))
    assert told["config"]["workflowExecutionRetentionTtl"] == "2592000s"


def test_the_state_is_written_ahead_to_a_log(temporal: EmbeddedTemporal, home: Path) -> None:
    with closing(sqlite3.connect(home / "temporal" / "temporal.db")) as state:
        assert state.execute("pragma journal_mode").fetchone() == ("wal",)


def test_the_web_ui_answers_at_its_url(temporal: EmbeddedTemporal) -> None:
    assert temporal.ui_url.startswith("http://127.0.0.1:")
    assert temporal.wait_for_ui()


def test_a_second_start_on_the_same_folder_is_refused_and_names_who_runs(
    temporal: EmbeddedTemporal, home: Path
) -> None:
    with pytest.raises(AlreadyRunningError, match=rf"already running \(pid {os.getpid()}\)"):
        EmbeddedTemporal.start(home)


def test_a_port_that_was_asked_for_and_is_taken_is_named(temporal: EmbeddedTemporal, tmp_path: Path) -> None:
    taken = int(temporal.address.rpartition(":")[2])
    with pytest.raises(PortTakenError, match=f"port {taken} is taken"):
        EmbeddedTemporal.start(tmp_path, port=taken)


def test_an_argument_that_the_server_does_not_know_is_reported_with_its_answer(tmp_path: Path) -> None:
    with pytest.raises(StartFailedError, match="no-such-flag"):
        EmbeddedTemporal.start(tmp_path, port=0, ui_port=0, extra_args=["--no-such-flag"])


def test_a_later_start_finds_workflows_and_addresses_again_and_leaves_a_taken_port_to_its_owner(
    tmp_path: Path,
) -> None:
    first = EmbeddedTemporal.start(tmp_path, port=0, ui_port=0, extra_args=["--search-attribute", "Mark=Keyword"])
    temporal_cli(first, "workflow", "start", "--type", "student", "-t", "nobody", "-w", "student:1")
    assert "Mark" in temporal_cli(first, "operator", "search-attribute", "list")
    first.stop()
    assert not is_running(first.pid)

    ui_host, _, ui_port = first.ui_url.removeprefix("http://").rpartition(":")
    with socket.create_server((ui_host, int(ui_port))), EmbeddedTemporal.start(tmp_path) as second:
        assert second.address == first.address
        assert second.ui_url != first.ui_url
        told = json.loads(temporal_cli(second, "workflow", "describe", "-w", "student:1", "-o", "json"))
        assert told["workflowExecutionInfo"]["status"] == "WORKFLOW_EXECUTION_STATUS_RUNNING"


def test_no_server_is_left_when_its_parent_is_killed_and_the_file_never_has_two(tmp_path: Path) -> None:
    with parent_of_server("cli.embedded.temporal", "EmbeddedTemporal", tmp_path) as (parent, server):
        parent.kill()
        parent.wait()
        with EmbeddedTemporal.start(tmp_path, port=0, ui_port=0) as temporal:
            assert not is_running(server)
            assert temporal.pid != server
