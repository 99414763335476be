"""The names a message may say. They are read when its text is made and are never part of a decision."""

from __future__ import annotations

from sqlalchemy import and_, func, select

from db.engine import Tx
from db.journal_tables import tasks
from db.tables import enrollments, guardians, organizations, schedules, sessions, staff, students
from domain.sending import Message
from domain.value import Id
from domain.wording import Names


async def of(tx: Tx, org_id: Id, message: Message) -> Names:
    """Who and what the message is about, in its recipient's zone."""
    teacher, reader, owner = staff.alias("teacher"), staff.alias("reader"), staff.alias("owner")
    row = (
        await tx.execute(
            select(
                students.c.name.label("student_name"),
                organizations.c.name.label("operator_name"),
                organizations.c.zone.label("organization_zone"),
                guardians.c.zone.label("guardian_zone"),
                guardians.c.name.label("guardian_name"),
                schedules.c.subject,
                teacher.c.name.label("instructor_name"),
                sessions.c.starts_at,
                owner.c.name.label("coordinator_name"),
                reader.c.name.label("staff_name"),
                tasks.c.due_at,
            )
            .select_from(students)
            .join(organizations, organizations.c.id == students.c.org_id)
            .outerjoin(guardians, and_(guardians.c.org_id == org_id, guardians.c.id == message.recipient_id))
            .outerjoin(reader, and_(reader.c.org_id == org_id, reader.c.id == message.recipient_id))
            .outerjoin(sessions, and_(sessions.c.org_id == org_id, sessions.c.id == message.session_id))
            .outerjoin(schedules, and_(schedules.c.org_id == org_id, schedules.c.id == sessions.c.schedule_id))
            .outerjoin(
                teacher,
                and_(
                    teacher.c.org_id == org_id,
                    teacher.c.id == func.coalesce(sessions.c.instructor_id, schedules.c.instructor_id),
                ),
            )
            .outerjoin(
                enrollments,
                and_(
                    enrollments.c.org_id == org_id,
                    enrollments.c.student_id == students.c.id,
                    enrollments.c.schedule_id == sessions.c.schedule_id,
                ),
            )
            .outerjoin(owner, and_(owner.c.org_id == org_id, owner.c.id == enrollments.c.coordinator_id))
            .outerjoin(tasks, and_(tasks.c.org_id == org_id, tasks.c.id == message.task_id))
            .where(students.c.org_id == org_id, students.c.id == message.student_id)
            .limit(1)
        )
    ).one()
    said = {k: v for k, v in row._mapping.items() if k in Names.model_fields and v is not None}
    return Names(zone=row.guardian_zone or row.organization_zone, **said)


async def of_people(tx: Tx, org_id: Id) -> dict[Id, str]:
    """Everybody's name by id, staff and guardians: for pages that tell who did what."""
    rows = await tx.execute(
        select(staff.c.id, staff.c.name)
        .where(staff.c.org_id == org_id)
        .union_all(select(guardians.c.id, guardians.c.name).where(guardians.c.org_id == org_id))
    )
    return {r.id: r.name for r in rows}
