"""Writing a session's decision: outcomes, facts for students, staff messages, tasks, what was measured, the journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from db import announcing, inbox, operations, recording
from db.decisions import message_row
from db.engine import Tx
from db.journal_tables import messages
from db.recording import Report
from db.session_tables import attendances, session_decisions
from db.tables import sessions
from domain.announcements import session_unrecorded
from domain.sending import MessageState
from domain.session_effects import (
    OpenUnrecordedTask,
    QueueStaffMessage,
    RecordOutcome,
    SessionDecision,
    TellStudent,
)
from domain.session_facts import SessionState, Status
from domain.session_plan import DueStep
from domain.settling import Verdict
from domain.value import Id

_NEW = insert(attendances)
_MEASURED = _NEW.on_conflict_do_update(
    index_elements=["org_id", "session_id", "student_id"],
    set_={c.name: _NEW.excluded[c.name] for c in attendances.c if not c.primary_key},
)
_REMEMBER = update(sessions).where(sessions.c.org_id == bindparam("org"), sessions.c.id == bindparam("this"))
_m = messages.c
_WAITING = select(_m.id, _m.due_at, _m.handed_out_at).where(
    _m.org_id == bindparam("org"),
    _m.session_id == bindparam("this"),
    _m.student_id.is_(None),
    _m.state.in_((MessageState.QUEUED.value, MessageState.SENDING.value)),
)


@dataclass
class SessionPages:
    """What one transaction writes about a session. `students` are to be woken once it stands."""

    tx: Tx
    org_id: Id
    session: Row[Any]
    now: datetime
    students: dict[Id, None] = field(default_factory=dict)

    async def write(self, decision: SessionDecision, step: DueStep | None, before: Status) -> None:
        """Write one decision. `before` is the status it found. One that changes nothing leaves no line."""
        for effect in decision.effects:
            match effect:
                case RecordOutcome():
                    await self._outcome(effect)
                case TellStudent(student_id=student_id, event=event):
                    await inbox.put(self.tx, self.org_id, student_id, event, self.now)
                    self.students[student_id] = None
                case QueueStaffMessage(message=message):
                    row = {"org_id": self.org_id} | message_row(message)
                    await self.tx.execute(insert(messages).values(row).on_conflict_do_nothing())
                case OpenUnrecordedTask():
                    await operations.open_unrecorded(
                        self.tx, self.org_id, effect.instructor_id, effect.owner_id, self.now
                    )
        await self._measured(decision.measured)
        if step or decision.effects or decision.status != before:
            await self._journal(decision, step)
        if decision.status == "unrecorded" and before != "unrecorded":
            told = session_unrecorded(self.session.id, self.session.starts_at, self.session.ends_at, self.now)
            await announcing.announce(self.tx, self.org_id, [told], self.now)
        if decision.status == "settled" and before == "unrecorded":
            await self._cancel_chases()
            await operations.close_recorded(self.tx, self.org_id, self.session.teacher_id, self.session.id, self.now)

    async def remember(self, state: SessionState, status: Status, next_due: datetime | None) -> None:
        """The session's new state and when it next does something by itself."""
        values = {"state": state.model_dump(mode="json"), "status": status, "next_due": next_due}
        await self.tx.execute(_REMEMBER.values(values), {"org": self.org_id, "this": self.session.id})

    async def staff_messages(self) -> tuple[tuple[Id, ...], datetime | None]:
        """Messages of this session to staff that are to be handed out now, and when the next one is."""
        rows = await self.tx.execute(_WAITING, {"org": self.org_id, "this": self.session.id})
        due = {
            r.id: max(r.due_at, r.handed_out_at + inbox.WITH_A_DELIVERY) if r.handed_out_at else r.due_at for r in rows
        }
        return (
            tuple(m for m, at in due.items() if at <= self.now),
            min((at for at in due.values() if at > self.now), default=None),
        )

    async def _cancel_chases(self) -> None:
        """What still waits to ask the instructor is answered."""
        step = [{"state": MessageState.CANCELLED.value, "at": self.now.isoformat()}]
        await self.tx.execute(
            update(messages)
            .where(_m.org_id == self.org_id, _m.session_id == self.session.id, _m.student_id.is_(None))
            .where(_m.state == MessageState.QUEUED.value)
            .values(state=MessageState.CANCELLED.value, reason="recorded", history=_m.history.concat(step))
        )

    async def _outcome(self, effect: RecordOutcome) -> None:
        report = Report(
            session_id=self.session.id,
            student_id=effect.student_id,
            code=effect.code,
            source=effect.source,
            by=effect.by,
        )
        if effect.corrects is None:
            await recording.record(self.tx, self.org_id, report, self.now)
        else:
            await recording.correct(self.tx, self.org_id, effect.corrects, report, None, self.now, reason_id=None)
        self.students[effect.student_id] = None

    async def _measured(self, verdicts: tuple[Verdict, ...]) -> None:
        rows: list[dict[str, Any]] = [
            {
                "org_id": self.org_id,
                "session_id": self.session.id,
                "student_id": v.student_id,
                **v.presence.model_dump(mode="python", exclude={"segments"}),
                "segments": [s.model_dump(mode="json") for s in v.presence.segments],
                "engagement": v.engagement,
                "comprehension": v.comprehension,
                "measured_at": self.now,
            }
            for v in verdicts
        ]
        if rows:
            await self.tx.execute(_MEASURED, rows)

    async def _journal(self, decision: SessionDecision, step: DueStep | None) -> None:
        await self.tx.execute(
            insert(session_decisions).values(
                org_id=self.org_id,
                session_id=self.session.id,
                at=self.now,
                step=step.step.value if step else "evidence",
                due_at=step.due_at if step else None,
                because=[b.model_dump(mode="json") for b in decision.because],
                effects=[e.model_dump(mode="json") for e in decision.effects],
            )
        )
