"""Secrets that sign webhooks, as the books keep them: encrypted with `SECRET_KEY` where there is one."""

from __future__ import annotations

import base64
import secrets

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from settings import Settings

PREFIX = "whsec_"
SECRET_BYTES = 32
"""Standard Webhooks asks for 24 to 64 random bytes."""
_SEALED = "fernet:"


class UnreadableSecretError(Exception):
    """The secret was sealed with another `SECRET_KEY`; rotate it."""


def new_secret() -> str:
    """A fresh signing secret, as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


class Seal:
    """Seals and opens secrets with a key made from `SECRET_KEY`. Without one they are kept as they are."""

    def __init__(self, settings: Settings) -> None:
        key = settings.secret_key.get_secret_value() if settings.secret_key else None
        self._fernet = Fernet(_derived(key)) if key else None

    def close(self, secret: str) -> str:
        """The secret as the books keep it."""
        return _SEALED + self._fernet.encrypt(secret.encode()).decode() if self._fernet else secret

    def open(self, kept: str) -> str:
        """The secret again. Raises UnreadableSecretError."""
        if not kept.startswith(_SEALED):
            return kept
        if self._fernet is None:
            raise UnreadableSecretError("this secret is sealed and SECRET_KEY is not set")
        try:
            return self._fernet.decrypt(kept.removeprefix(_SEALED)).decode()
        except InvalidToken:
            raise UnreadableSecretError("this secret was sealed with another SECRET_KEY") from None


def _derived(key: str) -> bytes:
    """Thirty-two bytes for this purpose alone, so that `SECRET_KEY` may serve others."""
    made = HKDF(SHA256(), length=32, salt=None, info=b"bellwether webhook secrets").derive(key.encode())
    return base64.urlsafe_b64encode(made)
