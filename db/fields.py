"""What a field of the books may hold, whoever brings it, a request or a file: ids, names, times, zones, addresses."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import available_timezones

import phonenumbers
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

_EMAIL = re.compile(r"[^@\s<>\"(),:;\\]+@[^@\s<>\"(),:;\\]+\.[^@\s<>\"(),:;\\.]{2,}")
_ZONES = frozenset(available_timezones()) - {"localtime", "Factory", "posixrules"}
FIRST_YEAR, LAST_YEAR = 2000, 2100


def _row_id(written: str) -> str:
    try:
        return str(UUID(written))
    except ValueError:
        raise ValueError(f"{written!r} is no id; ids are UUIDs, as the lists show them") from None


def _zone(name: str) -> str:
    if name not in _ZONES:
        raise ValueError(f"{name!r} is no time zone; use an IANA name such as Europe/Lisbon or America/New_York")
    return name


def _phone(written: str) -> str:
    """E.164. Ranges reserved for fiction are taken: their length is right, and nothing is known of who has them."""
    problem = ValueError(
        f"{written!r} is a number that is no phone; write it in international form, such as +14155550101"
    )
    try:
        number = phonenumbers.parse(written, None)
    except phonenumbers.NumberParseException:
        raise problem from None
    if not phonenumbers.is_possible_number(number) or number.extension:
        raise problem
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(written: str) -> str:
    if len(written) > 254 or not _EMAIL.fullmatch(written):
        raise ValueError(f"{written!r} is no e-mail address; it looks like maria@example.com")
    return written


def _instant(at: datetime) -> datetime:
    if not FIRST_YEAR <= at.year < LAST_YEAR:
        raise ValueError(f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}")
    return at.astimezone(UTC)


def _link(written: str) -> str:
    try:
        parts = urlsplit(written)
        plain = parts.scheme == "https" and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        plain = None
    if not plain or not written.isprintable() or " " in written:
        raise ValueError("a link begins with https:// and a host, such as https://zoom.us/j/94851234567")
    return written


def _day(day: date) -> date:
    if not FIRST_YEAR <= day.year < LAST_YEAR:
        raise ValueError(f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}")
    return day


RowId = Annotated[str, AfterValidator(_row_id), Field(json_schema_extra={"format": "uuid"})]
"""An id of ours, in its canonical form."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
"""An operator's own name for a row; as long as a OneRoster sourcedId may be."""
FreeText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Instant = Annotated[AwareDatetime, AfterValidator(_instant)]
Day = Annotated[date, AfterValidator(_day)]
Zone = Annotated[str, AfterValidator(_zone)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_phone)]
Email = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_email)]
Link = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_link)]
