"""`bellwether rebuild`: the workflow of every student, and of every session under way, from the books alone."""

from __future__ import annotations

import asyncio

from sqlalchemy import and_, exists, or_, select

from cli.configured import settings
from cli.nudging import nudge_each
from cli.reaching import books_url, opened, temporal
from cli.terminal import complain, progress, show, show_json
from db import session_facts
from db.engine import Tx
from db.journal_tables import inbox
from db.tables import enrollments, students
from domain.value import Id
from settings import Settings
from workflows.nudging import nudge_session


def rebuild(*, as_json: bool) -> int:
    """Start the workflows that should run; those that do are only woken. The exit code: 1 when some failed."""
    given = settings()
    with books_url(given) as url:
        return asyncio.run(_rebuild(given, url, as_json=as_json))


async def _rebuild(given: Settings, url: str, *, as_json: bool) -> int:
    client = await temporal(given)
    async with opened(url) as books, books.transaction() as tx:
        found, under_way = await followed(tx), await session_facts.running(tx)
    with progress("starting workflows", len(found) + len(under_way)) as advance:
        failed = await nudge_each(client, found, "rebuild", advance)
        failed_sessions = await nudge_each(client, under_way, "rebuild", advance, nudge_session)
    sessions = len(under_way) - failed_sessions
    if as_json:
        counts = {"students": len(found), "started": len(found) - failed, "failed": failed}
        show_json(counts | {"sessions": sessions, "sessions_failed": failed_sessions})
    else:
        show(f"{len(found) - failed} of {len(found)} students are followed by a workflow, {sessions} sessions have one")
    failed += failed_sessions
    if failed:
        complain(f"{failed} could not be started: run `bellwether rebuild` again")
    return 1 if failed else 0


async def followed(tx: Tx) -> list[tuple[Id, Id]]:
    """Students (organization, id) that are to have a workflow: enrolled and not withdrawn, or with facts to decide."""
    s = students.c
    enrolled = exists().where(and_(enrollments.c.org_id == s.org_id, enrollments.c.student_id == s.id))
    has_left = s.state["withdrawn"].as_boolean().is_(True)
    waits = exists().where(and_(inbox.c.org_id == s.org_id, inbox.c.student_id == s.id, inbox.c.decided_at.is_(None)))
    rows = await tx.execute(
        select(s.org_id, s.id).where(or_(and_(enrolled, has_left.is_not(True)), waits)).order_by(s.id)
    )
    return [(r.org_id, r.id) for r in rows]
