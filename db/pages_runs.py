"""What the page of one student's run shows beside its history: the case, the balance, what a person can step into.

Built once: making these statements costs as much as running them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, DateTime, Row, and_, bindparam, exists, func, or_, select

from db.engine import Tx
from db.journal_tables import cases, decisions, entries, inbox, messages, outcomes
from db.mail import RESENDABLE
from db.session_tables import session_decisions
from db.tables import enrollments, guardians, policies, schedules, sessions, students
from domain.balance import EntryKind
from domain.sending import REVIEW, TIED_TO_SESSION, MessageState
from domain.value import Id

MOST = 8
"""Charges and messages that one can choose from; older ones are reached by the API."""
_ORG: BindParameter[Any] = bindparam("org")
_THIS: BindParameter[Any] = bindparam("this")
_NOW: BindParameter[Any] = bindparam("now", type_=DateTime(timezone=True))
_e, _n, _k, _i, _d, _o, _m = entries.c, enrollments.c, cases.c, inbox.c, decisions.c, outcomes.c, messages.c
_OWN = and_(_n.org_id == _ORG, _n.student_id == _THIS)
_BOOK = select(func.coalesce(func.sum(_e.units), 0).label("balance"), func.count().label("entries")).where(
    _e.org_id == _ORG, _e.enrollment_id.in_(select(_n.id).where(_OWN))
)
_CASE = select(_k.opened_at, _k.tier).where(_k.org_id == _ORG, _k.student_id == _THIS, _k.closed_at.is_(None))
_CARD = select(
    *_BOOK.subquery("book").c,
    _CASE.with_only_columns(_k.opened_at).scalar_subquery().label("case_opened_at"),
    select(func.min(_n.started_at)).where(_OWN).scalar_subquery().label("since"),
    select(func.max(_i.received_at))
    .where(_i.org_id == _ORG, _i.student_id == _THIS)
    .scalar_subquery()
    .label("last_fact_at"),
    select(func.coalesce(func.max(policies.c.version), 1))
    .where(policies.c.org_id == _ORG)
    .scalar_subquery()
    .label("newest_policy"),
)


async def _rows(tx: Tx, query: Any, org_id: Id, student_id: Id, **more: Any) -> Sequence[Row[Any]]:
    found: Sequence[Row[Any]] = (await tx.execute(query, {"org": org_id, "this": student_id, **more})).all()
    return found


async def card(tx: Tx, org_id: Id, student_id: Id) -> Row[Any]:
    """Balance and number of entries over all enrollments, when the open case opened, the newest fact and policy."""
    (found,) = await _rows(tx, _CARD, org_id, student_id)
    return found


_undone = entries.alias("undone")
_CHARGES = (
    select(_o.id, _o.code, _e.units, sessions.c.starts_at, schedules.c.subject)
    .select_from(entries)
    .join(outcomes, and_(_o.org_id == _ORG, _o.id == _e.outcome_id))
    .join(sessions, and_(sessions.c.org_id == _ORG, sessions.c.id == _o.session_id))
    .join(schedules, and_(schedules.c.org_id == _ORG, schedules.c.id == sessions.c.schedule_id))
    .where(_e.org_id == _ORG, _e.kind == EntryKind.CONSUME.value, _o.student_id == _THIS)
    .where(_e.enrollment_id.in_(select(_n.id).where(_OWN)))
    .where(~exists().where(_undone.c.org_id == _ORG, _undone.c.reverses == _e.id))
    .order_by(sessions.c.starts_at.desc(), _e.seq.desc())
    .limit(MOST)
)


async def charges(tx: Tx, org_id: Id, student_id: Id) -> Sequence[Row[Any]]:
    """The newest outcomes for which a charge stands: id, code, units (below 0), subject and start."""
    return await _rows(tx, _CHARGES, org_id, student_id)


_GOES_AGAIN = [s.value for s in RESENDABLE if s is not MessageState.SENT]
_RESENT = messages.alias("resent")
_LETTERS = (
    select(_m.id, _m.channel, _m.purpose, _m.state, _m.reason, _m.created_at, guardians.c.name.label("recipient"))
    .outerjoin(guardians, and_(guardians.c.org_id == _ORG, guardians.c.id == _m.guardian_id))
    .where(_m.org_id == _ORG, _m.student_id == _THIS, _m.guardian_id.is_not(None))
    .where(or_(_m.purpose.not_in([p.value for p in TIED_TO_SESSION]), _m.expires_at > _NOW))
    .where(
        or_(
            _m.state.in_(_GOES_AGAIN),
            and_(_m.state == MessageState.HELD.value, _m.reason != REVIEW),
        )
    )
    .order_by(_m.created_at.desc(), _m.id)
    .limit(MOST)
)


async def letters(tx: Tx, org_id: Id, student_id: Id, now: datetime) -> Sequence[Row[Any]]:
    """The newest messages to the family that a person can let go again: they failed, are held, or are unknown."""
    return await _rows(tx, _LETTERS, org_id, student_id, now=now)


_NEWEST = select(func.max(_d.seq)).where(_d.org_id == _ORG, _d.student_id == _THIS).scalar_subquery()
_MARK = select(func.concat_ws("-", _NEWEST, func.extract("epoch", students.c.next_due))).where(
    students.c.org_id == _ORG, students.c.id == _THIS
)
_sd = session_decisions.c
_MARK_OF_SESSION = select(func.max(_sd.seq)).where(_sd.org_id == _ORG, _sd.session_id == _THIS)


async def mark(tx: Tx, org_id: Id, student_id: Id) -> str:
    """What is different once something was decided about the student; empty for one who is not here."""
    return str((await tx.execute(_MARK, {"org": org_id, "this": student_id})).scalar_one_or_none() or "")


async def mark_of_session(tx: Tx, org_id: Id, session_id: Id) -> str:
    """What is different once something was decided about the session."""
    return str((await tx.execute(_MARK_OF_SESSION, {"org": org_id, "this": session_id})).scalar_one_or_none() or "")
