"""Values every request and answer is made of: the fields of the books, parts of lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, Self, TypeVar

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row

from db.fields import Day, Email, FreeText, Instant, Link, Name, Phone, Reference, RowId, Zone
from db.listing import LONGEST, Cut, Part

__all__ = [
    "Asked",
    "Day",
    "Email",
    "FreeText",
    "Instant",
    "Link",
    "Listed",
    "Lister",
    "Listing",
    "Name",
    "Phone",
    "Reference",
    "RowId",
    "Told",
    "Zone",
]


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
