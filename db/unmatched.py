"""Participants for a person to match: who they may be, where they were seen, and which sessions a match concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy import Row, and_, or_, select

from db import listing
from db.engine import Tx
from db.expected import enrolled_then
from db.listing import Cut, Part
from db.session_tables import evidence, participants
from db.tables import enrollments, sessions, staff, students
from domain.outcomes import DISPUTE_WINDOW
from domain.refusals import NotFound
from domain.value import Id

ALIKE = 0.5
"""From this likeness on a name is suggested. (judgement: "sam r" and "Sam Reed" are 0.77)"""
MOST_SUGGESTED = 3
_p, _e, _s = participants.c, evidence.c, sessions.c


@dataclass(frozen=True)
class Suggestion:
    """A student who was expected where the participant was seen, and how alike the names are, 0 to 1."""

    student_id: Id
    name: str
    likeness: float


async def one(tx: Tx, org_id: Id, participant_id: Id) -> Row[Any]:
    """One participant. Raises NotFound."""
    found = (await tx.execute(_query(org_id).where(_p.id == participant_id))).one_or_none()
    if found is None:
        raise NotFound("participant_unknown", f"there is no participant {participant_id}; list them to find it")
    return found


async def listed(tx: Tx, org_id: Id, cut: Cut, *, unmatched: bool, session_id: Id | None) -> Part:
    """A part of the participants, the newest first; of one session those who were seen in it."""
    query = _query(org_id)
    if unmatched:
        query = query.where(_p.student_id.is_(None), _p.staff_id.is_(None), ~_p.ignored)
    if session_id is not None:
        seen = select(_e.participant_id).where(_e.org_id == org_id, _e.session_id == session_id)
        query = query.where(or_(_p.session_id == session_id, _p.id.in_(seen)))
    return await listing.part(tx, query, (_p.first_seen_at, _p.id), cut, newest_first=True)


def _query(org_id: Id) -> Any:
    return (
        select(participants, students.c.name.label("student_name"), staff.c.name.label("staff_name"))
        .outerjoin(students, and_(students.c.org_id == _p.org_id, students.c.id == _p.student_id))
        .outerjoin(staff, and_(staff.c.org_id == _p.org_id, staff.c.id == _p.staff_id))
        .where(_p.org_id == org_id)
    )


async def seen_in(tx: Tx, org_id: Id, participant_ids: Sequence[Id], now: datetime) -> dict[Id, list[Id]]:
    """The sessions of the dispute window in which each was seen: those a match can still change."""
    rows = await tx.execute(
        select(_e.participant_id, _e.session_id)
        .join(sessions, and_(_s.org_id == _e.org_id, _s.id == _e.session_id))
        .where(_e.org_id == org_id, _e.participant_id.in_(participant_ids), _s.ends_at >= now - DISPUTE_WINDOW)
        .distinct()
        .order_by(_e.participant_id, _e.session_id)
    )
    found: dict[Id, list[Id]] = {p: [] for p in participant_ids}
    for row in rows:
        found[row.participant_id].append(row.session_id)
    return found


async def suggestions(tx: Tx, org_id: Id, people: Sequence[Row[Any]]) -> dict[Id, list[Suggestion]]:
    """Whom each of these may be: students expected where he was seen whose names are alike. Never more than a hint."""
    unmatched = [p for p in people if not (p.student_id or p.staff_id or p.ignored)]
    if not unmatched:
        return {}
    rows = await tx.execute(
        select(_e.participant_id, students.c.id, students.c.name)
        .select_from(evidence)
        .join(sessions, and_(_s.org_id == _e.org_id, _s.id == _e.session_id))
        .join(enrollments, enrolled_then())
        .join(students, and_(students.c.org_id == _s.org_id, students.c.id == enrollments.c.student_id))
        .where(_e.org_id == org_id, _e.participant_id.in_([p.id for p in unmatched]))
        .distinct()
    )
    expected: dict[Id, list[tuple[Id, str]]] = {}
    for row in rows:
        expected.setdefault(row.participant_id, []).append((row.id, row.name))
    return {p.id: _alike(p, expected.get(p.id, [])) for p in unmatched}


def _alike(person: Row[Any], expected: Sequence[tuple[Id, str]]) -> list[Suggestion]:
    shown = [t for t in (person.name, (person.email or "").partition("@")[0].replace(".", " ")) if t]
    found = [
        Suggestion(i, name, round(max((_likeness(t, name) for t in shown), default=0.0), 2)) for i, name in expected
    ]
    best = sorted((s for s in found if s.likeness >= ALIKE), key=lambda s: (-s.likeness, s.name))
    return best[:MOST_SUGGESTED]


def _likeness(shown: str, name: str) -> float:
    return SequenceMatcher(None, shown.casefold(), name.casefold()).ratio()
