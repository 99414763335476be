"""The settings of a command, or the sentence that says which are wrong."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from cli.problems import UnusableInputError
from settings import Settings, SettingsError, load


def settings() -> Settings:
    """The process's settings. Raises UnusableInputError with a table of what is wrong."""
    try:
        return load()
    except SettingsError as problem:
        raise UnusableInputError(str(problem)) from problem


def changed(before: Settings, **changes: Any) -> Settings:
    """The same settings with some replaced, checked together like the first ones. Raises UnusableInputError."""
    try:
        return Settings(**(before.model_dump(include=before.model_fields_set) | changes))
    except ValidationError as problem:
        reasons = "\n".join(f"  {error['msg']}" for error in problem.errors())
        raise UnusableInputError(f"The settings cannot be used for this:\n{reasons}") from problem
