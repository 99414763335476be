"""What the books show of each named student at the end: the ground of the scripted promises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, select

from cli.demo.cast import CAST
from cli.demo.month import Month
from db.engine import Tx
from db.journal_tables import cases, decisions, entries, messages, outcomes, tasks
from db.tables import enrollments
from domain.sending import MessageState

LEFT = frozenset({MessageState.SENT, MessageState.DELIVERED, MessageState.READ})
Rows = list[Row[Any]]


@dataclass(frozen=True)
class Seen:
    """One student's rows, oldest first."""

    cases: Rows
    tasks: Rows
    messages: Rows
    outcomes: Rows
    entries: Rows
    decisions: Rows

    @property
    def balance(self) -> int:
        """The sum of the entries."""
        return sum(e.units for e in self.entries)

    def rules(self) -> list[str]:
        """Every rule that fired, in order."""
        return [b["rule"] for d in self.decisions for b in d.because]

    def changes(self, kind: str) -> list[str]:
        """What happened to the student's tasks ("put_task") or cases ("put_case"), in order."""
        return [e["change"] for d in self.decisions for e in d.effects if e["kind"] == kind]

    def left(self, purpose: str, to: str | None = None, step: int | None = None) -> list[str]:
        """The channels on which messages of this purpose left, sorted; to one person, of one step of the ladder."""
        return sorted(
            m.channel
            for m in self.messages
            if m.purpose == purpose
            and m.state in LEFT
            and (to is None or m.guardian_id == to)
            and (step is None or m.numbers.get("step") == step)
        )

    def sms(self, state: str, reason: str | None = None) -> Rows:
        """SMS in this state, for this reason."""
        return [m for m in self.messages if m.channel == "sms" and m.state == state and reason in (None, m.reason)]

    def case_ended(self, outcome: str, **more: Any) -> bool:
        """True when there was one case, and it ended so."""
        ended = len(self.cases) == 1 and self.cases[0].outcome == outcome
        return ended and all(getattr(self.cases[0], name) == value for name, value in more.items())

    def task(self, kind: str) -> Row[Any]:
        """The first task of this kind. Raises StopIteration when there is none."""
        return next(t for t in self.tasks if t.kind == kind)

    def handed_over(self, purpose: str) -> list[datetime]:
        """When messages of this purpose were handed to the provider."""
        return [m.handed_over_at for m in self.messages if m.purpose == purpose and m.state in LEFT]


async def look(tx: Tx, month: Month) -> dict[str, Seen]:
    """The cast as it stands in the books, by ref."""
    by_student: dict[str, dict[str, Rows]] = {}
    for table, order in (
        (cases, cases.c.opened_at),
        (tasks, tasks.c.opened_at),
        (messages, messages.c.created_at),
        (outcomes, outcomes.c.received_at),
        (decisions, decisions.c.seq),
    ):
        for row in await tx.execute(select(table).order_by(order)):
            by_student.setdefault(str(row.student_id), {}).setdefault(table.name, []).append(row)
    owners = {r.id: str(r.student_id) for r in await tx.execute(select(enrollments.c.id, enrollments.c.student_id))}
    for row in await tx.execute(select(entries).order_by(entries.c.seq)):
        by_student.setdefault(owners[row.enrollment_id], {}).setdefault(entries.name, []).append(row)
    tables: tuple[Table, ...] = (cases, tasks, messages, outcomes, entries, decisions)
    return {
        part.ref: Seen(*(by_student.get(month.ids["students"][part.ref], {}).get(t.name, []) for t in tables))
        for part in CAST
    }
