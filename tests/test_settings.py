"""What an operator sees who sets something wrong, and what the example file promises."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from settings import Settings, SettingsError, load

EXAMPLE = Path(__file__).parents[1] / ".env.example"

TWILIO = {"TWILIO_ACCOUNT_SID": "AC0", "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+15005550006"}
SENDGRID = {"SENDGRID_API_KEY": "SG.0", "SENDGRID_FROM": "office@academy.example"}


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings in the environment, no .env in the current folder."""
    for name in list(os.environ):
        if name.startswith("BELLWETHER_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def load_with(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"BELLWETHER_{name}", value)
    return load()


def test_nothing_has_to_be_set() -> None:
    settings = load()
    assert (settings.database_url, settings.temporal_address) == (None, None)
    assert not settings.sends_sms
    assert not settings.sends_email


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"PORT": "eighty"}, "BELLWETHER_PORT"),
        ({"CLASSROOM_WEBHOOK_SECRET": "no base64!"}, "BELLWETHER_CLASSROOM_WEBHOOK_SECRET"),
        ({"CLASSROOM_WEBHOOK_SECRET": "whsec_"}, "BELLWETHER_CLASSROOM_WEBHOOK_SECRET"),
        ({"SENDGRID_WEBHOOK_PUBLIC_KEY": "-----BEGIN"}, "BELLWETHER_SENDGRID_WEBHOOK_PUBLIC_KEY"),
        ({"SENDGRID_WEBHOOK_PUBLIC_KEY": "c2VjcmV0"}, "BELLWETHER_SENDGRID_WEBHOOK_PUBLIC_KEY"),
        ({"LIVEKIT_API_KEY": "key"}, "LIVEKIT_API_SECRET"),
        ({"PORT": "70000"}, "BELLWETHER_PORT"),
        ({"TEMPORAL_TLS": "perhaps"}, "BELLWETHER_TEMPORAL_TLS"),
        ({"CLOCK_JUMPS": "sometimes"}, "BELLWETHER_CLOCK_JUMPS"),
        ({"TWILIO_ACCOUNT_SID": "AC0", "TWILIO_FROM": "+15005550006"}, "TWILIO_AUTH_TOKEN"),
        ({"TWILIO_ACCOUNT_SID": "AC0", "TWILIO_AUTH_TOKEN": "t"}, "TWILIO_MESSAGING_SERVICE_SID"),
        ({"SENDGRID_API_KEY": "SG.0"}, "SENDGRID_FROM"),
        ({"LANGUAGE_MODEL": "small-model", "LANGUAGE_MODEL_KEY": "k"}, "openai:<model> or anthropic:<model>"),
        ({"LANGUAGE_MODEL": "openai:", "LANGUAGE_MODEL_KEY": "k"}, "openai:<model> or anthropic:<model>"),
        ({"LANGUAGE_MODEL": "anthropic:small-model"}, "LANGUAGE_MODEL_KEY"),
        ({"LANGUAGE_MODEL_URL": "models.internal:8080"}, "BELLWETHER_LANGUAGE_MODEL_URL"),
        ({"LANGUAGE_MODEL_TOKENS": "5"}, "BELLWETHER_LANGUAGE_MODEL_TOKENS"),
        ({"CLOCK_JUMPS": "true"} | TWILIO, "CLOCK_JUMPS is refused"),
        ({"CLOCK_JUMPS": "true"} | SENDGRID, "CLOCK_JUMPS is refused"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        load_with(monkeypatch, **values)


def test_a_language_model_without_its_packages_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("settings.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"pip install -e '.\[language-model\]'"):
        load_with(monkeypatch, LANGUAGE_MODEL="openai:small-model", LANGUAGE_MODEL_KEY="k")


def test_a_language_model_of_ones_own_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_with(monkeypatch, LANGUAGE_MODEL="openai:small-model", LANGUAGE_MODEL_URL="http://models:8080/v1")
    assert settings.language_model_key is None


def test_all_wrong_settings_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as told:
        load_with(monkeypatch, PORT="eighty", TEMPORAL_TLS="perhaps")
    assert len(str(told.value).splitlines()) == 3


def test_the_clock_may_jump_while_messages_go_to_the_outbox(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_with(monkeypatch, CLOCK_JUMPS="true").clock_jumps


@pytest.mark.parametrize("sender", ["TWILIO_FROM", "TWILIO_MESSAGING_SERVICE_SID"])
def test_sms_leave_for_real_with_an_account_and_either_kind_of_sender(
    monkeypatch: pytest.MonkeyPatch, sender: str
) -> None:
    values = {"TWILIO_ACCOUNT_SID": "AC0", "TWILIO_AUTH_TOKEN": "t", sender: "MG0"}
    assert load_with(monkeypatch, **values).sends_sms


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_with(monkeypatch, SECRET_KEY="hush", **(TWILIO | {"TWILIO_AUTH_TOKEN": "whisper"}))
    assert "hush" not in repr(settings)
    assert "whisper" not in repr(settings)
    assert settings.secret_key == SecretStr("hush")


def test_a_dotenv_file_in_the_current_folder_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("BELLWETHER_PORT=9000\nBELLWETHER_HOST=localhost\n")
    settings = load_with(monkeypatch, PORT="9001")
    assert (settings.port, settings.host) == (9001, "localhost")


def test_the_example_lists_every_setting_with_its_description_in_order() -> None:
    lines = EXAMPLE.read_text().splitlines()
    listed = [(lines[i - 1], line.partition("=")[0]) for i, line in enumerate(lines) if line.startswith("BELLWETHER_")]
    assert listed == [
        (f"# {field.description}", f"BELLWETHER_{name.upper()}") for name, field in Settings.model_fields.items()
    ]


def test_the_example_as_it_stands_changes_nothing() -> None:
    Path(".env").write_text(EXAMPLE.read_text())
    with_example = load()
    Path(".env").unlink()
    assert with_example == load()
