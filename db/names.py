"""The names a message may say. They are read when its text is made and are never part of a decision."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, func, or_, select

from db import templates
from db.engine import Tx
from db.expected import has_seat, seats
from db.journal_tables import messages, tasks
from db.reply_tables import replies
from db.tables import enrollments, guardians, organizations, schedules, sessions, staff, student_guardians, students
from domain.phrases import spoken
from domain.sending import Message, Purpose
from domain.templates import CHANNELS
from domain.value import Id
from domain.wording import Names

_ORG: BindParameter[Any] = bindparam("org")
_teacher, _reader, _owner = staff.alias("teacher"), staff.alias("reader"), staff.alias("owner")
_OF_MESSAGE = (
    select(
        students.c.name.label("student_name"),
        organizations.c.name.label("operator_name"),
        organizations.c.zone.label("organization_zone"),
        guardians.c.zone.label("guardian_zone"),
        guardians.c.name.label("guardian_name"),
        guardians.c.language,
        schedules.c.subject,
        _teacher.c.name.label("instructor_name"),
        sessions.c.starts_at,
        _owner.c.name.label("coordinator_name"),
        _reader.c.name.label("staff_name"),
        schedules.c.cancel_notice,
        func.coalesce(sessions.c.join_url, schedules.c.join_url).label("join_url"),
        tasks.c.due_at,
    )
    .select_from(organizations)
    .outerjoin(students, and_(students.c.org_id == _ORG, students.c.id == bindparam("student")))
    .outerjoin(guardians, and_(guardians.c.org_id == _ORG, guardians.c.id == bindparam("recipient")))
    .outerjoin(_reader, and_(_reader.c.org_id == _ORG, _reader.c.id == bindparam("recipient")))
    .outerjoin(sessions, and_(sessions.c.org_id == _ORG, sessions.c.id == bindparam("session")))
    .outerjoin(schedules, and_(schedules.c.org_id == _ORG, schedules.c.id == sessions.c.schedule_id))
    .outerjoin(
        _teacher,
        and_(
            _teacher.c.org_id == _ORG,
            _teacher.c.id == func.coalesce(sessions.c.instructor_id, schedules.c.instructor_id),
        ),
    )
    .outerjoin(
        enrollments,
        and_(
            enrollments.c.org_id == _ORG,
            enrollments.c.student_id == students.c.id,
            enrollments.c.schedule_id == sessions.c.schedule_id,
        ),
    )
    .outerjoin(_owner, and_(_owner.c.org_id == _ORG, _owner.c.id == enrollments.c.coordinator_id))
    .outerjoin(tasks, and_(tasks.c.org_id == _ORG, tasks.c.id == bindparam("task")))
    .where(organizations.c.id == _ORG)
    .limit(1)
)
_GROUP_SIZE = (
    select(func.count()).select_from(seats()).where(sessions.c.org_id == _ORG, sessions.c.id == bindparam("session"))
).where(has_seat())


async def of(tx: Tx, org_id: Id, message: Message, now: datetime) -> Names:
    """Who and what the message is about, in its recipient's zone, as it stands now. It may be about no student."""
    given = {
        "org": org_id,
        "student": message.student_id,
        "recipient": message.recipient_id,
        "session": message.session_id,
        "task": message.task_id,
    }
    row = (await tx.execute(_OF_MESSAGE, given)).one()
    said = {k: v for k, v in row._mapping.items() if k in Names.model_fields and v is not None}
    if message.purpose is Purpose.UNRECORDED:
        said["group_size"] = (await tx.execute(_GROUP_SIZE, given)).scalar_one()
    if message.channel in CHANNELS.get(message.purpose, ()):
        which = templates.Which(message.purpose, message.channel, spoken(said.get("language", "en")))
        version = await templates.standing(tx, org_id, which)
        if version is not None and (words := templates.words_of(version)):
            said |= {"words": words, "words_version": version.version}
    return Names(zone=row.guardian_zone or row.organization_zone, now=now, **said)


async def of_people(tx: Tx, org_id: Id) -> dict[Id, str]:
    """Everybody's name by id, staff and guardians: for pages that tell who did what."""
    rows = await tx.execute(
        select(staff.c.id, staff.c.name)
        .where(staff.c.org_id == org_id)
        .union_all(select(guardians.c.id, guardians.c.name).where(guardians.c.org_id == org_id))
    )
    return {r.id: r.name for r in rows}


async def around(tx: Tx, org_id: Id, student_id: Id) -> dict[Id, str]:
    """Names by id of everybody in a student's story: all staff, his contacts, and whoever was written to or wrote."""
    g, beside, m, r = guardians.c, student_guardians.c, messages.c, replies.c
    mine = or_(
        g.id.in_(select(beside.guardian_id).where(beside.org_id == org_id, beside.student_id == student_id)),
        g.id.in_(select(m.guardian_id).where(m.org_id == org_id, m.student_id == student_id)),
        g.id.in_(select(r.guardian_id).where(r.org_id == org_id, r.student_id == student_id)),
    )
    rows = await tx.execute(
        select(staff.c.id, staff.c.name)
        .where(staff.c.org_id == org_id)
        .union_all(select(g.id, g.name).where(g.org_id == org_id, mine))
    )
    return {r.id: r.name for r in rows}


async def of_students(tx: Tx, org_id: Id, ids: Iterable[Id]) -> dict[Id, str]:
    """These students' names by id."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    s = students.c
    return {r.id: r.name for r in await tx.execute(select(s.id, s.name).where(s.org_id == org_id, s.id.in_(wanted)))}
