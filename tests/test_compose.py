"""The compose file against the settings, the command line and its own promises. No engine is needed to read it."""

from __future__ import annotations

import os
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from settings import Settings, load

CHECKOUT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "bellwether"]
ONE_SHOT = {"migrate", "temporal-schema", "temporal-namespace"}


def filled_in(value: str) -> str:
    """A value as compose sees it when nothing is set outside: `${NAME:-default}` becomes the default."""
    return re.sub(r"\$\{\w+(?::-([^}]*))?\}", lambda found: found.group(1) or "", value)


def settings_of(service: str) -> dict[str, str]:
    environment = SERVICES[service]["environment"]
    return {name: filled_in(value) for name, value in environment.items() if name.startswith("BELLWETHER_")}


@pytest.mark.parametrize("service", OURS)
def test_the_settings_of_every_part_exist_and_are_accepted(
    service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in list(os.environ):
        if name.startswith("BELLWETHER_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    set_here = settings_of(service)
    assert set_here.keys() <= {f"BELLWETHER_{name.upper()}" for name in Settings.model_fields}
    for name, value in set_here.items():
        monkeypatch.setenv(name, value)
    settings = load()
    assert settings.database_url is not None
    assert settings.temporal_address == "temporal:7233"


def test_every_variable_of_ours_anywhere_in_the_files_is_a_setting() -> None:
    known = {f"BELLWETHER_{name.upper()}" for name in Settings.model_fields}
    for file in ("docker-compose.yml", "Dockerfile"):
        used = set(re.findall(r"BELLWETHER_[A-Z_]+", (CHECKOUT / file).read_text()))
        assert used <= known, file


def test_worker_and_api_share_their_books_clock_and_secrets() -> None:
    assert settings_of("worker") == settings_of("api") == settings_of("migrate")
    assert SERVICES["worker"]["volumes"] == SERVICES["api"]["volumes"]


@pytest.mark.parametrize("service", ["worker", "api"])
def test_the_migration_is_complete_before_anything_uses_the_books(service: str) -> None:
    needs = SERVICES[service]["depends_on"]
    assert needs["migrate"]["condition"] == "service_completed_successfully"
    assert needs["temporal-namespace"]["condition"] == "service_completed_successfully"
    assert SERVICES["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_temporal_keeps_its_data_in_postgresql_under_a_schema_made_first() -> None:
    assert SERVICES["temporal"]["environment"]["DB"] == "postgres12"
    assert SERVICES["temporal"]["depends_on"]["temporal-schema"]["condition"] == "service_completed_successfully"
    assert SERVICES["temporal-schema"]["depends_on"]["postgres"]["condition"] == "service_healthy"


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - ONE_SHOT))
def test_everything_that_stays_up_has_a_health_check_and_starts_again(service: str) -> None:
    assert SERVICES[service]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[service]["restart"] == "unless-stopped"


def test_whatever_is_waited_for_as_healthy_has_a_health_check() -> None:
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in SERVICES, name
            assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[needed], (name, needed)


def test_ports_are_published_on_the_loopback_address_only() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_data_lie_in_named_volumes_and_no_path_of_the_host_is_used() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in COMPOSE["volumes"]


def test_the_commands_exist_on_the_command_line() -> None:
    app = import_module("cli.main").app
    used = [SERVICES[name]["command"] for name in OURS]
    checks = [SERVICES[name].get("healthcheck", {}).get("test", []) for name in OURS]
    used += [check[2:] for check in checks if check[1:2] == ["bellwether"]]
    assert [] not in used
    for words in used:
        found: Any = get_command(app)
        for word in words:
            assert word in found.commands, " ".join(words)
            found = found.commands[word]


def test_the_image_runs_as_an_ordinary_user_from_the_pinned_packages() -> None:
    lines = (CHECKOUT / "Dockerfile").read_text().splitlines()
    assert "USER bellwether" in lines
    assert "RUN pip install --require-hashes -r requirements.lock" in lines
    assert 'ENTRYPOINT ["bellwether"]' in lines
