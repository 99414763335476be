"""Values every request and answer is made of: names, instants, zones, phone numbers, parts of lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, Self, TypeVar
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import available_timezones

import phonenumbers
from fastapi import Depends, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Row

from db.listing import LONGEST, Cut, Part

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


class Asked(BaseModel):
    """A request's body. A field it does not know is refused: a misspelt one would be lost silently."""

    model_config = ConfigDict(extra="forbid")


class Told(BaseModel):
    """An answer, made from a row of the books."""

    model_config = ConfigDict(extra="ignore")

    @classmethod
    def of(cls, row: Row[Any], **more: Any) -> Self:
        """The answer for a row; `more` are values that no column holds."""
        return cls.model_validate({**row._mapping, **more})


T = TypeVar("T")


class Listed(BaseModel, Generic[T]):
    """A part of a list. `next` is the address of the next part, None at the end."""

    items: list[T]
    next: str | None = Field(None, examples=["/v1/students?limit=50&cursor=WyJBbmEiXQ"])
    next_cursor: str | None = None


class Listing:
    """How a list is asked for (`limit`, `cursor`), and how a part of it is answered."""

    def __init__(
        self,
        request: Request,
        response: Response,
        limit: Annotated[int, Query(ge=1, le=LONGEST, description="at most so many")] = 50,
        cursor: Annotated[str | None, Query(max_length=2000, description="`next_cursor` of the part before")] = None,
    ) -> None:
        self.cut = Cut(limit, cursor)
        self._request, self._response = request, response

    def answer(self, part: Part, make: Callable[[Row[Any]], T]) -> Listed[T]:
        """The part as an answer, with the address of the next one also in the header `Link`."""
        return self.answer_made(part, [make(row) for row in part.rows])

    def answer_made(self, part: Part, items: Sequence[T]) -> Listed[T]:
        """The same for items made already."""
        if part.next_cursor is None:
            return Listed(items=list(items))
        url = self._request.url.include_query_params(cursor=part.next_cursor)
        following = f"{url.path}?{url.query}"
        self._response.headers["Link"] = f'<{following}>; rel="next"'
        return Listed(items=list(items), next=following, next_cursor=part.next_cursor)


Lister = Annotated[Listing, Depends()]
