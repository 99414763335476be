"""Make-up credits of a student, worked out from his outcomes and the make-ups booked for him."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, select

from db.engine import Tx
from db.journal_tables import outcomes
from db.student_facts import newest_policy
from db.tables import sessions, students
from domain.make_ups import BookedMakeUp, CalledOff, Credit, credits_of, why_not
from domain.outcomes import FLAGS
from domain.policy import Policy
from domain.refusals import Conflict
from domain.value import Id

_s, _o = sessions.c, outcomes.c
_EARNS = [c.value for c, f in FLAGS.items() if f.earns_make_up]


async def of_student(tx: Tx, org_id: Id, student_id: Id, now: datetime) -> tuple[tuple[Credit, ...], Policy]:
    """The student's credits, and the policy they go by."""
    earned = await tx.execute(
        select(_o.session_id, _o.enrollment_id, _o.code, _s.starts_at)
        .join(sessions, and_(_s.org_id == _o.org_id, _s.id == _o.session_id))
        .where(_o.org_id == org_id, _o.student_id == student_id, _o.code.in_(_EARNS))
    )
    booked = await tx.execute(
        select(_s.id.label("session_id"), _s.make_up_for.label("made_up_for"), _s.starts_at, _o.code)
        .outerjoin(
            outcomes, and_(_o.org_id == _s.org_id, _o.session_id == _s.id, _o.student_id == _s.make_up_student_id)
        )
        .where(_s.org_id == org_id, _s.make_up_student_id == student_id)
        .where((_s.status != "called_off") | _o.code.is_not(None))
    )
    policy = await newest_policy(tx, org_id)
    found = credits_of(
        [CalledOff.model_validate(dict(r._mapping)) for r in earned],
        [BookedMakeUp.model_validate(dict(r._mapping)) for r in booked],
        policy,
        now,
    )
    return found, policy


async def check(
    tx: Tx, org_id: Id, student_id: Id, missed: Row[Any], make_up_id: Id, starts_at: datetime, now: datetime
) -> None:
    """That a make-up for this session may be booked at that time: a session that was called off takes a credit.

    A session the student missed takes none. Holds the student until the end of the transaction, so that one credit is
    not booked twice. Raises Conflict with what to do.
    """
    await tx.execute(
        select(students.c.id)
        .where(students.c.org_id == org_id, students.c.id == student_id)
        .with_for_update(key_share=True)
    )
    found, policy = await of_student(tx, org_id, student_id, now)
    credit = next((c for c in found if c.called_off.session_id == missed.id), None)
    if credit is None and missed.status != "called_off":
        return
    if credit is not None and credit.make_up_id == make_up_id:  # the same request again
        return
    reason = why_not(credit, starts_at, policy)
    if reason is not None:
        raise Conflict("no_make_up_credit", reason)
