"""Private calendar addresses, and the sessions a person's calendar shows. Only an address's hash is kept."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import ColumnElement, CursorResult, Row, and_, func, insert, or_, select, text, true, update

from db.engine import Tx
from db.expected import enrolled_then, has_seat, is_taught_by, of_instructor, of_schedule, of_seat
from db.journal_tables import outcomes
from db.keys import hash_of
from db.session_tables import calendar_feeds
from db.tables import enrollments, guardians, organizations, schedules, sessions, staff, student_guardians, students
from domain.calendar_entries import Entry
from domain.outcomes import SessionKind
from domain.value import Id

BACK, AHEAD = timedelta(days=30), timedelta(days=366)
"""How far back a calendar reaches, and how far ahead at most: in fact as far as sessions are made."""
TOKEN_BYTES = 32
Whose = Literal["student", "guardian", "staff"]
_f, _s, _c, _e, _o, _g = (
    calendar_feeds.c,
    sessions.c,
    schedules.c,
    enrollments.c,
    outcomes.c,
    student_guardians.c,
)


@dataclass(frozen=True)
class Feed:
    """A calendar that an address opens: whose it is, and the names it is called by."""

    org_id: Id
    whose: Whose
    person_id: Id
    person_name: str
    organization_name: str


async def make(tx: Tx, org_id: Id, whose: Whose, person_id: Id, now: datetime) -> tuple[Id, str]:
    """Make a person's address; returns its id and its secret part, which cannot be read again.

    The address before stops working.
    """
    await tx.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:person, 0))"), {"person": f"feed:{person_id}"}
    )
    await revoke(tx, org_id, whose, person_id, now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row_id = str(uuid4())
    row = {"org_id": org_id, "id": row_id, f"{whose}_id": person_id, "token_hash": hash_of(token), "created_at": now}
    await tx.execute(insert(calendar_feeds).values(row))
    return row_id, token


async def revoke(tx: Tx, org_id: Id, whose: Whose, person_id: Id, now: datetime) -> bool:
    """The person's address opens nothing from now on; False when there was none."""
    done = await tx.execute(
        update(calendar_feeds)
        .where(_f.org_id == org_id, _f[f"{whose}_id"] == person_id, _f.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(_f.id)
    )
    return done.first() is not None


async def opened_by(tx: Tx, token: str) -> Feed | None:
    """The calendar that an address opens; None for an unknown or revoked one, and for staff who have left."""
    found = await tx.execute(
        select(
            calendar_feeds,
            organizations.c.name.label("organization_name"),
            func.coalesce(students.c.name, guardians.c.name, staff.c.name).label("person_name"),
        )
        .join(organizations, organizations.c.id == _f.org_id)
        .outerjoin(students, and_(students.c.org_id == _f.org_id, students.c.id == _f.student_id))
        .outerjoin(guardians, and_(guardians.c.org_id == _f.org_id, guardians.c.id == _f.guardian_id))
        .outerjoin(staff, and_(staff.c.org_id == _f.org_id, staff.c.id == _f.staff_id))
        .where(_f.token_hash == hash_of(token), _f.revoked_at.is_(None), or_(_f.staff_id.is_(None), staff.c.active))
    )
    row = found.one_or_none()
    if row is None:
        return None
    whose: Whose = "student" if row.student_id else "guardian" if row.guardian_id else "staff"
    return Feed(row.org_id, whose, row._mapping[f"{whose}_id"], row.person_name, row.organization_name)


async def entries(tx: Tx, feed: Feed, now: datetime) -> list[Entry]:
    """What the calendar shows, by start. Ahead of now only what the family is enrolled in at that time."""
    family = feed.whose != "staff"
    children = await _children(tx, feed)
    ours = _e.student_id.in_(children) if family else true()
    seats = (
        select(func.jsonb_agg(func.jsonb_build_object("name", students.c.name, "code", _o.code)).label("seats"))
        .select_from(
            enrollments.join(students, and_(students.c.org_id == _e.org_id, students.c.id == _e.student_id)).outerjoin(
                outcomes, of_seat
            )
        )
        .where(_e.org_id == _s.org_id, _e.schedule_id == _s.schedule_id, ours)
        .where(has_seat(), or_(_s.starts_at <= now, enrolled_then()))
        .correlate(sessions)
        .lateral("seats")
    )
    told = (  # also of a child who has left, and what was taken back: the count never goes back
        select(
            func.coalesce(func.sum(_o.version), 0).label("versions"),
            func.max(_o.received_at).label("told_at"),
        )
        .where(_o.org_id == _s.org_id, _o.session_id == _s.id, _o.student_id.in_(children))
        .correlate(sessions)
        .lateral("told")
    )
    query = (
        select(
            *(_s[name] for name in ("id", "starts_at", "ends_at", "sequence", "called_off", "topic")),
            func.coalesce(_s.changed_at, _s.created_at).label("changed_at"),
            func.coalesce(_s.join_url, _c.join_url).label("link"),
            _c.subject,
            _c.kind,
            staff.c.name.label("instructor_name"),
            seats.c.seats,
            *told.c,
        )
        .select_from(sessions.join(schedules, of_schedule).outerjoin(staff, of_instructor))
        .join(seats, true())
        .join(told, true())
        .where(_s.org_id == feed.org_id, _s.starts_at >= now - BACK, _s.starts_at < now + AHEAD)
        .where(*_whose(feed, children), *([seats.c.seats.is_not(None)] if family else []))
        .order_by(_s.starts_at, _s.id)
    )
    rows: CursorResult[Any] = await tx.execute(query)
    return [_entry(row, family=family, several=len(children) > 1) for row in rows.all()]


async def _children(tx: Tx, feed: Feed) -> Sequence[Id]:
    match feed.whose:
        case "student":
            return [feed.person_id]
        case "guardian":
            found = await tx.execute(
                select(_g.student_id).where(_g.org_id == feed.org_id, _g.guardian_id == feed.person_id)
            )
            return list(found.scalars())
        case _:
            return []


def _whose(feed: Feed, children: Sequence[Id]) -> list[ColumnElement[bool]]:
    if feed.whose == "staff":
        return [is_taught_by(feed.org_id, feed.person_id)]
    theirs = select(_e.schedule_id).where(_e.org_id == feed.org_id, _e.student_id.in_(children))
    return [_s.schedule_id.in_(theirs)]


def _entry(row: Row[Any], *, family: bool, several: bool) -> Entry:
    return Entry(
        session_id=row.id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        sequence=row.sequence + row.versions,
        modified_at=max(row.changed_at, row.told_at or row.changed_at),
        subject=row.subject,
        instructor_name=row.instructor_name if family else None,
        topic=row.topic,
        link=row.link,
        called_off=row.called_off is not None,
        seats=tuple(sorted(row.seats or (), key=lambda s: str(s["name"]))),
        for_family=family,
        names_students=several if family else row.kind == SessionKind.ONE_TO_ONE,
    )
