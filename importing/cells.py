"""What one cell of a CSV file means. Each reader raises ValueError with a sentence that says what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from db.fields import FIRST_YEAR, LAST_YEAR, Email, Link, Name, Phone, Zone
from domain.outcomes import REPORTABLE, Charge

Read = Callable[[str], Any]
D = TypeVar("D", bound=date)
_OTHER_ORDERS = "write it as 2026-09-14: other orders are read differently in different countries"


def _as_in_the_books(kind: Any) -> Read:
    """The same reading as of a request's field of that type."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def read(cell: str) -> Any:
        try:
            return adapter.validate_python(cell)
        except ValidationError as problem:
            first = problem.errors(include_url=False)[0]
            raise ValueError(str(first.get("ctx", {}).get("error", first["msg"]))) from problem

    return read


words = _as_in_the_books(Name)
email = _as_in_the_books(Email)
phone = _as_in_the_books(Phone)
zone = _as_in_the_books(Zone)
link = _as_in_the_books(Link)


def number(least: int) -> Read:
    """A whole number of at least so much."""

    def read(cell: str) -> int:
        try:
            value = int(cell)
        except ValueError as problem:
            raise ValueError(f"{cell!r} is no whole number") from problem
        if not least <= value <= 1_000_000:
            raise ValueError(f"{value} is out of bounds: write a number from {least} to 1000000")
        return value

    return read


def hours(cell: str) -> timedelta:
    """A duration in whole hours."""
    return timedelta(hours=number(0)(cell))


def yes_or_no(cell: str) -> bool:
    """A choice of two."""
    if cell.lower() not in ("yes", "no"):
        raise ValueError(f"{cell!r} is neither yes nor no")
    return cell.lower() == "yes"


def one_of(kind: Iterable[StrEnum]) -> Read:
    """One of the words of an enumeration, or of a part of it."""
    known = [member.value for member in kind]

    def read(cell: str) -> str:
        if cell not in known:
            raise ValueError(f"{cell!r} is not known: write one of {', '.join(known)}")
        return cell

    return read


def charges(cell: str) -> dict[str, str]:
    """What single codes cost in a schedule: `no_show=hold; late_cancelled=decrement`."""
    found = {}
    for part in cell.split(";"):
        code, is_pair, charge = (piece.strip() for piece in part.partition("="))
        if not is_pair:
            raise ValueError(f"{part.strip()!r} is no pair: write no_show=hold; late_cancelled=decrement")
        found[one_of(REPORTABLE)(code)] = one_of(Charge)(charge)
    return found


def day(cell: str) -> date:
    """A date."""
    try:
        value = date.fromisoformat(cell)
    except ValueError as problem:
        raise ValueError(f"{cell!r} is no date: {_OTHER_ORDERS}") from problem
    return _near(value)


def moment(cell: str) -> datetime:
    """A date and time, with an offset or without."""
    try:
        value = datetime.fromisoformat(cell)
    except ValueError as problem:
        raise ValueError(f"{cell!r} is no date and time: write 2026-09-14T16:00+02:00") from problem
    if not re.search(r"\d:\d", cell):
        raise ValueError(f"{cell!r} has no time of day: write 2026-09-14T16:00+02:00")
    return _near(value)


def _near(value: D) -> D:
    if not FIRST_YEAR <= value.year < LAST_YEAR:
        raise ValueError(f"the year {value.year} must lie between {FIRST_YEAR} and {LAST_YEAR}")
    return value
