"""An academy of ten thousand students, written into the books at once: for what must stay quick when it grows."""

from __future__ import annotations

from sqlalchemy import text

from tests.academy import Academy

STUDENTS = 10_000

_PEOPLE = """
with new_students as (
    insert into students (org_id, name) select :org, 'Student ' || n from generate_series(1, :many) n returning id
), enrolled as (
    insert into enrollments (org_id, student_id, schedule_id, coordinator_id, started_at)
    select :org, id, :schedule, :alice, cast(:now as timestamptz) - interval '90 days' from new_students
    returning id, student_id
)
select count(*) from enrolled
"""
_PAST = """
with held as (
    insert into sessions (org_id, schedule_id, starts_at, ends_at, status)
    select :org, :schedule, cast(:now as timestamptz) - n * interval '2 days',
        cast(:now as timestamptz) - n * interval '2 days' + interval '1 hour', 'settled'
    from generate_series(1, 16) n returning id, ends_at
)
insert into outcomes (org_id, session_id, student_id, enrollment_id, code, received_at)
select :org, held.id, e.student_id, e.id, case when random() < 0.1 then 'no_show' else 'attended' end, held.ends_at
from held cross join enrollments e where e.org_id = :org
"""
_TASKS = """
insert into tasks (org_id, student_id, enrollment_id, kind, owner_id, opened_at, due_at, status, escalation, attempt)
select :org, student_id, id, 'low_balance', case when n <= :mine then cast(:alice as uuid) else cast(:bob as uuid) end,
    cast(:now as timestamptz) - interval '1 day', cast(:now as timestamptz) + (n % 9 - 3) * interval '1 hour', 'open',
    'none', 1
from (select e.*, row_number() over (order by id) n from enrollments e where org_id = :org) e where n <= :open
"""


async def crowd(academy: Academy, students: int = STUDENTS, open_tasks: int = 400, mine: int = 50) -> None:
    """Students with 16 lessons each; follow-ups for Alice (`mine` of them) and Bob."""
    named = {"org": academy.org, "schedule": academy.schedule, "alice": academy.alice, "bob": academy.bob}
    async with academy.books.transaction() as tx:
        await tx.execute(text("set local statement_timeout = '60s'"))
        await tx.execute(text(_PEOPLE), {**named, "now": academy.now, "many": students})
        await tx.execute(text(_PAST), {**named, "now": academy.now})
        await tx.execute(text(_TASKS), {**named, "now": academy.now, "open": open_tasks, "mine": mine})
    async with academy.books.transaction() as tx:
        await tx.execute(text("analyze"))
