"""The students: searched, narrowed, and a line for each that says how it goes."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Query, Request
from fastapi.responses import Response

from api.pages.rendering import render
from api.pages.shell import staff_pages
from api.pages.visiting import Coordinator
from api.values import RowId
from db import pages_inbox, pages_students
from db.listing import Cut
from db.pages_students import Wanted

router = staff_pages()
AT_ONCE = 50
Empty = Literal[""]
Words = Annotated[str, Query(max_length=100)]


@router.get("/students")
async def students(
    request: Request,
    here: Coordinator,
    q: Words = "",
    coordinator: RowId | Empty = "",
    instructor: RowId | Empty = "",
    low: bool = False,
    case: bool = False,
    quiet: bool = False,
    left: bool = False,
    cursor: str | None = None,
) -> Response:
    """Students by name, those who fit the filters."""
    wanted = Wanted(q.strip() or None, coordinator or None, instructor or None, low, case, quiet, left)
    async with here.transaction() as tx:
        now = await here.now(tx)
        part = await pages_students.listed(tx, here.org_id, wanted, Cut(AT_ONCE, cursor), now)
        ids = [r.id for r in part.rows]
        seats = await pages_students.seats_of(tx, here.org_id, ids, now)
        stories = await pages_students.stories_of(tx, here.org_id, ids)
        strips = await pages_inbox.strips(tx, here.org_id, ids)
        total = None if cursor else await pages_students.how_many(tx, here.org_id, wanted, now)
        hidden = 0
        if total == 0 and wanted.filters:
            hidden = await pages_students.how_many(tx, here.org_id, Wanted(left=left), now)
        coordinators, instructors = await pages_students.team(tx, here.org_id)
        fewest = await pages_students.fewest_left(tx, here.org_id)
    return render(
        request,
        "students/list.html",
        now=now,
        rows=part.rows,
        seats=seats,
        stories=stories,
        strips=strips,
        next_cursor=part.next_cursor,
        cursor=cursor,
        total=total,
        hidden=hidden,
        wanted=wanted,
        query=_query(wanted),
        coordinators=coordinators,
        instructors=instructors,
        fewest=fewest,
        quiet_days=pages_students.QUIET.days,
        quiet_since=now - pages_students.QUIET,
    )


def _query(wanted: Wanted) -> str:
    """The filters as an address has them."""
    given = {"q": wanted.q, "coordinator": wanted.coordinator_id, "instructor": wanted.instructor_id}
    given |= {name: "true" for name in ("low", "case", "quiet", "left") if getattr(wanted, name)}
    return urlencode({k: v for k, v in given.items() if v})
