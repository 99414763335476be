"""Example files for `bellwether import --template`."""

from __future__ import annotations

from pathlib import Path

from cli.problems import CommandError, UnusableInputError
from importing.examples import TEMPLATES


def write(folder: Path) -> list[Path]:
    """Write one file per kind and return them. Raises CommandError, and writes none, when one is there already."""
    paths = {folder / f"{kind}.csv": text for kind, text in TEMPLATES.items()}
    standing = [path.name for path in paths if path.exists()]
    if standing:
        raise CommandError(f"{folder} holds {', '.join(standing)} already: name an empty folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in paths.items():
            path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UnusableInputError(f"{folder} cannot be written ({problem.strerror})") from problem
    return list(paths)
