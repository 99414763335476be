"""What the page of a student shows, gathered from the books and from what his process knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from api.pages.desk import follow_up_steps, follow_up_words
from api.pages.desk.why import why
from api.pages.visiting import StaffVisit
from db import (
    absences,
    conversation,
    make_ups,
    notes,
    pages_follow_up,
    pages_student,
    pages_students,
    roster,
    statements,
    story,
    student_notes,
)
from db.engine import Tx
from db.listing import Cut
from db.tables import students
from domain.absence import as_held
from domain.conversation import conversation as as_conversation
from domain.drivers import sessions_of, share, weeks
from domain.facts import Facts
from domain.make_ups import CreditState
from domain.state import State
from domain.tasks import TaskKind
from domain.value import Id
from domain.working_time import local

STRIP, LINES, TURNS, NOTES = 24, 6, Cut(10), Cut(10)
GONE_BY = timedelta(days=30)
"""So long a planned absence that is over is still shown."""
SHOWN_CREDITS = (CreditState.AVAILABLE, CreditState.PENDING)


@dataclass(frozen=True)
class FollowUp:
    """A task of the student: why, and whether it is over."""

    row: Row[Any]
    words: str
    sign: tuple[str, str, str] | None


def _follow_ups(rows: Any) -> list[FollowUp]:
    found = []
    for row in rows:
        told = why(row)
        found.append(FollowUp(row, told.words, told.sign))
    return found


async def gather(here: StaffVisit, student_id: Id) -> dict[str, Any]:
    """Everything the page shows. Raises NotFound."""
    org = here.org_id
    async with here.transaction() as tx:
        now = await here.now(tx)
        student = await roster.one(tx, students, org, student_id)
        state, facts = await story.present(tx, org, student.id, now)
        called = dict(await story.called(tx, org, student.id, here.zone))
        seats = (await pages_students.seats_of(tx, org, [student.id], now))[student.id]
        open_tasks, finished = await pages_student.follow_ups(tx, org, student.id)
        zone, _ = await statements.family_of(tx, org, student.id)
        shown: dict[str, Any] = {
            "now": now,
            "student": student,
            "seats": seats,
            "on": [e for e in seats if e.ended_at is None or e.ended_at > now],
            "story": (await pages_students.stories_of(tx, org, [student.id]))[student.id],
            "open": _follow_ups(open_tasks),
            "finished": _follow_ups(finished),
            "books": await pages_student.books(tx, org, [e.id for e in seats], LINES),
            "lines": LINES,
            "contacts": await pages_follow_up.contacts(tx, org, student.id, now),
            "contact_words": follow_up_words,
            "next_lesson": await pages_follow_up.next_lesson(tx, org, student.id, now),
            "notes": (await student_notes.of_student(tx, org, student.id, NOTES)),
            "family_zone": zone,
            "fewest": await pages_students.fewest_left(tx, org),
            "policy": facts.policy,
            "seen": await pages_student.mark(tx, org, student.id),
            **await _turns(tx, org, student.id, called, TURNS),
            **await _away(tx, org, student.id, state, facts, now),
        }
    shown |= _attendance(state, facts, now)
    coming, will_not = follow_up_steps.ahead(
        state, facts, "", follow_up_words.who_of(called, here.me.id, shown["contacts"]), here.zone, now
    )
    return shown | {
        "coming": coming,
        "will_not": will_not,
        "case": state.case,
        "withdrawn": state.withdrawn,
        "has_follow_up": any(t.kind is TaskKind.FOLLOW_UP for t in state.tasks),
        "first": follow_up_words.first_name(student.name),
        "today": local(now, zone).date(),
    }


def _attendance(state: State, facts: Facts, now: datetime) -> dict[str, Any]:
    """The lessons of all subjects in one row, as a strip, a share and a line of weeks."""
    run = sorted(
        (o for e in facts.enrollments for o in sessions_of(state, facts, e.id, now)), key=lambda o: (o.starts_at, o.id)
    )
    return {"codes": [o.code.value for o in run[-STRIP:]], "weeks": weeks(run, now), "share": share(run)}


async def _turns(tx: Tx, org_id: Id, student_id: Id, called: dict[Id, str], cut: Cut) -> dict[str, Any]:
    letters, replies, tried, cursor = await conversation.part(tx, org_id, student_id, cut)
    turns = as_conversation(letters, replies, tried, lambda of: called.get(of, "somebody no longer here"))
    return {"turns": turns, "earlier": cursor}


async def _away(tx: Tx, org_id: Id, student_id: Id, state: State, facts: Facts, now: datetime) -> dict[str, Any]:
    """Planned absences that stand or were lately, the pause that lasts, and make-ups that may still be booked."""
    told = (await absences.of_student(tx, org_id, student_id, Cut(200))).rows
    pause = next((p for p in as_held(state.pauses, facts.outcomes) if p.covers(now)), None)
    earned, _ = await make_ups.of_student(tx, org_id, student_id, now)
    return {
        "absences": [a for a in told if a.withdrawn_at is None and a.ends_at > now - GONE_BY],
        "absence_notes": await notes.texts(tx, org_id, (a.note_id for a in told)),
        "paused_until": pause.until if pause else None,
        "make_ups": [c for c in earned if c.state in SHOWN_CREDITS],
    }


async def conversation_of(here: StaffVisit, student_id: Id, cursor: str | None) -> dict[str, Any]:
    """A longer part of the conversation. Raises NotFound."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        student = await roster.one(tx, students, here.org_id, student_id)
        called = dict(await story.called(tx, here.org_id, student.id, here.zone))
        turns = await _turns(tx, here.org_id, student.id, called, Cut(40, cursor))
    return {"now": now, "student": student, **turns}
