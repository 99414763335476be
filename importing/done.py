"""What became of an import: what was written, or why nothing was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from importing.reading import Problem
from importing.writing import Written

Advance = Callable[[int], None]
"""Told of so many rows done."""
Begin = Callable[[str, int], AbstractContextManager[Advance]]
"""Begins a stretch of work of a name and a length, and gives what is told of each step."""


def unseen(_name: str, _length: int) -> AbstractContextManager[Advance]:
    """A stretch of work that nobody watches."""
    return nullcontext(lambda by: None)


@dataclass(frozen=True)
class Done:
    """What is written in the caller's transaction, which must be rolled back when there are problems."""

    problems: Sequence[Problem] = ()
    written: Written | None = None
    ends_too_much: Sequence[str] = ()
    """What a bulk roster ends more than a fifth of, in words: it is to be asked about first."""
