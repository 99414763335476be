"""The files and columns of OneRoster 1.2 that are used. What is not named here is never read into anything."""

from __future__ import annotations

from collections.abc import Mapping

from importing import cells
from importing.cells import Read
from importing.columns import Column

LONGEST_ID = 255
_REQUIRED = "sourcedId"
STATUSES = ("active", "tobedeleted")


def source_id(cell: str) -> str:
    """A sourcedId: any text of at most 255 characters."""
    if len(cell) > LONGEST_ID:
        raise ValueError(f"is {len(cell)} characters long: a sourcedId has at most {LONGEST_ID}")
    return cell


def several(cell: str) -> tuple[str, ...]:
    """A list of sourcedIds, divided by commas; each once."""
    return tuple(dict.fromkeys(source_id(part.strip()) for part in cell.split(",") if part.strip()))


def as_it_is(cell: str) -> str:
    """Any text: what it means depends on other cells, and is checked there."""
    return cell


def truth(cell: str) -> bool:
    """true or false."""
    if cell.lower() not in ("true", "false"):
        raise ValueError(f"{cell!r} is neither true nor false")
    return cell.lower() == "true"


def one_of(*known: str) -> Read:
    """One of the words of the specification; `ext:` begins an own one where it allows that."""

    def read(cell: str) -> str:
        if cell not in known and not cell.startswith("ext:"):
            raise ValueError(f"{cell!r} is not known: write one of {', '.join(known)}")
        return cell

    return read


def status(cell: str) -> str:
    """The status of a row."""
    if cell not in STATUSES:
        raise ValueError(f"{cell!r} is not known: write one of {', '.join(STATUSES)}")
    return cell


def _file(*columns: Column) -> tuple[Column, ...]:
    return (Column(_REQUIRED, source_id, is_required=True), Column("status", status), *columns)


def _must(name: str, read: Read = as_it_is) -> Column:
    """A column that the first row names and every row fills that is not to be deleted."""
    return Column(name, read, in_header=True)


TERMS = ("term", "semester", "gradingPeriod")
"""Types of academic sessions that become terms. A school year holds terms and is none."""
GUARDIANS = ("parent", "guardian", "relative")
TEACHER, STUDENT = "teacher", "student"
OTHERS = (
    "aide",
    "counselor",
    "districtAdministrator",
    "principal",
    "proctor",
    "siteAdministrator",
    "systemAdministrator",
)
"""Roles without a place in Bellwether: a file of the school gives nobody work or rights of the operator's staff."""

FILES: Mapping[str, tuple[Column, ...]] = {
    "orgs": _file(_must("name")),
    "academicSessions": _file(
        _must("title", cells.words),
        _must("type", one_of("gradingPeriod", "semester", "schoolYear", "term")),
        _must("startDate", cells.day),
        _must("endDate", cells.day),
    ),
    "courses": _file(_must("title", cells.words)),
    "classes": _file(
        _must("title", cells.words),
        _must("courseSourcedId", source_id),
        Column("termSourcedIds", several),
    ),
    "users": _file(
        _must("enabledUser", truth),
        _must("givenName"),
        _must("familyName"),
        Column("preferredGivenName", as_it_is),
        Column("preferredFamilyName", as_it_is),
        Column("email", as_it_is),
        Column("sms", as_it_is),
        Column("phone", as_it_is),
        Column("agentSourcedIds", several),
    ),
    "roles": _file(
        _must("userSourcedId", source_id),
        _must("role", one_of(STUDENT, TEACHER, *GUARDIANS, *OTHERS)),
        Column("endDate", cells.day),
    ),
    "enrollments": _file(
        _must("classSourcedId", source_id),
        _must("userSourcedId", source_id),
        _must("role", one_of(STUDENT, TEACHER, "administrator", "proctor")),
        Column("primary", truth),
        Column("beginDate", cells.day),
        Column("endDate", cells.day),
    ),
}
"""By the name of the file. Cells of people are checked by what they become: only guardians need a number."""
