"""`bellwether status`: what is open, what waits, what is due next."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, func, select

from cli.configured import settings
from cli.reaching import books_url, opened
from cli.terminal import show, show_json, show_table
from db import clock
from db.engine import Tx
from db.journal_tables import cases, inbox, messages, tasks
from db.tables import organizations, students


def show_status(*, as_json: bool) -> None:
    """Print the state of the books per organization."""
    with books_url(settings()) as url:
        now, rows = asyncio.run(_read(url))
    if as_json:
        show_json({"at": now.isoformat(), "organizations": rows})
        return
    for row in rows:
        show(f"{row['organization']} ({row['org_id']}), {now:%Y-%m-%d %H:%M} UTC")
        sent = row["messages"]
        show_table(["", ""], [[_WORDS[name], _cell(row[name])] for name in _WORDS])
        show_table(["message", "rows"], [[state, str(count)] for state, count in sent.items()] or [["none yet", "0"]])
        show("")
    if not rows:
        show("The books are empty: `bellwether up` or `bellwether api-key create` makes the first organization.")


_WORDS = {
    "students": "students",
    "open_cases": "open cases",
    "open_tasks": "open tasks",
    "overdue_tasks": "tasks overdue",
    "waiting_inbox_rows": "facts that wait to be decided",
    "next_due": "next deadline",
}


async def _read(url: str) -> tuple[datetime, list[dict[str, Any]]]:
    async with opened(url) as books, books.transaction() as tx:
        now = datetime.now(UTC) + await clock.ahead(tx)
        o = organizations.c
        every = (await tx.execute(select(o.id, o.name).order_by(o.created_at))).all()
        return now, [{"org_id": r.id, "organization": r.name} | await of_organization(tx, r.id, now) for r in every]


async def of_organization(tx: Tx, org_id: str, now: datetime) -> dict[str, Any]:
    """The counts of one organization at the given business time."""

    async def count(table: Table, *where: ColumnElement[bool]) -> int:
        found = await tx.scalar(select(func.count()).select_from(table).where(table.c.org_id == org_id, *where))
        return int(found or 0)

    is_open = tasks.c.finished_at.is_(None)
    due = await tx.scalar(select(func.min(students.c.next_due)).where(students.c.org_id == org_id))
    m = messages.c
    states = await tx.execute(
        select(m.state, func.count().label("number")).where(m.org_id == org_id).group_by(m.state).order_by(m.state)
    )
    return {
        "students": await count(students),
        "open_cases": await count(cases, cases.c.closed_at.is_(None)),
        "open_tasks": await count(tasks, is_open),
        "overdue_tasks": await count(tasks, is_open, tasks.c.due_at < now),
        "waiting_inbox_rows": await count(inbox, inbox.c.decided_at.is_(None)),
        "next_due": due.astimezone(UTC).isoformat() if due else None,
        "messages": {row.state: row.number for row in states},
    }


def _cell(value: object) -> str:
    return "none" if value is None else str(value)
