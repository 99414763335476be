"""Many items in one request: each is checked and done alone, and each has its own result in the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.exc import DBAPIError

from api.access import Caller
from api.problems import Problem, problem_of
from api.values import Asked
from db.roster import Directory
from domain.refusals import Refusal

MOST = 1000
In = TypeVar("In", bound=BaseModel)
T = TypeVar("T")


class Result(BaseModel, Generic[T]):
    """What became of one item: `item` when it stands in the books, else the problem, in the order of the request."""

    status: int
    item: T | None = None
    problem: Problem | None = None


class Batch(Asked):
    """Up to 1,000 items, each as a single request would take it. A bad one does not stop the others."""

    items: Annotated[list[Any], Field(min_length=1, max_length=MOST)]


class Batched(BaseModel, Generic[T]):
    """A result for each item, in the order of the request."""

    items: list[Result[T]]


Do = Callable[[Caller, Directory, In, datetime], Awaitable[T]]
"""Does one item: the caller, the names of this request, what is asked, the time."""


After = Callable[[Caller, Directory, list[T], datetime], Awaitable[None]]
"""Does what the items that were done have in common, in the same transaction."""


async def each(
    here: Caller, batch: list[Any], asked: type[In], do: Do[In, T], status: int, *, after: After[T] | None = None
) -> Batched[T]:
    """Do each item in a savepoint of its own. A database that goes away undoes all: then nothing is half done."""
    results: list[Result[T]] = []
    async with here.transaction() as tx:
        now, names = await here.now(tx), Directory(tx, here.org_id)
        for number, raw in enumerate(batch, start=1):
            here.item(number)
            try:
                wanted = asked.model_validate(raw)
                async with tx.begin_nested():
                    made = await do(here, names, wanted, now)
                results.append(Result(status=status, item=made))
            except (ValidationError, Refusal, DBAPIError) as refused:
                if isinstance(refused, DBAPIError) and refused.connection_invalidated:
                    raise
                found = problem_of(refused)
                results.append(Result(status=found.status, problem=found))
        if after is not None:
            await after(here, names, [r.item for r in results if r.item is not None], now)
    return Batched(items=results)
