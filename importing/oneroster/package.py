"""A OneRoster package: the zip or the folder, what its manifest says, and the bytes of the files that are used."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import IO

from importing.columns import Column
from importing.oneroster.columns import FILES
from importing.reading import Sheets, read_table, unusable

MOST_BYTES = 256 * 1024 * 1024
"""Of all files together, unpacked. Ours: 5,000 students with four classes each measured 1.5 MB with short ids."""
MOST_FILES = 100
"""Entries of a zip. Ours: several times the files that OneRoster knows."""
MANIFEST = "manifest.csv"
_MANIFEST_COLUMNS = (Column("propertyName", is_required=True), Column("value"))
_ENCRYPTED = 0x1
_AT_ONCE = 1024 * 1024


class Mode(StrEnum):
    """What the rows of a file are: everything there is, only what changed, or nothing."""

    BULK = "bulk"
    DELTA = "delta"
    ABSENT = "absent"


@dataclass
class Package:
    """The used files with their modes and contents; remarks about what is left out."""

    modes: dict[str, Mode]
    contents: dict[str, bytes]
    remarks: list[str] = field(default_factory=list)


class _Files:
    """The files of a folder or of an open zip, read with a bound on all of them together."""

    def __init__(self, found: Mapping[str, Callable[[], IO[bytes]]]) -> None:
        self.found, self.left = found, MOST_BYTES

    @classmethod
    def of_folder(cls, folder: Path) -> _Files:
        """The files of a folder."""
        return cls({file.name: partial(_open, file) for file in sorted(folder.iterdir()) if file.is_file()})

    @classmethod
    def of_zip(cls, name: str, archive: zipfile.ZipFile) -> _Files:
        """The entries of a zip."""
        return cls({entry.filename: partial(archive.open, entry) for entry in _safe(name, archive)})

    def read(self, name: str) -> bytes:
        """The whole file. What a zip says of its sizes is not believed: reading ends at the bound."""
        parts = []
        with self.found[name]() as file:
            while part := file.read(min(_AT_ONCE, self.left + 1)):
                self.left -= len(part)
                if self.left < 0:
                    raise unusable(
                        f"{name}: the files are larger than {MOST_BYTES // 1024**2} MB unpacked, which no roster is; "
                        "export it again, or in parts"
                    )
                parts.append(part)
        return b"".join(parts)


def _open(file: Path) -> IO[bytes]:
    return file.open("rb")


def is_package(path: Path) -> bool:
    """True for a zip, and for a folder with a manifest. A spreadsheet, which is a zip as well, is none."""
    if path.is_dir():
        return (path / MANIFEST).is_file()
    return path.suffix.lower() == ".zip" and path.is_file()


def read_package(path: Path) -> Package:
    """The used files of a package. Raises Invalid with what to do."""
    with _opened(path.name, path) as files:
        return _package(path.name, files)


def read_zip(name: str, content: bytes) -> Package:
    """The used files of a package that is held whole. Raises Invalid with what to do."""
    with _opened(name, io.BytesIO(content)) as files:
        return _package(name, files)


def _package(name: str, files: _Files) -> Package:
    if MANIFEST not in files.found:
        raise unusable(
            f"{name} holds no {MANIFEST}, so it is no OneRoster package: "
            "plain CSV files are imported unzipped, one file per kind"
        )
    said = _manifest(files.read(MANIFEST))
    package = Package(modes=_modes(said), contents={})
    for kind, mode in package.modes.items():
        file = f"{kind}.csv"
        if mode is Mode.ABSENT:
            if file in files.found:
                package.remarks.append(f"{file} is left out: the manifest does not announce it")
        elif file not in files.found:
            raise unusable(f"the manifest announces {file}, which is not there: export the roster again")
        else:
            package.contents[kind] = files.read(file)
    unused = [file for file in files.found if file != MANIFEST and file.removesuffix(".csv") not in FILES]
    if unused:
        package.remarks.append(f"not used: {', '.join(unused)}")
    return package


@contextmanager
def _opened(called: str, source: Path | IO[bytes]) -> Iterator[_Files]:
    try:
        if isinstance(source, Path) and source.is_dir():
            yield _Files.of_folder(source)
        else:
            with zipfile.ZipFile(source) as archive:
                yield _Files.of_zip(called, archive)
    except zipfile.BadZipFile as problem:
        raise unusable(f"{called} cannot be read as a zip ({problem}): copy or export it again") from problem
    except (RuntimeError, NotImplementedError, zlib.error, EOFError, ValueError, IndexError) as problem:
        raise unusable(f"{called} is a damaged or unusual zip ({problem}): pack it again") from problem
    except OSError as problem:
        raise unusable(f"{called} cannot be read: {problem}") from problem


def _safe(name: str, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The entries. Raises Invalid for what no exporter makes and an attacker might."""
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise unusable(f"{name} holds {len(entries)} files, a roster at most {MOST_FILES}: is it the right one?")
    seen: set[str] = set()
    for entry in entries:
        if any(sign in entry.orig_filename for sign in "/\\:\0"):
            raise unusable(
                f"{name} holds {entry.filename!r}, a folder or a path: pack the CSV files themselves, without a folder"
            )
        if entry.flag_bits & _ENCRYPTED:
            raise unusable(f"{name} is encrypted: pack it without a password")
        if entry.filename.lower() in seen:
            raise unusable(f"{name} holds {entry.filename} twice: keep one of them")
        seen.add(entry.filename.lower())
    return entries


def _manifest(content: bytes) -> dict[str, str]:
    """The properties of the manifest. Raises Invalid."""
    sheets = Sheets(lines={"manifest": []})
    read_table(sheets, MANIFEST, content, "manifest", _MANIFEST_COLUMNS)
    said: dict[str, str] = {}
    for line in sheets.lines["manifest"]:
        name = str(line.cells.get("propertyName", ""))
        if name in said:
            line.complain("propertyName", f"{name} stands there twice: keep one")
        said[name] = str(line.cells.get("value", ""))
    for problem in sheets.all_problems():
        where = f"{MANIFEST}, row {problem.row}, {problem.column}" if problem.row else MANIFEST
        raise unusable(f"{where}: {problem.message}")
    version = said.get("oneroster.version", "")
    if version != "1.2" and not version.startswith("1.2."):
        told = f"is OneRoster {version}" if version else "does not tell its oneroster.version"
        raise unusable(f"the package {told}: export it as OneRoster 1.2 CSV")
    return said


def _modes(said: dict[str, str]) -> dict[str, Mode]:
    modes = {}
    for kind in FILES:
        value = said.get(f"file.{kind}", "") or Mode.ABSENT.value
        if value not in set(Mode):
            raise unusable(f"{MANIFEST}, file.{kind}: {value!r} is none of {', '.join(Mode)}")
        modes[kind] = Mode(value)
    return modes
