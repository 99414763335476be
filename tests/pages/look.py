"""A fuller academy for looking at pages: families of many names, some misses, some tasks of every kind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import insert

from db.engine import Tx
from db.journal_tables import outcomes, tasks
from db.tables import enrollments, sessions, students
from domain.outcomes import Code
from domain.value import Id
from tests.academy import Academy

NAMES = (
    "Maximiliano Fernández-Etcheverría",
    "Grace Okonkwo",
    "يوسف الحدّاد",
    "Noor van der Meer 🎻",
    "<script>alert(1)</script>",
    "Ana Pereira " + "de la Santísima Trinidad y Todos los Santos " * 2,
    "שירה כהן",
    "Li Wei Zhang",
)
LIVES = (
    *("ppppplppapp.eppaa", "a", "pppplpp.eppppplp", "ppappppppapppppap"),
    *("pppppppplpppp", "plpppappplpaa", "cppppcpp", ""),
)
_CODES = {"p": Code.ATTENDED, "l": Code.LATE, "a": Code.NO_SHOW, "e": Code.EXCUSED_ABSENCE, "c": Code.LATE_CANCELLED}


async def fill(academy: Academy) -> None:
    """Students with a past, drawn by letters; and for the first ones tasks that are late, due and snoozed."""
    for name, life in zip(NAMES, LIVES, strict=True):
        async with academy.books.transaction() as tx:
            student, enrollment = await _enroll(tx, academy, name[:160])
            await _live(tx, academy, student, enrollment, life)
            await _task(tx, academy, student, enrollment, len(life))


async def _enroll(tx: Tx, academy: Academy, name: str) -> tuple[Id, Id]:
    student, enrollment = str(uuid4()), str(uuid4())
    await tx.execute(insert(students).values(org_id=academy.org, id=student, name=name))
    await tx.execute(
        insert(enrollments).values(
            org_id=academy.org,
            id=enrollment,
            student_id=student,
            schedule_id=academy.schedule,
            coordinator_id=academy.alice,
            started_at=academy.started_at,
        )
    )
    return student, enrollment


async def _live(tx: Tx, academy: Academy, student: Id, enrollment: Id, life: str) -> None:
    for ago, letter in enumerate(reversed(life), start=1):
        if letter not in _CODES:
            continue
        starts, session = academy.now - timedelta(days=2 * ago), str(uuid4())
        ends = starts + timedelta(minutes=50)
        row: dict[str, Any] = {"org_id": academy.org, "id": session, "schedule_id": academy.schedule}
        await tx.execute(insert(sessions).values(row | {"starts_at": starts, "ends_at": ends, "status": "settled"}))
        await tx.execute(
            insert(outcomes).values(
                org_id=academy.org,
                session_id=session,
                student_id=student,
                enrollment_id=enrollment,
                code=_CODES[letter].value,
                received_at=ends,
            )
        )


async def _task(tx: Tx, academy: Academy, student: Id, enrollment: Id, number: int) -> None:
    kinds = ("follow_up", "welcome_call", "low_balance", "read_reply", "fix_contact", "call_back")
    hours = (-4, -2, 1, 2, 3, 26)[number % 6]
    snoozed = number % 5 == 0
    await tx.execute(
        insert(tasks).values(
            org_id=academy.org,
            student_id=student,
            enrollment_id=enrollment,
            kind=kinds[number % 6],
            owner_id=academy.alice,
            opened_at=academy.now - timedelta(days=1),
            due_at=academy.now + timedelta(hours=hours),
            status="snoozed" if snoozed else "open",
            snoozed_until=academy.now + timedelta(hours=3) if snoozed else None,
            tier=(2, 3, None)[number % 3],
            escalation="none",
            attempt=1,
        )
    )
