"""What a policy is tried on: students who missed something in a span, with their sessions and contacts, in slices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, func, select

from db.engine import Tx
from db.journal_tables import outcomes
from db.student_facts import calendar, team
from db.tables import enrollments, guardians, schedules, sessions, student_guardians
from domain.facts import Enrollment, Facts, Guardian
from domain.outcomes import FLAGS, Code, Outcome, Schedule
from domain.value import Id

LOOK_BACK = timedelta(days=120)
"""How far before the span sessions are loaded, for the windows: ten weekly ones and a holiday."""
LONG_AGO = 1000
"""Earlier sessions of an enrollment that is older than what is loaded: more than any rule of beginners asks for."""
_MISSED = [c.value for c, f in FLAGS.items() if f.miss]
_o, _s, _e, _c, _g, _link = (
    outcomes.c,
    sessions.c,
    enrollments.c,
    schedules.c,
    guardians.c,
    student_guardians.c,
)
_of_session = and_(_s.org_id == _o.org_id, _s.id == _o.session_id)


async def who_missed(tx: Tx, org_id: Id, since: datetime, until: datetime) -> list[Id]:
    """Students with a miss in the span, in the order of their ids, which is no order of anything else."""
    rows = await tx.execute(
        select(_o.student_id)
        .join(sessions, _of_session)
        .where(_o.org_id == org_id, _o.code.in_(_MISSED), _s.ends_at >= since, _s.ends_at < until)
        .distinct()
        .order_by(_o.student_id)
    )
    return list(rows.scalars())


async def how_many(tx: Tx, org_id: Id, since: datetime, until: datetime) -> tuple[int, int]:
    """How many students had sessions in the span, and how many outcomes there are."""
    found = await tx.execute(
        select(func.count(_o.student_id.distinct()), func.count())
        .join(sessions, _of_session)
        .where(_o.org_id == org_id, _s.ends_at >= since, _s.ends_at < until, _o.code != Code.SCHEDULED.value)
    )
    row = found.one()
    return row[0], row[1]


async def load(tx: Tx, org_id: Id, ids: Sequence[Id], since: datetime, until: datetime) -> list[Facts]:
    """The facts of these students as a policy is tried on them: no balances, no messages, nothing decided yet."""
    known = {"calendar": await calendar(tx, org_id, since), "team": await team(tx, org_id)}
    mine = await _by_student(tx, _enrollments(org_id, ids))
    held = await _by_student(tx, _outcomes(org_id, ids, since, until))
    family = await _by_student(tx, _guardians(org_id, ids))
    return [
        Facts(
            student_id=i,
            enrollments=tuple(_enrollment(r, since) for r in mine[i]),
            outcomes=tuple(Outcome.model_validate(dict(r._mapping)) for r in held[i]),
            guardians=tuple(Guardian(id=r.id, zone=r.zone) for r in family[i]),
            **known,
        )
        for i in ids
    ]


async def _by_student(tx: Tx, query: Any) -> dict[Id, list[Row[Any]]]:
    found: dict[Id, list[Row[Any]]] = defaultdict(list)
    for row in await tx.execute(query):
        found[row.student_id].append(row)
    return found


def _enrollments(org_id: Id, ids: Iterable[Id]) -> Any:
    schedule = (_c.kind, _c.zone, _c.units_per_session, _c.sessions_per_week, _c.cancel_notice, _c.charges)
    return (
        select(_e.id, _e.student_id, _e.coordinator_id, _e.started_at, _e.imported, _e.schedule_id, *schedule)
        .join(schedules, and_(_c.org_id == _e.org_id, _c.id == _e.schedule_id))
        .where(_e.org_id == org_id, _e.student_id.in_(ids))
        .order_by(_e.started_at, _e.id)
    )


def _enrollment(row: Row[Any], since: datetime) -> Enrollment:
    settings = ("kind", "zone", "units_per_session", "sessions_per_week", "cancel_notice", "charges")
    return Enrollment(
        id=row.id,
        schedule=Schedule(id=row.schedule_id, **{name: getattr(row, name) for name in settings}),
        coordinator_id=row.coordinator_id,
        started_at=row.started_at,
        imported=row.imported,
        earlier_places=LONG_AGO if row.started_at < since - LOOK_BACK else 0,
    )


def _outcomes(org_id: Id, ids: Iterable[Id], since: datetime, until: datetime) -> Any:
    again = sessions.alias("again")
    made_up = (
        select(again.c.id)
        .where(again.c.org_id == _o.org_id, again.c.make_up_for == _o.session_id)
        .where(again.c.make_up_student_id == _o.student_id, again.c.status != "called_off")
        .exists()
    )
    named = (_o.id, _o.student_id, _o.session_id, _o.enrollment_id, _o.code, _o.received_at, _s.starts_at, _s.ends_at)
    return (
        select(*named, made_up.label("made_up"))
        .join(sessions, _of_session)
        .where(_o.org_id == org_id, _o.student_id.in_(ids), _o.code != Code.SCHEDULED.value)
        .where(_s.ends_at >= since - LOOK_BACK, _s.ends_at < until)
        .order_by(_s.starts_at, _o.id)
    )


def _guardians(org_id: Id, ids: Iterable[Id]) -> Any:
    return (
        select(_link.student_id, _g.id, _g.zone)
        .join(guardians, and_(_g.org_id == _link.org_id, _g.id == _link.guardian_id))
        .where(_link.org_id == org_id, _link.student_id.in_(ids))
        .order_by(_link.position)
    )
