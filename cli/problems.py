"""Why a command ends without success. Each text says what to do next; the class gives the exit code."""

from __future__ import annotations


class CommandError(Exception):
    """The command could not do what it was asked to."""

    exit_code = 1


class UnusableInputError(CommandError):
    """A setting, an argument or a file cannot be used as it is; nothing was changed."""

    exit_code = 2


class UnreachableError(CommandError):
    """PostgreSQL, Temporal or the API does not answer."""

    exit_code = 3
