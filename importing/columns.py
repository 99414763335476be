"""The kinds of CSV files and their columns. `docs/import.md` tells the same to people; a test compares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.outcomes import REPORTABLE, SessionKind
from domain.tasks import Role
from importing import cells
from importing.cells import Read


@dataclass(frozen=True)
class Column:
    """One column: how its cells are read, whether each row needs one, and the kind of file whose `ref` it names.

    `in_header`: the first row must name it although its cells may be empty.
    """

    name: str
    read: Read = cells.words
    is_required: bool = False
    refers_to: str | None = None
    in_header: bool = False


def _ref(name: str, kind: str, *, is_required: bool = False) -> Column:
    return Column(name, is_required=is_required, refers_to=kind)


_REF = Column("ref", is_required=True)
_ZONE = Column("zone", cells.zone)

KINDS: Mapping[str, tuple[Column, ...]] = {
    "staff": (
        _REF,
        Column("name", is_required=True),
        Column("email", cells.email, is_required=True),
        Column("role", cells.one_of(Role), is_required=True),
        Column("active", cells.yes_or_no),
    ),
    "students": (_REF, Column("name", is_required=True), Column("email", cells.email)),
    "guardians": (
        _REF,
        _ref("student_ref", "students", is_required=True),
        Column("position", cells.number(1)),
        Column("name", is_required=True),
        Column("phone", cells.phone),
        Column("email", cells.email),
        _ZONE,
        Column("language"),
    ),
    "schedules": (
        _REF,
        Column("subject", is_required=True),
        Column("kind", cells.one_of(SessionKind)),
        _ref("instructor_ref", "staff"),
        _ZONE,
        Column("sessions_per_week", cells.number(1)),
        Column("units_per_session", cells.number(1)),
        Column("cancel_notice_hours", cells.hours),
        Column("charges", cells.charges),
        Column("meeting_ref"),
        Column("join_url", cells.link),
    ),
    "enrollments": (
        Column("ref"),
        _ref("student_ref", "students", is_required=True),
        _ref("schedule_ref", "schedules", is_required=True),
        _ref("coordinator_ref", "staff"),
        Column("started_on", cells.day, is_required=True),
        Column("opening_balance", cells.number(0)),
    ),
    "sessions": (
        _REF,
        _ref("schedule_ref", "schedules", is_required=True),
        Column("starts_at", cells.moment, is_required=True),
        Column("ends_at", cells.moment, is_required=True),
        _ZONE,
        _ref("instructor_ref", "staff"),
        Column("topic"),
        Column("meeting_ref"),
        Column("join_url", cells.link),
        _ref("make_up_for_ref", "sessions"),
        _ref("make_up_student_ref", "students"),
    ),
    "outcomes": (
        _ref("session_ref", "sessions", is_required=True),
        _ref("student_ref", "students", is_required=True),
        Column("code", cells.one_of(REPORTABLE), is_required=True),
        Column("announced_at", cells.moment),
        _ZONE,
    ),
}
"""In the order in which they are written: each kind names only rows of itself and of those before it."""
