"""Writing a decision: journal, entries, messages, tasks, cases and the new state, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, delete, update
from sqlalchemy.dialects.postgresql import insert

from db import announcing
from db.engine import Tx
from db.journal_tables import cases, decisions, entries, messages, outreach, tasks
from db.tables import students
from domain.announcements import Announcement, announcements
from domain.deciding import Decision
from domain.effects import (
    ApproveMessage,
    CancelMessage,
    LogOutreach,
    MessageChange,
    PostEntry,
    PutCase,
    PutTask,
    QueueMessage,
    RecallMessage,
    TakeBackOutreach,
)
from domain.events import Event
from domain.facts import Facts, changes_of
from domain.sending import Message
from domain.state import State
from domain.value import Id

Row = dict[str, Any]
_ADDED = {t: insert(t).on_conflict_do_nothing() for t in (entries, messages, outreach, decisions)}
_REMEMBER = update(students).where(students.c.org_id == bindparam("org"), students.c.id == bindparam("student"))


@dataclass
class Pages:
    """Rows of one transaction, gathered per table and written with one statement each."""

    org_id: Id
    student_id: Id
    now: datetime
    journal: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    outreach: list[Row] = field(default_factory=list)
    cases: dict[Id, Row] = field(default_factory=dict)
    tasks: dict[Id, Row] = field(default_factory=dict)
    changed: list[MessageChange] = field(default_factory=list)
    taken_back: list[Id] = field(default_factory=list)
    announced: list[Announcement] = field(default_factory=list)

    def announce(self, event: Event, decision: Decision, before: State, facts: Facts) -> None:
        """What other systems are told of a decision; `before` and `facts` are what it was made from."""
        self.announced += announcements(event, decision, before, facts, self.now)

    def add(self, event: Event, decision: Decision, inbox_id: Id | None) -> None:
        """One decision: its line in the journal and what its effects write."""
        own = {"org_id": self.org_id, "student_id": self.student_id}
        self.journal.append(
            own
            | {
                "inbox_id": inbox_id,
                "at": self.now,
                "event": event.model_dump(mode="json"),
                "because": [b.model_dump(mode="json") for b in decision.because],
                "effects": [e.model_dump(mode="json") for e in decision.effects],
                "refused": decision.refused,
            }
        )
        for effect in decision.effects:
            match effect:
                case PostEntry(entry=line):
                    self.entries.append({"org_id": self.org_id} | _plain(line.model_dump()))
                case QueueMessage(message=message):
                    self.messages.append({"org_id": self.org_id} | message_row(message))
                case CancelMessage() | ApproveMessage() | RecallMessage():
                    self.changed.append(effect)
                case PutTask(task=task):
                    self.tasks[task.id] = own | _plain(task.model_dump()) | {"channels": list(task.channels)}
                case PutCase(case=case):
                    self.cases[case.id] = own | _plain(case.model_dump()) | {"evidence": list(case.evidence)}
                case LogOutreach():
                    self.outreach.append(own | effect.model_dump(exclude={"kind"}))
                case TakeBackOutreach():
                    self.outreach = [o for o in self.outreach if o["id"] != effect.id]
                    self.taken_back.append(effect.id)

    async def write(self, tx: Tx, state: State, next_due: datetime | None) -> None:
        """Write everything. Rows that stand already under their key stay as they are."""
        await _put(tx, cases, self.cases.values())
        await _put(tx, tasks, self.tasks.values())
        await _add(tx, entries, self.entries)
        await _add(tx, messages, self.messages)
        await _strike(tx, self.org_id, self.taken_back)
        await _add(tx, outreach, self.outreach)
        await _add(tx, decisions, self.journal)
        for change in self.changed:
            await _change(tx, self.org_id, change, self.now)
        await announcing.announce(tx, self.org_id, self.announced, self.now)
        own = {"org": self.org_id, "student": self.student_id}
        await tx.execute(_REMEMBER, own | {"state": state.model_dump(mode="json"), "next_due": next_due})


def _plain(values: Row) -> Row:
    """Codes as text, the rest as it is."""
    return {k: getattr(v, "value", v) for k, v in values.items()}


def message_row(message: Message) -> Row:
    """A message as its table holds it."""
    row = _plain(message.model_dump(exclude={"recipient_id"}))
    to_staff = message.recipient_kind == "staff"
    return row | {
        "guardian_id": None if to_staff else message.recipient_id,
        "staff_id": message.recipient_id if to_staff else None,
        "history": [{"state": message.state.value, "at": message.created_at.isoformat()}],
    }


async def _add(tx: Tx, table: Table, rows: Sequence[Row]) -> None:
    if rows:
        await tx.execute(_ADDED[table], rows)


async def _put(tx: Tx, table: Table, rows: Iterable[Row]) -> None:
    rows = list(rows)
    if not rows:
        return
    new = insert(table)
    changed = {name: new.excluded[name] for name in rows[0] if name not in ("org_id", "id")}
    await tx.execute(new.on_conflict_do_update(index_elements=["org_id", "id"], set_=changed), rows)


async def _change(tx: Tx, org_id: Id, effect: MessageChange, now: datetime) -> None:
    """A message that stands otherwise by now stays as it is: a delivery may have been quicker."""
    m = messages.c
    changes = _plain(changes_of(effect))
    step = [{"state": changes["state"], "at": now.isoformat()}]
    await tx.execute(
        update(messages)
        .where(m.org_id == org_id, m.id == effect.message_id, m.state.in_(_FROM[effect.kind]))
        .values(changes | {"history": m.history.concat(step)})
    )


_FROM = {"cancel_message": ("queued", "held"), "approve_message": ("held",), "recall_message": ("queued",)}


async def _strike(tx: Tx, org_id: Id, ids: Sequence[Id]) -> None:
    if ids:
        await tx.execute(delete(outreach).where(outreach.c.org_id == org_id, outreach.c.id.in_(ids)))
