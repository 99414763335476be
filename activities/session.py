"""`advance_session`: one session, one transaction. Take the steps that are due, read the evidence, say what is next."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime

from temporalio import activity
from temporalio.service import RPCError

from activities.advance import SOON
from activities.audit import Nudge
from activities.inputs import ADVANCE_SESSION, AdvanceSessionIn, AdvanceSessionOut
from db import clock, messages, session_facts
from db.engine import Books, Tx
from db.session_pages import SessionPages
from domain.session import armed, decide_session
from domain.session_facts import SessionFacts, SessionState
from domain.session_plan import DueStep
from domain.value import Id

AT_ONCE = 16


class SessionActivities:
    """Holds the books and the way to wake students for `advance_session`."""

    def __init__(self, books: Books, nudge: Nudge) -> None:
        self.books, self.nudge = books, nudge

    @activity.defn(name=ADVANCE_SESSION)
    async def advance_session(self, given: AdvanceSessionIn) -> AdvanceSessionOut:
        """Do what is due for one session. Doing it twice equals doing it once."""
        async with self.books.transaction() as tx:
            now = given.now.astimezone(UTC) + await clock.ahead(tx)
            out, students = await advance_session(tx, given.org_id, given.session_id, now)
        await self._wake(given.org_id, students)
        return out

    async def _wake(self, org_id: Id, students: Iterable[Id]) -> None:
        """A few at a time; who cannot be woken is the auditor's: his fact is safe."""
        left = iter(students)

        async def take() -> None:
            for student_id in left:
                with suppress(RPCError, RuntimeError):
                    await self.nudge(org_id, student_id, "session")

        await asyncio.gather(*(take() for _ in range(AT_ONCE)))


async def advance_session(tx: Tx, org_id: Id, session_id: Id, now: datetime) -> tuple[AdvanceSessionOut, list[Id]]:
    """The same in the caller's transaction; returns its answer and the students to wake once it is committed."""
    row = await session_facts.lock_session(tx, org_id, session_id)
    if row is None:
        return AdvanceSessionOut(summary="no such session"), []
    facts = await session_facts.load(tx, org_id, row)
    pages = SessionPages(tx, org_id, row, now)
    state = session_facts.remembered(row).model_copy(update={"running": True})
    if pages.now >= facts.settles_at and not _waits_to_settle(state, facts):
        state, facts = await _take(pages, state, facts, None)
    while (step := armed(state, facts)) and step.due_at <= now:
        state, facts = await _take(pages, state, facts, step)
    due_now, later = await pages.staff_messages()
    next_due = min((at for at in (step.due_at if step else None, later) if at), default=None)
    armed_step = step.step.value if step else None
    state = state.model_copy(update={"running": bool(next_due or due_now), "next_act": armed_step})
    await pages.remember(state, facts.status, next_due)
    await messages.hand_out(tx, org_id, due_now, now)
    return AdvanceSessionOut(
        deliver=due_now,
        wait=None if next_due is None else max(next_due - now, SOON),
        summary=f"{step.step.replace('_', ' ')} at {step.due_at:%d %b %H:%M} UTC" if step else facts.status,
    ), list(pages.students)


def _waits_to_settle(state: SessionState, facts: SessionFacts) -> bool:
    """True while settling is still ahead as a step of its own; later evidence is looked at whenever it comes."""
    step = armed(state, facts)
    return step is not None and step.due_at <= facts.settles_at


async def _take(
    pages: SessionPages, state: SessionState, facts: SessionFacts, step: DueStep | None
) -> tuple[SessionState, SessionFacts]:
    """Decide and write one step, or what the evidence says now; later steps of the same call see the new status."""
    decision = decide_session(state, step, facts, pages.now)
    await pages.write(decision, step, facts.status)
    return decision.state, facts.model_copy(update={"status": decision.status})
