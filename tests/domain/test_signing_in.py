"""What a password must be, and when a door opens again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.signing_in import SPAN, waits_until, weakness

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("eleven char", "at least 12 characters"),
        ("x" * 129, "at most 128 characters"),
        ("abababababab", "more than a few different characters"),
        ("Northstar Tutoring 2026", "other than your name"),
        ("alice@northstar.example1", "other than your name"),
        ("correct horse battery", None),
        ("四季報告書と先生の秘密の言葉", None),
    ],
)
def test_a_password_is_long_and_not_ones_own_name(password: str, told: str | None) -> None:
    found = weakness(password, ("Alice", "alice@northstar.example", "Northstar Tutoring"))
    assert told in found if told and found else found is told


def test_a_door_opens_when_the_tries_that_closed_it_are_a_quarter_of_an_hour_old() -> None:
    tried = [NOW - n * MINUTE for n in range(10)]
    assert waits_until(tried, 10, NOW) == NOW - 9 * MINUTE + SPAN
    assert waits_until(tried, 11, NOW) is None
    assert waits_until(tried, 10, NOW + 6 * MINUTE) is None
