"""A family's pages: the children, one child, all lessons, all messages. Without script, in its language."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.pages.families.family_child import Child, draw_child, of_the_family
from api.pages.families.family_lines import accounts_of, first_name, is_coming
from api.pages.families.speaking import speak
from api.pages.visiting import Family
from api.values import RowId
from db import pages_family
from db.listing import Cut

router = APIRouter(include_in_schema=False)
AT_ONCE = 30


@router.get("/family")
async def children(request: Request, here: Family) -> Response:
    """A card for each child; an only child's page at once."""
    if len(here.children) == 1:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/family/{here.children[0]}{query}", 303)
    async with here.transaction() as tx:
        now = await here.now(tx)
        named = await pages_family.children(tx, here.org_id, here.children)
        ahead = await pages_family.ahead(tx, here.org_id, here.children, now)
        rows = await pages_family.accounts(tx, here.org_id, here.children)
    cards = [
        Child(
            id=c.id,
            name=c.name,
            first=first_name(c.name),
            next=next((x for x in ahead if x.student_id == c.id and is_coming(x)), None),
            accounts=accounts_of([r for r in rows if r.student_id == c.id], ahead),
        )
        for c in named
    ]
    return speak(request, "family/children.html", here.spoken, now=now, cards=cards)


@router.get("/family/{student_id}")
async def child(request: Request, here: Family, student_id: RowId) -> Response:
    """One child: everything a parent asks first."""
    return await draw_child(request, here, student_id)


@router.get("/family/{student_id}/lessons")
async def lessons(request: Request, here: Family, student_id: RowId, cursor: str | None = None) -> Response:
    """All lessons so far, with times and minutes."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        person = await of_the_family(here, tx, student_id)
        part = await pages_family.past(tx, here.org_id, student_id, now, Cut(AT_ONCE, cursor))
    return speak(request, "family/lessons.html", here.spoken, now=now, person=person, part=part)


@router.get("/family/{student_id}/messages")
async def sent(request: Request, here: Family, student_id: RowId, cursor: str | None = None) -> Response:
    """What this guardian was sent about the child, with its words."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        person = await of_the_family(here, tx, student_id)
        part = await pages_family.sent(tx, here.org_id, here.guardian_id, student_id, Cut(AT_ONCE, cursor))
    return speak(request, "family/messages.html", here.spoken, now=now, person=person, part=part)
