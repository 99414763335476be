"""Loading what a decision may know of one session, inside the transaction that will write it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Row, and_, bindparam, func, or_, select

from db import evidence, session_clock, student_facts
from db.engine import Tx
from db.expected import enrolled_then, of_schedule, pausing, taught_by
from db.journal_tables import outcome_versions, outcomes
from db.tables import enrollments, schedules, sessions
from domain.session_facts import Expected, SessionFacts, SessionState, Standing
from domain.value import Id

_ORG: BindParameter[Any] = bindparam("org")
_s, _c, _e, _o, _v = sessions.c, schedules.c, enrollments.c, outcomes.c, outcome_versions.c

_AS_IT_STANDS = (
    select(
        sessions,
        _c.attendance,
        _c.join_url.label("schedule_link"),
        taught_by.label("teacher_id"),
    )
    .join(schedules, of_schedule)
    .where(_s.org_id == _ORG, _s.id == bindparam("session"))
)
_LOCKED = _AS_IT_STANDS.with_for_update(of=sessions, key_share=True)
_EXPECTED = (
    select(
        _e.student_id,
        _e.coordinator_id,
        pausing().label("paused"),
        _o.id.label("outcome_id"),
        _o.code,
        _v.source,
        _v.recorded_at,
    )
    .select_from(sessions)
    .join(enrollments, and_(_e.org_id == _s.org_id, _e.schedule_id == _s.schedule_id))
    .outerjoin(outcomes, and_(_o.org_id == _s.org_id, _o.session_id == _s.id, _o.student_id == _e.student_id))
    .outerjoin(outcome_versions, and_(_v.org_id == _o.org_id, _v.outcome_id == _o.id, _v.version == _o.version))
    .where(_s.org_id == _ORG, _s.id == bindparam("session"), or_(_o.id.is_not(None), enrolled_then()))
    .order_by(_e.started_at, _e.id)
)
"""Who is enrolled at the session's start, and whoever has an outcome in it all the same."""


async def lock_session(tx: Tx, org_id: Id, session_id: Id) -> Row[Any] | None:
    """The session with its schedule's settings, locked for a decision; None if there is none."""
    return (await tx.execute(_LOCKED, {"org": org_id, "session": session_id})).one_or_none()


async def as_it_stands(tx: Tx, org_id: Id, session_id: Id) -> Row[Any] | None:
    """The same row for who only looks, without a lock."""
    return (await tx.execute(_AS_IT_STANDS, {"org": org_id, "session": session_id})).one_or_none()


def remembered(row: Row[Any]) -> SessionState:
    """What the session's process remembers."""
    return SessionState.model_validate(row.state)


async def load(tx: Tx, org_id: Id, row: Row[Any]) -> SessionFacts:
    """The facts of the session in this row."""
    people = (await tx.execute(_EXPECTED, {"org": org_id, "session": row.id})).all()
    policy = await student_facts.newest_policy(tx, org_id)
    return SessionFacts(
        session_id=row.id,
        timing=session_clock.timing(row),
        status=row.status,
        instructor_id=row.teacher_id,
        owner_id=next((p.coordinator_id for p in people), None),
        expected=tuple(_expected(p) for p in people),
        evidence=await evidence.load(tx, org_id, row.id),
        policy=policy,
        numbers=session_clock.thresholds(policy, row),
    )


def _expected(p: Any) -> Expected:
    standing = (
        Standing(outcome_id=p.outcome_id, code=p.code, source=p.source, recorded_at=p.recorded_at)
        if p.outcome_id
        else None
    )
    return Expected(student_id=p.student_id, standing=standing, paused=p.paused)


async def due(tx: Tx, now: datetime, ahead: datetime, limit: int = 1000) -> list[tuple[Id, Id]]:
    """Sessions (organization, id) with a step that passed before `now`, or that is due before `ahead` and nobody has
    started their process yet."""
    asleep = func.coalesce(_s.state["running"].as_boolean(), False).is_(False)
    rows = await tx.execute(
        select(_s.org_id, _s.id)
        .where(or_(_s.next_due < now, and_(_s.next_due < ahead, asleep)))
        .order_by(_s.next_due)
        .limit(limit)
    )
    return [(r.org_id, r.id) for r in rows]


async def running(tx: Tx) -> list[tuple[Id, Id]]:
    """Sessions (organization, id) whose process has begun and has something ahead."""
    begun = func.coalesce(_s.state["running"].as_boolean(), False)
    rows = await tx.execute(select(_s.org_id, _s.id).where(_s.next_due.is_not(None), begun))
    return [(r.org_id, r.id) for r in rows]
