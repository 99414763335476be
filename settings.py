"""What a deployment may set: read once per process from `BELLWETHER_*`, checked whole, passed down.

Nothing else in the house reads the environment. `load()` is the only door; a wrong setting stops the start with a
table of everything that is wrong.
"""

from __future__ import annotations

import os
from base64 import b64decode
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

P256_KEY = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""How every public key on the curve P-256 begins (RFC 5480, section 2), the only kind SendGrid signs with."""


class SettingsError(Exception):
    """The environment cannot be used as it is; the text is a table of every setting to mend."""


class Settings(BaseSettings):
    """All settings. Empty values count as not set. Secrets have no defaults and never print."""

    model_config = SettingsConfigDict(
        env_prefix="BELLWETHER_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: str | None = Field(None, description="PostgreSQL 15+; unset: the embedded one under the data folder")
    temporal_address: str | None = Field(None, description="host:port of a Temporal frontend; unset: the embedded one")
    temporal_namespace: str = Field("default", description="Temporal namespace")
    temporal_api_key: SecretStr | None = Field(None, description="API key of Temporal Cloud; implies TLS")
    temporal_tls: bool = Field(False, description="use TLS to the Temporal frontend")
    temporal_ui_url: str | None = Field(
        None, description="where Temporal's own pages are; unset: those of the embedded one"
    )
    data_dir: Path = Field(Path(".bellwether"), description="where the embedded parts keep their data")
    host: str = Field("127.0.0.1", description="address the HTTP API listens on")
    port: int = Field(8000, ge=0, le=65535, description="port of the HTTP API; 0 takes a free one")
    public_url: str | None = Field(None, description="how the outside reaches the API; providers call back here")
    secret_key: SecretStr | None = Field(
        None, description="encrypts the secrets of webhooks in the books; unset: they lie there as they are"
    )
    twilio_account_sid: str | None = Field(
        None, description="Twilio account; with token and sender, SMS leave for real"
    )
    twilio_auth_token: SecretStr | None = Field(None, description="Twilio auth token")
    twilio_from: str | None = Field(None, description="sending number in E.164")
    twilio_messaging_service_sid: str | None = Field(None, description="messaging service, instead of a number")
    twilio_api_url: str = Field("https://api.twilio.com", description="base address of Twilio's REST API")
    sendgrid_api_key: SecretStr | None = Field(None, description="SendGrid key; with a sender, e-mail leaves for real")
    sendgrid_from: str | None = Field(None, description="sender address")
    sendgrid_api_url: str = Field("https://api.sendgrid.com", description="base address of SendGrid's API")
    sendgrid_webhook_public_key: str | None = Field(None, description="verifies SendGrid's event webhook")
    sendgrid_inbound_secret: SecretStr | None = Field(
        None, description="password of the address that SendGrid's Inbound Parse posts e-mail replies to"
    )
    reply_address: str | None = Field(None, description="where families' e-mail replies arrive; unset: at the sender")
    twilio_answers_opt_out: bool = Field(
        True, description="Twilio itself answers STOP, START and HELP, as its accounts do unless told otherwise"
    )
    sms_per_second: float = Field(
        10.0, gt=0, description="SMS handed to Twilio in a second, over all workers; your number's own speed is enough"
    )
    email_per_second: float = Field(
        30.0, gt=0, description="e-mails handed to SendGrid in a second, over all workers; it publishes no limit"
    )
    language_model: str | None = Field(
        None, description="words drafts for review, openai:<model> or anthropic:<model>; unset: the templates do"
    )
    language_model_url: str | None = Field(
        None, description="base address of an OpenAI-compatible or Anthropic API; unset: the maker's own"
    )
    language_model_key: SecretStr | None = Field(
        None, description="key of that API; a server of your own may need none"
    )
    language_model_seconds: float = Field(
        15.0, gt=0, le=120, description="seconds for one draft, a second try included"
    )
    language_model_tokens: int = Field(
        2000, ge=500, description="tokens for one draft, in and out, a second try included"
    )
    language_model_tokens_a_day: int = Field(
        200_000, ge=0, description="tokens for all drafts of a day; beyond it the templates word them"
    )
    zoom_webhook_secret: SecretStr | None = Field(None, description="verifies Zoom's webhooks")
    livekit_api_key: str | None = Field(None, description="verifies LiveKit's webhooks")
    livekit_api_secret: SecretStr | None = Field(None, description="verifies LiveKit's webhooks")
    classroom_webhook_secret: SecretStr | None = Field(None, description="verifies generic classroom webhooks")
    webhooks_to_private: bool = Field(
        False, description="webhooks may go to private addresses and by http: for development and tests only"
    )
    clock_jumps: bool = Field(
        False, description="business time may be set ahead (demo, replay); never with real senders"
    )

    @property
    def sends_sms(self) -> bool:
        """True when SMS go to Twilio instead of the outbox."""
        return self.twilio_account_sid is not None

    @property
    def sends_email(self) -> bool:
        """True when e-mail goes to SendGrid instead of the outbox."""
        return self.sendgrid_api_key is not None

    @field_validator("language_model")
    @classmethod
    def _is_a_language_model(cls, model: str | None) -> str | None:
        maker, _, name = (model or "").partition(":")
        if model is not None and (maker not in ("openai", "anthropic") or not name.strip()):
            raise ValueError("must be openai:<model> or anthropic:<model>")
        if model is not None and not (find_spec("pydantic_ai") and find_spec(maker)):
            raise ValueError("needs packages that are not installed: pip install -e '.[language-model]'")
        return model

    @field_validator("language_model_url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// or, for a server of your own, http://")
        return url

    @field_validator("sendgrid_webhook_public_key")
    @classmethod
    def _is_a_public_key(cls, key: str | None) -> str | None:
        try:
            fits = key is None or b64decode(key, validate=True).startswith(P256_KEY)
        except ValueError:
            fits = False
        if not fits:
            raise ValueError("must be the verification key as SendGrid shows it: one line that begins with MFkwEw")
        return key

    @field_validator("classroom_webhook_secret")
    @classmethod
    def _is_a_webhook_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        wrong = ValueError("must be whsec_ and base64, as Standard Webhooks has it")
        try:
            empty = secret is not None and not b64decode(
                secret.get_secret_value().removeprefix("whsec_"), validate=True
            )
        except ValueError:
            raise wrong from None
        if empty:
            raise wrong
        return secret

    @model_validator(mode="after")
    def _language_model_is_whole(self) -> Self:
        if self.language_model and not (self.language_model_url or self.language_model_key):
            raise ValueError("LANGUAGE_MODEL needs LANGUAGE_MODEL_KEY, or LANGUAGE_MODEL_URL of a server of your own")
        return self

    @model_validator(mode="after")
    def _livekit_is_whole(self) -> Self:
        if (self.livekit_api_key is None) is not (self.livekit_api_secret is None):
            raise ValueError("LIVEKIT_API_KEY and LIVEKIT_API_SECRET belong together")
        return self

    @model_validator(mode="after")
    def _senders_are_whole(self) -> Self:
        if self.sends_sms and (
            self.twilio_auth_token is None or not (self.twilio_from or self.twilio_messaging_service_sid)
        ):
            raise ValueError(
                "TWILIO_ACCOUNT_SID needs TWILIO_AUTH_TOKEN and one of TWILIO_FROM, TWILIO_MESSAGING_SERVICE_SID"
            )
        if self.sends_email and self.sendgrid_from is None:
            raise ValueError("SENDGRID_API_KEY needs SENDGRID_FROM")
        if self.clock_jumps and (self.sends_sms or self.sends_email):
            raise ValueError("CLOCK_JUMPS is refused while real senders are set: it would date real messages wrongly")
        return self


def load() -> Settings:
    """The process's settings.

    Raises SettingsError with one line per wrong setting, also for a name that is no setting.
    """
    known = {f"BELLWETHER_{name}".upper() for name in Settings.model_fields}
    strangers = sorted(n for n in os.environ if n.upper().startswith("BELLWETHER_") and n.upper() not in known)
    if strangers:
        nearest = [(n, get_close_matches(n.upper(), known, n=1)) for n in strangers]
        lines = [f"  {n:<40} is no setting" + (f"; did you mean {m[0]}?" if m else "") for n, m in nearest]
        raise SettingsError("These settings cannot be used:\n" + "\n".join(lines))
    try:
        return Settings()
    except ValidationError as problem:
        lines = [
            f"  {'BELLWETHER_' + '_'.join(map(str, e['loc'])).upper() if e['loc'] else '(together)':<40} {e['msg']}"
            for e in problem.errors()
        ]
        raise SettingsError("These settings cannot be used:\n" + "\n".join(lines)) from problem
