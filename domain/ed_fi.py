"""Attendance in the words of Ed-Fi, the data standard of K-12 records in the United States. A map, not a client.

Source: the Ed-Fi Unifying Data Model, entity StudentSectionAttendanceEvent and descriptor AttendanceEventCategory
(https://docs.ed-fi.org). What was cancelled, called off or failed technically is no attendance event there.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.outcomes import Code

CATEGORY: Mapping[str, str] = {
    Code.ATTENDED: "In Attendance",
    Code.LATE: "Tardy",
    Code.LEFT_EARLY: "Early departure",
    Code.PARTIAL: "Partial",
    Code.EXCUSED_ABSENCE: "Excused Absence",
    Code.NO_SHOW: "Unexcused Absence",
}
"""The attendance event category of an outcome."""

ABSENCES = frozenset({Code.EXCUSED_ABSENCE, Code.NO_SHOW})
"""The codes whose event is about the whole session."""

DESCRIPTOR = "uri://ed-fi.org/AttendanceEventCategoryDescriptor#"


def category_of(code: str) -> str | None:
    """The category of a code; None for what Ed-Fi has no event for (also `scheduled` and `unrecorded`)."""
    return CATEGORY.get(code)


def descriptor_of(category: str) -> str:
    """The category as the address that Ed-Fi names it by."""
    return DESCRIPTOR + category
