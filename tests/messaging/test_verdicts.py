"""What both providers share: how long they ask us to wait, and where they are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from messaging.verdicts import base_address, wait_asked_for

DATE = "Wed, 21 Oct 2026 07:28:00 GMT"  # 1792567680


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:30:00 GMT", "Date": DATE}, 120),
        ({"Retry-After": "Wed, 21 Oct 2026 07:00:00 GMT", "Date": DATE}, 0),
        ({"X-RateLimit-Reset": "1792567725", "Date": DATE}, 45),
        ({"X-RateLimit-Reset": "1", "Date": DATE}, 0),
        ({"Retry-After": "10", "X-RateLimit-Reset": "1792567725", "Date": DATE}, 10),
    ],
)
def test_a_wait_is_read(headers: dict[str, str], seconds: int) -> None:
    assert wait_asked_for(headers) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Date": DATE},
        {"Retry-After": "soon", "Date": DATE},
        {"Retry-After": "9" * 30},
        {"Retry-After": "Wed, 21 Oct 2026 07:30:00 GMT"},
        {"X-RateLimit-Reset": "1792567725"},
        {"X-RateLimit-Reset": "9" * 30, "Date": DATE},
        {"X-RateLimit-Reset": "1792567725", "Date": "today"},
        {"X-RateLimit-Reset": "1792567725", "Date": "Wed, 21 Oct 2026 07:28:00 -0000"},
    ],
)
def test_what_cannot_be_understood_is_no_wait(headers: dict[str, str]) -> None:
    assert wait_asked_for(headers) is None


@pytest.mark.parametrize("url", ["", "localhost:8080", "ftp://example.com", "https://", "https://example.com/?a=1"])
def test_what_is_no_base_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="no base address"):
        base_address(url)
