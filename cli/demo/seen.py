"""What the books show of each named student at the end: the ground of the scripted promises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Table, select

from cli.demo.cast import CAST
from cli.demo.month import Month
from db.engine import Tx
from db.journal_tables import cases, decisions, entries, messages, outcomes, tasks
from db.session_tables import session_decisions
from db.tables import enrollments, sessions
from domain.sending import BEFORE_IT_IS_OVER, MessageState

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
    chases: Rows
    """Messages that asked an instructor for the attendance of one of the student's sessions."""
    settling: Rows
    """The journal of the student's sessions."""

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

    def purposes(self) -> set[str]:
        """What the family was written to about."""
        return {m.purpose for m in self.messages}

    def first_about_absence(self) -> Row[Any]:
        """The first message that was no reminder and no question whether somebody is joining."""
        return next(m for m in self.messages if m.purpose not in BEFORE_IT_IS_OVER)

    def notice_after_asking(self) -> list[timedelta]:
        """For each session missed with a notice: how long after the question whether somebody is joining it left."""
        asked = {m.session_id: m.handed_over_at for m in self.messages if m.purpose == "live_rescue"}
        told = {m.session_id: m.handed_over_at for m in self.messages if m.purpose == "absence_notice"}
        return [at - asked[session] for session, at in told.items() if at]

    def minutes(self) -> list[int]:
        """How long the student was seen in the rooms of his sessions, as each decision measured it."""
        return [b["numbers"]["minutes"] for d in self.settling for b in d.because if b["rule"] == "measured"]

    def settled_by(self, *rules: str) -> list[Row[Any]]:
        """Lines of the sessions' journal that say one of these rules, oldest first."""
        return [d for d in self.settling if {b["rule"] for b in d.because} & set(rules)]

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

    def sms(self, state: str, reason: str | None = None, purpose: str | None = None) -> Rows:
        """SMS in this state, for this reason, of this purpose."""
        texts = [m for m in self.messages if m.channel == "sms" and m.state == state]
        return [m for m in texts if reason in (None, m.reason) and purpose in (None, m.purpose)]

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
    of_sessions = await _of_sessions(tx)
    seen = {}
    for part in CAST:
        own = by_student.get(month.ids["students"][part.ref], {})
        rooms = of_sessions.get(month.ids["schedules"][part.ref], {})
        rows = [own.get(t.name, []) for t in tables] + [rooms.get(name, []) for name in ("chases", "settling")]
        seen[part.ref] = Seen(*rows)
    return seen


async def _of_sessions(tx: Tx) -> dict[str, dict[str, Rows]]:
    """What belongs to sessions, by their schedule: each of the cast has one of its own."""
    schedule = {r.id: str(r.schedule_id) for r in await tx.execute(select(sessions.c.id, sessions.c.schedule_id))}
    found: dict[str, dict[str, Rows]] = {}
    chases = select(messages).where(messages.c.purpose == "unrecorded").order_by(messages.c.created_at)
    journal = select(session_decisions).order_by(session_decisions.c.seq)
    for name, query in (("chases", chases), ("settling", journal)):
        for row in await tx.execute(query):
            found.setdefault(schedule[row.session_id], {}).setdefault(name, []).append(row)
    return found
