"""Whether a webhook comes from Twilio: its own validator, over the address as Twilio called it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl

from twilio.request_validator import SIGNATURE_HEADER, SIGNATURE_SETTINGS_HEADER, RequestValidator
from twilio.request_validator import get_signature_algorithm as algorithm_of

__all__ = ["SIGNATURE_HEADER", "SIGNATURE_SETTINGS_HEADER", "Form", "is_from_twilio", "read_form"]
MOST_FIELDS = 1000
Form = Sequence[tuple[str, str]]
"""The fields of a form in their order, the empty ones too: Twilio signs them."""


class _Fields(dict[str, list[str]]):
    """The fields as the validator asks for them."""

    def getlist(self, name: str) -> list[str]:
        """All values of a field."""
        return self[name]


def read_form(body: bytes) -> Form:
    """The fields of a form-encoded body. Raises ValueError when it is none."""
    return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)


def is_from_twilio(
    auth_token: str, public_url: str, path: str, query: str, form: Form, signature: str, settings: str | None = None
) -> bool:
    """True when the signature fits.

    `public_url` is the address Twilio was given for us, not what a proxy or a Host header says; `path` and `query` are
    raw, as they were called. `settings` is the header that names the algorithm, if there is one.
    """
    fields = _Fields()
    for name, value in form:
        fields.setdefault(name, []).append(value)
    address = public_url.rstrip("/") + path + (f"?{query}" if query else "")
    validator = RequestValidator(auth_token)
    return bool(validator.validate(address, fields, signature, algorithm_of(settings)))
