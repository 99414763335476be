"""A session in one person's calendar, and attendance in the words of Ed-Fi."""

from __future__ import annotations

from typing import Any

import pytest

from domain import ed_fi
from domain.calendar_entries import Entry, Seat
from domain.outcomes import FLAGS, Code
from tests.builders import LESSON, on


def _entry(*codes: Code | None, **more: Any) -> Entry:
    seats = tuple(Seat(name=f"Child {n}", code=code) for n, code in enumerate(codes))
    times = {"starts_at": on(0), "ends_at": on(0) + LESSON, "modified_at": on(0)}
    return Entry(**{"session_id": "s", "sequence": 0, "subject": "Maths", "seats": seats} | times | more)


@pytest.mark.parametrize(
    ("entry", "cancelled"),
    [
        (_entry(None), False),
        (_entry(Code.ATTENDED), False),
        (_entry(Code.NO_SHOW), False),
        (_entry(Code.EXCUSED_ABSENCE), True),
        (_entry(Code.LATE_CANCELLED), True),
        (_entry(Code.EXCUSED_ABSENCE, None), False),
        (_entry(Code.EXCUSED_ABSENCE, Code.CANCELLED_BY_STUDENT), True),
        (_entry(Code.EXCUSED_ABSENCE, for_family=False), False),
        (_entry(None, for_family=False, called_off=True), True),
        (_entry(for_family=False), False),
    ],
)
def test_a_session_is_off_when_nobody_of_the_family_comes(entry: Entry, cancelled: bool) -> None:
    assert entry.is_cancelled is cancelled


def test_who_comes_is_named_and_everybody_when_nobody_does() -> None:
    assert _entry(Code.EXCUSED_ABSENCE, None).students == ("Child 1",)
    assert _entry(Code.EXCUSED_ABSENCE, Code.EXCUSED_ABSENCE).students == ("Child 0", "Child 1")


def test_ed_fi_has_a_category_for_each_session_that_was_held_for_the_student() -> None:
    held = {code for code, flags in FLAGS.items() if flags.delivered}
    assert set(ed_fi.CATEGORY) == held
    assert ed_fi.category_of("unrecorded") is None
    assert ed_fi.descriptor_of("Tardy") == "uri://ed-fi.org/AttendanceEventCategoryDescriptor#Tardy"
