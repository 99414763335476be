"""The command line as scripts see it: exit codes, what goes to which stream, and the words of refusals."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

import httpx
import psycopg
import pytest
from typer.testing import CliRunner, Result

from cli.embedded.ports import any_free
from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.temporal import EmbeddedTemporal
from cli.main import app
from db.migrate import newest

BELLWETHER = Path(sys.executable).with_name("bellwether")
NOWHERE = "postgresql://somebody:secret@127.0.0.1:1/none"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("BELLWETHER_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def bellwether(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_the_version_and_the_help_are_told_without_loading_the_house() -> None:
    assert bellwether("--version").stdout == f"bellwether {version('bellwether')}\n"
    script = "import sys; from cli.main import app; print({'sqlalchemy', 'temporalio', 'fastapi'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout == "set()\n"
    for command in ("up", "demo", "worker", "api", "db", "api-key", "import", "replay", "status", "doctor", "openapi"):
        assert command in bellwether("--help").stdout


@pytest.mark.parametrize("words", [["no-such-command"], ["status", "--no-such-option"], ["api-key", "create"]])
def test_a_wrong_call_ends_with_2(words: list[str]) -> None:
    assert bellwether(*words).exit_code == 2


def test_wrong_settings_end_with_2_and_a_table_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELLWETHER_PORT", "eighty")
    monkeypatch.setenv("BELLWETHER_TWILIO_ACCOUNT_SID", "AC1")
    refused = bellwether("status")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "BELLWETHER_PORT" in refused.stderr
    assert bellwether("up").exit_code == 2


def test_a_database_out_of_reach_ends_with_3_and_keeps_the_password_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELLWETHER_DATABASE_URL", NOWHERE)
    for words in (["status"], ["db", "upgrade"], ["api-key", "create", "--name", "x"], ["up"]):
        refused = bellwether(*words)
        assert refused.exit_code == 3, (words, refused.output)
        assert "PostgreSQL does not answer at postgresql+psycopg://somebody:***@127.0.0.1:1/none" in refused.stderr
        assert "secret" not in refused.output


def test_a_database_url_that_is_none_ends_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELLWETHER_DATABASE_URL", "my database")
    assert bellwether("status").exit_code == 2


def test_temporal_out_of_reach_ends_with_3(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELLWETHER_DATABASE_URL", database_url)
    refused = bellwether("rebuild")
    assert (refused.exit_code, "start it with `bellwether up`" in refused.stderr) == (3, True)
    monkeypatch.setenv("BELLWETHER_TEMPORAL_ADDRESS", "127.0.0.1:1")
    refused = bellwether("rebuild")
    assert (refused.exit_code, "does not answer at 127.0.0.1:1" in refused.stderr) == (3, True)


@pytest.mark.parametrize("part", ["worker", "api"])
def test_a_part_alone_says_which_settings_it_needs(part: str) -> None:
    refused = bellwether(part)
    assert refused.exit_code == 2
    assert "needs BELLWETHER_DATABASE_URL and BELLWETHER_TEMPORAL_ADDRESS" in refused.stderr


def test_an_upgrade_tells_the_revision_before_and_after(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(postgres.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("create database bare")
    monkeypatch.setenv("BELLWETHER_DATABASE_URL", postgres.url("bare"))
    assert "run `bellwether db upgrade`" in bellwether("status").stderr
    assert bellwether("db", "upgrade").stdout == f"before: none\nafter:  {newest()}\n"
    assert bellwether("db", "upgrade").stdout == f"before: {newest()}\nafter:  {newest()}\n"


def test_the_first_key_on_empty_books_makes_the_organization_and_the_next_one_is_another_key(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLWETHER_DATABASE_URL", database_url)
    first = json.loads(bellwether("api-key", "create", "--name", "one", "--org", "Northstar", "--json").stdout)
    assert (first["organization"], first["key"][:3]) == ("Northstar", "bw_")
    second = bellwether("api-key", "create", "--name", "two")
    assert second.stdout.startswith("bw_")
    assert second.stdout.strip() != first["key"]
    assert "shown this once" in second.stderr
    unknown = bellwether("api-key", "create", "--name", "three", "--org", "Charlie")
    assert (unknown.exit_code, "Known: Northstar" in unknown.stderr) == (2, True)


def test_the_first_admin_is_invited_from_the_command_line(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELLWETHER_DATABASE_URL", database_url)
    monkeypatch.setenv("BELLWETHER_PUBLIC_URL", "https://academy.example.org/")
    bellwether("api-key", "create", "--name", "one")
    assert bellwether("staff", "invite", "nobody@academy.example").exit_code == 2
    told = bellwether("staff", "invite", "Admin@bellwether.invalid")
    assert re.fullmatch(r"https://academy\.example\.org/welcome/[\w-]{43}\n", told.stdout)
    assert "It opens once, within 7 days." in told.stderr


def test_the_status_of_books_without_organization_says_what_to_do(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLWETHER_DATABASE_URL", database_url)
    assert json.loads(bellwether("status", "--json").stdout)["organizations"] == []
    assert "The books are empty" in bellwether("status").stdout
    bellwether("api-key", "create", "--name", "one")
    told = bellwether("status").stdout
    assert "students                       0" in told
    assert "\x1b" not in told


def test_a_doctor_without_patient_says_how_to_start_one_and_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELLWETHER_PORT", str(any_free()))
    told = json.loads((done := bellwether("doctor", "--json")).stdout)
    wrong = {finding["part"]: finding["hint"] for finding in told["findings"] if finding["state"] == "wrong"}
    assert (done.exit_code, told["ok"]) == (1, False)
    assert wrong.keys() == {"PostgreSQL", "Temporal", "API"}
    assert all("bellwether up" in hint for hint in wrong.values())
    assert "WRONG PostgreSQL: the embedded one is not running" in bellwether("doctor").stdout


def test_a_doctor_misses_the_address_that_providers_report_to(monkeypatch: pytest.MonkeyPatch) -> None:
    sendgrid = {"SENDGRID_API_KEY": "SG.0", "SENDGRID_FROM": "office@academy.example", "PORT": str(any_free())}
    for name, value in sendgrid.items():
        monkeypatch.setenv(f"BELLWETHER_{name}", value)
    told = json.loads(bellwether("doctor", "--json").stdout)
    hints = [f["hint"] for f in told["findings"] if f["part"] == "delivery reports"]
    assert ["PUBLIC_URL" in hints[0], "SENDGRID_WEBHOOK_PUBLIC_KEY" in hints[1]] == [True, True]
    [stopping] = [f for f in told["findings"] if f["part"] == "stopping e-mail"]
    assert "no link" in stopping["words"]


def test_a_doctor_shows_wrong_settings_as_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELLWETHER_PORT", "eighty")
    done = bellwether("doctor")
    assert done.exit_code == 1
    assert "BELLWETHER_PORT" in done.stdout


def test_the_api_is_described_without_any_part_running() -> None:
    described = json.loads(bellwether("openapi").stdout)
    assert "/v1/outcomes" in described["paths"]


@pytest.fixture
def temporal_address(tmp_path: Path) -> Iterator[str]:
    with EmbeddedTemporal.start(tmp_path, port=0, ui_port=0) as server:
        yield server.address


def test_worker_and_api_run_apart_and_end_on_sigterm(database_url: str, temporal_address: str, tmp_path: Path) -> None:
    port = any_free()
    settings = {"DATABASE_URL": database_url, "TEMPORAL_ADDRESS": temporal_address, "PORT": str(port)}
    environment = os.environ | {f"BELLWETHER_{name}": value for name, value in settings.items()}
    log = tmp_path / "log"
    with ExitStack() as holding:
        out = holding.enter_context(log.open("w"))
        parts = [subprocess.Popen([BELLWETHER, name], env=environment, stderr=out) for name in ("worker", "api")]
        for part in parts:
            holding.callback(part.kill)
        wait_for(lambda: "worker at work" in log.read_text(), log)
        wait_for(lambda: is_ready(port), log)
        for part in parts:
            part.send_signal(signal.SIGTERM)
        assert [part.wait(timeout=10) for part in parts] == [0, 0]
    assert "worker stopped" in log.read_text()
    assert "API stopped" in log.read_text()


def is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def wait_for(is_so: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + 40
    while not is_so():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
