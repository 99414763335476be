"""`advance`: one student, one transaction. Drain the inbox, take what is due, write it all, say what is next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from temporalio import activity

from activities.inputs import ADVANCE, AdvanceIn, AdvanceOut
from db import clock, inbox, student_facts
from db.decisions import Pages
from db.engine import Books, Tx
from db.messages import hand_out
from domain.events import ChargeWaived, Event, OutcomeRecorded, StepDue, StepForced
from domain.facts import Facts
from domain.plan import Step, armed
from domain.sending import Message, MessageState
from domain.state import State
from domain.student import decide
from domain.value import Id

STEPS_AT_ONCE = 200
"""Deadlines taken in one transaction; a student has a dozen at most."""
SOON = timedelta(milliseconds=50)
"""The shortest wait: a deadline reached between the question and the answer must not make the workflow spin."""


class AdvanceActivities:
    """Holds the books for `advance`."""

    def __init__(self, books: Books) -> None:
        self.books = books

    @activity.defn(name=ADVANCE)
    async def advance(self, given: AdvanceIn) -> AdvanceOut:
        """Decide all that waits for one student. Doing it twice equals doing it once: it answers from the books."""
        async with self.books.transaction() as tx:
            now = given.now.astimezone(UTC) + await clock.ahead(tx)
            return await advance(tx, given.org_id, given.student_id, now, given.in_flight)


async def advance(tx: Tx, org_id: Id, student_id: Id, now: datetime, in_flight: tuple[Id, ...] = ()) -> AdvanceOut:
    """The same in the caller's transaction, at the given business time."""
    state = await student_facts.lock_student(tx, org_id, student_id)
    if state is None:
        return AdvanceOut(finished=True, summary="no such student")
    rows = await inbox.waiting(tx, org_id, student_id)
    named = [r.event.outcome_id for r in rows if isinstance(r.event, OutcomeRecorded | ChargeWaived)]
    facts = await student_facts.load(tx, org_id, student_id, named, now)
    pages = Pages(org_id, student_id, now)
    for row in rows:
        if isinstance(row.event, StepForced):
            facts = await _with_loads(tx, org_id, facts)
        state, facts = _take(pages, state, facts, row.event, row.id)
    again = len(rows) == inbox.BATCH
    if not again:
        state, facts = await _take_what_is_due(tx, pages, state, facts)
    due_now, next_due = _messages_and_deadline(state, facts, now, in_flight)
    channels = {m.id: m.channel for m in facts.messages if m.id in due_now}
    first = next(iter(armed(state, facts, now)), None)
    await pages.write(tx, state.model_copy(update={"next_act": first.act if first else None}), next_due)
    await inbox.mark_decided(tx, org_id, [r.id for r in rows], now)
    await hand_out(tx, org_id, due_now, now)
    return AdvanceOut(
        deliver=due_now,
        wait=None if next_due is None else max(next_due - now, SOON),
        again=again,
        finished=state.withdrawn and not state.tasks and not due_now and next_due is None,
        summary=_summary(first),
        channels=channels,
    )


def _take(pages: Pages, state: State, facts: Facts, event: Event, inbox_id: Id | None) -> tuple[State, Facts]:
    decision = decide(state, event, facts, pages.now)
    pages.add(event, decision, inbox_id)
    pages.announce(event, decision, state, facts)
    return decision.state, facts.after(decision.effects)


async def _take_what_is_due(tx: Tx, pages: Pages, state: State, facts: Facts) -> tuple[State, Facts]:
    """What has fallen due, in order of deadline, each with the present time."""
    for _ in range(STEPS_AT_ONCE):
        first = next(iter(armed(state, facts, pages.now)), None)
        if first is None or first.due_at > pages.now:
            break
        if first.act in ("reassign", "escalate"):
            facts = await _with_loads(tx, pages.org_id, facts)
        state, facts = _take(pages, state, facts, StepDue(step=first.key, due_at=first.due_at), None)
    return state, facts


async def _with_loads(tx: Tx, org_id: Id, facts: Facts) -> Facts:
    """The facts with the team's loads as they are, held until the end: a task is to be given to the least loaded."""
    return facts.model_copy(update={"team": await student_facts.team(tx, org_id, lock=True)})


def _messages_and_deadline(
    state: State, facts: Facts, now: datetime, in_flight: tuple[Id, ...]
) -> tuple[tuple[Id, ...], datetime | None]:
    """Messages to hand out now, and the nearest deadline of all that is left."""
    due_now: list[Id] = []
    deadlines = [s.due_at for s in armed(state, facts, now)[:1]]
    for message in facts.messages:
        due = _due(message)
        if due is None or message.id in in_flight:
            continue
        if due <= now:
            due_now.append(message.id)
        else:
            deadlines.append(due)
    return tuple(due_now), min(deadlines, default=None)


def _due(message: Message) -> datetime | None:
    """When a message is to be handed out (again), to be sent or looked up; None when it needs neither."""
    if message.state in (MessageState.UNKNOWN, MessageState.SENT):
        due_at = message.look_up_at
    else:
        due_at = message.due_at if message.state in (MessageState.QUEUED, MessageState.SENDING) else None
    if due_at is not None and message.handed_out_at is not None:
        return max(due_at, message.handed_out_at + inbox.WITH_A_DELIVERY)
    return due_at


def _summary(first: Step | None) -> str:
    return (
        "waiting for the next fact"
        if first is None
        else f"{first.act.replace('_', ' ')} at {first.due_at:%d %b %H:%M} UTC"
    )
