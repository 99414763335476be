"""A child's page: next lesson, balance, last lessons, telling an absence, messages. What is told may draw it anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Row

from api.pages.families.family_lines import Account, accounts_of, first_name, is_coming
from api.pages.families.speaking import speak
from api.pages.visiting import FamilyVisit
from db import make_ups, pages_family, story
from db.engine import Tx
from db.listing import Cut
from db.roster import unknown
from db.tables import students
from domain.absence import Pause
from domain.facts import Facts
from domain.make_ups import CreditState
from domain.telling_ahead import Ahead, Cost, costs
from domain.value import Id

LAST, FIRST_SHOWN, SENT, TO_CHOOSE = 8, 4, 5, 3


@dataclass(frozen=True, kw_only=True)
class Person:
    """The student a page is about."""

    id: Id
    name: str
    first: str
    pauses: Sequence[Pause] = ()


@dataclass(frozen=True, kw_only=True)
class Child(Person):
    """A child's card."""

    next: Row[Any] | None
    accounts: Sequence[Account]


@dataclass(frozen=True)
class Told:
    """An absence that was told: of one lesson, or of the days from `begin` to `end`."""

    id: Id
    begin: datetime
    end: datetime
    lesson: bool


@dataclass(frozen=True)
class Choice:
    """A lesson ahead that may be told, and what telling it now would take."""

    lesson: Row[Any]
    cost: Cost


async def of_the_family(here: FamilyVisit, tx: Tx, student_id: Id) -> Person:
    """The child. Raises NotFound for anybody else's, as for nobody's."""
    if student_id not in here.children:
        raise unknown(students, "id", student_id)
    (row,) = await pages_family.children(tx, here.org_id, [student_id])
    pauses = [Pause.model_validate(p) for p in row.pauses or ()]
    return Person(id=row.id, name=row.name, first=first_name(row.name), pauses=pauses)


def paused_until(person: Person, now: datetime) -> datetime | None:
    """The return date of the pause the child is in, if it is in one."""
    return max((p.until for p in person.pauses if p.covers(now)), default=None)


def ahead_of(lesson: Row[Any]) -> Ahead:
    """The lesson as the rules of telling ahead take it."""
    return Ahead(
        session_id=lesson.session_id,
        enrollment_id=lesson.enrollment_id,
        starts_at=lesson.starts_at,
        ends_at=lesson.ends_at,
    )


def choices_of(facts: Facts, lessons: Sequence[Row[Any]], now: datetime) -> list[Choice]:
    """Each of these lessons with what telling it alone would take."""
    return [Choice(x, cost) for x in lessons for cost in costs(facts, [ahead_of(x)], now)]


def to_tell(ahead: Sequence[Row[Any]], now: datetime) -> list[Row[Any]]:
    """The lessons of which an absence may still be told."""
    return [x for x in ahead if is_coming(x) and x.starts_at > now]


def _told(absence: Row[Any], starts: set[datetime]) -> Told:
    end = absence.ends_at - timedelta(microseconds=1)
    lesson = absence.starts_at in starts and end < absence.starts_at + timedelta(hours=1)
    return Told(absence.id, absence.starts_at, end, lesson)


async def draw_child(
    request: Request, here: FamilyVisit, student_id: Id, *, status: int = 200, changed: bool = False
) -> Response:
    """The page; `changed` says that the charge of a lesson is another one by now."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        person = await of_the_family(here, tx, student_id)
        ahead = await pages_family.ahead(tx, here.org_id, [student_id], now)
        rows = await pages_family.accounts(tx, here.org_id, [student_id])
        last = await pages_family.past(tx, here.org_id, student_id, now, Cut(LAST))
        told = await pages_family.absences(tx, here.org_id, student_id, now)
        sent = await pages_family.sent(tx, here.org_id, here.guardian_id, student_id, Cut(SENT))
        earned, _ = await make_ups.of_student(tx, here.org_id, student_id, now)
        soon = to_tell(ahead, now)[:TO_CHOOSE]
        choices = choices_of((await story.present(tx, here.org_id, student_id, now))[1], soon, now) if soon else []
    coming = [x for x in ahead if is_coming(x)]
    starts = {x.starts_at for x in ahead}
    return speak(
        request,
        "family/child.html",
        here.spoken,
        status=status,
        at=f"/family/{student_id}",
        now=now,
        person=person,
        next=coming[0] if coming else None,
        ahead=[x for x in ahead if not coming or x is not coming[0]],
        accounts=accounts_of(rows, ahead),
        make_ups=[c for c in earned if c.state is CreditState.AVAILABLE],
        paused_until=paused_until(person, now),
        last=last.rows,
        more=last.next_cursor is not None,
        shown=FIRST_SHOWN,
        told=[_told(a, starts) for a in told],
        choices=choices,
        changed=changed,
        sent=sent.rows,
        more_sent=sent.next_cursor is not None,
    )
