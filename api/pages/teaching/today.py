"""An instructor's own day: what is not recorded, the next lesson, the rest of today and of the week."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Row

from api.pages.rendering import render
from api.pages.shell import staff_pages
from api.pages.visiting import Staff, StaffVisit
from db import boards, pages_alerts, pages_lessons, pages_teaching
from db.boards import Wanted
from db.engine import Tx
from db.listing import LONGEST, Cut
from db.pages_shell import day_end, day_start
from domain.outcomes import DISPUTE_WINDOW, SessionKind
from domain.value import Id

router = staff_pages()
AHEAD = timedelta(days=7)
UPCOMING = 6
"""Lessons of the days ahead that are shown."""


@dataclass(frozen=True)
class Lesson:
    """One lesson. `state` is unrecorded, now, next, ahead, ended, saved, settled or called_off."""

    row: Row[Any]
    state: str
    marked: int
    pupils: Sequence[Row[Any]]
    trouble: Mapping[Id, int]

    @property
    def missing(self) -> Sequence[str]:
        """Who has no outcome, by name."""
        return [p.name for p in self.pupils if p.code is None]

    @property
    def greet(self) -> Sequence[str]:
        """Who misses lessons lately, by name."""
        return [p.name for p in self.pupils if p.id in self.trouble]

    @property
    def tier(self) -> int:
        """The highest tier among them."""
        return max((t for i, t in self.trouble.items() if any(p.id == i for p in self.pupils)), default=0)

    @property
    def is_group(self) -> bool:
        """Whether it is a lesson for several."""
        return bool(self.row.kind == SessionKind.GROUP)


@dataclass
class Part:
    """Lessons under one heading."""

    name: str
    heading: str
    lessons: list[Lesson] = field(default_factory=list)


def _state(row: Row[Any], marked: int, now: datetime) -> str:
    if row.status == "called_off":
        return "called_off"
    if now < row.starts_at:
        return "ahead"
    if row.status == "settled" and now >= row.ends_at:
        return "settled"
    if marked:
        return "saved"
    if now < row.ends_at:
        return "now"
    return "unrecorded" if row.status == "unrecorded" else "ended"


async def _parts(here: StaffVisit, tx: Tx, now: datetime) -> list[Part]:
    tonight = day_end(now, here.zone)
    wanted = Wanted(now - DISPUTE_WINDOW - timedelta(days=1), tonight + AHEAD, here.me.id)
    rows = (await boards.board(tx, here.org_id, wanted, Cut(LONGEST), now)).rows
    ids = [r.id for r in rows]
    marks = await pages_teaching.marked(tx, here.org_id, ids)
    pupils = await pages_lessons.pupils(tx, here.org_id, ids, now)
    trouble = await pages_alerts.in_trouble(tx, here.org_id, {p.id for some in pupils.values() for p in some})
    found = [Lesson(r, _state(r, marks.get(r.id, 0), now), marks.get(r.id, 0), pupils[r.id], trouble) for r in rows]
    return arranged(found, now, day_start(now, here.zone), tonight)


def arranged(lessons: Sequence[Lesson], now: datetime, morning: datetime, tonight: datetime) -> list[Part]:
    """What is not recorded and still can be, what is next today, what was today, and the days ahead."""
    missing, today, earlier, later = (
        Part("missing", "To record"),
        Part("today", "Today"),
        Part("earlier", "Earlier today"),
        Part("later", "Coming up"),
    )
    for lesson in lessons:
        row = lesson.row
        if lesson.state in ("unrecorded", "ended"):
            if now - row.ends_at <= DISPUTE_WINDOW:
                missing.lessons.append(lesson)
        elif row.ends_at > now:
            (today if row.starts_at < tonight else later).lessons.append(lesson)
        elif row.starts_at >= morning:
            earlier.lessons.append(lesson)
    later.lessons = later.lessons[:UPCOMING]
    return [p for p in (missing, today, earlier, later) if p.lessons]


def _digest(parts: Sequence[Part]) -> str:
    """What stands for the page as it was shown."""
    told = [(p.name, x.row.id, x.state, x.marked, x.row.starts_at, x.greet) for p in parts for x in p.lessons]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


@router.get("/teach")
async def teach(request: Request, here: Staff) -> Response:
    """One's own lessons of today, the next first, above them what is not recorded."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        parts = await _parts(here, tx, now)
    today = sum(
        day_start(now, here.zone) <= x.row.starts_at < day_end(now, here.zone) for p in parts for x in p.lessons
    )
    missing = sum(len(p.lessons) for p in parts if p.name == "missing")
    return render(request, "teach/page.html", now=now, parts=parts, today=today, missing=missing, seen=_digest(parts))


@router.get("/teach/changes")
async def changes(request: Request, here: Staff, seen: str) -> Response:
    """A line that says that the lessons look different by now; nothing while they do not."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        parts = await _parts(here, tx, now)
    return render(request, "teach/_changes.html", now=now, changed=_digest(parts) != seen, again="/teach")
