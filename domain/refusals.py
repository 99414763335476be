"""What cannot be accepted from a user, as one class: a code for programs and a sentence that says what to do."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818  a refusal is an answer, not a failure of ours
    """The request cannot be done. `kind` is stable; `detail` tells a person what to do next."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


class NotFound(Refusal):
    """It does not exist in this organization."""


class Conflict(Refusal):
    """It contradicts what stands in the books."""


class Invalid(Refusal):
    """It cannot be so."""


class Forbidden(Refusal):
    """This person may not do it."""
